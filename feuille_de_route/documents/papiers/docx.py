"""Un papier en Word : des styles et rien d'autre, pour que l'on puisse le reprendre et le remettre en page.

Aucun texte ne porte de mise en forme directe : chaque paragraphe nomme son style, chaque tableau le sien.
"""

import io
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as DocumentWord
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.table import Table
from docx.text.paragraph import Paragraph

from feuille_de_route.documents.papiers import styles_docx as styles
from feuille_de_route.documents.papiers.blocs import (
    DecisionPrise,
    Ecrit,
    Faits,
    Note,
    Parts,
    Passage,
    Presents,
    Signatures,
    Tableau,
    Texte,
    Titre,
)

LARGEUR = 168  # millimètres entre les marges


def en_docx(ecrit: Ecrit, date: datetime) -> bytes:
    """Les octets du document Word."""
    word = Document()
    styles.poser(word)
    _proprietes(word, ecrit, date)
    styles.poser_la_page(word, gauche=ecrit.sous_titre, pied=ecrit.surtitre)
    word.add_paragraph(ecrit.surtitre, styles.SURTITRE)
    word.add_paragraph(ecrit.titre, styles.TITRE)
    word.add_paragraph(f"{ecrit.sous_titre} · {ecrit.reference}", styles.SOUS_TITRE)
    if ecrit.mention:
        word.add_paragraph(ecrit.mention, styles.MENTION)
    for bloc in ecrit.blocs:
        RENDUS[bloc.genre](word, bloc)
    sortie = io.BytesIO()
    word.save(sortie)
    return sortie.getvalue()


def _proprietes(word: DocumentWord, ecrit: Ecrit, date: datetime) -> None:
    proprietes = word.core_properties
    proprietes.title = ecrit.nom[:255]
    proprietes.subject = ecrit.reference[:255]
    proprietes.author = proprietes.last_modified_by = ecrit.surtitre[:255]
    proprietes.comments = proprietes.keywords = ""
    proprietes.language = styles.LANGUE
    proprietes.created = proprietes.modified = date.astimezone(UTC).replace(tzinfo=None)


def _titre(word: DocumentWord, bloc: Titre) -> None:
    numero = f"{bloc.numero}. " if bloc.numero else ""
    word.add_paragraph(f"{numero}{bloc.texte}", styles.TITRES[bloc.niveau])


def _texte(word: DocumentWord, bloc: Texte) -> None:
    _passages(word, bloc.passages, styles.CORPS, styles.PUCE)


def _passages(word: DocumentWord, passages: list[Passage], corps: str, puce: str) -> None:
    for passage in passages:
        for ligne in passage.lignes:
            word.add_paragraph(ligne, puce if passage.liste else corps)


def _note(word: DocumentWord, bloc: Note) -> None:
    ordinaire = styles.RAPPORTEUR if bloc.liee else styles.NOTE
    word.add_paragraph(bloc.texte, styles.CONSTAT if bloc.forte else ordinaire)


def _faits(word: DocumentWord, bloc: Faits) -> None:
    for libelle, valeur in bloc.lignes:
        paragraphe = word.add_paragraph(style=styles.FAIT)
        paragraphe.add_run(libelle, styles.LIBELLE)
        paragraphe.add_run(f"\t{valeur}")


def _parts(word: DocumentWord, bloc: Parts) -> None:
    _faits(word, Faits([(bloc.titre, bloc.texte)]))


def _presents(word: DocumentWord, bloc: Presents) -> None:
    word.add_paragraph(bloc.titre, styles.TITRES[2])
    for college, lignes in bloc.groupes:
        word.add_paragraph(college, styles.TITRES[3])
        for ligne in lignes:
            word.add_paragraph(ligne, styles.PUCE)


def _decision(word: DocumentWord, bloc: DecisionPrise) -> None:
    cote = word.add_paragraph(style=styles.COTE)
    cote.add_run(bloc.numero, styles.FORT)
    cote.add_run(f" – {bloc.nature}")
    word.add_paragraph(bloc.objet, styles.TITRES[3])
    if bloc.porte_sur:
        word.add_paragraph(bloc.porte_sur, styles.PORTE_SUR)
    _passages(word, bloc.passages, styles.CORPS, styles.PUCE)
    if not bloc.reserves:
        return
    word.add_paragraph("Réserves", styles.INTITULE_RESERVES)
    _passages(word, bloc.reserves, styles.RESERVES, styles.RESERVES)
    for reserve in bloc.a_lever:
        paragraphe = word.add_paragraph(style=styles.RESERVES)
        if len(bloc.a_lever) > 1:
            paragraphe.add_run(f"{reserve.libelle} ")
        paragraphe.add_run(reserve.suite, styles.FORT)


def _tableau(word: DocumentWord, bloc: Tableau) -> None:
    word.add_paragraph(bloc.titre, styles.LEGENDE)
    tableau = word.add_table(rows=1, cols=len(bloc.colonnes), style=styles.TABLEAU)
    for cellule, colonne in zip(tableau.rows[0].cells, bloc.colonnes, strict=True):
        _ecrire(cellule.paragraphs[0], colonne.libelle, styles.CELLULE_QUI_NOMME)
    for rang in bloc.rangs:
        for cellule, (_, texte, nomme) in zip(tableau.add_row().cells, rang, strict=True):
            _ecrire(cellule.paragraphs[0], texte, styles.CELLULE_QUI_NOMME if nomme else styles.CELLULE)
    _regler(tableau, [colonne.part for colonne in bloc.colonnes], bloc.titre)
    word.add_paragraph(style=styles.ESPACE)


def _ecrire(paragraphe: Paragraph, texte: str, style: str) -> None:
    paragraphe.style = style
    paragraphe.add_run(texte)


def _regler(tableau: Table, parts: list[int], description: str, *, entete: bool = True) -> None:
    """Largeurs, première ligne répétée en haut de chaque page, lignes d'un seul tenant, texte de
    remplacement.
    """
    tableau.autofit = False
    for colonne, part in zip(tableau.columns, parts, strict=True):
        colonne.width = Mm(LARGEUR * part / 100)
        for cellule in colonne.cells:
            cellule.width = colonne.width
    for rang, ligne in enumerate(tableau.rows):
        proprietes = ligne._tr.get_or_add_trPr()
        proprietes.append(OxmlElement("w:cantSplit"))
        if entete and rang == 0:
            proprietes.append(OxmlElement("w:tblHeader"))
    legende = OxmlElement("w:tblDescription")
    legende.set(qn("w:val"), description)
    tableau._tbl.tblPr.append(legende)


def _signatures(word: DocumentWord, bloc: Signatures) -> None:
    """Deux cases par rang : le nom, la qualité, et la place de signer."""
    rangs = -(-len(bloc.gens) // 2)
    tableau = word.add_table(rows=rangs, cols=2, style=styles.GRILLE)
    cellules = [cellule for ligne in tableau.rows for cellule in ligne.cells]
    for cellule, (nom, qualite) in zip(cellules, bloc.gens, strict=False):
        _ecrire(cellule.paragraphs[0], nom or "Nom et prénom :", styles.SIGNATAIRE)
        cellule.add_paragraph(qualite, styles.CELLULE)
        cellule.add_paragraph("Date et signature", styles.A_SIGNER)
    _regler(tableau, [50, 50], "Signatures de la présidence", entete=False)


RENDUS = {
    "titre": _titre,
    "texte": _texte,
    "note": _note,
    "faits": _faits,
    "parts": _parts,
    "presents": _presents,
    "decision": _decision,
    "tableau": _tableau,
    "signatures": _signatures,
}
