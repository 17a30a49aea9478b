"""Gardes de vues : lire n'écrit jamais, agir se fait en POST ; d'où vient une demande."""

import re
from functools import wraps

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.views.decorators.http import require_safe

ECRITURE = re.compile(
    r"^\s*(?:WITH\b.*?\b)?(INSERT|UPDATE|DELETE|TRUNCATE|ALTER|DROP|CREATE|COPY)\b", re.I | re.S
)


class EcritureInterdite(RuntimeError):
    """Une vue de lecture a tenté d'écrire en base : c'est une faute de programme."""


def _interdire_ecriture(execute, sql, params, many, context):
    texte = sql if isinstance(sql, str) else str(sql)
    if ECRITURE.match(texte) and '"django_session"' not in texte:
        raise EcritureInterdite(texte[:200])
    return execute(sql, params, many, context)


def lecture_seule(vue):
    """GET/HEAD seulement, et toute écriture en base y est une erreur."""

    @require_safe
    @wraps(vue)
    def enveloppe(*args, **kwargs):
        with connection.execute_wrapper(_interdire_ecriture):
            return vue(*args, **kwargs)

    return enveloppe


def parametre(request, nom: str) -> str:
    """Un mot de l'adresse (« ?q= »), débarrassé de ce que la base ne sait pas lire, cent signes au plus."""
    return request.GET.get(nom, "").replace("\x00", "").strip()[:100]


def origine(request: HttpRequest) -> str:
    """L'adresse d'où vient la demande ; celle que dit le mandataire, s'il y en a un et lui seul."""
    if settings.DERRIERE_MANDATAIRE:
        dites = request.headers.get("X-Forwarded-For", "").split(",")
        if dites[-1].strip():
            return dites[-1].strip()  # la dernière, ajoutée par notre mandataire : les autres se forgent
    return request.META.get("REMOTE_ADDR", "")
