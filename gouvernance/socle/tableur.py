"""Écrire un classeur XLSX au fil de l'eau : la mémoire ne grandit pas avec les lignes.

Un texte est toujours écrit comme un texte, jamais comme une formule ; un nombre reste un
nombre, une date une date. Une formule porte la valeur que nous avons calculée : tout lecteur la montre.
"""

from datetime import date, datetime
from decimal import Decimal
from math import ceil
from typing import NamedTuple

from django.utils import timezone
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

TYPE_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXTE_MAXIMAL = 32_767  # signes dans une cellule
COUPE = " … (texte coupé : il dépasse ce qu’une cellule peut contenir)"
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
EUROS = '#,##0.00\\ "€";[Red]-#,##0.00\\ "€";"–"'  # zéro se tait : ce qui compte ressort
PAGE = 260  # ce qu'une page A4 en largeur porte de colonnes sans devenir illisible, en signes
SERRE = 1.1  # signes d'un texte courant par unité de largeur, mesurée sur le zéro
LIGNE, LIGNES_MAXIMALES = 15, 27  # hauteur d'une ligne de texte, en points ; Excel s'arrête à 409
STYLES = {
    "titre": {"bold": True, "font_size": 14},
    "note": {"italic": True, "font_color": "#555555"},
    "entete": {
        "bold": True, "bg_color": "#1B4965", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top",
    },
    "": {"valign": "top", "bottom": 1, "bottom_color": "#D9DFE4"},
    "fort": {"valign": "top", "bold": True, "bg_color": "#E8EFF4"},
    "total": {"valign": "top", "bold": True, "top": 1, "bg_color": "#E8EFF4"},
    "alerte": {"valign": "top", "italic": True, "bottom": 1},
}  # fmt: skip
NOMBRES = {
    "euros": {"num_format": EUROS, "align": "right", "indent": 1},
    "date": {"num_format": "dd/mm/yyyy", "align": "left"},
    "nombre": {"num_format": "General", "align": "right", "indent": 1},  # « # » écrirait « 1, »
    "entier": {"num_format": "0", "align": "center"},
    "long": {"text_wrap": True},
    "": {},
}


class Colonne(NamedTuple):
    """`genre` : euros, nombre, entier, date, long (texte sur plusieurs lignes) ou texte."""

    titre: str
    largeur: int = 14
    genre: str = ""


class Formule(NamedTuple):
    """Une formule (noms de fonctions anglais, séparateur virgule) et sa valeur d'aujourd'hui."""

    texte: str
    valeur: Decimal | int | str


class Classeur:
    """`with Classeur(flux, titre) as classeur: …` ; les feuilles paraissent dans l'ordre de leur création et
    s'écrivent dans n'importe quel ordre, chacune de haut en bas.
    """

    def __init__(self, flux, titre: str):
        self.classeur = Workbook(flux, OPTIONS)
        self.titre = titre
        self.classeur.set_properties({"title": titre})
        self._formats: dict = {}

    def __enter__(self):
        return self

    def __exit__(self, genre, *reste):
        self.classeur.close()

    def feuille(self, nom: str, colonnes: list[Colonne], figees: int = 0) -> "Feuille":
        """`figees` : les premières colonnes, qui restent à l'écran et se répètent sur chaque page."""
        return Feuille(self, self.classeur.add_worksheet(nom), colonnes, figees)

    def format(self, style: str, genre: str):
        cle = style, genre
        if cle not in self._formats:
            self._formats[cle] = self.classeur.add_format(STYLES[style] | NOMBRES[genre])
        return self._formats[cle]


