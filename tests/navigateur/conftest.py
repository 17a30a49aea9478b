"""Un vrai Chromium, sans tête, devant le vrai serveur et la vraie base."""

import os
import shutil

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from playwright.sync_api import sync_playwright

from gouvernance.comptes.magasin import SessionStore

CHROMIUM = next((c for c in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if c), None)
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@pytest.fixture(scope="module")
def chromium():
    """Par module : la boucle de Playwright, laissée ouverte, empêcherait les signatures d’après."""
    assert CHROMIUM, "Chromium manque : `apt-get install chromium` (make test l'installe quand il le peut)."
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright tient une boucle dans ce fil
    with sync_playwright() as playwright:
        navigateur = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield navigateur
        navigateur.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def ouvrir_session(chromium, live_server):
    """`ouvrir_session(utilisateur, largeur=1280, javascript=True)` : un onglet connecté."""
    contextes = []

    def ouvrir(utilisateur=None, *, largeur=1280, javascript=True):
        contexte = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": largeur, "height": 900},
            java_script_enabled=javascript,
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        contextes.append(contexte)
        if utilisateur is not None:
            contexte.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": _session(utilisateur),
                        "url": live_server.url,
                    }
                ]
            )
        onglet = contexte.new_page()
        onglet.set_default_timeout(15_000)
        return onglet

    yield ouvrir
    for contexte in contextes:
        contexte.close()


def _session(utilisateur) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(utilisateur.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = utilisateur.get_session_auth_hash()
    session.save()
    return session.session_key
