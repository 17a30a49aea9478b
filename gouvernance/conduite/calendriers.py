"""Les calendriers types : des données que l'administration du site ajuste, pas du code.

Un calendrier n'est proposé que complet : une échéance pour chaque jalon. En vider un le retire.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateField, QuerySet
from django.db.models.expressions import RawSQL

from gouvernance.models import CalendrierType, CodeJalon, EcheanceType

CALENDRIERS = Path(__file__).parents[1] / "donnees" / "calendriers.json"
DATE_NATIONALE = """(
    SELECT echeance.date FROM gouvernance_echeancetype echeance
    JOIN gouvernance_calendriertype calendrier ON calendrier.code = echeance.calendrier_id
    WHERE calendrier.national AND echeance.code = gouvernance_jalon.code AND echeance.date IS NOT NULL
    ORDER BY calendrier.ordre LIMIT 1)"""


@dataclass(frozen=True)
class Preset:
    """Un calendrier type ; chaque jalon vaut une date, ou un nombre de jours après le début."""

    code: str
    nom: str
    description: str
    national: bool
    jalons: dict[CodeJalon, date | int]


@transaction.atomic
def charger_defauts(chemin: Path = CALENDRIERS) -> int:
    """Ajoute les calendriers qui manquent, rend leur nombre ; ceux qu'on a ajustés ne bougent pas.

    Lève ValidationError (en français) si le fichier est faux.
    """
    voulus = json.loads(chemin.read_text(encoding="utf-8"))
    presents = set(CalendrierType.objects.values_list("code", flat=True))
    ajoutes = 0
    for brut in voulus:
        if brut["code"] in presents:
            continue
        echeances_ = [EcheanceType(calendrier_id=brut["code"], **_lue(e)) for e in brut["echeances"]]
        verifier(brut["nom"], {e.code: e.date or e.jours for e in echeances_})
        CalendrierType.objects.create(**{cle: brut[cle] for cle in brut if cle != "echeances"})
        EcheanceType.objects.bulk_create(echeances_)
        ajoutes += 1
    return ajoutes


def _lue(echeance: dict) -> dict:
    jour = echeance.get("date")
    return {**echeance, "date": date.fromisoformat(jour) if jour else None}


def presets() -> list[Preset]:
    """Les calendriers complets, dans leur ordre : deux requêtes."""
    calendriers = CalendrierType.objects.prefetch_related("echeances")
    return [p for p in map(_preset, calendriers) if set(p.jalons) == set(CodeJalon)]


def _preset(calendrier: CalendrierType) -> Preset:
    lues = {e.code: e.date or e.jours for e in calendrier.echeances.all()}
    jalons = {code: lues[code] for code in CodeJalon if lues.get(code) is not None}
    return Preset(calendrier.code, calendrier.nom, calendrier.description, calendrier.national, jalons)


def dates_nationales(connus: list[Preset] | None = None) -> dict[str, date]:
    """Jalon → date nationale, vide sans calendrier national daté ; `connus` : les calendriers déjà lus.

    Sans eux, une requête.
    """
    if connus is None:
        lues = EcheanceType.objects.filter(calendrier__national=True, date__isnull=False)
        return dict(lues.order_by("-calendrier__ordre").values_list("code", "date"))
    national = next((p for p in connus if p.national), None)
    return {c: jour for c, jour in national.jalons.items() if isinstance(jour, date)} if national else {}


def avec_date_nationale(jalons: QuerySet) -> QuerySet:
    """Chaque jalon avec sa date au calendrier national (`nationale`), dans la même requête."""
    return jalons.annotate(nationale=RawSQL(DATE_NATIONALE, (), DateField()))  # noqa: S611 – le texte est constant


def echeances(preset: Preset, debut: date) -> dict[CodeJalon, date]:
    """L'échéance de chaque jalon, dans l'ordre de la méthode, pour une démarche qui commence à `debut`.

    Les dates d'un calendrier national ne dépendent pas du début. Lève ValidationError si le début est
    trop loin.
    """
    try:
        return {
            code: valeur if isinstance(valeur, date) else debut + timedelta(days=valeur)
            for code, valeur in preset.jalons.items()
        }
    except OverflowError as erreur:
        raise ValidationError(f"La démarche débute le {debut:%d/%m/%Y} : corrigez cette date.") from erreur


def verifier(nom: str, jalons: dict[str, date | int | None]) -> None:
    """Refuse un calendrier qui mêle dates et durées, oublie un jalon, ou dont les échéances reculent.

    Un calendrier sans aucune échéance est permis : il n'est pas proposé.
    """
    if not jalons:
        return
    if set(jalons) != set(CodeJalon.values):
        noms = ", ".join(f"« {code.label} »" for code in CodeJalon)
        raise ValidationError(f"Calendrier « {nom} » : une échéance pour chaque jalon ({noms}), ou aucune.")
    valeurs = [jalons[code] for code in CodeJalon.values]
    if len({type(valeur) for valeur in valeurs}) > 1:
        raise ValidationError(f"Calendrier « {nom} » : des dates, ou des nombres de jours, pas les deux.")
    if None in valeurs or valeurs != sorted(valeurs):
        raise ValidationError(f"Calendrier « {nom} » : les échéances reculent d’un jalon au suivant.")
