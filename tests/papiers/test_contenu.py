"""Ce que disent les papiers, relus comme on les lirait : le PDF, et le Word ouvert par LibreOffice."""

import io
import re
import shutil
import subprocess
from itertools import pairwise

import docx
import pikepdf
import pytest

from feuille_de_route.documents.papiers.dire import en_toutes_lettres
from gouvernance.models import DefinitionAdoptee, NatureDecision, Terme
from tests.gouvernance.fabriques import (
    AdhesionFactory,
    DecisionFactory,
    MembreFactory,
    PointFactory,
    SeanceFactory,
    StructureFactory,
)
from tests.gouvernance.situations import situation
from tests.papiers.fabriques import (
    TOUS,
    clore,
    octets,
    par_libreoffice,
    preparer,
    seance_ouverte,
    texte,
    texte_pdf,
    xml_du_word,
)

pytestmark = pytest.mark.django_db
DEUX = ["pdf", "docx"]


@pytest.fixture
def lieu():
    return situation(gouvernance__departement__code="24")


@pytest.fixture
def seance(lieu):
    return seance_ouverte(lieu)


def exiger(dans: str, *phrases: str) -> None:
    assert [phrase for phrase in phrases if phrase not in dans] == [], dans


@pytest.mark.parametrize("format_", DEUX)
def test_l_ordre_du_jour_donne_l_heure_de_chaque_point(lieu, seance, format_, tmp_path):
    PointFactory(seance=seance, ordre=3, objet="Questions diverses")
    PointFactory(seance=seance, ordre=4, objet="Suites")
    lu = texte(preparer(lieu, seance, "ordre_du_jour", format_), tmp_path)
    exiger(
        lu, "Ordre du jour", "Comité de pilotage (COPIL) du mardi 10 février 2026", "2026-COPIL-02",
        "de 14 h 00 à 16 h 00", "Préfecture, salle Jean-Moulin", "Documents joints", "Diagnostic-v3.pdf",
        "La vice-présidente", "45 min",
    )  # fmt: skip
    assert re.search(r"14 h 00 1 .*14 h 45 2 Choisir les enjeux .*15 h 35 3 Questions diverses", lu)
    assert re.search(r"à la suite 4 Suites", lu)  # le point d'avant n'a pas de durée
    assert "Durée des points" not in lu


def test_l_emargement_a_une_ligne_par_siege_et_des_lignes_pour_les_invites(lieu, tmp_path):
    seance = seance_ouverte(lieu, sieges=60)
    papier = preparer(lieu, seance, "emargement")
    lu = texte(papier, tmp_path)
    for rang in range(60):
        exiger(lu, f"Structure {rang:02d}", f"n° {rang:02d}")
    exiger(lu, "donné à Personne n° 00", "Vice-présidente", "préside", "Invités", "page 1 / 6")
    with pikepdf.open(io.BytesIO(octets(papier))) as pdf:
        assert float(pdf.pages[0].mediabox[2]) > float(pdf.pages[0].mediabox[3])  # paysage
    assert lu.count("Prénom et nom") >= 6  # l'en-tête revient à chaque page
    ecarts = pas_des_rangs(octets(papier))
    assert len(ecarts) > 50
    assert min(ecarts) >= 9  # millimètres


def pas_des_rangs(pdf: bytes) -> list[float]:
    """L'écart, en millimètres, entre un numéro de rang et le suivant sur la même page."""
    sortie = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    ecarts = []
    for page in sortie.stdout.decode().split("<page ")[1:]:
        mots = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>(\d+)</word>', page)
        hauts = sorted(float(y) for x, y, _ in mots if float(x) < 70)
        ecarts += [(bas - haut) * 25.4 / 72 for haut, bas in pairwise(hauts)]
    return ecarts


