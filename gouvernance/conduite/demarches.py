"""Ouvrir une démarche, la cadrer : périmètre, calendrier, cahier des charges, adhésions, membres."""

from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from gouvernance.acteurs import representativite
from gouvernance.conduite import calendriers
from gouvernance.geographie import perimetres
from gouvernance.models import (
    Adhesion,
    CahierDesCharges,
    CodeJalon,
    DefinitionCommune,
    Demarche,
    Epci,
    EtatJalon,
    Evenement,
    Instance,
    Jalon,
    Mandat,
    Membre,
    Role,
    StatutMembre,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.socle.manques import Manque


@transaction.atomic
def ouvrir_demarche(
    demarche: Demarche, *, par: Utilisateur | None, epcis: list[Epci] = (), coordination=None, invitee=""
) -> Demarche:
    """Enregistre une démarche neuve avec ses jalons, son cahier des charges vide et le mandat de qui l'ouvre.

    `coordination` : le compte qui la conduira, si ce n'est pas celui qui l'ouvre ; `invitee` : l'adresse que
    l'on invitera à la conduire, et nul n'a le rôle en attendant.
    Lève ValidationError (phrase) si une démarche en cours couvre déjà le département ou l'un des EPCI.
    """
    demarche.attribuer(par)
    demarche.full_clean()
    demarche.save()
    perimetres.etablir(demarche, epcis)
    CahierDesCharges.objects.create(demarche=demarche, cree_par=par)
    DefinitionCommune.objects.create(demarche=demarche, cree_par=par)
    for ordre, code in enumerate(CodeJalon.values, start=1):
        etat = EtatJalon.EN_COURS if ordre == 1 else EtatJalon.A_VENIR
        Jalon.objects.create(demarche=demarche, code=code, ordre=ordre, etat=etat, cree_par=par)
    if not invitee and (titulaire := coordination or par):
        Mandat.objects.create(utilisateur=titulaire, demarche=demarche, role=Role.COORDINATION)
    Evenement.consigner(demarche, "ouvrir la démarche", par=par, vers=demarche.get_perimetre_display())
    return demarche


@transaction.atomic
def planifier_jalons(demarche: Demarche, echeances: dict[str, date], *, par: Utilisateur | None) -> None:
    """Fixe les échéances des jalons qui ne sont pas acquis.

    Lève ValidationError si elles ne sont pas croissantes dans l'ordre des jalons.
    """
    exiger(par, demarche, "cadrer")
    jalons = list(demarche.jalons.select_for_update(of=("self",)).order_by("ordre"))
    futures = {j.code: j.echeance if j.acquis else echeances.get(j.code, j.echeance) for j in jalons}
    verifier_echeances(futures)
    for jalon in jalons:
        if jalon.echeance != futures[jalon.code]:
            Evenement.consigner(
                jalon, "fixer l’échéance", par=par, de=_jour(jalon.echeance), vers=_jour(futures[jalon.code])
            )
            jalon.echeance = futures[jalon.code]
            jalon.version += 1
            jalon.attribuer(par)
            jalon.save()


def _jour(jour: date | None) -> str:
    return f"{jour:%d/%m/%Y}" if jour else "–"


def verifier_echeances(echeances: dict[str, date | None]) -> None:
    """Les échéances ne reculent jamais dans l'ordre des jalons."""
    precedent = None
    for code in CodeJalon.values:
        echeance = echeances.get(code)
        if echeance and precedent and echeance < precedent[1]:
            phrase = (
                f"L’échéance de « {CodeJalon(code).label} » ({echeance:%d/%m/%Y}) précède celle de "
                f"« {CodeJalon(precedent[0]).label} » ({precedent[1]:%d/%m/%Y})."
            )
            raise ValidationError({code: phrase})
        if echeance:
            precedent = (code, echeance)


def appliquer_calendrier(demarche: Demarche, preset: str, *, par: Utilisateur | None) -> None:
    """Remplit les échéances depuis un calendrier type, désigné par son code."""
    choisi = next((p for p in calendriers.presets() if p.code == preset), None)
    if choisi is None:
        raise ValidationError("Ce calendrier type n’existe pas.")
    debut = demarche.debut or timezone.localdate()
    planifier_jalons(demarche, calendriers.echeances(choisi, debut), par=par)


def membres_confirmes(demarche: Demarche):
    return Membre.objects.filter(gouvernance=demarche.gouvernance_id, statut=StatutMembre.CONFIRME)


def manques_cadrage(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour ouvrir le diagnostic."""
    manques, cadre = [], _lire_le_cadre(demarche)
    if not (cadre["cahier__objectifs"] or "").strip():
        manques.append(Manque("Écrire les objectifs dans le cahier des charges.", ecran="cahier"))
    jalons = list(demarche.jalons.all())
    manques += _manques_calendrier(jalons, a_une_instance=cadre["a_une_instance"])
    manques += jalon_non_acquis(jalons, CodeJalon.CADRAGE)
    return manques + _avertissements_cadrage(demarche, cadre)


def _lire_le_cadre(demarche: Demarche) -> dict:
    """Le cahier, ceux qui ont adhéré à son édition, la définition commune, s'il y a une instance : en une
    requête.
    """
    adhesions = Adhesion.objects.filter(cahier__demarche=OuterRef("pk"), edition=F("cahier__edition"))
    return Demarche.objects.values(
        "cahier__objectifs", "definition__texte", "definition__edition", "definition__decision",
        adherents=ArraySubquery(adhesions.order_by().values("structure")),
        a_une_instance=Exists(Instance.objects.filter(demarche=OuterRef("pk"))),
    ).get(pk=demarche.pk)  # fmt: skip


def _manques_calendrier(jalons: list[Jalon], *, a_une_instance: bool) -> list[Manque]:
    """Une phrase par jalon incomplet ; une seule pour tous, quand un même geste les remplit."""
    sans_date = [j for j in jalons if j.echeance is None]
    sans_instance = [j for j in jalons if j.instance_id is None]
    manques = [Manque(f"Fixer l’échéance du jalon « {j} ».", ecran="jalons") for j in sans_date]
    if len(sans_date) > 1:
        phrase = f"Fixer l’échéance de {len(sans_date)} jalons : un calendrier type les remplit d’un coup."
        manques = [Manque(phrase, ecran="jalons")]
    if sans_instance and not a_une_instance:
        phrase = "Créer l’instance qui validera les jalons, par exemple le comité de pilotage (COPIL)."
        manques.append(Manque(phrase, ecran="gouvernance"))
    if len(sans_instance) > 1:
        phrase = f"Désigner l’instance qui valide {len(sans_instance)} jalons."
        return [*manques, Manque(phrase, ecran="jalons")]
    return manques + [
        Manque(f"Désigner l’instance qui valide « {j} ».", ecran="jalons") for j in sans_instance
    ]


def jalon_non_acquis(jalons: list[Jalon], code: str) -> list[Manque]:
    jalon = next((j for j in jalons if j.code == code), None)
    if jalon is not None and jalon.acquis:
        return []
    qui = f" par « {jalon.instance} »" if jalon is not None and jalon.instance_id else ""
    return [
        Manque(f"Faire valider le jalon « {CodeJalon(code).label} »{qui}, en séance.", ecran="faire_valider")
    ]


def _avertissements_cadrage(demarche: Demarche, cadre: dict) -> list[Manque]:
    membres = list(membres_confirmes(demarche).select_related("structure__college"))
    manques = [
        Manque(f"« {m} », co-porteur, n’a pas encore adhéré au cahier des charges.", False, "cahier")
        for m in membres
        if m.co_porteur and m.structure_id not in cadre["adherents"]
    ]
    manques += _definition(cadre)
    return manques + representativite.avertissements(demarche, membres)


def _definition(cadre: dict) -> list[Manque]:
    """Une définition commune écrite, puis adoptée par une décision."""
    if not (cadre["definition__texte"] or "").strip():
        return [Manque("Convenir d’une définition commune de l’inclusion numérique.", False, "definition")]
    if cadre["definition__decision"] is None:
        edition = cadre["definition__edition"]
        phrase = f"Faire adopter la définition commune (édition {edition}), en séance."
        return [Manque(phrase, False, "definition")]
    return []
