"""Le cachet de la plateforme : clé et certificat PKCS#12, et les autorités auxquelles l'examen se fie.

Par défaut, un certificat d'essai clairement nommé. En production, il est refusé : par le contrôle
`feuille_de_route.E001`, par `exiger_cachet_reel()` au démarrage et par `charger_cachet()` à l'emploi.
"""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper

from feuille_de_route.documents.certificat_essai import (
    creer_cachet_essai,
    est_certificat_d_essai,
    exiger_cachet_reel,
    racines,
    racines_de,
)
from feuille_de_route.documents.signature import Cachet

__all__ = [
    "charger_cachet",
    "creer_cachet_essai",
    "est_certificat_d_essai",
    "exiger_cachet_reel",
    "racines",
    "racines_de",
]


def charger_cachet() -> Cachet:
    """Le cachet réglé, avec son horodatage si SIGNATURE_HORODATAGE le donne. Lève ImproperlyConfigured."""
    exiger_cachet_reel()
    try:
        octets = settings.SIGNATURE_CERTIFICAT.read_bytes()
        signataire = SimpleSigner.load_pkcs12_data(octets, [], settings.SIGNATURE_MOT_DE_PASSE.encode())
    except (OSError, ValueError) as erreur:
        raise ImproperlyConfigured(
            "Le cachet ne se charge pas : voir SIGNATURE_CERTIFICAT et SIGNATURE_MOT_DE_PASSE "
            "(en essai : manage.py creer_certificat_essai)."
        ) from erreur
    signataire.embed_roots = False
    adresse = settings.SIGNATURE_HORODATAGE
    return Cachet(signataire, HTTPTimeStamper(adresse, timeout=10) if adresse else None)
