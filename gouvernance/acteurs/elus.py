"""La grille des élus : qui porte quelle délégation, où, et qui manque. Une case vide se voit."""

from collections import defaultdict
from datetime import date, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from gouvernance import edition
from gouvernance.models import (
    Delegation,
    Demarche,
    Elu,
    Epci,
    Evenement,
    Perimetre,
    Personne,
    Qualite,
    Rencontre,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.socle.mots import compter
from gouvernance.socle.tri import cle_francaise

RECENT = timedelta(days=90)
HORS_EPCI = "Département, région et autres mandats"


class Critere(NamedTuple):
    """Ce que l'on cherche ; vide : tout. `sensibilite` n'est lue que de qui en a le droit."""

    delegation: str = ""
    epci: str = ""
    decideur: bool = False
    contact: str = ""
    sensibilite: str = ""


class Rangee(NamedTuple):
    """Un EPCI et, par délégation, ses élus."""

    nom: str
    epci: Epci | None
    cases: list[tuple[Delegation, list[Elu]]]

    @property
    def nombre(self) -> int:
        return sum(len(elus) for _, elus in self.cases)


def de(demarche: Demarche):
    """Les élus que concerne la démarche : ceux de la gouvernance ; pour un groupe d'EPCI, ceux de ces EPCI et
    ceux qui n'en ont pas.
    """
    elus = Elu.objects.filter(personne__gouvernance=demarche.gouvernance_id)
    if demarche.perimetre == Perimetre.GROUPEMENT:
        dedans = demarche.perimetres.values("epci")
        elus = elus.filter(Q(epci=None) | Q(epci__in=dedans))
    return elus


def liste(demarche: Demarche) -> list[Elu]:
    """Ces élus, dans l'ordre français, avec leur personne, leur structure et leur territoire."""
    elus = de(demarche).select_related("personne__structure", "epci", "commune")
    return sorted(elus, key=lambda e: cle_francaise(f"{e.personne.nom} {e.personne.prenom}"))


def filtrer(elus: list[Elu], critere: Critere) -> list[Elu]:
    epreuves = {
        "delegation": lambda e: e.delegation == critere.delegation,
        "epci": lambda e: e.epci_id == critere.epci or (critere.epci == "sans" and e.epci_id is None),
        "decideur": lambda e: e.decideur,
        "contact": lambda e: (e.dernier_contact is None) if critere.contact == "jamais" else _ancien(e),
        "sensibilite": lambda e: str(e.sensibilite) == critere.sensibilite,
    }
    actives = [epreuve for nom, epreuve in epreuves.items() if getattr(critere, nom)]
    return [e for e in elus if all(epreuve(e) for epreuve in actives)]


def _ancien(elu: Elu) -> bool:
    return elu.dernier_contact is None or elu.dernier_contact < timezone.localdate() - RECENT


def grille(elus: list[Elu], epcis: list[Epci]) -> list[Rangee]:
    """Une rangée par EPCI, même vide, puis celle des élus sans EPCI s'il y en a."""
    cases = defaultdict(list)
    for elu in elus:
        cases[elu.epci_id, elu.delegation].append(elu)
    connus = {e.pk for e in epcis}
    ailleurs = {e.epci_id: e.epci for e in elus if e.epci_id and e.epci_id not in connus}
    lignes = [*epcis, *sorted(ailleurs.values(), key=lambda e: cle_francaise(e.nom))]
    rangees = [Rangee(e.nom, e, [(d, cases[e.pk, d.value]) for d in Delegation]) for e in lignes]
    if any(e.epci_id is None for e in elus):
        rangees.append(Rangee(HORS_EPCI, None, [(d, cases[None, d.value]) for d in Delegation]))
    return rangees


def manquants(rangees: list[Rangee]) -> list[str]:
    """Qui manque, en mots : les EPCI sans aucun élu, et ceux dont personne ne porte le numérique."""
    epcis = [r for r in rangees if r.epci is not None]
    sans = [r.nom for r in epcis if not r.nombre]
    sans_numerique = [r.nom for r in epcis if r.nombre and not dict(r.cases)[Delegation.NUMERIQUE]]
    phrases = []
    if sans:
        phrases.append(f"Aucun élu connu dans {_compter(len(sans), 'EPCI', len(epcis))} : {_citer(sans)}.")
    if sans_numerique:
        phrases.append(f"Pas d’élu délégué au numérique : {_citer(sans_numerique)}.")
    return phrases


def _compter(nombre: int, quoi: str, total: int) -> str:
    if total == 1:
        return f"le seul {quoi}"
    return f"les {total} {quoi}" if nombre == total else f"{nombre} {quoi} sur {total}"


def _citer(noms: list[str], maximum: int = 6) -> str:
    reste = len(noms) - maximum
    return ", ".join(noms[:maximum]) + (f" et {compter(reste, 'autre')}" if reste > 0 else "")


@transaction.atomic
def inscrire(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Elu:
    """Ajoute un élu à la grille : une personne du carnet, ou une nouvelle que l'on y inscrit d'abord.

    Lève PermissionDenied, ValidationError, DejaFait.
    """
    exiger(par, demarche, "suivre_elus")
    personne = formulaire.personne_voulue()
    if personne.pk is None:
        personne.gouvernance_id = demarche.gouvernance_id
        personne.attribuer(par)
        personne.save()
        Evenement.consigner(personne, "créer", par=par, demarche=demarche, vers=personne.structure)
    formulaire.instance.personne = personne
    return _ranger(formulaire, par=par, demarche=demarche)


def modifier(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Elu:
    return _ranger(formulaire, par=par, demarche=demarche)


def _ranger(formulaire, *, par, demarche: Demarche) -> Elu:
    """L'EPCI d'un élu est celui de sa commune, quand il en a une."""
    elu = formulaire.instance
    if elu.commune_id:
        elu.epci_id = elu.commune.epci_id or elu.epci_id
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="suivre_elus")


def retirer(elu: Elu, *, par: Utilisateur | None, demarche: Demarche) -> None:
    """Ôte un élu de la grille ; sa personne reste au carnet. Une rencontre qui le cite l'y retient."""
    exiger(par, demarche, "suivre_elus")
    if Rencontre.objects.filter(elus=elu).exists():
        raise ValidationError(f"{elu} figure dans une rencontre : retirez-l’en d’abord.")
    edition.supprimer(elu, par=par, demarche=demarche, droit="suivre_elus")


def noter_contact(elus: list[Elu], le: date) -> None:
    """Le dernier contact avance, il ne recule pas ; une fiche ouverte ailleurs sera en conflit."""
    Elu.objects.filter(pk__in=[e.pk for e in elus]).filter(
        Q(dernier_contact=None) | Q(dernier_contact__lt=le)
    ).update(dernier_contact=le, version=F("version") + 1)


def personnes_a_inscrire(demarche: Demarche):
    """Les personnes de qualité « élu » du carnet, qui ne sont pas encore dans la grille."""
    return Personne.objects.filter(
        gouvernance=demarche.gouvernance_id, qualite=Qualite.ELU, elu=None
    ).select_related("structure")
