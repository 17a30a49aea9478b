"""Un papier, du bouton au fichier, sans recharger la page ; et sans JavaScript."""

import pytest
from django.urls import reverse

from tests.gouvernance.situations import situation
from tests.papiers.fabriques import seance_ouverte, travailler

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lieu():
    trouve = situation(gouvernance__departement__code="24")
    trouve.seance = seance_ouverte(trouve)
    return trouve


@pytest.mark.parametrize("largeur", [1280, 360])
def test_prepare_puis_telecharge_au_clavier(ouvrir_session, lieu, largeur):
    onglet = ouvrir_session(lieu.gens["coordination"], largeur=largeur)
    onglet.goto(reverse("seance", args=[lieu.uuid, lieu.seance.uuid]))
    bouton = onglet.get_by_role("button", name="Préparer en PDF : procès-verbal")
    bouton.focus()
    onglet.keyboard.press("Enter")
    papier = onglet.locator("#papier-proces_verbal-pdf")
    papier.get_by_text("En préparation").wait_for()
    travailler()
    lien = papier.get_by_role("link", name="Télécharger procès-verbal (PDF")
    lien.wait_for()  # la page s'est mise à jour seule
    with onglet.expect_download() as arrivee:
        lien.press("Enter")
    assert arrivee.value.suggested_filename == "2026-COPIL-02 Procès-verbal.pdf"
    assert onglet.evaluate("document.documentElement.scrollWidth") <= largeur


def test_sans_javascript_on_actualise(ouvrir_session, lieu):
    onglet = ouvrir_session(lieu.gens["coordination"], javascript=False)
    onglet.goto(reverse("cahier", args=[lieu.uuid]))
    onglet.get_by_role("button", name="Préparer en Word : cahier des charges").click()
    travailler()
    onglet.get_by_role("link", name="Actualiser").click()
    with onglet.expect_download() as arrivee:
        onglet.get_by_role("link", name="Télécharger cahier des charges (Word").click()
    assert arrivee.value.suggested_filename.endswith("Cahier des charges.docx")
