"""Ce que toute réponse doit à qui la reçoit : une phrase en français si elle refuse, et rien qui traîne
dans un cache partagé.
"""

import logging

from django.apps import apps
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

ENVOI_MAXIMAL = 64 * 1024 * 1024  # octets ; au-delà, rien n'est lu. Le plus gros fichier admis pèse 40 Mo.
CONTREDIT = (
    "Cette saisie contredit ce qui est déjà enregistré, sans doute parce que quelqu’un a écrit au même "
    "moment. Rien n’a été enregistré."
)
journal = logging.getLogger(__name__)


class Reponses:
    """Pages 405 et 413, filet des contraintes de la base, en-têtes de cache."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _taille(request) > ENVOI_MAXIMAL:
            reponse = render(request, "413.html", status=413)
            reponse["Connection"] = "close"  # le corps, non lu, ne sera pas pris pour la demande suivante
            return reponse
        reponse = self.get_response(request)
        if reponse.status_code == 405 and not reponse.content:
            reponse = _refuser_la_methode(request, reponse)
        if request.user.is_authenticated and "Cache-Control" not in reponse:
            patch_cache_control(reponse, private=True, no_cache=True)
        return reponse

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Une contrainte que la règle n'avait pas vue venir : la transaction est annulée, on le dit."""
        if isinstance(exception, IntegrityError):
            journal.exception("La base a refusé %s %s", request.method, request.path)
            contexte = {"message": _phrase(exception), "differences": [], "retour": request.path}
            return render(request, "409.html", contexte, status=409)
        if isinstance(exception, DataError):
            journal.exception("La base n’a pas su lire %s %s", request.method, request.path)
            return render(request, "400.html", status=400)
        return None


def demande_illisible(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Page 400 ; 413 quand c'est le texte envoyé qui est trop long."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


def _taille(request: HttpRequest) -> int:
    longueur = request.META.get("CONTENT_LENGTH") or "0"
    return int(longueur) if longueur.isdecimal() and len(longueur) < 20 else 0


def _refuser_la_methode(request: HttpRequest, reponse: HttpResponse) -> HttpResponse:
    page = render(request, "405.html", status=405)
    page["Allow"] = reponse["Allow"]
    return page


def _phrase(exception: IntegrityError) -> str:
    """Celle que le modèle donne à la contrainte violée, sinon une phrase générale."""
    nom = getattr(getattr(exception.__cause__, "diag", None), "constraint_name", None)
    for modele in apps.get_models():
        for contrainte in modele._meta.constraints:
            phrase = contrainte.violation_error_message
            if contrainte.name == nom and phrase != contrainte.default_violation_error_message:
                return str(phrase)
    return CONTREDIT
