"""Le suivi d'une démarche en un coup d'œil : « 8 fiches, 4 réalisées », ce qui est en retard, ce qui manque.

Un nombre fixe de requêtes, quel que soit le nombre de fiches.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, DecimalField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from feuille_de_route.models import (
    EtapeFiche,
    EtatRealisation,
    FicheAction,
    Indicateur,
    LigneBudget,
    Meteo,
    Releve,
)
from gouvernance.socle.mots import compter

SANS_RELEVE = timedelta(days=183)  # six mois sans relevé : on ne sait plus
SANS_NOUVELLES = timedelta(days=183)
FINIES = (EtatRealisation.REALISEE, EtatRealisation.ABANDONNEE)
MAUVAIS_TEMPS = (Meteo.PLUIE, Meteo.ORAGE)
EUROS = DecimalField(max_digits=14, decimal_places=2)


class Part(NamedTuple):
    """Les fiches d'un même état, ou d'une même météo. `code` vide : rien n'en est dit."""

    code: str
    libelle: str
    nombre: int


class Argent(NamedTuple):
    """En euros ; `realise` None : rien n'a été noté, ce qui n'est pas zéro."""

    prevu: Decimal
    realise: Decimal | None

    @property
    def part(self) -> Decimal | None:
        """En pour cent du prévu."""
        if self.realise is None or not self.prevu:
            return None
        return 100 * self.realise / self.prevu


def avec_les_comptes(fiches: QuerySet[FicheAction], aujourd_hui: date) -> QuerySet[FicheAction]:
    """Chaque fiche avec ses étapes faites, ses étapes en retard, son prévu et son réalisé."""
    etapes = EtapeFiche.objects.filter(fiche=OuterRef("pk"))
    budget = LigneBudget.objects.filter(fiche=OuterRef("pk"))
    return fiches.annotate(
        nb_etapes=_compte(etapes),
        nb_faites=_compte(etapes.filter(faite_le__isnull=False)),
        nb_retards=_compte(
            etapes.filter(faite_le=None, echeance__lt=aujourd_hui).exclude(fiche__etat_realisation__in=FINIES)
        ),
        prevu=Coalesce(_somme(budget, "montant"), Decimal(0), output_field=EUROS),
        realise=_somme(budget, "realise"),
    )


def _compte(lignes: QuerySet):
    comptes = lignes.order_by().values("fiche").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(comptes, output_field=IntegerField()), 0)


def _somme(lignes: QuerySet, champ: str) -> Subquery:
    return Subquery(lignes.order_by().values("fiche").annotate(s=Sum(champ)).values("s"), output_field=EUROS)


def etapes_en_retard(fiches: QuerySet[FicheAction], le: date) -> QuerySet[EtapeFiche]:
    """Les étapes dont l'échéance est passée sans être faites ; une action finie n'en doit plus."""
    attendues = EtapeFiche.objects.filter(fiche__in=fiches, echeance__lt=le)
    pas_faites = attendues.filter(Q(faite_le=None) | Q(faite_le__gt=le))
    return (
        pas_faites.exclude(fiche__etat_realisation__in=FINIES)
        .select_related("fiche")
        .order_by("echeance", "fiche__numero", "pk")
    )


def avec_silence(indicateurs: QuerySet[Indicateur], le: date) -> QuerySet[Indicateur]:
    """`dernier_le` : le jour du dernier relevé ; `muet` : on ne l'a pas relevé depuis six mois.

    Jamais relevé ne compte qu'une fois l'action commencée depuis six mois, ou l'échéance passée : le jour de
    la signature, rien n'est encore attendu.
    """
    dernier = Releve.objects.filter(indicateur=OuterRef("pk"), le__lte=le).order_by("-le").values("le")[:1]
    return indicateurs.annotate(dernier_le=Subquery(dernier)).annotate(
        muet=Q(dernier_le__lt=le - SANS_RELEVE)
        | Q(dernier_le=None) & (Q(fiche__debut__lt=le - SANS_RELEVE) | Q(echeance__lt=le))
    )


def indicateurs_sans_releve(fiches: QuerySet[FicheAction], le: date) -> QuerySet[Indicateur]:
    """Ceux qui sont muets ; d'une action finie, on n'en attend plus."""
    indicateurs = Indicateur.objects.filter(fiche__in=fiches).exclude(fiche__etat_realisation__in=FINIES)
    return (
        avec_silence(indicateurs, le)
        .filter(muet=True)
        .select_related("fiche")
        .order_by(F("dernier_le").asc(nulls_first=True), "fiche__numero", "pk")
    )


def par_etat(fiches: list[FicheAction]) -> list[Part]:
    """Chaque état présent, puis les fiches dont rien n'a encore été dit."""
    return parts(EtatRealisation, [f.etat_realisation for f in fiches], "Pas encore de point")


def par_meteo(fiches: list[FicheAction]) -> list[Part]:
    return parts(Meteo, [f.meteo for f in fiches], "Sans météo")


def parts(choix, valeurs: list[str], sans: str) -> list[Part]:
    """Le nombre de fiches de chaque valeur présente, puis de celles qui n'en ont pas."""
    ordre = [(c.value, court(c.label)) for c in choix] + [("", sans)]
    return [Part(code, mots, valeurs.count(code)) for code, mots in ordre if code in valeurs]


def court(libelle: str) -> str:
    """« Pluie » pour « Pluie : des difficultés »."""
    return libelle.partition(" : ")[0].rstrip("\u00a0 ")


def argent(fiches: list[FicheAction]) -> Argent:
    """Le prévu et le réalisé des fiches annotées par `avec_les_comptes`."""
    return Argent(sum((f.prevu for f in fiches), Decimal(0)), total_note(f.realise for f in fiches))


def total_note(montants: Iterable[Decimal | None]) -> Decimal | None:
    """La somme de ce qui est noté ; None si rien ne l'est, ce qui n'est pas zéro."""
    notes = [montant for montant in montants if montant is not None]
    return sum(notes, Decimal(0)) if notes else None


def phrase(etats: list[str]) -> str:
    """« 8 fiches, 4 réalisées » ; « 1 fiche, aucune réalisée ». `etats` : celui de chaque fiche."""
    nombre, faites = len(etats), etats.count(EtatRealisation.REALISEE)
    if not nombre:
        return "Aucune fiche"
    dites = compter(faites, "réalisée") if faites else "aucune réalisée"
    return f"{compter(nombre, 'fiche')}, {dites}"


def en_souffrance(fiche: FicheAction, le: date) -> list[str]:
    """Ce qui demande l'attention, en phrases : fin dépassée, pas de nouvelles, mauvais temps."""
    if fiche.etat_realisation in FINIES:
        return []
    phrases = []
    if fiche.fin and fiche.fin < le:
        phrases.append(f"devait finir le {fiche.fin:%d/%m/%Y}")
    if fiche.suivie_le is None:
        if fiche.debut is None or fiche.debut <= le:  # rien n'est attendu d'une action qui n'a pas commencé
            phrases.append("aucun point n’a été fait")
    elif fiche.suivie_le.date() < le - SANS_NOUVELLES:
        phrases.append(f"pas de nouvelles depuis le {fiche.suivie_le:%d/%m/%Y}")
    if fiche.meteo in MAUVAIS_TEMPS:
        phrases.append(f"{court(fiche.get_meteo_display()).lower()} : {fiche.freins}".strip(" :"))
    return phrases
