"""Membres, élus, rencontres : le nombre de requêtes ne suit ni les élus, ni les communes, ni les visites."""

import pytest
from django.urls import reverse

from tests.feuille_de_route.fabriques import FicheFactory, FinancementFactory, SignataireFactory
from tests.gouvernance.fabriques import (
    CommuneFactory,
    EluFactory,
    EpciFactory,
    MembreFactory,
    PersonneFactory,
    RencontreFactory,
    SiegeFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
PLAFOND = 10


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def _garnir(lieu, combien: int, deja: int = 0) -> None:
    demarche, gouvernance = lieu.demarche, lieu.demarche.gouvernance
    for rang in range(deja, deja + combien):
        epci = EpciFactory()
        communes = [CommuneFactory(code=f"{20000 + 10 * rang + n}", epci=epci) for n in range(4)]
        membre = MembreFactory(gouvernance=gouvernance, candidature_email="x@y.example")
        MembreFactory(gouvernance=gouvernance, candidat=True)
        SiegeFactory(instance=lieu.copil, structure=membre.structure, president=True)
        gens = {"gouvernance": gouvernance, "structure": membre.structure}
        elu = EluFactory(personne=PersonneFactory(elu=True, **gens), epci=epci, commune=communes[0])
        referent = PersonneFactory(**gens)
        commun = {"demarche": demarche, "epci": epci, "referents": [referent], "elus": [elu]}
        RencontreFactory(communes=communes[:2], tenue=True, **commun)
        RencontreFactory(communes=communes[2:], date="2099-01-01", **commun)
        fiche = FicheFactory(demarche=demarche, structure_porteuse=membre.structure)
        FinancementFactory(fiche=fiche, financeur=membre.structure.nom, etat="sollicite")
        SignataireFactory(demarche=demarche, structure=membre.structure)


@pytest.mark.parametrize("nom", ["membres", "elus", "rencontres", "rencontre_prevoir", "elu_ajouter"])
def test_une_page_des_acteurs(client, lieu, compter_requetes, nom):
    adresse = reverse(nom, args=[lieu.uuid])
    _garnir(lieu, 3)
    avant = compter_requetes(adresse)
    _garnir(lieu, 7, 3)
    assert compter_requetes(adresse) == avant <= PLAFOND


def test_une_rencontre(client, lieu, compter_requetes):
    _garnir(lieu, 1)
    rencontre = lieu.demarche.rencontres.first()
    adresses = [
        reverse(nom, args=[lieu.uuid, rencontre.uuid])
        for nom in ("rencontre", "rencontre_modifier", "rencontre_tenir")
    ]
    avant = [compter_requetes(adresse) for adresse in adresses]
    communes = [CommuneFactory(code=f"{24100 + n}", epci=rencontre.epci) for n in range(10)]
    rencontre.communes.add(*communes)
    rencontre.referents.add(*(PersonneFactory(gouvernance=lieu.demarche.gouvernance) for _ in range(5)))
    gens = {"gouvernance": lieu.demarche.gouvernance, "elu": True}
    rencontre.elus.add(*(EluFactory(personne=PersonneFactory(**gens), epci=rencontre.epci) for _ in range(5)))
    assert [compter_requetes(adresse) for adresse in adresses] == avant
    assert max(avant) <= PLAFOND
