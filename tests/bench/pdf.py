"""Le PDF d'une feuille de route de quarante fiches, contre Chromium et contre WeasyPrint nu."""

import io
import os
from collections.abc import Callable, Iterator

import pikepdf
from django.conf import settings
from weasyprint import HTML

from feuille_de_route.documents.contexte import html_du_document, pieces_jointes
from feuille_de_route.documents.rendu import BASE, Edition, Ressources, html_vers_pdf
from feuille_de_route.models import Document, NatureDocument
from tests.bench.chromium import imprimer
from tests.bench.contexte import Contexte
from tests.bench.donnees import demarche_riche
from tests.bench.mesure import Resultat, alterner, comparer, nombre

FICHES, FOIS = 40, 3
STATIQUES = settings.BASE_DIR / "static"


def pdf(contexte: Contexte) -> Iterator[Resultat]:
    """La mise en page seule contre Chromium ; puis la tâche (lecture, HTML, PDF) contre WeasyPrint nu."""
    demarche = demarche_riche(12, contexte.coordination, fiches=FICHES)
    document = Document.objects.create(demarche=demarche, nature=NatureDocument.PROJET)
    edition = Edition(titre=str(document), identifiant=document.uuid.bytes, date=document.cree_le)
    html = html_du_document(document)
    page = contexte.fichier("document.html")
    page.write_text(html.replace("../fonts/", f"{(STATIQUES / 'fonts').as_uri()}/"), encoding="utf-8")
    sortie, profil = contexte.fichier("chromium.pdf"), contexte.fichier("profil")

    def le_notre() -> bytes:
        return html_vers_pdf(html, edition, pieces_jointes(document), statiques=STATIQUES)

    def nu() -> bytes:
        return HTML(string=html, base_url=BASE, url_fetcher=Ressources(STATIQUES)).write_pdf()

    def tache() -> bytes:
        return html_vers_pdf(
            html_du_document(document), edition, pieces_jointes(document), statiques=STATIQUES
        )

    pages = f"{_pages(le_notre())} pages, {len(html) // 1000} ko de HTML"
    a, b = alterner(le_notre, lambda: imprimer(page, sortie, profil), FOIS)
    detail = f"{comparer(a, b)} · {_processeur(le_notre)} · {pages}"
    yield Resultat("pdf", "nôtre / Chromium, 40 fiches", a.mur / b.mur, 2, detail)
    a, b = alterner(tache, nu, FOIS)
    yield Resultat("pdf", "tâche / WeasyPrint nu", a.mur / b.mur, 1.15, comparer(a, b))


def _processeur(acte: Callable[[], object]) -> str:
    """Le processeur pris, enfants compris, et la charge : elle ralentit deux processus plus qu’un."""
    avant = os.times()
    acte()
    apres = os.times()
    total = sum(apres[:4]) - sum(avant[:4])
    return f"{nombre(total)} s de processeur en tout, charge {nombre(os.getloadavg()[0], 1)}"


def _pages(octets: bytes) -> int:
    with pikepdf.open(io.BytesIO(octets)) as document:
        return len(document.pages)
