"""Les numéros de page, posés après la mise en page : ni le sommaire ni les pieds ne la font refaire.

La feuille de style réserve leur place (`000` après un lien vers une ancre, `page 000 / 000` au pied),
toujours alignée à droite : poser un numéro ne déplace rien d'autre.

Seul module qui touche aux rouages de WeasyPrint (boîtes de texte, `_page_box`) ; `test_parties.py` relit
leur effet dans le PDF, et échoue si une version les change.
"""

from collections.abc import Iterator
from typing import NamedTuple

from weasyprint.document import Document
from weasyprint.formatting_structure.boxes import MarginBox, TextBox
from weasyprint.text.line_break import split_first_line

RENVOI, PIED = "000", "page 000 / 000"


class Numerotation(NamedTuple):
    """`premiere` : le numéro de la première page de la partie ; `ancres` : la page de chacune, partout."""

    premiere: int
    total: int
    ancres: dict[str, int]


def poser(document: Document, numeros: Numerotation) -> None:
    for rang, page in enumerate(document.pages, start=numeros.premiere):
        for texte in _textes(b for b in page._page_box.children if isinstance(b, MarginBox)):
            if texte.text == PIED:
                _ecrire(texte, f"page {rang} / {numeros.total}")
        for genre, ancre, _, boite in page.links:
            if genre == "internal" and ancre in numeros.ancres and boite.element_tag == "a::after":
                for texte in _textes([boite]):
                    if texte.text == RENVOI:
                        _ecrire(texte, str(numeros.ancres[ancre]))


def _textes(boites) -> Iterator[TextBox]:
    for boite in boites:
        yield from (texte for texte in boite.descendants() if isinstance(texte, TextBox))


def _ecrire(boite: TextBox, texte: str) -> None:
    """Le nouveau texte finit où finissait l'ancien."""
    disposition, _, _, largeur, _, _ = split_first_line(texte, boite.style, None, None, 0)
    boite.position_x += boite.width - largeur
    boite.text, boite.pango_layout, boite.width = texte, disposition, largeur
