"""Le cachet de la plateforme, vu du travailleur : clé et certificat PKCS#12, prêts à signer.

Par défaut, un certificat d'essai clairement nommé. En production, il est refusé : par le contrôle
`feuille_de_route.E001`, par `cachet.exiger_cachet_reel()` au démarrage et par `charger_cachet()` à l'emploi.
"""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper

from feuille_de_route.documents.cachet import D_ESSAI
from feuille_de_route.documents.certificat_essai import porte_la_marque
from feuille_de_route.documents.signature import Cachet


def charger_cachet() -> Cachet:
    """Le cachet réglé, avec son horodatage si SIGNATURE_HORODATAGE le donne. Lève ImproperlyConfigured."""
    mot_de_passe = settings.SIGNATURE_MOT_DE_PASSE.encode()
    try:
        octets = settings.SIGNATURE_CERTIFICAT.read_bytes()
        signataire = SimpleSigner.load_pkcs12_data(octets, [], mot_de_passe)
        refuse = settings.EN_PRODUCTION and porte_la_marque(octets, mot_de_passe)
    except (OSError, ValueError, AttributeError) as erreur:
        raise ImproperlyConfigured(
            "Le cachet ne se charge pas : voir SIGNATURE_CERTIFICAT et SIGNATURE_MOT_DE_PASSE "
            "(en essai : manage.py creer_certificat_essai)."
        ) from erreur
    if refuse:
        raise ImproperlyConfigured(D_ESSAI)
    signataire.embed_roots = False
    adresse = settings.SIGNATURE_HORODATAGE
    return Cachet(signataire, HTTPTimeStamper(adresse, timeout=10) if adresse else None)
