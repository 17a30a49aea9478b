"""Ôter d'un texte ce qui désigne une personne : adresses, téléphones, et les noms que la fiche connaît."""

import re

from feuille_de_route.models import FicheAction

ADRESSE = re.compile(r"[\w.+'’-]+@[\w-]+(?:\.[\w-]+)+")
TELEPHONE = re.compile(r"(?:\+33[ .-]?|\b0)[1-9](?:[ .\u00a0\u202f-]?\d{2}){4}\b")
# « Jeanne Martin », « Jean-Luc de La Tour » : deux mots qui commencent par une capitale.
PERSONNE = re.compile(r"^[A-ZÀ-Þ][\w'’-]+(?: (?:de|du|des|la|le|d’|d'))* [A-ZÀ-Þ][\w'’-]+")


def noms_de(fiche: FicheAction) -> list[str]:
    """Ceux du pilote (s'il se nomme) et de l'élu référent ; lire la fiche avec `elu_referent`."""
    noms = []
    if trouve := PERSONNE.match(fiche.pilote.strip()):
        noms.append(trouve.group())
    if fiche.elu_referent:
        noms.append(f"{fiche.elu_referent.prenom} {fiche.elu_referent.nom}".strip())
    return [nom for nom in noms if len(nom) > 3]


def sans_personnes(texte: str, noms: list[str]) -> str:
    """Le texte, chaque adresse, téléphone ou nom remplacé par ce qu'on en a retiré."""
    texte = ADRESSE.sub("[adresse retirée]", texte)
    texte = TELEPHONE.sub("[téléphone retiré]", texte)
    for nom in noms:
        texte = re.sub(rf"\b{re.escape(nom)}\b", "[nom retiré]", texte, flags=re.I)
    return texte
