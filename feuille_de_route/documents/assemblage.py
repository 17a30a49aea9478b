"""Assembler les parties d'un document : pages, structure balisée, plan, destinations.

La première partie porte le reste : métadonnées, pièces jointes, profil de couleurs.
"""

import io
import warnings
from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Name, OutlineItem, String

from feuille_de_route.documents.mise_en_page import Reperes, Signet

A = ord("A")


def assembler(parties: Sequence[bytes], reperes: Sequence[Reperes]) -> pikepdf.Pdf:
    """Le document entier, ouvert ; à fermer par l'appelant."""
    pdf = pikepdf.open(io.BytesIO(parties[0]))
    if len(parties) == 1:
        return pdf
    destinations = _destinations(_noms(pdf), reperes[0])
    for rang, (octets, repere) in enumerate(zip(parties[1:], reperes[1:], strict=True), start=1):
        with pikepdf.open(io.BytesIO(octets)) as source:
            _ajouter(pdf, source, rang)
            noms = pdf.copy_foreign(source.make_indirect(_noms(source)))
            destinations |= _destinations(noms, repere)
    _nommer(pdf, destinations)
    _planifier(pdf, reperes)
    return pdf


def _ajouter(pdf: pikepdf.Pdf, source: pikepdf.Pdf, rang: int) -> None:
    """Les pages d'abord : ce que la structure dit d'elles les retrouve alors à leur nouvelle place."""
    debut = len(pdf.pages)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pikepdf.PageCopyWarning)  # les destinations se posent plus bas
        pdf.pages.extend(source.pages)
    nouvelles = [page.obj for page in pdf.pages[debut:]]
    for ressources in {page.Resources.objgen: page.Resources for page in nouvelles}.values():
        ressources.ColorSpace = pdf.pages[0].Resources.ColorSpace
        _marquer_les_polices(ressources, rang)
    _greffer(pdf.Root.StructTreeRoot, pdf.copy_foreign(source.Root.StructTreeRoot), nouvelles)


def _greffer(tronc: pikepdf.Object, branche: pikepdf.Object, pages: list[pikepdf.Object]) -> None:
    """La structure d'une partie devient la suite de celle du document ; ses numéros suivent les siens."""
    table, ajouts = tronc.ParentTree.Nums, list(branche.ParentTree.Nums)
    decalage = max(int(numero) for numero in list(table)[::2]) + 1
    for page in pages:
        page.StructParents = int(page.StructParents) + decalage
        for annotation in page.get("/Annots", ()):
            if "/StructParent" in annotation:
                annotation.StructParent = int(annotation.StructParent) + decalage
    for numero, elements in zip(ajouts[::2], ajouts[1::2], strict=True):
        table.append(int(numero) + decalage)
        table.append(elements)
    racine = tronc.K[0]
    for element in branche.K[0].K:
        element.P = racine
        racine.K.append(element)


def _marquer_les_polices(ressources: pikepdf.Object, rang: int) -> None:
    """Deux extraits d'une même police ne portent pas le même nom."""
    for police in ressources.get("/Font", {}).values():
        for porteur in (police, *(d for d in police.get("/DescendantFonts", ()))):
            _renommer(porteur, "/BaseFont", rang)
            _renommer(porteur.get("/FontDescriptor", {}), "/FontName", rang)


def _renommer(porteur, cle: str, rang: int) -> None:
    """« /ABCDEF+Police » : la première lettre avance d'autant que le rang de la partie."""
    if cle in porteur:
        nom = str(porteur[cle])
        porteur[cle] = Name(f"/{chr(A + (ord(nom[1]) - A + rang) % 26)}{nom[2:]}")


def _noms(pdf: pikepdf.Pdf) -> pikepdf.Array:
    return pdf.Root.get("/Names", {}).get("/Dests", {}).get("/Names", Array())


def _destinations(noms: pikepdf.Array, reperes: Reperes) -> dict[str, pikepdf.Object]:
    """Les lieux nommés que la partie contient vraiment."""
    paires = zip(list(noms)[::2], list(noms)[1::2], strict=True)
    return {str(nom): lieu for nom, lieu in paires if str(nom) in reperes.ancres}


def _nommer(pdf: pikepdf.Pdf, destinations: dict[str, pikepdf.Object]) -> None:
    if not destinations:
        return
    paires = sorted((bytes(String(nom)), nom, lieu) for nom, lieu in destinations.items())
    pdf.Root.Names.Dests.Names = Array([v for _, nom, lieu in paires for v in (String(nom), lieu)])


def _planifier(pdf: pikepdf.Pdf, reperes: Sequence[Reperes]) -> None:
    """Le plan (signets) du document entier, d'après les niveaux de chaque titre."""
    with pdf.open_outline() as plan:
        plan.root.clear()
        branches: list[tuple[int, list]] = [(0, plan.root)]
        debut = 0
        for partie in reperes:
            for signet in partie.signets:
                while branches[-1][0] >= signet.niveau:
                    branches.pop()
                entree = _entree(signet, debut)
                branches[-1][1].append(entree)
                branches.append((signet.niveau, entree.children))
            debut += partie.pages


def _entree(signet: Signet, debut: int) -> OutlineItem:
    return OutlineItem(
        signet.libelle, debut + signet.page, page_location="XYZ", left=signet.x, top=signet.y, zoom=0
    )
