"""Les styles du Word : ceux qu'il connaît déjà (Titre 1, Titre 2, Liste à puces…), et quelques-uns à nous."""

from docx.document import Document as DocumentWord
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import BaseStyle
from docx.text.paragraph import Paragraph

LANGUE = "fr-FR"
POLICE = "Arial"
BLEU, OCRE, GRIS, ENCRE = "14395E", "7A4508", "4D5866", "1B2433"
# Les noms que python-docx donne aux styles intégrés ; Word les montre dans sa langue.
TITRE, SOUS_TITRE, CORPS, PUCE, LEGENDE, FORT = (
    "Title", "Subtitle", "Body Text", "List Bullet", "Caption", "Strong",
)  # fmt: skip
TITRES = {1: "Heading 1", 2: "Heading 2", 3: "Heading 3"}
TABLEAU, GRILLE = "Tableau de la séance", "Table Grid"
SURTITRE, MENTION, NOTE, CONSTAT = "Surtitre", "Mention", "Précision", "Constat"
RAPPORTEUR = "Rapporteur"
FAIT, LIBELLE = "Fait", "Libellé"
COTE, PORTE_SUR, INTITULE_RESERVES, RESERVES = "Cote", "Porte sur", "Intitulé des réserves", "Réserves"
CELLULE, CELLULE_QUI_NOMME = "Cellule", "Cellule qui nomme"
SIGNATAIRE, A_SIGNER, ESPACE = "Signataire", "À signer", "Espace"

# nom → (corps en points, couleur, gras, espace avant, espace après, reste avec le suivant)
INTEGRES = {
    "Normal": (10.5, ENCRE, False, 0, 6, False),
    TITRE: (22, BLEU, True, 0, 4, True),
    SOUS_TITRE: (12, ENCRE, False, 0, 12, True),
    CORPS: (10.5, ENCRE, False, 0, 6, False),
    PUCE: (10.5, ENCRE, False, 0, 3, False),
    LEGENDE: (9, GRIS, False, 0, 4, True),
    "Heading 1": (14, BLEU, True, 20, 6, True),
    "Heading 2": (11.5, BLEU, True, 12, 4, True),
    "Heading 3": (10.5, BLEU, True, 6, 2, True),
    "Header": (8, GRIS, False, 0, 0, False),
    "Footer": (8, GRIS, False, 0, 0, False),
}
PROPRES = {
    SURTITRE: (9.5, OCRE, True, 0, 4, True),
    MENTION: (10.5, OCRE, True, 0, 12, False),
    NOTE: (10.5, GRIS, False, 0, 6, False),
    RAPPORTEUR: (10.5, GRIS, False, 0, 4, True),
    CONSTAT: (10.5, BLEU, True, 8, 8, False),
    FAIT: (10.5, ENCRE, False, 0, 4, False),
    COTE: (9.5, OCRE, False, 10, 0, True),
    PORTE_SUR: (9.5, GRIS, False, 0, 4, True),
    INTITULE_RESERVES: (10.5, OCRE, True, 4, 0, True),
    RESERVES: (10.5, ENCRE, False, 0, 4, False),
    CELLULE: (9.5, ENCRE, False, 2, 2, False),
    CELLULE_QUI_NOMME: (9.5, BLEU, True, 2, 2, False),
    SIGNATAIRE: (10.5, BLEU, True, 2, 0, True),
    A_SIGNER: (8.5, GRIS, False, 4, 56, False),
    ESPACE: (5, ENCRE, False, 0, 0, False),
}
BORD_DE_TABLEAU = """<w:tblPr {ns}><w:tblBorders>
<w:top w:val="single" w:sz="8" w:color="{bleu}"/><w:bottom w:val="single" w:sz="8" w:color="{bleu}"/>
<w:insideH w:val="single" w:sz="4" w:color="D5DAE1"/></w:tblBorders>
<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="140" w:type="dxa"/></w:tblCellMar></w:tblPr>"""
PREMIERE_LIGNE = """<w:tblStylePr {ns} w:type="firstRow"><w:rPr><w:b/><w:color w:val="{bleu}"/></w:rPr>
<w:tcPr><w:tcBorders><w:bottom w:val="single" w:sz="6" w:color="{bleu}"/></w:tcBorders></w:tcPr>
</w:tblStylePr>"""


