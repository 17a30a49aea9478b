"""Ce que partagent les essais qui comptent les requêtes."""

import pytest

from gouvernance.models import Etape
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, UtilisateurFactory


@pytest.fixture
def demarche(client, db):
    """Une démarche à son plan d’actions ; qui la coordonne est connecté."""
    demarche = DemarcheFactory(avec_cadre=True, etape=Etape.PLAN_ACTIONS)
    compte = UtilisateurFactory(password=None)
    MandatFactory(demarche=demarche, utilisateur=compte)
    client.force_login(compte)
    return demarche
