"""Secrets d’un lien envoyé par courriel : tirés d’une graine et de SECRET_KEY, jamais gardés.

La base ne contient que la graine (l'identifiant du courriel) et des empreintes : qui la lirait sans connaître
SECRET_KEY n'en tirerait ni lien ni code.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import NamedTuple
from uuid import UUID

from django.conf import settings


class Secret(NamedTuple):
    """`jeton` : 43 caractères pour une adresse ; `code` : six chiffres à recopier."""

    jeton: str
    code: str


def tirer(graine: UUID) -> Secret:
    """Toujours le même secret pour une même graine ; une graine neuve (uuid4) à chaque envoi."""
    jeton = urlsafe_b64encode(_hmac("jeton", graine.bytes)).rstrip(b"=").decode()
    code = int.from_bytes(_hmac("code", graine.bytes)[:8]) % 1_000_000
    return Secret(jeton, f"{code:06d}")


def empreinte(jeton: str) -> str:
    """SHA-256 du jeton, en hexadécimal : ce que l'on garde pour le retrouver."""
    return hashlib.sha256(jeton.encode()).hexdigest()


def empreinte_code(code: str, pour: str) -> str:
    """Empreinte d'un code à six chiffres, liée à la personne et à SECRET_KEY : elle ne se devine pas hors
    ligne.
    """
    return _hmac("empreinte-code", f"{pour}\0{code}".encode()).hex()


def egaux(un: str, autre: str) -> bool:
    """Comparaison à durée constante."""
    return secrets.compare_digest(un.encode(), autre.encode())


def _hmac(usage: str, octets: bytes) -> bytes:
    return hmac.digest(f"{usage}:{settings.SECRET_KEY}".encode(), octets, "sha256")
