"""Ranger les axes dans un vrai navigateur : à la souris, au clavier, et quand le réseau manque."""

import pytest

from feuille_de_route.models import Axe
from gouvernance.models import Etape, Role
from tests.feuille_de_route.fabriques import AxeFactory
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, UtilisateurFactory

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]
NOMS = ["Rapprocher l’aide", "Former les aidants", "Équiper les foyers"]


@pytest.fixture
def strategie(db):
    demarche = DemarcheFactory(avec_cadre=True, etape=Etape.STRATEGIE)
    axes = [AxeFactory(demarche=demarche, intitule=nom) for nom in NOMS]
    for rang in (1, 2):
        AxeFactory(demarche=demarche, parent=axes[0], intitule=f"Ouvrir un lieu {rang}", ordre=rang)
    compte = UtilisateurFactory(password=None)
    MandatFactory(demarche=demarche, utilisateur=compte, role=Role.COORDINATION)
    return demarche, compte


def ordre():
    return [a.intitule for a in Axe.objects.filter(parent=None)]


def titres(onglet):
    return [t.split(". ", 1)[1] for t in onglet.locator("#arbre h2").all_inner_texts()]


@pytest.mark.parametrize("largeur", [1280, 360])
def test_au_clavier_sur_la_poignee(strategie, ouvrir_session, largeur):
    demarche, compte = strategie
    onglet = ouvrir_session(compte, largeur=largeur)
    onglet.goto(f"/demarches/{demarche.uuid}/axes/")
    poignee = onglet.get_by_role("button", name="Déplacer « Équiper les foyers »")
    poignee.focus()
    onglet.keyboard.press("ArrowUp")
    onglet.keyboard.press("ArrowUp")
    onglet.get_by_text("« Équiper les foyers », rang 1 sur 3. L’ordre est enregistré.").wait_for()
    assert titres(onglet) == [NOMS[2], NOMS[0], NOMS[1]] == ordre()
    assert "Équiper les foyers" in onglet.evaluate("document.activeElement.innerText")
    assert onglet.locator("#arbre h3").first.inner_text() == "2.1. Ouvrir un lieu 1"
    onglet.keyboard.press("ArrowUp")  # déjà en tête : rien
    onglet.keyboard.press("ArrowDown")
    onglet.get_by_text("« Équiper les foyers », rang 2 sur 3. L’ordre est enregistré.").wait_for()
    assert ordre() == [NOMS[0], NOMS[2], NOMS[1]]


def test_a_la_souris_un_axe_puis_un_sous_axe(strategie, ouvrir_session):
    demarche, compte = strategie
    onglet = ouvrir_session(compte)
    onglet.goto(f"/demarches/{demarche.uuid}/axes/")
    tirer(onglet, "Ouvrir un lieu 2", "Ouvrir un lieu 1")
    onglet.get_by_text("« Ouvrir un lieu 2 », rang 1 sur 2. L’ordre est enregistré.").wait_for()
    sous_axes = Axe.objects.exclude(parent=None)
    assert list(sous_axes.values_list("intitule", flat=True)) == ["Ouvrir un lieu 2", "Ouvrir un lieu 1"]
    assert ordre() == NOMS
    tirer(onglet, NOMS[2], NOMS[1])
    onglet.get_by_text("« Équiper les foyers », rang 2 sur 3. L’ordre est enregistré.").wait_for()
    assert ordre() == [NOMS[0], NOMS[2], NOMS[1]] == titres(onglet)


def tirer(onglet, nom, vers):
    de = onglet.get_by_role("button", name=f"Déplacer « {nom} »")
    de.scroll_into_view_if_needed()
    depart = de.bounding_box()
    arrivee = onglet.get_by_role("button", name=f"Déplacer « {vers} »").bounding_box()
    onglet.mouse.move(depart["x"] + 10, depart["y"] + 10)
    onglet.mouse.down()
    onglet.mouse.move(arrivee["x"] + 10, arrivee["y"] + 20, steps=12)
    onglet.mouse.move(arrivee["x"] + 10, arrivee["y"] - 6, steps=8)
    onglet.mouse.up()


def test_une_strategie_changee_entre_temps_ou_le_reseau_coupe(strategie, ouvrir_session):
    demarche, compte = strategie
    onglet = ouvrir_session(compte)
    onglet.goto(f"/demarches/{demarche.uuid}/axes/")
    onglet.context.set_offline(True)
    onglet.get_by_role("button", name=f"Déplacer « {NOMS[0]} »").focus()
    onglet.keyboard.press("ArrowDown")
    onglet.get_by_text("vérifiez votre connexion").wait_for()
    assert titres(onglet) == NOMS
    onglet.context.set_offline(False)
    AxeFactory(demarche=demarche, intitule="Former aussi les élus")
    onglet.get_by_role("button", name=f"Déplacer « {NOMS[0]} »").focus()
    onglet.keyboard.press("ArrowDown")
    onglet.get_by_text("rien n’est déplacé").wait_for()
    assert titres(onglet) == [*NOMS, "Former aussi les élus"] == ordre()


def test_sans_script_les_boutons_suffisent(strategie, ouvrir_session):
    demarche, compte = strategie
    onglet = ouvrir_session(compte, javascript=False)
    onglet.goto(f"/demarches/{demarche.uuid}/axes/")
    assert onglet.locator(".axe__poignee:visible").count() == 0
    onglet.get_by_role("button", name=f"Monter « {NOMS[1]} »").click()
    assert titres(onglet) == [NOMS[1], NOMS[0], NOMS[2]] == ordre()
