"""Les collèges par défaut : les familles d'acteurs que l'on attend autour de la table."""

import json
from collections.abc import Iterable
from pathlib import Path

from gouvernance.models import College, Gouvernance

DEPARTEMENT = "departement"
COLLEGES = Path(__file__).parents[1] / "donnees" / "colleges.json"


def charger_defauts() -> int:
    """Ajoute les collèges qui manquent, rend leur nombre ; ceux qu'on a ajustés ne bougent pas."""
    voulus = json.loads(COLLEGES.read_text(encoding="utf-8"))
    presents = set(College.objects.values_list("code", flat=True))
    manquants = [College(**college) for college in voulus if college["code"] not in presents]
    College.objects.bulk_create(manquants, ignore_conflicts=True)
    return len(manquants)


def attendus(gouvernance: Gouvernance, lus: Iterable[College] | None = None) -> list[College]:
    """Les collèges dont on attend des membres ; celui du Département ne l'est plus quand la préfecture porte
    seule la gouvernance (une douzaine de cas), car il a choisi de ne pas en être. `lus` : ceux
    que l'on attend partout, s'ils sont déjà lus.
    """
    colleges = College.objects.filter(attendu=True) if lus is None else lus
    return [c for c in colleges if not (gouvernance.prefecture_seule and c.pk == DEPARTEMENT)]
