"""Qui manque autour de la table, dit en mots : une règle pure sur des lignes déjà lues.

La méthode veut une représentativité construite en amont, la société civile associée, un groupe projet « deux
élus, deux techniciens ». Les collèges attendus et leur nombre minimal viennent de la table College ; les
EPCI, du périmètre de la démarche. Rien ne bloque.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject

from gouvernance.acteurs import colleges
from gouvernance.models import (
    College,
    Demarche,
    Epci,
    Instance,
    Membre,
    Perimetre,
    Qualite,
    Siege,
    StatutMembre,
    Structure,
    TypeInstance,
)
from gouvernance.socle.manques import Manque
from gouvernance.socle.tri import cle_francaise

PUBLICS = frozenset({"etat", "departement", "epci", "communes"})  # l'État et les collectivités
CIVILES = frozenset({Qualite.ACTEUR, Qualite.HABITANT})
ABREGES = {"communaute de communes": "cc", "communaute d agglomeration": "ca", "communaute urbaine": "cu"}


class Place(NamedTuple):
    """Une chaise occupée : la structure, et la qualité de qui y siège si on la connaît."""

    structure: Structure
    qualite: str = ""
    president: bool = False


class Attente(NamedTuple):
    """Ce que l'on attend : les collèges (attendu, minimum) et les EPCI du périmètre."""

    colleges: list[College]
    epcis: list[Epci]


class Absent(NamedTuple):
    """Qui manque, et de quoi préremplir son inscription."""

    libelle: str
    college: str = ""
    epci: str = ""


class Ecart(NamedTuple):
    """Une phrase, et ceux qu'elle nomme."""

    texte: str
    absents: tuple[Absent, ...] = ()

    @property
    def phrase(self) -> str:
        noms = ", ".join(a.libelle for a in self.absents)
        return f"{self.texte} : {noms}." if noms else f"{self.texte}."


def attente(demarche: Demarche) -> Attente:
    """Les collèges attendus et les EPCI du périmètre, en une requête."""
    return _attente(demarche, _lire(demarche))


COLLEGE, EPCI = ("code", "libelle", "minimum"), ("siren", "nom")  # ce que les règles en lisent


def _lire(demarche: Demarche, **plus) -> dict:
    return Demarche.objects.values(
        les_colleges=ArraySubquery(College.objects.filter(attendu=True).values(lu=_objet(COLLEGE))),
        les_epcis=ArraySubquery(epcis_du_perimetre(demarche).values(lu=_objet(EPCI))),
        **plus,
    ).get(pk=demarche.pk)


def _objet(champs: Iterable[str]) -> JSONObject:
    return JSONObject(**{champ: champ for champ in champs})


def _attente(demarche: Demarche, lu: dict) -> Attente:
    """Des objets dont le reste ne se lit que si on le demande."""
    lus = [College.from_db("default", COLLEGE, [c[champ] for champ in COLLEGE]) for c in lu["les_colleges"]]
    epcis = [Epci.from_db("default", EPCI, [e[champ] for champ in EPCI]) for e in lu["les_epcis"]]
    return Attente(colleges.attendus(demarche.gouvernance, lus), epcis)


def epcis_du_perimetre(demarche: Demarche):
    """Ceux du groupe d'EPCI ; sinon tous ceux du département, ou de la région."""
    if demarche.perimetre == Perimetre.GROUPEMENT:
        return Epci.objects.filter(perimetres__demarche=demarche)
    departement = demarche.gouvernance.departement
    if demarche.perimetre == Perimetre.REGIONAL:
        return Epci.objects.actuels().filter(departement__region=departement.region_id)
    return Epci.objects.actuels().filter(departements__contains=[departement.pk])


def de_la_gouvernance(membres: Iterable[Membre], attendus: Attente) -> list[Ecart]:
    """Ce qui manque parmi les membres confirmés ; `membres` porte sa structure."""
    places = [Place(m.structure) for m in membres if m.statut == StatutMembre.CONFIRME]
    return [ecart for regle in (_colleges, _epcis, _acteur) for ecart in regle(places, attendus)]


def d_une_instance(instance: Instance, sieges: Iterable[Siege], attendus: Attente) -> list[Ecart]:
    """Ce qui manque parmi les sièges ouverts d'une instance, selon ce que son type demande."""
    places = [
        Place(s.structure, s.personne.qualite if s.personne else "", s.president)
        for s in sieges
        if s.clos_le is None
    ]
    if instance.type == TypeInstance.GROUPE_MOTEUR:
        attendus = attendus._replace(epcis=[instance.epci] if instance.epci else [])
    return [ecart for regle in REGLES[instance.type] for ecart in regle(places, attendus)]


def deja_membres(demarche: Demarche, ecarts: list[Ecart]) -> frozenset[Absent]:
    """Ceux qui manquent à une instance et sont pourtant membres de la gouvernance : il suffit d'un siège."""
    absents = {a for ecart in ecarts for a in ecart.absents}
    epcis = [Epci(siren=a.epci, nom=a.libelle) for a in absents if a.epci]
    membres = Structure.objects.filter(
        adhesions_gouvernance__gouvernance=demarche.gouvernance_id,
        adhesions_gouvernance__statut__in=[StatutMembre.CANDIDAT, StatutMembre.CONFIRME],
    )
    presents = list(membres)
    colleges_presents = {s.college_id for s in presents}
    sirens = {siren for s in presents for siren in epcis_representes(s, epcis)}
    return frozenset(a for a in absents if (a.epci in sirens if a.epci else a.college in colleges_presents))