@pytest.mark.parametrize("format_", DEUX)
def test_le_releve_numerote_les_decisions_et_dit_qui_leve_les_reserves(lieu, seance, format_, tmp_path):
    lu = texte(preparer(lieu, seance, "releve", format_), tmp_path)
    exiger(
        lu, "Document provisoire : la séance n’est pas close.", "2026-COPIL-02-D1",
        "Validation avec réserves", "Le diagnostic est validé",
        "Point : Valider le diagnostic", "Jalon « Diagnostic »",
        "Compléter le volet équipement.", "2026-COPIL-02-D2", "Orientation",
        "Retenir quatre enjeux au plus",
        "À lever avant le 15 avril 2026. Responsable : Caisse d’allocations familiales.", "Réserves à lever",
    )  # fmt: skip
    assert "permanences" not in lu  # ce qui s'est dit est au procès-verbal
    clore(seance)
    assert "provisoire" not in texte(preparer(lieu, seance, "releve", format_), tmp_path)


def test_sans_decision_le_releve_le_dit(lieu, tmp_path):
    seance = SeanceFactory(instance=lieu.copil, ouverte=True)
    lu = texte(preparer(lieu, seance, "releve"), tmp_path)
    exiger(lu, "Aucune décision n’a été prise.")
    lu = texte(preparer(lieu, seance, "proces_verbal"), tmp_path)
    exiger(
        lu, "Les présences n’ont pas encore été notées.", "Aucun point, aucune décision.", "Nom et prénom :"
    )


@pytest.mark.parametrize("format_", DEUX)
def test_le_proces_verbal_dit_tout_de_la_seance(lieu, seance, format_, tmp_path):
    lieu.copil.quorum = 3
    lieu.copil.save()
    DecisionFactory(seance=seance, ordre=3, nature="information", objet="Hors de l'ordre du jour")
    clore(seance)
    lu = texte(preparer(lieu, seance, "proces_verbal", format_), tmp_path)
    exiger(
        lu, "Projet de procès-verbal, à approuver.", "Présidence Personne n° 00", "Présents (2)",
        "Excusés (1)",
        "Représentés (1)", "Absents (1)", "Etat", "Personne n° 01, Vice-présidente (Structure 01)",
        "Le quorum est atteint : trois sièges sur cinq sont présents ou représentés, il en faut trois.",
        "premier constat ;", "Valider le diagnostic (jalon « Diagnostic »)",
        "Rapporteur : La vice-présidente.",
        "Les maires demandent des permanences.", "2026-COPIL-02-D1", "Il sera publié.", "Réserves",
        "Ce point n’a pas donné lieu à décision.", "Autres décisions", "Hors de l’ordre du jour",
        "Documents joints", "Diagnostic-v3.pdf", "La séance est close le", "trois décisions",
        "Date et signature",
    )  # fmt: skip
    ordre = (
        "Participants",
        "Compte rendu des échanges",
        "Points et décisions",
        "Documents joints",
        "Clôture",
    )
    assert [lu.index(titre) for titre in ordre] == sorted(lu.index(titre) for titre in ordre)


def test_approuve_le_proces_verbal_dit_quand_et_par_quelle_decision(lieu, seance, tmp_path):
    suivante = SeanceFactory(instance=lieu.copil, ouverte=True, numero=3)
    seance.approbation = DecisionFactory(seance=suivante, nature=NatureDecision.VALIDATION)
    seance.save()
    lu = texte(preparer(lieu, seance, "proces_verbal"), tmp_path)
    exiger(lu, "Approuvé lors de la séance du 10 février 2026 (décision 2026-COPIL-03-D1).")
    assert "Projet de procès-verbal" not in lu


@pytest.mark.parametrize(
    ("quorum", "phrase"),
    [
        (0, "L’instance n’a pas de quorum : trois sièges sur cinq sont présents ou représentés."),
        (
            4,
            "Le quorum n’est pas atteint : trois sièges sur cinq",
        ),
    ],
)
def test_le_quorum_se_dit_en_une_phrase(lieu, seance, tmp_path, quorum, phrase):
    lieu.copil.quorum = quorum
    lieu.copil.save()
    exiger(texte(preparer(lieu, seance, "releve"), tmp_path), phrase)


