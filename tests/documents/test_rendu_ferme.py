"""Aucune page ne fait lire un fichier ni ouvrir une connexion : deux canaris et un guetteur."""

import base64
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pikepdf
import pytest
from weasyprint import HTML

from feuille_de_route.documents.rendu import html_vers_pdf
from tests.documents.fabriques import EDITION

PORTES = {
    "image": '<img alt="x" src="{u}">',
    "feuille de style": '<link rel="stylesheet" href="{u}">',
    "piece jointe (link)": '<link rel="attachment" href="{u}">',
    "piece jointe (a)": '<a rel="attachment" href="{u}">x</a>',
    "@import": '<style>@import url("{u}");</style>',
    "@font-face": '<style>@font-face {{ font-family: f; src: url("{u}") }} p {{ font-family: f }}</style>',
    "fond": '<p style="background: url({u})">x</p>',
    "puce": '<ul style="list-style-image: url({u})"><li>x</ul>',
    "contenu": '<style>p::before {{ content: url("{u}") }}</style>',
    "bordure": '<p style="border: 1px solid; border-image-source: url({u})">x</p>',
    "object": '<object data="{u}"></object>',
    "embed": '<embed src="{u}">',
    "svg image": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{u}" width="9" height="9"/></svg>',
    "svg use": '<svg xmlns="http://www.w3.org/2000/svg"><use href="{u}#a"/></svg>',
    "svg style": '<svg xmlns="http://www.w3.org/2000/svg"><style>@import url("{u}");</style><rect/></svg>',
    "base": '<base href="{u}"><img alt="x" src="canari.svg">',
}
CHEMINS = (
    "file://{f}",
    "FILE:{f}",
    "http://127.0.0.1:{p}/canari.svg",
    "ftp://127.0.0.1:{p}/x",
    "../../../../../..{f}",
)
REGARDE = {"fichier": None, "lectures": 0, "connexions": 0}


def _guetteur(evenement, arguments):
    if REGARDE["fichier"]:
        REGARDE["lectures"] += evenement == "open" and REGARDE["fichier"] in str(arguments[0])
        REGARDE["connexions"] += evenement == "socket.connect"


@pytest.fixture(scope="module")
def serveur():
    sys.addaudithook(_guetteur)
    appels = []

    class Canari(BaseHTTPRequestHandler):
        def do_GET(self):
            appels.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Canari) as serveur:
        fil = threading.Thread(target=serveur.serve_forever)
        fil.start()
        yield serveur.server_port, appels
        serveur.shutdown()
        fil.join()


@pytest.fixture
def canaris(serveur, tmp_path):
    fichier = tmp_path / "canari.svg"
    fichier.write_text("CANARI-SECRET")
    port, appels = serveur
    appels.clear()
    REGARDE.update(fichier=str(fichier), lectures=0, connexions=0)
    yield [chemin.format(f=fichier, p=port) for chemin in CHEMINS], appels
    REGARDE["fichier"] = None


def piege(porte: str, adresse: str) -> str:
    corps = PORTES[porte].format(u=adresse)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{adresse}" width="9" height="9"/></svg>'
    integre = base64.b64encode(svg.encode()).decode()
    image = f'<img alt="x" src="data:image/svg+xml;base64,{integre}">'
    return f'<html lang="fr"><body>{corps}<p>x{image}</body></html>'


@pytest.mark.parametrize("porte", PORTES)
def test_une_page_hostile_ne_lit_et_n_appelle_rien(porte, canaris, tmp_path):
    adresses, appels = canaris
    statiques = tmp_path / "statiques"
    statiques.mkdir()
    (statiques / "lien.svg").symlink_to(tmp_path / "canari.svg")
    for adresse in (*adresses, "lien.svg", "%2e%2e/canari.svg", "data:text/css,p{color:red}"):
        octets = html_vers_pdf(piege(porte, adresse), EDITION, statiques=statiques)
        assert b"CANARI-SECRET" not in tout(octets, tmp_path)
    assert (REGARDE["lectures"], REGARDE["connexions"], appels) == (0, 0, [])


def test_le_guetteur_voit_bien_ce_que_le_chargeur_d_origine_laisse_passer(canaris):
    adresses, appels = canaris
    for adresse in adresses[:3]:
        HTML(string=piege("piece jointe (link)", adresse)).write_pdf()
    assert REGARDE["lectures"] >= 1
    assert appels


def test_les_fichiers_du_dossier_permis_et_les_images_integrees_se_chargent(tmp_path):
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "pdf.css").write_text("@page { size: 100mm 50mm }")
    html = '<html lang="fr"><head><link rel="stylesheet" href="css/pdf.css"></head><body>x</body></html>'
    chemin = tmp_path / "a.pdf"
    chemin.write_bytes(html_vers_pdf(html, EDITION, statiques=tmp_path))
    with pikepdf.open(chemin) as document:
        assert round(float(document.pages[0].mediabox[2])) == 283


def tout(octets, tmp_path) -> bytes:
    """Le fichier, tous flux décompressés."""
    chemin = tmp_path / "lu.pdf"
    chemin.write_bytes(octets)
    with pikepdf.open(chemin) as document:
        flux = [objet.read_bytes() for objet in document.objects if isinstance(objet, pikepdf.Stream)]
    return octets + b"".join(flux)
