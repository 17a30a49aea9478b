"""Ce qui manque avant d'avancer : une phrase, si elle bloque, et l'écran où l'on y remédie."""

from typing import NamedTuple


class Manque(NamedTuple):
    """`ecran` : nom d'une URL qui prend l'uuid de la démarche ; vide si rien n'est à faire sur un écran."""

    texte: str
    bloquant: bool = True
    ecran: str = ""


def bloquants(manques: list[Manque]) -> list[Manque]:
    return [m for m in manques if m.bloquant]
