"""Le plan d'actions dans un vrai navigateur : filtrer, cocher, confirmer ; au clavier, sans script."""

import pytest
from django.urls import reverse

from gouvernance.models import Etape
from tests.feuille_de_route.fabriques import AxeFactory, EtapeFicheFactory, FicheFactory, LigneBudgetFactory
from tests.gouvernance.situations import situation
from tests.navigateur.axe import violations

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lieu():
    trouve = situation(etape=Etape.PLAN_ACTIONS)
    demarche = trouve.demarche
    axe = AxeFactory(demarche=demarche, intitule="Rapprocher l’aide des habitants")
    for rang in range(6):
        fiche = FicheFactory(
            demarche=demarche, axe=axe, nature="nouvelle" if rang % 2 else "existante", debut="2026-09-01",
            titre=f"Ouvrir un lieu d’accueil numérique dans chaque secteur du département ({rang + 1})",
            fin="2028-06-30" if rang else None,
        )  # fmt: skip
        LigneBudgetFactory(fiche=fiche)
        EtapeFicheFactory(fiche=fiche, echeance="2027-01-15")
    FicheFactory(demarche=demarche)
    trouve.plan = reverse("plan", args=[trouve.uuid])
    return trouve


VUES = ["", "?vue=liste&tri=-budget", "?vue=porteur", "?vue=epci", "?vue=calendrier", "?nature=zzz&q=accueil"]


@pytest.mark.parametrize("largeur", [1280, 320])
def test_chaque_lecture_tient_et_se_lit(ouvrir_session, lieu, largeur):
    onglet, messages = ouvrir_session(lieu.gens["coordination"], largeur=largeur), []
    onglet.on("console", lambda m: messages.append(m.text) if m.type in {"error", "warning"} else None)
    for vue in VUES:
        onglet.goto(lieu.plan + vue)
        assert onglet.evaluate("document.documentElement.scrollWidth") <= largeur, vue
        assert violations(onglet) == [], vue
    assert messages == []
    dessin = onglet.goto(f"{lieu.plan}?vue=calendrier") and onglet.locator(".gantt__dessin")
    assert dessin.is_visible() is (largeur > 768)  # étroit, le tableau suffit
    assert onglet.get_by_text("4e trimestre 2026").is_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_du_filtre_au_geste_d_ensemble(ouvrir_session, lieu, javascript):
    onglet = ouvrir_session(lieu.gens["coordination"], javascript=javascript)
    onglet.goto(lieu.plan)
    onglet.get_by_label("Nature", exact=True).select_option("nouvelle")
    onglet.get_by_role("button", name="Filtrer", exact=True).click()
    onglet.get_by_role("heading", name="3 fiches actions correspondent aux filtres").wait_for()
    if javascript:
        onglet.get_by_label("Tout cocher : 1. Rapprocher l’aide des habitants").check()
        assert "Avec les fiches cochées (3)" in onglet.locator(".lot__titre").inner_text()
    else:
        for case in onglet.locator('input[name="f"]').all():
            case.check()
    onglet.get_by_label("Que faire des fiches cochées ?").select_option("priorite")
    onglet.get_by_role("button", name="Continuer").click()
    onglet.get_by_label("Quelle priorité ?").select_option("1")
    onglet.get_by_role("button", name="Voir ce qui changera").click()
    if javascript:
        assert violations(onglet) == []
    onglet.get_by_role("button", name="Confirmer pour 3 fiches").click()
    onglet.get_by_text("C’est fait : 3 fiches ont changé.").wait_for()
    assert "nature=nouvelle" in onglet.url  # on revient où l'on était
    assert list(lieu.demarche.fiches.filter(priorite=1).values_list("numero", flat=True)) == [2, 4, 6]


def test_le_tri_se_fait_au_clavier_et_s_annonce(ouvrir_session, lieu):
    onglet = ouvrir_session(lieu.gens["coordination"])
    onglet.goto(f"{lieu.plan}?vue=liste")
    for sens in ("ascending", "descending"):
        onglet.get_by_role("columnheader", name="Fiche").get_by_role("link").press("Enter")
        onglet.locator(f'th[aria-sort="{sens}"]').wait_for()
    onglet.get_by_role("searchbox").fill("permanence")
    onglet.keyboard.press("Enter")
    onglet.get_by_role("heading", name="1 fiche action correspond aux filtres").wait_for()
    assert onglet.url.endswith("?vue=liste&q=permanence&tri=-titre#resultats")  # sans filtres vides
    onglet.get_by_role("link", name="Retirer le filtre Recherche").press("Enter")
    onglet.get_by_role("heading", name="7 fiches actions").wait_for()
