"""La page d'une démarche et l'accueil tiennent en dix requêtes, à chaque étape et pour chacun."""

import pytest
from django.urls import reverse

from gouvernance.acteurs import colleges
from gouvernance.conduite import calendriers
from gouvernance.models import Etape, Role
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.parcours_mur import demarche_mure, mettre_a
from tests.gouvernance.fabriques import MandatFactory, MembreFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db
PLAFOND = 10


@pytest.fixture
def demarche():
    colleges.charger_defauts()
    calendriers.charger_defauts()
    return demarche_mure()


def garnir(demarche) -> None:
    """De quoi avoir plus à lire de tout : axes et sous-axes, enjeux, fiches, membres qui n'ont pas adhéré."""
    for _ in range(3):
        axe = AxeFactory(demarche=demarche)
        AxeFactory(demarche=demarche, parent=axe, enjeux=[EnjeuFactory(demarche=demarche, retenu=True)])
        FicheFactory(demarche=demarche, axe=axe, retenue=True)
        FicheFactory(
            demarche=demarche, etat="a_completer", motif="Précisez.", structure_porteuse=membre(demarche)
        )


def membre(demarche):
    return MembreFactory(gouvernance=demarche.gouvernance).structure


@pytest.fixture
def partenaire(client, demarche):
    """Qui fait lire le plus : tout ne lui est pas montré, et l'on attend d'elle des gestes."""
    utilisateur = UtilisateurFactory(password=None, structure=membre(demarche))
    MandatFactory(demarche=demarche, utilisateur=utilisateur, role=Role.PARTENAIRE)
    FicheFactory(
        demarche=demarche, etat="a_completer", motif="Précisez.", structure_porteuse=utilisateur.structure
    )
    client.force_login(utilisateur)
    return utilisateur


def test_a_chaque_etape_la_page_et_l_accueil_tiennent_en_dix_requetes(demarche, partenaire, compter_requetes):
    page, accueil = reverse("demarche", args=[demarche.uuid]), reverse("accueil")
    nombres = {}
    for etape in Etape.values:
        mettre_a(demarche, etape)
        nombres[etape] = compter_requetes(page), compter_requetes(accueil)
    assert {etape: n for etape, n in nombres.items() if max(n) > PLAFOND} == {}
    garnir(demarche)
    for etape in (Etape.CADRAGE, Etape.STRATEGIE, Etape.PLAN_ACTIONS, Etape.MISE_EN_OEUVRE):
        mettre_a(demarche, etape)
        assert (compter_requetes(page), compter_requetes(accueil)) == nombres[etape]
