"""Le site ne charge pas ce que seul le travailleur, ou ProConnect, emploie : 50 Mo par processus."""

import subprocess
import sys

from django.conf import settings

from feuille_de_route import tasks
from feuille_de_route.celery import app
from feuille_de_route.views.travaux import TACHES
from tests.feuille_de_route.travailleur import environnement

LOURDS = ("weasyprint", "pyhanko", "fontTools", "pikepdf", "docx", "cryptography.x509", "requests", "jwt")
SITE = """
import sys
from feuille_de_route import wsgi
from django.urls import get_resolver

def parcourir(resolveur):
    return sum(parcourir(m) if hasattr(m, "url_patterns") else 1 for m in resolveur.url_patterns)

assert parcourir(get_resolver()) > 50
print(*sorted(sys.modules))
"""


def test_le_site_n_importe_ni_la_mise_en_page_ni_la_signature_ni_proconnect(tmp_path):
    resultat = subprocess.run(
        [sys.executable, "-c", SITE], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60,
        env=environnement("redis://127.0.0.1:1/0", tmp_path), check=True,
    )  # fmt: skip
    charges = set(resultat.stdout.split())
    assert "django" in charges
    assert not charges & set(LOURDS)


def test_les_taches_que_le_site_nomme_sont_celles_du_travailleur():
    assert list(TACHES.values()) == [tasks.produire.name, tasks.envoyer.name, tasks.produire_papier.name]
    assert set(TACHES.values()) <= set(app.tasks)
