"""Comparer deux textes, mot à mot : ce qui reste, ce qui s'ajoute, ce qui s'en va."""

import re
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

GARDE, AJOUT, RETRAIT, COUPE = "garde", "ajout", "retrait", "coupe"
MOTS = re.compile(r"\s*(?:[\w’'-]+|[^\w\s])|\s+")  # un mot ou un signe, et le blanc qui le précède
MOTS_COMPARES = 3_000  # au-delà, la comparaison mot à mot se ferait attendre


class Morceau(NamedTuple):
    """`genre` : garde, ajout ou retrait ; `coupe` : un passage inchangé que `resserrer` tait."""

    genre: str
    texte: str


def comparer(avant: str, apres: str) -> list[Morceau]:
    """Les morceaux qui mènent d'un texte à l'autre, dans l'ordre de lecture ; le retrait précède l'ajout."""
    a, b = MOTS.findall(avant), MOTS.findall(apres)
    tete = _communs(a, b)
    queue = _communs(a[tete:][::-1], b[tete:][::-1])
    milieu = _milieu(a[tete : len(a) - queue], b[tete : len(b) - queue])
    fin = "".join(a[len(a) - queue :])
    return _utiles([Morceau(GARDE, "".join(a[:tete])), *milieu, Morceau(GARDE, fin)])


def _communs(a: list[str], b: list[str]) -> int:
    """Combien de mots les deux textes ont en commun à partir du premier : une retouche en laisse presque
    tous, et ceux-là ne coûtent rien à comparer.
    """
    return next((rang for rang, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _milieu(a: list[str], b: list[str]) -> list[Morceau]:
    if max(len(a), len(b)) > MOTS_COMPARES:
        return [Morceau(RETRAIT, "".join(a)), Morceau(AJOUT, "".join(b))]
    morceaux = []
    for operation, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if operation == "equal":
            morceaux.append(Morceau(GARDE, "".join(a[i1:i2])))
        else:
            morceaux += _remplacement("".join(a[i1:i2]), "".join(b[j1:j2]))
    return morceaux


def _remplacement(avant: str, apres: str) -> list[Morceau]:
    """Le blanc que les deux ont en tête n'a pas changé : il ne se barre ni ne se souligne."""
    blanc = avant[: len(avant) - len(avant.lstrip())]
    blanc = blanc if avant.strip() and apres.strip() and apres.startswith(blanc) else ""
    reste = len(blanc)
    return [Morceau(GARDE, blanc), Morceau(RETRAIT, avant[reste:]), Morceau(AJOUT, apres[reste:])]


def resserrer(morceaux: list[Morceau], autour: int = 12) -> list[Morceau]:
    """Ne garde, de ce qui n'a pas changé, que les `autour` mots voisins d'un changement."""
    resserres = []
    for rang, morceau in enumerate(morceaux):
        mots = MOTS.findall(morceau.texte)
        avant = autour if rang else 0
        apres = autour if rang < len(morceaux) - 1 else 0
        if morceau.genre != GARDE or len(mots) <= avant + apres + 1:
            resserres.append(morceau)
            continue
        debut, fin = "".join(mots[:avant]), "".join(mots[len(mots) - apres :])
        resserres += _utiles([Morceau(GARDE, debut)])
        resserres += [Morceau(COUPE, ""), *_utiles([Morceau(GARDE, fin)])]
    return resserres


def _utiles(morceaux: list[Morceau]) -> list[Morceau]:
    """Sans les morceaux vides ; deux morceaux du même genre qui se suivent n'en font qu'un."""
    groupes = groupby((m for m in morceaux if m.texte), key=lambda m: m.genre)
    return [Morceau(genre, "".join(m.texte for m in suite)) for genre, suite in groupes]
