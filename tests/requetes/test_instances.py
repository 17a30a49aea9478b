"""Le nombre de requêtes des pages d'instance ne dépend ni des sièges, ni des séances, ni des EPCI."""

import pytest
from django.urls import reverse

from gouvernance.acteurs import colleges
from tests.gouvernance.fabriques import (
    DecisionFactory,
    EpciFactory,
    InstanceFactory,
    MembreFactory,
    PersonneFactory,
    PresenceFactory,
    SeanceFactory,
    SiegeFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
PLAFOND = 10


@pytest.fixture
def lieu(client):
    colleges.charger_defauts()
    trouve = situation()
    trouve.copil.succede_a = InstanceFactory(demarche=trouve.demarche, type="groupe_projet")
    trouve.copil.save()
    client.force_login(trouve.gens["coordination"])
    return trouve


def _garnir(lieu, combien: int) -> None:
    demarche = lieu.demarche
    seance = SeanceFactory(instance=lieu.copil, ouverte=True)
    for _ in range(combien):
        EpciFactory(departement=demarche.departement)
        structure = MembreFactory(gouvernance=demarche.gouvernance).structure
        MembreFactory(gouvernance=demarche.gouvernance)
        personne = PersonneFactory(structure=structure, gouvernance=demarche.gouvernance)
        siege = SiegeFactory(instance=lieu.copil, structure=structure, personne=personne)
        PresenceFactory(seance=seance, siege=siege)
        DecisionFactory(seance=seance)
        SeanceFactory(instance=lieu.copil)
        InstanceFactory(demarche=demarche, type="cotech")
    type(seance).objects.filter(pk=seance.pk).update(etat="close", close_le=seance.debut)


PAGES = [
    "instance",
    "sieges_ajouter",
    "instance_modele",
    "instance_succeder",
    "siege_ajouter",
    "siege_remplacer",
]


@pytest.mark.parametrize("nom", PAGES)
def test_une_page_d_instance(lieu, compter_requetes, nom):
    _garnir(lieu, 3)
    cle = lieu.copil.sieges.first().uuid if nom == "siege_remplacer" else lieu.copil.uuid
    adresse = reverse(nom, args=[lieu.uuid, cle])
    avant = compter_requetes(adresse)
    _garnir(lieu, 7)
    assert compter_requetes(adresse) == avant <= PLAFOND
