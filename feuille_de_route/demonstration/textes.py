"""Le contenu de la démonstration : des fichiers JSON, et la typographie française posée à la lecture."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

CONTENU = Path(__file__).parent / "contenu"
INSECABLE, FINE = "\u00a0", "\u202f"
REGLES = (
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
    (re.compile(r" (?=[:»€%])"), INSECABLE),
    (re.compile(r"(?<=«) "), INSECABLE),
    (re.compile(r" (?=[;?!])"), FINE),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), FINE),
)


def typographier(texte: str) -> str:
    """Apostrophes courbes, espaces insécables devant les signes doubles et dans les nombres."""
    for motif, remplace in REGLES:
        texte = motif.sub(remplace, texte)
    return texte


def _partout(valeur: Any) -> Any:
    match valeur:
        case str():
            return typographier(valeur)
        case list():
            return [_partout(v) for v in valeur]
        case dict():
            return {cle: _partout(v) for cle, v in valeur.items()}
    return valeur


@cache
def lire(piece: str, nom: str) -> Any:
    """Le contenu de contenu/<piece>/<nom>.json ; `piece` vide : commun à toutes."""
    return _partout(json.loads((CONTENU / piece / f"{nom}.json").read_text(encoding="utf-8")))
