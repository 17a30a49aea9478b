"""Le nombre de requêtes des pages des ateliers et des chantiers ne dépend pas de ce qu'elles montrent."""

import pytest
from django.urls import reverse

from gouvernance.models import Etape
from tests.ateliers.fabriques import (
    AtelierFactory,
    ChantierFactory,
    ContributionFactory,
    SousGroupeFactory,
)
from tests.diagnostic.fabriques import EnjeuFactory
from tests.gouvernance.fabriques import StructureFactory
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
PLAFOND = 10


@pytest.fixture
def lieu(client):
    trouve = situation(etape=Etape.ENJEUX)
    client.force_login(trouve.gens["coordination"])
    return trouve


def ateliers(demarche, nombre):
    for atelier in AtelierFactory.create_batch(nombre, demarche=demarche):
        contributions(atelier, 1)


def contributions(atelier, nombre):
    for _ in range(nombre):
        groupe = SousGroupeFactory(atelier=atelier)
        ContributionFactory(atelier=atelier, sous_groupe=groupe)
        ContributionFactory(atelier=atelier, enjeu=EnjeuFactory(demarche=atelier.demarche))
        ContributionFactory(atelier=atelier, chantier=ChantierFactory(demarche=atelier.demarche))


def chantiers(demarche, nombre):
    for _ in range(nombre):
        ChantierFactory(demarche=demarche, pilote=StructureFactory())


@pytest.mark.parametrize(("nom", "peupler"), [("ateliers", ateliers), ("chantiers", chantiers)])
def test_meme_nombre_de_requetes_pour_10_ou_30(lieu, compter_requetes, nom, peupler):
    url = reverse(nom, args=[lieu.uuid])
    peupler(lieu.demarche, 10)
    avant = compter_requetes(url)
    peupler(lieu.demarche, 20)
    assert compter_requetes(url) == avant
    assert avant <= PLAFOND


def test_la_page_d_un_atelier_ne_grandit_pas(lieu, compter_requetes):
    atelier = AtelierFactory(demarche=lieu.demarche)
    url = reverse("atelier", args=[lieu.uuid, atelier.uuid])
    contributions(atelier, 10)
    avant = compter_requetes(url)
    contributions(atelier, 20)
    assert compter_requetes(url) == avant
    assert avant <= PLAFOND
