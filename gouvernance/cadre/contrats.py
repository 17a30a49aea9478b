"""Les contrats auxquels une feuille de route s'adosse : ce qu'ils sont, et l'instance qui s'y réunit déjà."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gouvernance.models import Contrat

CONTRATS = Path(__file__).parents[1] / "donnees" / "contrats.json"


class Adossement(NamedTuple):
    """`implique` : ce que l'adossement change, dont l'instance que l'on peut réutiliser."""

    code: str
    sigle: str
    nom: str
    est: str
    implique: str


@cache
def adossements() -> dict[str, Adossement]:
    """Un par contrat nommé, dans l'ordre de la liste ; lève ValueError si le fichier en oublie."""
    lus = {brut["code"]: brut for brut in json.loads(CONTRATS.read_text(encoding="utf-8"))}
    nommes = [c for c in Contrat if c not in {Contrat.AUCUN, Contrat.AUTRE}]
    if set(lus) != {c.value for c in nommes}:
        raise ValueError("Le fichier des contrats doit décrire chaque contrat d’adossement, et eux seuls.")
    return {c.value: Adossement(sigle=c.label, **lus[c.value]) for c in nommes}
