"""Les fabriques que les autres essais utilisent fabriquent ce que la base accepte."""

import pytest

from tests.ateliers import fabriques as ateliers
from tests.diagnostic import fabriques as diagnostic
from tests.feuille_de_route import fabriques as feuille_de_route
from tests.gouvernance import fabriques as gouvernance

FABRIQUES = [
    fabrique
    for module in (gouvernance, diagnostic, ateliers, feuille_de_route)
    for nom, fabrique in sorted(vars(module).items())
    if nom.endswith("Factory") and fabrique.__module__ == module.__name__
]
TRAITS = [(fabrique, trait) for fabrique in FABRIQUES for trait in fabrique._meta.parameters]


@pytest.mark.django_db
@pytest.mark.parametrize("fabrique", FABRIQUES, ids=lambda f: f.__name__)
def test_chaque_fabrique_fait_un_objet(fabrique):
    assert fabrique().pk
    assert fabrique._meta.model.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("fabrique", "trait"), TRAITS, ids=lambda x: getattr(x, "__name__", x))
def test_chaque_trait_est_une_situation_possible(fabrique, trait):
    assert fabrique(**{trait: True}).pk


@pytest.mark.django_db
def test_une_fiche_complete_et_une_demarche_cadree():
    demarche = gouvernance.DemarcheFactory(avec_cadre=True)
    assert demarche.jalons.count() == 5
    assert feuille_de_route.FicheFactory(demarche=demarche, complete=True).lignes_budget.count() == 1