def test_qui_est_venu_apres_la_cloture_n_est_pas_absent(lieu, seance, tmp_path):
    clore(seance)
    nouveau = StructureFactory(nom="Arrivée plus tard")
    siege = lieu.copil.sieges.create(structure=nouveau)
    type(siege).objects.filter(pk=siege.pk).update(cree_le=seance.close_le.replace(year=2030))
    ancien = lieu.copil.sieges.get(structure__nom="Structure 04")  # absent, parti depuis
    type(ancien).objects.filter(pk=ancien.pk).update(clos_le=seance.close_le.replace(year=2030))
    lu = texte(preparer(lieu, seance, "proces_verbal"), tmp_path)
    exiger(lu, "Absents (1)", "Structure 04", "sur cinq")
    assert "Arrivée plus tard" not in lu


@pytest.mark.parametrize("format_", DEUX)
def test_le_cahier_reprend_le_cadre_et_les_adhesions(lieu, format_, tmp_path):
    demarche = lieu.demarche
    Terme.objects.create(demarche=demarche, terme="Aidant", definition="Fait avec la personne.")
    AdhesionFactory(cahier=demarche.cahier, structure=lieu.prefecture)
    MembreFactory(gouvernance=demarche.gouvernance, structure=StructureFactory(nom="Pas encore adhérente"))
    ancienne = AdhesionFactory(cahier=demarche.cahier, structure__nom="Adhésion d'avant")
    type(demarche.cahier).objects.filter(pk=demarche.cahier.pk).update(edition=2, vigilance="", moyens="")
    type(ancienne).objects.exclude(pk=ancienne.pk).update(edition=2)
    lu = texte(preparer(lieu, None, "cahier", format_), tmp_path)
    exiger(
        lu, "Cahier des charges", demarche.nom, "Édition 2", "Contexte", "Objectifs", "Périmètre", "Méthode",
        "Moyens", "À écrire.", "Un département rural", "Calendrier", "Validation de la feuille de route",
        "1er février 2026", "Comité de pilotage (COPIL)", "Définition commune", "avec ou sans écran",
        "qui n’est pas encore adoptée", "Glossaire", "Aidant", "Fait avec la personne.", "Adhésions",
        "Préfecture", "N’ont pas encore adhéré", "Pas encore adhérente",
    )  # fmt: skip
    assert "Adhésion d’avant" not in lu  # une adhésion vaut pour son édition


def test_une_definition_adoptee_l_emporte_sur_le_projet_suivant(lieu, tmp_path):
    seance = SeanceFactory(instance=lieu.copil, ouverte=True, numero=1)
    decision = DecisionFactory(seance=seance, nature=NatureDecision.VALIDATION)
    DefinitionAdoptee.objects.create(
        demarche=lieu.demarche, edition=1, texte="Ensemble, autrement.", decision=decision
    )
    lieu.demarche.definition.texte = "Texte en projet."
    lieu.demarche.definition.save()
    lu = texte(preparer(lieu, None, "cahier"), tmp_path)
    exiger(lu, "Ensemble, autrement.", "adoptée le 10 février 2026 par la décision 2026-COPIL-01-D1")
    assert "Texte en projet" not in lu


@pytest.mark.parametrize("nature", [nature for nature, format_ in TOUS if format_ == "pdf"])
def test_chaque_pdf_est_balise_dit_sa_langue_et_son_titre(lieu, seance, nature):
    with pikepdf.open(io.BytesIO(octets(preparer(lieu, seance, nature)))) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.StructTreeRoot.K is not None
        assert str(pdf.Root.Lang).startswith("fr")
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        debut = {"cahier": "Cahier des charges – ", "proces_verbal": "Procès-verbal – Comité de pilotage"}
        assert str(pdf.docinfo.Title).startswith(debut.get(nature, ""))
        assert pdf.open_metadata()["pdfuaid:part"] == "1"


