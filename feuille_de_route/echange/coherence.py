"""Ce qu'un schéma ne sait pas dire : références, codes de référentiel, doublons d'une liste."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple

from diagnostic.models import Thematique
from feuille_de_route.echange.conformite import chemin
from feuille_de_route.echange.erreurs import Erreur
from feuille_de_route.echange.schema import schema
from gouvernance.models import College, Commune, Departement, Epci

GENRES = {
    "structure": "une structure", "personne": "une personne", "instance": "une instance", "siege": "un siège",
    "seance": "une séance", "decision": "une décision", "constat": "un constat", "enjeu": "un enjeu",
    "chantier": "un chantier clé", "atelier": "un atelier", "axe": "un axe", "fiche": "une fiche",
    "limite": "une limite d’action", "contribution": "une contribution",
}  # fmt: skip
REFERENTIELS = {
    "departement": (Departement, "code", "Département inconnu"),
    "epci": (Epci, "siren", "EPCI inconnu"),
    "commune": (Commune, "code", "Commune inconnue"),
    "college": (College, "code", "Collège inconnu"),
    "thematique": (Thematique, "code", "Thématique inconnue"),
}


class Noeud(NamedTuple):
    lieu: tuple
    regle: dict
    valeur: Any


def noeuds(regle: dict, valeur: Any, lieu: tuple = ()) -> Iterator[Noeud]:
    """Chaque valeur connue du fichier avec la règle qui la décrit, de haut en bas."""
    yield Noeud(lieu, regle, valeur)
    if isinstance(valeur, dict):
        for cle, sous_regle in regle.get("properties", {}).items():
            if valeur.get(cle) is not None:
                yield from noeuds(sous_regle, valeur[cle], (*lieu, cle))
    elif isinstance(valeur, list) and "items" in regle:
        for rang, element in enumerate(valeur):
            yield from noeuds(regle["items"], element, (*lieu, rang))


class Coherence:
    """Parcourt un fichier déjà élagué de ses écarts au schéma. `erreurs` : ce qui ne tient pas."""

    def __init__(self, donnees: dict):
        self.erreurs: list[Erreur] = []
        self.genres: dict[str, str] = {}
        self.citees: Counter[str] = Counter()
        tous = list(noeuds(schema(), donnees))
        self._definitions(tous)
        self._renvois(tous)
        self._doublons(tous)
        self._codes(tous)

    def _refuser(self, lieu: tuple, message: str) -> None:
        self.erreurs.append(Erreur(chemin(lieu), message))

    def _definitions(self, tous: list[Noeud]) -> None:
        for lieu, regle, valeur in tous:
            if "x-definit" not in regle or not isinstance(valeur, str):
                continue
            if valeur in self.genres:
                self._refuser(lieu, f"La référence « {valeur} » est déjà prise.")
            self.genres.setdefault(valeur, regle["x-definit"])

    def _renvois(self, tous: list[Noeud]) -> None:
        for lieu, regle, valeur in tous:
            if "x-renvoi" not in regle or not isinstance(valeur, str):
                continue
            self.citees[valeur] += 1
            permis, genre = regle["x-renvoi"], self.genres.get(valeur)
            attendu = " ou ".join(GENRES[g] for g in permis)
            if genre is None:
                self._refuser(lieu, f"« {valeur} » ne désigne rien dans le fichier ; il faut {attendu}.")
            elif genre not in permis:
                self._refuser(lieu, f"« {valeur} » désigne {GENRES[genre]} ; il faut {attendu}.")

    def _doublons(self, tous: list[Noeud]) -> None:
        for lieu, regle, valeur in tous:
            for cle in regle.get("x-unique", ()) if isinstance(valeur, list) else ():
                vues = set()
                for rang, element in enumerate(valeur):
                    repere = element.get(cle) if isinstance(element, dict) else None
                    if repere is not None and repere in vues:
                        self._refuser((*lieu, rang, cle), f"« {repere} » est déjà dans la liste.")
                    vues.add(repere)

    def _codes(self, tous: list[Noeud]) -> None:
        lieux = defaultdict(list)
        for lieu, regle, valeur in tous:
            if regle.get("x-code") and isinstance(valeur, str):
                lieux[regle["x-code"]].append((lieu, valeur))
        for genre, cites in lieux.items():
            modele, cle, phrase = REFERENTIELS[genre]
            connus = set(modele.objects.values_list(cle, flat=True))
            for lieu, code in cites:
                if code not in connus:
                    self._refuser(lieu, f"{phrase} : « {code} »{_proche(code, connus)}.")


def _proche(code: str, connus: set[str]) -> str:
    proches = get_close_matches(code, sorted(connus), n=1, cutoff=0.7)
    return f" ; vouliez-vous dire « {proches[0]} » ?" if proches else ""