def poser(word: DocumentWord) -> None:
    """Règle les styles intégrés, ajoute les nôtres, dit la langue du document."""
    for nom, reglage in INTEGRES.items():
        _regler(word.styles[nom], reglage)
    for nom, reglage in PROPRES.items():
        style = word.styles.add_style(nom, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = word.styles["Normal"]
        style.quick_style = True
        _regler(style, reglage)
    libelle = word.styles.add_style(LIBELLE, WD_STYLE_TYPE.CHARACTER)
    libelle.font.color.rgb = RGBColor.from_string(GRIS)
    word.styles[FAIT].paragraph_format.tab_stops.add_tab_stop(Mm(40))
    word.styles[FAIT].paragraph_format.left_indent = Mm(40)
    word.styles[FAIT].paragraph_format.first_line_indent = Mm(-40)
    for nom in (RESERVES, INTITULE_RESERVES):
        word.styles[nom].paragraph_format.left_indent = Mm(6)
    _encadrer(word.styles[MENTION])
    _souligner(word.styles[TITRES[1]])
    for espacement in word.styles[SOUS_TITRE].element.rPr.findall(qn("w:spacing")):
        word.styles[SOUS_TITRE].element.rPr.remove(espacement)
    _style_de_tableau(word)
    _dire_la_langue(word)


def _regler(style: BaseStyle, reglage: tuple) -> None:
    corps, couleur, gras, avant, apres, avec_le_suivant = reglage
    _police(style)
    style.font.size, style.font.bold, style.font.italic = Pt(corps), gras, False
    style.font.color.rgb = RGBColor.from_string(couleur)
    forme = style.paragraph_format
    forme.space_before, forme.space_after = Pt(avant), Pt(apres)
    forme.keep_with_next, forme.widow_control = avec_le_suivant, True
    forme.line_spacing = 1.15


def _police(style: BaseStyle) -> None:
    """Une police nommée : celle du thème, sinon, l'emporterait."""
    style.font.name = POLICE
    police = style.element.rPr.rFonts
    for attribut in [a for a in police.attrib if a.endswith("Theme")]:
        del police.attrib[attribut]
    for jeu in ("w:cs", "w:eastAsia"):
        police.set(qn(jeu), POLICE)


def _bordure(style: BaseStyle, cotes: dict[str, str]) -> None:
    proprietes = style.element.get_or_add_pPr()
    for ancienne in proprietes.findall(qn("w:pBdr")):
        proprietes.remove(ancienne)
    trait = '<w:{} w:val="single" w:sz="6" w:space="4" w:color="{}"/>'
    traits = "".join(trait.format(cote, couleur) for cote, couleur in cotes.items())
    bordure = parse_xml(f"<w:pBdr {nsdecls('w')}>{traits}</w:pBdr>")
    suivants = (
        "shd",
        "tabs",
        "suppressAutoHyphens",
        "spacing",
        "ind",
        "contextualSpacing",
        "jc",
        "outlineLvl",
    )
    proprietes.insert_element_before(bordure, *(f"w:{nom}" for nom in suivants))


def _encadrer(style: BaseStyle) -> None:
    _bordure(style, dict.fromkeys(("top", "left", "bottom", "right"), "9A5B13"))
    style.paragraph_format.left_indent = style.paragraph_format.right_indent = Mm(2)


def _souligner(style: BaseStyle) -> None:
    _bordure(style, {"bottom": BLEU})


def _style_de_tableau(word: DocumentWord) -> None:
    style = word.styles.add_style(TABLEAU, WD_STYLE_TYPE.TABLE)
    style.base_style = word.styles["Normal Table"]
    for xml in (BORD_DE_TABLEAU, PREMIERE_LIGNE):
        style.element.append(parse_xml(xml.format(ns=nsdecls("w"), bleu=BLEU)))


def _dire_la_langue(word: DocumentWord) -> None:
    racine = word.styles.element
    for langue in racine.iter(qn("w:lang")):
        langue.set(qn("w:val"), LANGUE)
    reglages = word.settings.element
    for theme in reglages.findall(qn("w:themeFontLang")):
        theme.set(qn("w:val"), LANGUE)


def poser_la_page(word: DocumentWord, *, gauche: str, pied: str) -> None:
    """A4, marges, titre courant et « page x / y »."""
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(21)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    section.different_first_page_header_footer = True
    section.header.paragraphs[0].add_run(gauche)
    for bas in (section.footer, section.first_page_footer):
        _paginer(bas.paragraphs[0], pied)
    for nom in ("Header", "Footer"):
        tabulations = word.styles[nom].paragraph_format.tab_stops
        tabulations.clear_all()
        tabulations.add_tab_stop(Mm(168), WD_TAB_ALIGNMENT.RIGHT)


def _paginer(paragraphe: Paragraph, pied: str) -> None:
    paragraphe.style = "Footer"
    paragraphe.add_run(f"{pied[:90]}\tpage ")
    _champ(paragraphe, "PAGE")
    paragraphe.add_run(" / ")
    _champ(paragraphe, "NUMPAGES")


def _champ(paragraphe: Paragraph, code: str) -> None:
    """Un champ que Word et LibreOffice calculent."""
    champ = OxmlElement("w:fldSimple")
    champ.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    texte = OxmlElement("w:t")
    texte.text = "1"
    run.append(texte)
    champ.append(run)
    paragraphe._p.append(champ)
