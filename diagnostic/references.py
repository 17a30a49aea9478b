"""Les références communes à toutes les démarches : thématiques par défaut, chiffres publiés."""

import csv
import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from diagnostic.models import Echelle, Mesure, SerieIndicateur, Thematique

DONNEES = Path(__file__).parent / "donnees"
THEMATIQUES = DONNEES / "thematiques.json"
ILLECTRONISME = DONNEES / "illectronisme-france-2021.csv"
ANNEE = 2021
SOURCE = "Insee Première n° 1953 (données 2021)"


class Bilan(NamedTuple):
    """Nombre de lignes écrites (ajoutées ou corrigées)."""

    thematiques: int
    series: int
    mesures: int


@transaction.atomic
def charger() -> Bilan:
    """Ajoute ce qui manque et corrige les chiffres publiés ; un second passage n'écrit rien."""
    return Bilan(_thematiques(), *_illectronisme())


@cache
def codes_publies() -> frozenset[str]:
    """Les codes des séries livrées avec la plateforme : les seules que toutes les démarches partagent."""
    return frozenset(ligne["code"] for ligne in _lignes())


def _lignes() -> list[dict[str, str]]:
    with ILLECTRONISME.open(encoding="utf-8", newline="") as fichier:
        return list(csv.DictReader(fichier))


def _thematiques() -> int:
    """Celles qu'on a renommées ne bougent pas."""
    voulues = json.loads(THEMATIQUES.read_text(encoding="utf-8"))
    presentes = set(Thematique.objects.values_list("code", flat=True))
    manquantes = [Thematique(**t) for t in voulues if t["code"] not in presentes]
    Thematique.objects.bulk_create(manquantes, ignore_conflicts=True)
    return len(manquantes)


def _illectronisme() -> tuple[int, int]:
    series = mesures = 0
    for ligne in _lignes():
        serie, ecrite = _ecrire(
            SerieIndicateur,
            {"code": ligne["code"]},
            {"libelle": ligne["libelle"], "unite": "%", "source": SOURCE, "demonstration": False},
        )
        lieu = {"echelle": Echelle.FRANCE, "territoire": "FR", "annee": ANNEE}
        valeurs = {"territoire_nom": "France", "valeur": Decimal(ligne["taux_pct"])}
        series += ecrite
        mesures += _ecrire(Mesure, {"serie": serie, **lieu}, valeurs)[1]
    return series, mesures


def _ecrire(modele, cle: dict, valeurs: dict):
    """L'objet de cette clé, et s'il a fallu l'écrire."""
    objet, cree = modele.objects.get_or_create(**cle, defaults=valeurs)
    changes = {nom: v for nom, v in valeurs.items() if getattr(objet, nom) != v}
    if changes and not cree:
        for nom, valeur in changes.items():
            setattr(objet, nom, valeur)
        objet.save(update_fields=list(changes))
    return objet, cree or bool(changes)
