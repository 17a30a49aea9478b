"""Le journal des requêtes ne garde pas de lien utilisable."""

import io
import logging
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.urls import reverse
from gunicorn.config import Config

from feuille_de_route.journal_http import JournalSansJeton
from gouvernance.arrivees import invitations
from gouvernance.socle import secrets


def test_ni_le_jeton_d_une_invitation_ni_celui_d_un_lien_ne_sont_journalises():
    journal, reponse = JournalSansJeton(Config()), SimpleNamespace(status="200 OK", sent=1, headers=[])
    for nom in ("invitation", "lien_ouvrir", "lien_de_fiche"):
        jeton = secrets.tirer(uuid4()).jeton
        chemin = reverse(nom, args=[jeton])
        environ = {
            "REQUEST_METHOD": "GET", "RAW_URI": f"{chemin}?next=/", "PATH_INFO": chemin,
            "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_REFERER": f"https://site.example{chemin}",
        }  # fmt: skip
        atomes = journal.atoms(reponse, SimpleNamespace(headers=[]), environ, timedelta())
        assert jeton not in str(atomes)
        assert atomes["U"] == chemin.replace(jeton, "…")
    environ |= {"RAW_URI": "/demarches/", "PATH_INFO": "/demarches/"}
    assert journal.atoms(reponse, SimpleNamespace(headers=[]), environ, timedelta())["U"] == "/demarches/"


@pytest.mark.django_db
def test_une_page_qui_echoue_s_ecrit_au_journal_sans_son_jeton(client, monkeypatch):
    """Hors DEBUG, Django n'écrit une page 500 nulle part : en production, l'erreur était perdue."""
    recu = io.StringIO()
    (erreurs,) = [h for h in logging.getLogger("django").handlers if h.level == logging.ERROR]
    monkeypatch.setattr(erreurs, "stream", recu)
    monkeypatch.setattr(invitations, "lire", lambda jeton: 1 / 0)
    client.raise_request_exception = False
    jeton = secrets.tirer(uuid4()).jeton
    assert client.get(reverse("invitation", args=[jeton])).status_code == 500
    assert "ZeroDivisionError" in recu.getvalue()
    assert "/invitation/…" in recu.getvalue()
    assert jeton not in recu.getvalue()
