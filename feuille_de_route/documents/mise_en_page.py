"""Une partie du document, mise en page puis écrite par WeasyPrint.

Entre les deux, chaque partie apprend des autres ses numéros de page et les ancres qu'elle n'a pas.
"""

from typing import Any, NamedTuple

import pydyf
from weasyprint import HTML
from weasyprint.document import Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from feuille_de_route.documents import numeros
from feuille_de_route.documents.numeros import Numerotation

POINTS = 0.75  # par pixel CSS


class Signet(NamedTuple):
    """Une entrée du plan. `page` : son rang dans la partie, depuis 0 ; `x`, `y` en points, depuis le bas."""

    niveau: int
    libelle: str
    page: int
    x: float
    y: float


class Reperes(NamedTuple):
    """Ce qu'une partie dit d'elle une fois mise en page. `ancres` : nom → rang de page, depuis 0."""

    pages: int
    ancres: dict[str, int]
    signets: list[Signet]


class Partie:
    """`options` : celles de WeasyPrint ; `metadonnees` : champs de `document.metadata` à imposer."""

    def __init__(self, html: str, source: dict[str, str | URLFetcher], options: dict, metadonnees: dict):
        self.html, self.source, self.options, self.metadonnees = html, source, options, metadonnees

    def mettre_en_page(self) -> Reperes:
        html = HTML(string=self.html, **self.source)
        self.document = html.render(font_config=FontConfiguration(), **self.options)
        for nom, valeur in self.metadonnees.items():
            setattr(self.document.metadata, nom, valeur)
        return _reperes(self.document)

    def ecrire(self, numerotation: Numerotation) -> bytes:
        numeros.poser(self.document, numerotation)
        _adopter(self.document, numerotation.ancres)
        return self.document.write_pdf(finisher=_compresser, uncompressed_pdf=True, **self.options)


def _reperes(document: Document) -> Reperes:
    ancres: dict[str, int] = {}
    signets = []
    for rang, page in enumerate(document.pages):
        for nom in page.anchors:
            ancres.setdefault(nom, rang)
        for niveau, libelle, (x, y), _ in page.bookmarks:
            signets.append(Signet(niveau, libelle, rang, x * POINTS, (page.height - y) * POINTS))
    return Reperes(len(document.pages), ancres, signets)


def _adopter(document: Document, ancres: dict[str, int]) -> None:
    """WeasyPrint retire un lien dont l'ancre manque : celles des autres parties sont réputées ici, sans lieu
    (l'assemblage rend chaque nom à sa vraie page).
    """
    connues = {nom for page in document.pages for nom in page.anchors}
    for page in document.pages:
        for genre, cible, _, _ in page.links:
            if genre == "internal" and cible in ancres and cible not in connues:
                page.anchors[cible] = (0, 0, 0, 0)


def _compresser(_document: Document, pdf: Any) -> None:
    """Chaque flux est compressé par le processus de sa partie ; l'assemblage n'a plus qu'à le recopier."""
    for objet in pdf.objects:
        if isinstance(objet, pydyf.Stream):
            objet.compress = True
