import json
from pathlib import Path

import pytest

from gouvernance.acteurs.colleges import charger_defauts
from tests.diagnostic.fabriques import ThematiqueFactory
from tests.gouvernance.fabriques import CommuneFactory, DepartementFactory, EpciFactory

EXEMPLE = Path(__file__).parent / "exemple.json"


@pytest.fixture
def referentiels(db):
    """Les territoires, collèges et thématiques que citent l'exemple et les cas."""
    dordogne = DepartementFactory()
    DepartementFactory(code="38", nom="Isère", region__code="84", region__nom="Auvergne-Rhône-Alpes")
    dronne = EpciFactory(siren="200041572", nom="CC Dronne et Belle", departement=dordogne, population=11393)
    CommuneFactory(code="24037", nom="Bergerac", departement=dordogne, epci=None)
    CommuneFactory(code="24064", nom="Brantôme en Périgord", departement=dordogne, epci=dronne)
    EpciFactory(siren="200040392", nom="CA Le Grand Périgueux", departement=dordogne, population=104933)
    charger_defauts()
    ThematiqueFactory(code="mediation", libelle="Médiation numérique")


@pytest.fixture
def exemple():
    return json.loads(EXEMPLE.read_text(encoding="utf-8"))


@pytest.fixture
def exemple_1_0():
    """Le même, tel que la version 1.0 l'écrivait."""
    return json.loads((EXEMPLE.parent / "exemple-1.0.json").read_text(encoding="utf-8"))
