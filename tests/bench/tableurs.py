"""Le classeur XLSX de la maison contre xlsxwriter nu, sur les mêmes cellules ; et la mémoire qu'il prend."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from xlsxwriter import Workbook

from gouvernance.socle.tableur import EUROS, OPTIONS, Classeur, Colonne
from tests.bench.contexte import Contexte
from tests.bench.mesure import Resultat, alterner, comparer

LIGNES, FOIS = 10_000, 3
PEU, BEAUCOUP = 5_000, 50_000
JOUR, PRIX = date(2027, 3, 1), Decimal("12345.67")
GENRES = ["texte"] * 10 + ["euros"] * 4 + ["date"] * 2 + ["entier"] * 2
COLONNES = [Colonne(f"{genre} {i}", 14, genre.replace("texte", "")) for i, genre in enumerate(GENRES)]


def valeurs(rang: int) -> list:
    """Dix textes, quatre montants, deux dates, deux entiers : une fiche telle qu'on l'exporte."""
    return [*(f"Permanence {rang} {i}" for i in range(10)), PRIX, PRIX, PRIX, PRIX, JOUR, JOUR, rang, rang]


def export_xlsx(contexte: Contexte) -> Iterator[Resultat]:
    a, b = alterner(lambda: le_notre(LIGNES), lambda: nu(LIGNES), FOIS)
    yield Resultat("export-xlsx", "10 000 lignes / xlsxwriter nu", a.mur / b.mur, 1.2, comparer(a, b))
    peu, beaucoup = _memoire(PEU), _memoire(BEAUCOUP)
    detail = f"{peu / 1e6:.1f} Mo pour {PEU} lignes, {beaucoup / 1e6:.1f} Mo pour {BEAUCOUP}"
    yield Resultat("export-xlsx", "mémoire, dix fois plus de lignes", beaucoup / peu, 1.1, detail)


def le_notre(lignes: int, flux=None) -> None:
    with Classeur(flux or io.BytesIO(), "Banc") as classeur:
        feuille = classeur.feuille("Fiches", COLONNES)
        feuille.entetes()
        for rang in range(lignes):
            feuille.ligne(valeurs(rang))


def nu(lignes: int) -> None:
    with Workbook(io.BytesIO(), OPTIONS) as classeur:
        euros, jour, texte = (
            classeur.add_format({"num_format": EUROS}),
            classeur.add_format({"num_format": "dd/mm/yyyy"}),
            classeur.add_format({"valign": "top"}),
        )
        feuille = classeur.add_worksheet("Fiches")
        for rang in range(lignes):
            for place, valeur in enumerate(valeurs(rang)):
                if isinstance(valeur, str):
                    feuille.write_string(rang, place, valeur, texte)
                elif isinstance(valeur, date):
                    feuille.write_datetime(rang, place, valeur, jour)
                else:
                    feuille.write_number(rang, place, valeur, euros)


def _memoire(lignes: int) -> int:
    """Le plus haut de la mémoire de Python, en octets ; le fichier, lui, va au disque."""
    tracemalloc.start()
    with open("/dev/null", "wb") as rien:  # noqa: PTH123
        le_notre(lignes, rien)
    sommet = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return sommet
