"""Le nombre de requêtes des pages du cadrage ne dépend pas de ce qu'elles montrent, et reste sous dix."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gouvernance.conduite import calendriers
from gouvernance.models import DefinitionAdoptee, EditionDuCahier, Perimetre
from tests.gouvernance.fabriques import (
    AdhesionFactory,
    DecisionFactory,
    LimiteFactory,
    MembreFactory,
    PerimetreFactory,
    PointDeBlocageFactory,
    SeanceFactory,
    TermeFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
PLAFOND = 10


@pytest.fixture
def lieu(client):
    trouve = situation(perimetre=Perimetre.GROUPEMENT)
    trouve.seance = SeanceFactory(instance=trouve.copil, ouverte=True)
    calendriers.charger_defauts()
    client.force_login(trouve.gens["coordination"])
    return trouve


def _garnir(lieu, depart: int, combien: int) -> None:
    demarche = lieu.demarche
    for rang in range(depart, depart + combien):
        PerimetreFactory(demarche=demarche)
        membre = MembreFactory(gouvernance=demarche.gouvernance)
        MembreFactory(gouvernance=demarche.gouvernance)
        AdhesionFactory(cahier=demarche.cahier, structure=membre.structure, par=lieu.gens["elu"])
        decision = DecisionFactory(seance=lieu.seance)
        decidee = LimiteFactory(demarche=demarche, decision=decision, responsable=membre.structure)
        LimiteFactory(demarche=demarche, remplace=decidee)
        TermeFactory(demarche=demarche)
        hier = timezone.localdate() - timedelta(days=rang)
        PointDeBlocageFactory(
            demarche=demarche, decision=decision, responsable=membre.structure, echeance=hier
        )
        SeanceFactory(instance=lieu.copil)
        DefinitionAdoptee.objects.create(
            demarche=demarche, edition=rang + 1, texte="Texte.", decision=decision
        )
        EditionDuCahier.objects.create(
            cahier=demarche.cahier, edition=rang + 1, sections={"contexte": f"{rang}"}
        )


PAGES = ["cahier", "cahier_editions", "definition", "limites", "blocages", "jalons", "termes_proposes"]


@pytest.mark.parametrize("nom", PAGES)
def test_une_page_du_cadrage(client, lieu, compter_requetes, nom):
    adresse = reverse(nom, args=[lieu.uuid])
    _garnir(lieu, 0, 3)
    avant = compter_requetes(adresse)
    _garnir(lieu, 3, 10)
    assert compter_requetes(adresse) == avant <= PLAFOND
