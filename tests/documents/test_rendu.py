import io
import subprocess
import time

import pikepdf
import pypdf
import pytest

from tests.documents.fabriques import JSON_JOINT, pdf


@pytest.fixture(scope="module")
def octets():
    return pdf(corps="<h2>Axe 1</h2><p>« Évaluer »</p><table><tr><th>Année<td>2027</table>")


@pytest.fixture
def document(octets):
    with pikepdf.open(io.BytesIO(octets)) as document:
        yield document


def test_le_meme_html_donne_les_memes_octets(octets):
    time.sleep(1.1)  # un identifiant tiré de l'heure change à la seconde
    assert pdf(corps="<h2>Axe 1</h2><p>« Évaluer »</p><table><tr><th>Année<td>2027</table>") == octets
    assert pdf(corps="<h2>Axe 2</h2>") != octets


def test_le_document_est_balise_avec_titre_et_langue(octets, document):
    racine = document.Root
    assert racine.MarkInfo.Marked
    assert str(racine.Lang) == "fr"
    assert racine.ViewerPreferences.DisplayDocTitle
    sortie = subprocess.run(["pdfinfo", "-struct", "-"], input=octets, capture_output=True, check=True)
    for balise in ("H1", "H2", "Table", "TH", "TD"):
        assert f"\n{balise}" in sortie.stdout.decode().replace(" ", ""), balise
    assert pypdf.PdfReader(io.BytesIO(octets)).metadata.title == "Feuille de route d’essai"


def test_les_metadonnees_disent_la_variante_et_la_date_donnee(document):
    xmp = document.open_metadata()
    assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"], xmp["pdfuaid:part"]) == ("3", "A", "1")
    assert xmp["xmp:CreateDate"] == "2026-03-01T08:05:00+00:00"
    assert "PDF/UA Universal Accessibility Schema" in str(xmp)


def test_la_version_figee_est_jointe_avec_sa_relation(octets, document):
    assert pypdf.PdfReader(io.BytesIO(octets)).attachments == {"version.json": [JSON_JOINT]}
    fichier = document.Root.AF[0]
    assert fichier.AFRelationship == "/Data"
    assert str(fichier.EF.F.Params.ModDate) == "D:20260301080500Z"


def test_toutes_les_polices_sont_incorporees(octets):
    lignes = subprocess.run(["pdffonts", "-"], input=octets, capture_output=True, check=True).stdout.decode()
    polices = lignes.splitlines()[2:]
    assert polices
    assert all(police.split()[-5] == "yes" for police in polices), lignes