class Feuille:
    """Une feuille que l'on remplit ligne après ligne ; `suivante` : le numéro de la prochaine, dès 1."""

    def __init__(self, classeur: Classeur, feuille, colonnes: list[Colonne], figees: int):
        self.classeur, self.feuille, self.colonnes, self.suivante = classeur, feuille, colonnes, 1
        self.figees = figees
        self._par_style: dict[str, list] = {}
        self._longues = [rang for rang, colonne in enumerate(colonnes) if colonne.genre == "long"]
        for rang, colonne in enumerate(colonnes):
            feuille.set_column(rang, rang, colonne.largeur)
        self._mettre_en_page()

    def _mettre_en_page(self) -> None:
        """A4 en largeur, sur autant de pages côte à côte qu'il en faut pour se lire ; numérotées."""
        fixes = sum(colonne.largeur for colonne in self.colonnes[: self.figees])
        reste = sum(colonne.largeur for colonne in self.colonnes[self.figees :])
        self.feuille.set_landscape()
        self.feuille.set_paper(9)
        self.feuille.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        self.feuille.fit_to_pages(max(1, ceil(reste / (PAGE - fixes))), 0)
        self.feuille.set_header(f"&L{self.classeur.titre.replace('&', '&&')[:200]}")
        self.feuille.set_footer("&L&A&RPage &P sur &N")
        if self.figees:
            self.feuille.repeat_columns(0, self.figees - 1)

    def phrase(self, texte: str, style: str = "note") -> None:
        self._cellule(0, texte, style)
        self.suivante += 1

    def entetes(self) -> None:
        """La ligne des titres, figée et répétée à l'impression."""
        lignes = max(ceil(len(colonne.titre) / colonne.largeur) for colonne in self.colonnes)
        self.feuille.set_row(self.suivante - 1, LIGNE * lignes)
        for rang, colonne in enumerate(self.colonnes):
            self._ecrire(rang, colonne.titre, self.classeur.format("entete", colonne.genre))
        self.feuille.freeze_panes(self.suivante, self.figees)
        self.feuille.repeat_rows(self.suivante - 1)
        self.suivante += 1

    def ligne(self, valeurs, style: str = "") -> int:
        """Écrit une ligne et rend son numéro."""
        if style not in self._par_style:
            self._par_style[style] = [self.classeur.format(style, c.genre) for c in self.colonnes]
        formats = self._par_style[style]
        if (lignes := self._lignes_de_texte(valeurs)) > 1:
            self.feuille.set_row(self.suivante - 1, LIGNE * lignes)
        for rang, valeur in enumerate(valeurs):
            self._ecrire(rang, valeur, formats[rang])
        self.suivante += 1
        return self.suivante - 1

    def _lignes_de_texte(self, valeurs: list) -> int:
        """La hauteur qu'il faut aux textes longs : sans elle, LibreOffice les écrit l'un sur l'autre."""
        besoins = (
            sum(
                ceil(len(part) / (self.colonnes[rang].largeur * SERRE)) or 1
                for part in str(valeurs[rang]).split("\n")
            )
            for rang in self._longues
            if rang < len(valeurs) and valeurs[rang]
        )
        return min(LIGNES_MAXIMALES, max(besoins, default=1))

    def filtrer(self, premiere: int) -> None:
        """Les flèches de tri et de filtre, de la ligne des titres à la dernière écrite."""
        self.feuille.autofilter(premiere - 1, 0, self.suivante - 2, len(self.colonnes) - 1)

    def _cellule(self, rang: int, valeur, style: str) -> None:
        self._ecrire(rang, valeur, self.classeur.format(style, ""))

    def _ecrire(self, rang: int, valeur, format_) -> None:
        ou = self.suivante - 1, rang
        match valeur:
            case str() if valeur:  # le cas le plus fréquent
                self.feuille.write_string(*ou, _tenir(valeur), format_)
            case None | "":
                self.feuille.write_blank(*ou, None, format_)
            case Formule():
                nue = float(valeur.valeur) if isinstance(valeur.valeur, Decimal) else valeur.valeur
                self.feuille.write_formula(*ou, valeur.texte, format_, nue)
            case bool():
                self.feuille.write_string(*ou, "Oui" if valeur else "Non", format_)
            case Decimal() | int() | float():
                self.feuille.write_number(*ou, valeur, format_)
            case date():
                self.feuille.write_datetime(*ou, _locale(valeur), format_)
            case _:
                self.feuille.write_string(*ou, _tenir(str(valeur)), format_)


def lettre(rang: int) -> str:
    """0 → « A »."""
    return xl_col_to_name(rang)


def _tenir(texte: str) -> str:
    return texte if len(texte) <= TEXTE_MAXIMAL else texte[: TEXTE_MAXIMAL - len(COUPE)] + COUPE


def _locale(jour: date) -> date:
    """Un instant, à l'heure de Paris et sans fuseau : Excel n'en connaît pas."""
    if isinstance(jour, datetime) and timezone.is_aware(jour):
        return timezone.localtime(jour).replace(tzinfo=None)
    return jour
