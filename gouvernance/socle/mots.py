"""Compter, accorder, énumérer : les petites phrases que l'on écrit partout."""

from collections.abc import Iterable


def pluriel(mot: str, nombre: int) -> str:
    """« fiche », « fiches » à partir de deux."""
    return f"{mot}s" if nombre > 1 else mot


def compter(nombre: int, mot: str) -> str:
    """« 1 fiche », « 8 fiches »."""
    return f"{nombre} {pluriel(mot, nombre)}"


def enumerer(elements: Iterable) -> str:
    """« 3 », « 3 et 7 », « 3, 7 et 9 »."""
    mots = [str(element) for element in elements]
    return f"{', '.join(mots[:-1])} et {mots[-1]}" if len(mots) > 1 else "".join(mots)


def adresse_voilee(email: str) -> str:
    """« m…@exemple.fr » : le journal, que tous les membres lisent, n'a pas à donner l'adresse entière."""
    nom, _, domaine = email.partition("@")
    return f"{nom[:1]}…@{domaine}"
