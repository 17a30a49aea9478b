import pytest
from django.core.cache import cache

from gouvernance.models import Role
from tests.comptes.fournisseur import Fournisseur
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, StructureFactory


@pytest.fixture
def demarche():
    return DemarcheFactory(avec_cadre=True)


@pytest.fixture
def coordination(demarche):
    return MandatFactory(
        demarche=demarche, role=Role.COORDINATION, utilisateur__email="coordination@essais.example",
        utilisateur__prenom="Coordination", utilisateur__nom="Préfecture",
        utilisateur__structure=StructureFactory(nom="Préfecture"),
    ).utilisateur  # fmt: skip


@pytest.fixture(scope="session")
def cles_du_fournisseur():
    return Fournisseur.creer_cle(), Fournisseur.creer_cle()


@pytest.fixture
def fournisseur(cles_du_fournisseur, settings):
    """Un fournisseur OpenID Connect local, et le site réglé pour s'en servir."""
    serveur = Fournisseur(*cles_du_fournisseur)
    serveur.demarrer()
    for nom, valeur in serveur.reglages().items():
        setattr(settings, nom, valeur)
    cache.clear()
    yield serveur
    serveur.arreter()
