"""Les plis d'une page longue : repliés sur un téléphone, jamais perdus."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.feuille_de_route.fabriques import FicheFactory
from tests.gouvernance.fabriques import MandatFactory

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


def test_une_section_repliee_s_ouvre_au_doigt_par_un_lien_a_l_impression_et_au_large(ouvrir_session):
    fiche = FicheFactory(complete=True, moyens_humains="Un médiateur à mi-temps.")
    qui = MandatFactory(demarche=fiche.demarche).utilisateur
    adresse = reverse("fiche", args=[fiche.demarche.uuid, fiche.uuid])
    onglet = ouvrir_session(qui, largeur=360)
    onglet.goto(adresse)
    texte = onglet.get_by_text("Un médiateur à mi-temps.")
    expect(texte).to_be_hidden()
    onglet.emulate_media(media="print")
    expect(texte).to_be_visible()
    onglet.emulate_media(media="screen")
    expect(texte).to_be_hidden()
    onglet.locator("summary").filter(has_text="Moyens et financements").click()
    expect(texte).to_be_visible()

    onglet.goto("about:blank")
    onglet.goto(f"{adresse}#section-moyens")
    expect(onglet.get_by_text("Un médiateur à mi-temps.")).to_be_visible()

    for javascript in (True, False):
        large = ouvrir_session(qui, javascript=javascript)
        large.goto(adresse)
        expect(large.get_by_text("Un médiateur à mi-temps.")).to_be_visible()
