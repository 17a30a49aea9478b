"""Le JSON canonique : les mêmes données donnent toujours les mêmes octets, donc la même empreinte."""

import hashlib
import json
import unicodedata
from typing import Any


def canonique(donnees: dict) -> str:
    """Clés triées, aucun blanc, UTF-8 sans échappement, textes en NFC. Un nombre à virgule lève TypeError.

    Montants et mesures sont des textes (« 1234.50 »), dates et heures des textes ISO : rien ne dépend
    de la façon dont une machine arrondit ou affiche.
    """
    return json.dumps(
        _normaliser(donnees), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def empreinte(texte: str) -> str:
    """SHA-256 en hexadécimal des octets UTF-8 du texte."""
    return hashlib.sha256(texte.encode()).hexdigest()


def _normaliser(valeur: Any) -> Any:
    match valeur:
        case None | bool() | int():
            return valeur
        case str():
            return unicodedata.normalize("NFC", valeur)
        case dict():
            return {unicodedata.normalize("NFC", cle): _normaliser(v) for cle, v in valeur.items()}
        case list():
            return [_normaliser(v) for v in valeur]
    raise TypeError(f"Le JSON canonique n’admet pas {type(valeur).__name__} : écrivez un texte.")
