"""ProConnect vu des autres pages : est-il en service, et où fermer la session qu'il a ouverte."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import get_random_string


def en_service() -> bool:
    return bool(settings.PROCONNECT)


def adresse_de_fin(request: HttpRequest) -> str:
    """Où fermer aussi la session ProConnect ; vide si l'on n'est pas entré par là."""
    jeton = request.session.get("oidc_id_token") if en_service() else None
    if not jeton:
        return ""
    retour = request.build_absolute_uri(reverse("accueil"))
    parametres = {
        "id_token_hint": jeton, "post_logout_redirect_uri": retour, "state": get_random_string(32)
    }  # fmt: skip
    return f"{settings.PROCONNECT_FIN_DE_SESSION}?{urlencode(parametres)}"
