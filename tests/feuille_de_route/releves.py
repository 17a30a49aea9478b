"""Relire ce que l'on a produit : un tableau d'une page, un classeur, le texte d'une réponse."""

import io
import re
import zipfile
from decimal import Decimal
from html import unescape

from django.utils.html import strip_tags
from python_calamine import CalamineWorkbook

MONTANT = re.compile(r"^-?[\d\u202f]+(,\d\d)?\u00a0€$")


def lire_montant(texte: str) -> Decimal:
    return Decimal(texte.removesuffix("\u00a0€").replace("\u202f", "").replace(",", "."))


def tableau(page: str, identifiant: str) -> dict[str, list[str]]:
    """En-tête de ligne → ses cellules ; un montant seul y est écrit à l'anglaise (« 30000.50 »).

    Un tableau coupé en plusieurs (« par-fiche-axe-1 », « par-fiche-axe-2 ») se lit d'un bloc.
    """
    trouves = re.findall(rf'<table[^>]*id="{identifiant}(?:-[^"]*)?".*?</table>', page, re.S)
    assert trouves, f"Pas de tableau « {identifiant} » dans la page."
    lignes = {}
    for corps in trouves:
        for ligne in re.findall(r"<tr.*?</tr>", corps.split("</thead>")[-1], re.S):
            titre, *cellules = re.findall(r"<t[hd].*?</t[hd]>", ligne, re.S)
            lignes[_nu(titre)] = [_cellule(c) for c in cellules]
    return lignes


def _nu(html: str) -> str:
    return " ".join(re.split(r"[ \n]+", unescape(strip_tags(html)))).strip(" \n")


def _cellule(html: str) -> str:
    texte = _nu(html)
    return str(lire_montant(texte)) if MONTANT.match(texte) else texte


def contenu(reponse) -> str:
    """Le texte d'une réponse ; d'un classeur, celui de toutes ses parties."""
    lus = reponse.content
    if not lus.startswith(b"PK"):
        return lus.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(lus)) as archive:
        return "".join(archive.read(nom).decode("utf-8", "replace") for nom in archive.namelist())


def classeur(lus: bytes) -> dict[str, list[list]]:
    """Nom de feuille → lignes, relues par une autre bibliothèque que celle qui écrit."""
    livre = CalamineWorkbook.from_filelike(io.BytesIO(lus))
    return {nom: livre.get_sheet_by_name(nom).to_python(skip_empty_area=False) for nom in livre.sheet_names}
