"""Mesurer deux choses l'une contre l'autre : A B A B…, la première paire jetée, des médianes.

La machine est partagée : seuls les rapports d'un même lancement ont un sens, jamais les millisecondes.
"""

import gc
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple


class SansObjet(Exception):
    """Ce que la ligne mesure n'existe pas encore ; le message dit quoi."""


class Temps(NamedTuple):
    """Médianes, en secondes : horloge, et processeur de ce processus (sans celui de PostgreSQL)."""

    mur: float
    cpu: float


class Resultat(NamedTuple):
    """Un rapport (ou une quantité) et sa cible. `au_moins` : la cible est un plancher, non un plafond."""

    ligne: str
    mesure: str
    valeur: float | None
    cible: float | None
    detail: str = ""
    au_moins: bool = False
    unite: str = ""

    @property
    def verdict(self) -> str:
        if self.valeur is None:
            return "sans objet pour l’instant"
        if self.cible is None:
            return "—"
        tenu = self.valeur >= self.cible if self.au_moins else self.valeur <= self.cible
        return "OK" if tenu else "KO"


def chronometrer(acte: Callable[[], object]) -> Temps:
    mur, cpu = time.perf_counter(), time.process_time()
    acte()
    return Temps(time.perf_counter() - mur, time.process_time() - cpu)


def alterner(a: Callable[[], object], b: Callable[[], object], fois: int = 40) -> tuple[Temps, Temps]:
    """Les médianes de `fois` exécutions de chacun, entrelacées ; une paire de plus, jetée, chauffe tout."""
    mesures: tuple[list[Temps], list[Temps]] = ([], [])
    gc.collect()
    for rang in range(fois + 1):
        for cote, acte in zip(mesures, (a, b), strict=True):
            temps = chronometrer(acte)
            if rang:
                cote.append(temps)
    return mediane(mesures[0]), mediane(mesures[1])


def mediane(mesures: list[Temps]) -> Temps:
    return Temps(median(m.mur for m in mesures), median(m.cpu for m in mesures))


def nombre(valeur: float, decimales: int = 2) -> str:
    return f"{valeur:.{decimales}f}".replace(".", ",")


def comparer(a: Temps, b: Temps) -> str:
    """« mur 9,1 / 6,4 ms · CPU 8,0 / 5,6 ms » (secondes au-delà de deux secondes)."""
    facteur, unite = (1, "s") if max(a.mur, b.mur) >= 2 else (1000, "ms")
    paires = (("mur", a.mur, b.mur), ("CPU", a.cpu, b.cpu))
    return " · ".join(f"{nom} {nombre(x * facteur)} / {nombre(y * facteur)} {unite}" for nom, x, y in paires)
