"""Le territoire d'une démarche, et ce qu'on en a parcouru : communes visitées, restantes, par EPCI."""

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from django.db.models import Q

from gouvernance.acteurs.representativite import epcis_du_perimetre
from gouvernance.models import Commune, Demarche, Epci, EtatRencontre, Perimetre, Rencontre, TypeRencontre
from gouvernance.socle.mots import compter
from gouvernance.socle.tri import cle_francaise

HORS_EPCI = "hors"  # ce que l'adresse dit des communes sans intercommunalité
SANS_EPCI = "Communes sans intercommunalité"


class Etape(NamedTuple):
    """Une commune et ce qu'on en sait : visitée le, ou visite prévue le."""

    commune: Commune
    visitee_le: date | None = None
    prevue_le: date | None = None


class Part(NamedTuple):
    """La couverture d'un EPCI : seules comptent ses communes du territoire de la démarche."""

    cle: str
    nom: str
    etapes: list[Etape]

    @property
    def visitees(self) -> list[Etape]:
        return [e for e in self.etapes if e.visitee_le]

    @property
    def restantes(self) -> list[Etape]:
        return [e for e in self.etapes if not e.visitee_le]

    @property
    def prevues(self) -> int:
        return sum(1 for e in self.restantes if e.prevue_le)

    @property
    def taux(self) -> float:
        """En points de pourcentage."""
        return 100 * len(self.visitees) / len(self.etapes) if self.etapes else 0.0

    @property
    def phrase(self) -> str:
        return f"{len(self.visitees)} sur {compter(len(self.etapes), 'commune')}"


def epcis_de(demarche: Demarche) -> list[Epci]:
    """Les EPCI du territoire de la démarche, dans l'ordre français."""
    return sorted(epcis_du_perimetre(demarche), key=lambda e: cle_francaise(e.nom))


def communes_de(demarche: Demarche):
    """Les communes du territoire : celles du groupe d'EPCI, du département, ou de la région."""
    communes, departement = Commune.objects.actuels(), demarche.gouvernance.departement
    if demarche.perimetre == Perimetre.REGIONAL:
        return communes.filter(departement__region=departement.region_id)
    communes = communes.filter(departement=departement)
    if demarche.perimetre == Perimetre.GROUPEMENT:
        communes = communes.filter(epci__perimetres__demarche=demarche)
    return communes


def couverture(demarche: Demarche, epcis: list[Epci]) -> list[Part]:
    """Une part par EPCI, puis les communes sans EPCI s'il y en a ; deux requêtes."""
    faites, prevues = _visites(demarche)
    etapes = defaultdict(list)
    for commune in communes_de(demarche).only("code", "nom", "epci"):
        etape = Etape(commune, faites.get(commune.pk), prevues.get(commune.pk))
        etapes[commune.epci_id or HORS_EPCI].append(etape)
    parts = [Part(e.pk, e.nom, _rangees(etapes[e.pk])) for e in epcis if e.pk in etapes]
    if HORS_EPCI in etapes:
        parts.append(Part(HORS_EPCI, SANS_EPCI, _rangees(etapes[HORS_EPCI])))
    return parts


def ensemble(parts: list[Part]) -> Part:
    return Part("", "Ensemble du territoire", [etape for part in parts for etape in part.etapes])


def _visites(demarche: Demarche) -> tuple[dict[str, date], dict[str, date]]:
    """Commune → sa dernière visite, commune → sa prochaine visite."""
    lignes = (
        Rencontre.communes.through.objects.filter(
            Q(rencontre__etat=EtatRencontre.TENUE) | Q(rencontre__etat=EtatRencontre.PREVUE),
            rencontre__demarche=demarche,
            rencontre__type=TypeRencontre.VISITE,
        )
        .order_by("rencontre__date")
        .values_list("commune_id", "rencontre__etat", "rencontre__date")
    )
    faites, prevues = {}, {}
    for commune, etat, jour in lignes:
        if etat == EtatRencontre.TENUE:
            faites[commune] = jour
        else:
            prevues.setdefault(commune, jour)
    return faites, prevues


def _rangees(etapes: list[Etape]) -> list[Etape]:
    return sorted(etapes, key=lambda e: cle_francaise(e.commune.nom))