def avertissements(demarche: Demarche, membres: list[Membre]) -> list[Manque]:
    """Les avertissements d'ouverture du diagnostic : représentativité, groupe projet."""
    places = demarche.instances.actives().filter(type=TypeInstance.GROUPE_PROJET).order_by()
    place = JSONObject(groupe="pk", clos_le="sieges__clos_le", qualite="sieges__personne__qualite")
    lu = _lire(demarche, places=ArraySubquery(places.values(lue=place)))
    ecarts = de_la_gouvernance(membres, _attente(demarche, lu))
    manques = [Manque(ecart.phrase, False, "gouvernance") for ecart in ecarts]
    return manques + _avertissements_groupe_projet(lu["places"])


def _avertissements_groupe_projet(places: list[dict]) -> list[Manque]:
    presents: dict[int, set] = {}
    for place in places:
        qualites = presents.setdefault(place["groupe"], set())
        qualites.update({place["qualite"]} if place["clos_le"] is None else ())
    desequilibre = any(not {Qualite.ELU, Qualite.TECHNICIEN} <= q for q in presents.values())
    phrase = "Le groupe projet doit réunir au moins un élu et un technicien."
    return [Manque(phrase, False, "gouvernance")] if desequilibre else []


def est_acteur(place: Place) -> bool:
    """Ni élu, ni technicien de collectivité, ni agent de l'État : la société civile."""
    if place.qualite in CIVILES:
        return True
    return place.qualite != Qualite.ELU and place.structure.college_id not in PUBLICS


def _colleges(places: list[Place], attendus: Attente) -> list[Ecart]:
    presents = [c for _, c in {(p.structure.pk, p.structure.college_id) for p in places}]
    absents = [
        Absent(_dire_college(c, presents.count(c.pk)), c.pk)
        for c in attendus.colleges
        if presents.count(c.pk) < c.minimum
    ]
    sujet = "Un collège attendu n’est pas assez représenté"
    if len(absents) > 1:
        sujet = "Des collèges attendus ne sont pas assez représentés"
    return [Ecart(sujet, tuple(absents))] if absents else []


def _dire_college(college: College, combien: int) -> str:
    return college.libelle if college.minimum < 2 else f"{college.libelle} ({combien} sur {college.minimum})"


def _epcis(places: list[Place], attendus: Attente) -> list[Ecart]:
    couverts = {siren for p in places for siren in epcis_representes(p.structure, attendus.epcis)}
    absents = tuple(Absent(e.nom, "epci", e.pk) for e in attendus.epcis if e.pk not in couverts)
    return [Ecart("Aucun membre ne représente", absents)] if absents else []


def epcis_representes(structure: Structure, epcis: Iterable[Epci]) -> set[str]:
    """Les EPCI que représente une structure : celui qu'elle dit, celui de son SIRET, ou, dans le collège
    EPCI, celui qui porte son nom (« CC » valant « Communauté de communes »).
    """
    connus = {structure.epci_id, (structure.siret or "")[:9]} - {None, ""}
    if structure.college_id == "epci":
        nom = _nom_d_epci(structure.nom)
        connus |= {e.pk for e in epcis if _nom_d_epci(e.nom) == nom}
    return connus


def _nom_d_epci(nom: str) -> str:
    nu = cle_francaise(nom)[0]
    for long, court in ABREGES.items():
        nu = nu.replace(long, court)
    return nu


def _acteur(places: list[Place], _: Attente) -> list[Ecart]:
    if any(est_acteur(p) for p in places):
        return []
    texte = "Aucun acteur de terrain : ni association, ni entreprise, ni habitant, ni opérateur"
    return [Ecart(texte)]


def _equilibre(places: list[Place], _: Attente) -> list[Ecart]:
    qualites = [p.qualite for p in places]
    elus, techniciens = qualites.count(Qualite.ELU), qualites.count(Qualite.TECHNICIEN)
    if elus and techniciens:
        return []
    manque = "ni élu ni technicien"
    if elus or techniciens:
        manque = "pas d’élu" if techniciens else "pas de technicien"
    return [Ecart(f"Il n’y a {manque} ; visez l’équilibre, par exemple deux élus et deux techniciens")]


def _presidence(places: list[Place], _: Attente) -> list[Ecart]:
    return [] if any(p.president for p in places) else [Ecart("Personne ne préside cette instance")]


Regle = Callable[[list[Place], Attente], list[Ecart]]
# Ce que chaque type demande : qui décide et qui porte est représentatif et présidé ; qui prépare
# est équilibré ; un groupe moteur est d'abord celui de son EPCI.
REGLES: dict[str, tuple[Regle, ...]] = {
    TypeInstance.COPIL: (_presidence, _colleges, _epcis, _acteur),
    TypeInstance.COTECH: (_acteur,),
    TypeInstance.PARTENARIAL: (_presidence, _colleges, _acteur),
    TypeInstance.GROUPE_PROJET: (_equilibre, _acteur),
    TypeInstance.GROUPE_PILOTE: (_presidence, _equilibre),
    TypeInstance.GROUPE_MOTEUR: (_epcis, _equilibre),
    TypeInstance.CONSORTIUM: (_presidence, _acteur),
    TypeInstance.EXISTANTE: (_presidence, _acteur),
}
