"""Comparer deux textes, mot à mot : ce qui reste, ce qui s'ajoute, ce qui s'en va."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

GARDE, AJOUT, RETRAIT = "garde", "ajout", "retrait"
MOTS = re.compile(r"\S+\s*|\s+")
MOTS_COMPARES = 3_000  # au-delà, la comparaison mot à mot se ferait attendre


class Morceau(NamedTuple):
    """`genre` : garde, ajout ou retrait."""

    genre: str
    texte: str


def comparer(avant: str, apres: str) -> list[Morceau]:
    """Les morceaux qui mènent d'un texte à l'autre, dans l'ordre de lecture ; le retrait précède l'ajout."""
    a, b = MOTS.findall(avant), MOTS.findall(apres)
    if max(len(a), len(b)) > MOTS_COMPARES:
        return _utiles([Morceau(RETRAIT, avant), Morceau(AJOUT, apres)])
    morceaux = []
    for operation, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if operation == "equal":
            morceaux.append(Morceau(GARDE, "".join(a[i1:i2])))
            continue
        morceaux += [Morceau(RETRAIT, "".join(a[i1:i2])), Morceau(AJOUT, "".join(b[j1:j2]))]
    return _utiles(morceaux)


def _utiles(morceaux: list[Morceau]) -> list[Morceau]:
    return [m for m in morceaux if m.texte]
