"""Composer une instance à partir d'un modèle : structures connues → sièges ; inconnues → membres candidats.

Les modèles viennent de compositions réelles (donnees/compositions.json, donnees/composition_lignes.json) :
des types d'organismes, jamais de personnes. Appliquer deux fois le même modèle n'ajoute rien.
"""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from gouvernance.acteurs import membres
from gouvernance.acteurs.representativite import epcis_du_perimetre, epcis_representes
from gouvernance.comites import instances
from gouvernance.comites.instances import Place
from gouvernance.models import (
    College,
    Demarche,
    Epci,
    Evenement,
    Instance,
    Membre,
    Siege,
    StatutMembre,
    Structure,
    Utilisateur,
)
from gouvernance.socle.tri import cle_francaise

DONNEES = Path(__file__).parents[1] / "donnees"
AUTOUR = {StatutMembre.CANDIDAT, StatutMembre.CONFIRME}


class Modele(NamedTuple):
    """`lignes` : des clés de composition_lignes.json ; une étoile dit qui préside."""

    code: str
    nom: str
    description: str
    type: str
    lignes: list[str]


class Ligne(NamedTuple):
    """Une ligne proposée. `structure` est celle que l'on connaît, sinon None : elle sera créée.

    `statut` : son statut de membre, vide si elle ne l'est pas ; `assise` : elle a déjà un siège.
    """

    cle: str
    nom: str
    college: College
    sigle: str = ""
    epci: Epci | None = None
    structure: Structure | None = None
    statut: str = ""
    assise: bool = False
    preside: bool = False

    @property
    def a_nommer(self) -> bool:
        """Le nom proposé se corrige ; celui d'un EPCI est celui du code officiel géographique."""
        return self.structure is None and self.epci is None

    @property
    def proposee(self) -> bool:
        return bool(self.nom) and not self.assise and self.statut != StatutMembre.REFUSE

    @property
    def effet(self) -> str:
        """Ce qui se passera si la ligne est cochée, en mots."""
        if self.assise:
            return "siège déjà"
        if self.structure is None:
            return f"{'nouvelle structure' if self.nom else 'une autre, à nommer'}, membre candidat"
        return "membre" if self.statut in AUTOUR else "structure connue, devient candidate"


class Choix(NamedTuple):
    """Une ligne cochée."""

    cle: str
    nom: str
    president: bool = False


class Savoir(NamedTuple):
    """Ce que l'on a lu pour proposer : chaque structure connue, son statut, et les structures assises."""

    demarche: Demarche
    colleges: dict[str, College]
    epcis: list[Epci]
    structures: list[Structure]
    statuts: dict[int, str]
    assises: set[int]


@cache
def modeles() -> list[Modele]:
    return [Modele(**m) for m in json.loads((DONNEES / "compositions.json").read_text(encoding="utf-8"))]


@cache
def _regles() -> dict[str, dict]:
    return json.loads((DONNEES / "composition_lignes.json").read_text(encoding="utf-8"))


def modele_usuel(instance: Instance) -> Modele:
    """Celui qui va avec le type de l'instance, sinon le premier."""
    return next((m for m in modeles() if m.type == instance.type), modeles()[0])


def proposer(instance: Instance, modele: Modele) -> list[Ligne]:
    """Les lignes d'un modèle pour une instance, collège après collège ; peu de requêtes, toujours autant."""
    return _proposer(_lire(instance), modele)


def _proposer(savoir: Savoir, modele: Modele) -> list[Ligne]:
    lignes: list[Ligne] = []
    vues: set[int] = set()
    for mot in modele.lignes:
        for ligne in _lignes(mot.rstrip("*"), mot.endswith("*"), savoir):
            if ligne.structure is None or ligne.structure.pk not in vues:
                lignes.append(ligne)
                vues |= {ligne.structure.pk} if ligne.structure else set()
    return sorted(lignes, key=lambda li: (li.college.ordre, li.college.libelle))


def _lire(instance: Instance) -> Savoir:
    demarche = instance.demarche
    inscrits = Membre.objects.filter(gouvernance=demarche.gouvernance_id)
    statuts = dict(inscrits.values_list("structure", "statut"))
    connues = Structure.objects.filter(departement=demarche.gouvernance.departement_id)
    voisines = (connues | Structure.objects.filter(pk__in=statuts)).order_by("nom", "pk")
    ouverts = Siege.objects.ouverts().filter(instance=instance)
    return Savoir(
        demarche, {c.pk: c for c in College.objects.all()}, list(epcis_du_perimetre(demarche)),
        sorted(voisines, key=lambda s: s.pk not in statuts),  # les membres d'abord
        statuts, set(ouverts.values_list("structure", flat=True)),
    )  # fmt: skip


