"""Mettre en page un contenu et relire le PDF, comme le ferait son lecteur."""

import re
import subprocess
from datetime import UTC, datetime

from django.conf import settings

from feuille_de_route.documents.contexte import html_du_document, pieces_jointes
from feuille_de_route.documents.rendu import Edition, html_vers_pdf
from feuille_de_route.echange.canonique import canonique, empreinte
from feuille_de_route.models import Document, NatureDocument, VersionFigee

FIGEE_LE = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)


def version(contenu: dict, **champs) -> VersionFigee:
    texte = canonique(contenu)
    return VersionFigee(numero=1, canonique=texte, empreinte=empreinte(texte), figee_le=FIGEE_LE, **champs)


def soumis(contenu: dict) -> Document:
    """Un document soumis, sans base : tout ce qu'il imprime est dans sa version figée."""
    return Document(nature=NatureDocument.SOUMIS, version_figee=version(contenu))


def pdf(document: Document) -> bytes:
    edition = Edition(titre="Feuille de route", identifiant=b"essai", date=FIGEE_LE)
    statiques = settings.BASE_DIR / "static"
    return html_vers_pdf(html_du_document(document), edition, pieces_jointes(document), statiques=statiques)


def pages(octets: bytes) -> list[str]:
    """Le texte de chaque page, les blancs (insécables compris) ramenés à des espaces, lignes gardées."""
    commande = ["pdftotext", "-layout", "-", "-"]
    texte = subprocess.run(commande, input=octets, capture_output=True, check=True).stdout.decode()
    return [re.sub(r"[^\S\n]+", " ", page) for page in texte.split("\f")[:-1]]


def d_un_trait(octets: bytes) -> str:
    return " ".join(" ".join(pages(octets)).split())
