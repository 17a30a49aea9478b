"""Les deux adresses de ProConnect : fermées tant qu'il n'est pas en service.

Leurs vues se chargent au premier emploi, comme un moteur d'authentification : un site sans ProConnect n'a
pas à tenir en mémoire de quoi parler OpenID Connect (requests, cryptography : une dizaine de mégaoctets).
"""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache

from gouvernance.comptes.proconnect.etat import en_service

VUES = "gouvernance.comptes.proconnect.vues"


@login_not_required
@never_cache
def aller(request: HttpRequest) -> HttpResponse:
    return _servir("Aller", request)


@login_not_required
@never_cache
def retour(request: HttpRequest) -> HttpResponse:
    return _servir("Revenir", request)


def _servir(nom: str, request: HttpRequest) -> HttpResponse:
    if not en_service():
        raise Http404("ProConnect n’est pas en service ici.")
    return import_string(f"{VUES}.{nom}").as_view()(request)
