"""Les réglages de ProConnect (OpenID Connect) : éteint tant que PROCONNECT_URL n'est pas donnée.

Lu par settings.py avant que Django ne soit prêt : ni modèle ni réglage n'est importé ici.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

MOTEUR = "gouvernance.comptes.proconnect.moteur.MoteurProConnect"
CHEMINS = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "/authorize",
    "OIDC_OP_TOKEN_ENDPOINT": "/token",
    "OIDC_OP_USER_ENDPOINT": "/userinfo",
    "OIDC_OP_JWKS_ENDPOINT": "/jwks",
    "PROCONNECT_FIN_DE_SESSION": "/session/end",
}


def reglages(texte: Callable[..., str]) -> dict:
    """Les réglages à ajouter ; `texte(nom, defaut)` lit l'environnement. Lève ImproperlyConfigured."""
    url = texte("PROCONNECT_URL").rstrip("/")
    moteurs = ["django.contrib.auth.backends.ModelBackend"]
    if not url:
        return {"PROCONNECT": "", "AUTHENTICATION_BACKENDS": moteurs}
    client, secret = texte("PROCONNECT_CLIENT"), texte("PROCONNECT_SECRET")
    if not (client and secret):
        raise ImproperlyConfigured(
            "PROCONNECT_URL est donnée : donnez aussi PROCONNECT_CLIENT et PROCONNECT_SECRET."
        )
    return {
        "PROCONNECT": url,
        "PROCONNECT_ORIGINE": "{0.scheme}://{0.netloc}".format(urlsplit(url)),
        "PROCONNECT_ADRESSES_SURES": texte("PROCONNECT_ADRESSES_SURES", "non").lower() == "oui",
        "AUTHENTICATION_BACKENDS": [*moteurs, MOTEUR],
        **{nom: url + chemin for nom, chemin in CHEMINS.items()},
        "OIDC_RP_CLIENT_ID": client,
        "OIDC_RP_CLIENT_SECRET": secret,
        "OIDC_RP_SIGN_ALGO": texte("PROCONNECT_ALGORITHME", "RS256"),
        "OIDC_RP_SCOPES": "openid email given_name usual_name",
        "OIDC_CREATE_USER": False,
        "OIDC_STORE_ID_TOKEN": True,
        "OIDC_TIMEOUT": 10,
        "OIDC_AUTHENTICATION_CALLBACK_URL": "proconnect_retour",
        "OIDC_MAX_STATES": 5,
    }
