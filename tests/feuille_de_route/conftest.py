"""Ce que partagent les essais de la feuille de route : une démarche, une personne par rôle, une fiche."""

import shutil

import pytest

from gouvernance.models import Etape, Role
from tests.feuille_de_route import scenes
from tests.feuille_de_route.fabriques import FicheFactory
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    MandatFactory,
    MembreFactory,
    StructureFactory,
    UtilisateurFactory,
)


@pytest.fixture
def petit_document(monkeypatch):
    """La production met en page une seule feuille : ces essais portent sur le fil."""
    scenes.petit_document(monkeypatch)


@pytest.fixture(scope="module")
def coffre_garde(tmp_path_factory):
    return tmp_path_factory.mktemp("coffre")


@pytest.fixture
def coffre_copie(db, settings, coffre_garde):
    """Le coffre d'une scène gardée, à cet essai seul : il peut l'abîmer."""
    shutil.copytree(coffre_garde, settings.MEDIA_ROOT)


@pytest.fixture
def demarche(db):
    return DemarcheFactory(avec_cadre=True, etape=Etape.PLAN_ACTIONS)


def compte(**champs):
    """Un compte sans mot de passe : l'essai ouvre la session lui-même, le hachage serait du temps perdu."""
    return UtilisateurFactory(password=None, **champs)


@pytest.fixture
def gens(demarche):
    """Rôle → compte ; plus « tierce » (partenaire d'une autre structure) et « dehors » (sans mandat)."""
    comptes = {role.value: compte(nom=role.label) for role in Role}
    comptes["tierce"] = compte(nom="Partenaire tierce")
    for nom in ("partenaire", "tierce"):
        comptes[nom].structure = StructureFactory()
        comptes[nom].save()
        MembreFactory(gouvernance=demarche.gouvernance, structure=comptes[nom].structure)
    for role in Role:
        MandatFactory(utilisateur=comptes[role.value], demarche=demarche, role=role)
    MandatFactory(utilisateur=comptes["tierce"], demarche=demarche, role=Role.PARTENAIRE)
    comptes["administration"] = compte(anct=True)
    comptes["dehors"] = compte(nom="Sans mandat")
    return comptes


@pytest.fixture
def coordination(client, gens):
    """La coordination, connectée."""
    client.force_login(gens["coordination"])
    return gens["coordination"]


@pytest.fixture
def fiche(demarche, gens):
    """Un brouillon complet, porté par la structure de la partenaire."""
    return FicheFactory(demarche=demarche, structure_porteuse=gens["partenaire"].structure, complete=True)