@pytest.mark.parametrize("nature", [nature for nature, format_ in TOUS if format_ == "docx"])
def test_chaque_word_est_fait_de_styles_et_dit_sa_langue(lieu, seance, nature):
    contenu = octets(preparer(lieu, seance, nature, "docx"))
    word = docx.Document(io.BytesIO(contenu))
    assert word.core_properties.language == "fr-FR"
    assert word.core_properties.title
    assert {"Heading 1", "Title"} <= {p.style.name for p in word.paragraphs}
    corps = xml_du_word(contenu)
    hors_style = set(re.findall(r"<w:rPr>(?:(?!</w:rPr>).)*?<w:(\w+)", corps)) - {"rStyle"}
    assert hors_style == set()  # aucune mise en forme directe
    assert "w:jc" not in corps
    langues = set(re.findall(r'<w:lang w:val="([^"]+)"', xml_du_word(contenu, "word/styles.xml")))
    assert langues == {"fr-FR"}
    for tableau in re.findall(r"<w:tbl>.*?</w:tbl>", corps, re.DOTALL):
        assert "<w:tblDescription" in tableau
        assert "w:tblHeader" in tableau or "Date et signature" in tableau


def test_dans_le_word_l_en_tete_d_un_long_tableau_revient_a_chaque_page(lieu, seance, tmp_path):
    for rang in range(3, 90):
        PointFactory(seance=seance, ordre=rang, objet=f"Point n° {rang}", duree=1)
    pdf = par_libreoffice(octets(preparer(lieu, seance, "ordre_du_jour", "docx")), tmp_path)
    lu = texte_pdf(pdf)
    assert lu.count("Rapporteur") >= 3
    assert re.search(r"page 2 / [345]", lu)


@pytest.mark.parametrize(
    ("nombre", "mots"),
    [(0, "zéro"), (1, "un"), (16, "seize"), (21, "vingt et un"), (60, "soixante"), (70, "soixante-dix"),
     (71, "soixante et onze"), (77, "soixante-dix-sept"), (80, "quatre-vingts"), (81, "quatre-vingt-un"),
     (91, "quatre-vingt-onze"), (99, "quatre-vingt-dix-neuf"), (100, "100")],
)  # fmt: skip
def test_les_nombres_s_ecrivent_en_toutes_lettres(nombre, mots):
    assert en_toutes_lettres(nombre) == mots


def test_une_decision_unique_est_au_feminin():
    assert en_toutes_lettres(1, feminin=True) == "une"
    assert en_toutes_lettres(81, feminin=True) == "quatre-vingt-une"


@pytest.mark.parametrize("lignes", range(8))
def test_aucun_titre_ne_reste_seul_au_bas_d_une_page(lieu, seance, lignes):
    """Vingt-quatre points, et un texte qui les pousse d'un cran à chaque essai : l'un ou l'autre passe par le
    bas d'une page.
    """
    for rang in range(3, 25):
        PointFactory(
            seance=seance, ordre=rang, objet="Un sujet", rapporteur="Une personne", echanges="Débattu.\n" * 4
        )
    seance.compte_rendu = "Une intervention.\n" * lignes
    seance.save()
    pdf = octets(preparer(lieu, seance, "proces_verbal"))
    sortie = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    for page in sortie.stdout.decode().split("\f")[:-2]:
        derniere = [ligne.strip() for ligne in page.splitlines() if ligne.strip()][-2]  # avant le pied
        titre = re.match(r"\d+ |Rapporteur|Participants|Compte rendu|Points et|Documents|Clôture", derniere)
        assert titre is None, derniere


def test_libreoffice_est_installe():
    assert shutil.which("soffice")
