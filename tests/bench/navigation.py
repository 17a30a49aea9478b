"""Servir une page dans ce processus, par la vraie porte WSGI : toutes les couches, sans le réseau."""

import gzip
import io
import re
from functools import cache
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gouvernance.comptes.magasin import SessionStore

JETON_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Reponse(NamedTuple):
    statut: int
    entetes: dict[str, str]
    corps: bytes


@cache
def application() -> WSGIHandler:
    return WSGIHandler()


def ouvrir_session(utilisateur) -> str:
    """Le cookie d'une personne connectée, sans passer par l'écran de connexion."""
    session = SessionStore()
    session[SESSION_KEY] = str(utilisateur.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = utilisateur.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def servir(url: str, cookie: str, donnees: dict | None = None) -> Reponse:
    """GET, ou POST si `donnees` est donné."""
    chemin, _, question = url.partition("?")
    corps = urlencode(donnees, doseq=True).encode() if donnees is not None else b""
    environ = {
        "REQUEST_METHOD": "POST" if donnees is not None else "GET",
        "PATH_INFO": chemin,
        "QUERY_STRING": question,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_COOKIE": cookie,
        "HTTP_ACCEPT_ENCODING": "gzip",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(corps)),
        "wsgi.input": io.BytesIO(corps),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    recu = {}

    def commencer(statut, entetes, exc_info=None):
        recu["statut"], recu["entetes"] = int(statut.split()[0]), dict(entetes)

    reponse = application()(environ, commencer)
    contenu = b"".join(reponse)
    reponse.close()
    return Reponse(recu["statut"], recu["entetes"], contenu)


def lire(url: str, cookie: str, attendu: int = 200) -> Reponse:
    """La page, ou une erreur qui dit laquelle n'a pas répondu comme attendu."""
    reponse = servir(url, cookie)
    if reponse.statut != attendu:
        raise RuntimeError(f"{url} répond {reponse.statut}, attendu {attendu}.")
    return reponse


def compter(url: str, cookie: str) -> int:
    """Le nombre de requêtes SQL d'une page, session et compte compris."""
    with CaptureQueriesContext(connection) as capture:
        lire(url, cookie)
    return len(capture)


def jeton_csrf(reponse: Reponse, cookie: str) -> tuple[str, str]:
    """(cookie complété, jeton) pour poster le formulaire que montre cette page."""
    compresse = reponse.entetes.get("Content-Encoding") == "gzip"
    trouve = JETON_CSRF.search((gzip.decompress(reponse.corps) if compresse else reponse.corps).decode())
    if not trouve:
        raise RuntimeError("La page ne porte pas de jeton CSRF.")
    pose = reponse.entetes.get("Set-Cookie", "").split(";")[0]
    return "; ".join(filter(None, (cookie, pose))), trouve[1]
