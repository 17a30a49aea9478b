"""Ce qui empêche d'importer : une liste complète, chaque faute à son chemin, en français."""

from typing import NamedTuple


class Erreur(NamedTuple):
    """`chemin` : par exemple « $.fiches[2].budget[0].montant »."""

    chemin: str
    message: str

    def __str__(self):
        return f"{self.chemin} : {self.message}"


class ErreurImport(Exception):
    """Le fichier est refusé en entier ; rien n'est écrit."""

    def __init__(self, erreurs: list[Erreur]):
        self.erreurs = erreurs
        super().__init__("\n".join(map(str, erreurs)))


def refuser(message: str, chemin: str = "$") -> ErreurImport:
    return ErreurImport([Erreur(chemin, message)])