def _lignes(mot: str, preside: bool, savoir: Savoir) -> list[Ligne]:
    regle = _regles()[mot]
    college = savoir.colleges.get(regle["college"])
    if college is None:  # un collège que l'administration a retiré
        return []
    if regle.get("epcis"):
        return [_ligne_epci(epci, college, preside, savoir) for epci in savoir.epcis]
    trouvees = [s for s in savoir.structures if s.college_id == college.pk and _reconnue(s, regle)]
    departement = savoir.demarche.departement
    nom = regle["nom"].format(departement=departement.nom, region=departement.region.nom)
    # Les clés restent les mêmes une fois les structures créées : renvoyer le formulaire n'ajoute rien.
    places = [(mot, nom, next(iter(trouvees), None))]
    if regle.get("tous"):
        places = [(f"{mot}-{s.uuid}", s.nom, s) for s in trouvees]
        places.append((mot, "" if trouvees else nom, None))  # une de plus, à nommer
    return [
        _completer(Ligne(cle, nom, college, sigle=regle.get("sigle", ""), preside=preside), structure, savoir)
        for cle, nom, structure in places
    ]


def _ligne_epci(epci: Epci, college: College, preside: bool, savoir: Savoir) -> Ligne:
    ligne = Ligne(f"epci-{epci.pk}", epci.nom, college, epci=epci, preside=preside)
    du_college = (s for s in savoir.structures if s.college_id == college.pk)
    structure = next((s for s in du_college if epci.pk in epcis_representes(s, [epci])), None)
    return _completer(ligne, structure, savoir)


def _completer(ligne: Ligne, structure: Structure | None, savoir: Savoir) -> Ligne:
    if structure is None:
        return ligne
    return ligne._replace(
        structure=structure, nom=structure.nom, statut=savoir.statuts.get(structure.pk, ""),
        assise=structure.pk in savoir.assises,
    )  # fmt: skip


def _reconnue(structure: Structure, regle: dict) -> bool:
    nu = f" {cle_francaise(f'{structure.nom} {structure.sigle}')[0]} "
    if any(f" {mot} " in nu for mot in regle.get("sauf", [])):
        return False
    return "mots" not in regle or any(f" {mot} " in nu for mot in regle["mots"])


@transaction.atomic
def appliquer(
    instance_pk: int, modele: Modele, choix: list[Choix], *, par: Utilisateur | None
) -> list[Siege]:
    """Ouvre un siège pour chaque ligne choisie qui n'en a pas ; inscrit d'abord la structure s'il le faut.

    Lève ValidationError si une ligne n'est plus proposée, ou ce que lève `membres.ajouter`.
    """
    instance = instances.verrouiller(instance_pk, par)
    savoir = _lire(instance)
    proposees = {ligne.cle: ligne for ligne in _proposer(savoir, modele)}
    places: dict[int, Place] = {}
    for choisi in choix:
        ligne = proposees.get(choisi.cle)
        if ligne is None:
            raise ValidationError(instances.DEJA)
        structure = ligne.structure or _homonyme(ligne, choisi, savoir) or _neuve(ligne, choisi, savoir)
        if structure.pk in savoir.assises | set(places):
            continue
        if savoir.statuts.get(structure.pk) not in AUTOUR:
            membres.ajouter(instance.demarche, structure, par=par)
        places[structure.pk] = Place(structure, None, choisi.president)
    sieges = instances.asseoir(instance, list(places.values()), par=par)
    if sieges:
        dits = ", ".join(str(s) for s in sieges)
        Evenement.consigner(instance, f"composer : {modele.nom}"[:60], par=par, vers=dits)
    return sieges


def _homonyme(ligne: Ligne, choisi: Choix, savoir: Savoir) -> Structure | None:
    """Une structure connue du même collège et du même nom : la reprendre, plutôt que la doubler."""
    voulu = cle_francaise(choisi.nom)[0]
    memes = (s for s in savoir.structures if s.college_id == ligne.college.pk)
    return next((s for s in memes if cle_francaise(s.nom)[0] == voulu), None)


def _neuve(ligne: Ligne, choisi: Choix, savoir: Savoir) -> Structure:
    return Structure(
        nom=choisi.nom, sigle=ligne.sigle, college=ligne.college, epci=ligne.epci,
        departement=savoir.demarche.departement,
    )  # fmt: skip
