"""Ce que tous les essais partagent : une session stricte, et quelques commodités."""

import gc
import socket

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.template.base import Template, VariableDoesNotExist, VariableNode, render_value_in_context
from django.test.utils import CaptureQueriesContext

from feuille_de_route.documents.certificat_essai import creer_cachet_essai

LOCALES = {"127.0.0.1", "::1", "localhost"}
NOS_GABARITS = str(settings.BASE_DIR / "templates")
FEUILLES = ("django/forms/", "dsfr/")


def pytest_configure():
    """Un mot de passe d'essai n'a pas à résister : PBKDF2 prendrait l'essentiel du temps de la suite."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Les essais longs d'abord : aucun ne finit seul quand l'autre travailleur n'a plus rien à faire."""
    items.sort(key=lambda essai: essai.get_closest_marker("lent") is None)


def pytest_collection_finish():
    """Ce qui est chargé le restera : le ramasse-miettes n'a plus à le relire à chaque passage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def reseau_ferme():
    """Aucun essai ne sort de la machine."""
    vrai = socket.socket.connect

    def connect(prise, adresse):
        if isinstance(adresse, tuple) and adresse[0] not in LOCALES:
            raise AssertionError(f"Un essai tente de joindre {adresse[0]}.")
        return vrai(prise, adresse)

    socket.socket.connect = connect
    yield
    socket.socket.connect = vrai


@pytest.fixture(autouse=True, scope="session")
def gabarits_stricts():
    """Une variable que la vue ne donne pas à l'un de nos gabarits est une faute, pas un blanc.

    Elle n'est lue qu'une fois : lire deux fois un champ, c'est le rendre deux fois, lui et ses morceaux.
    """
    rendre = VariableNode.render

    def render(noeud, contexte):
        nu = not noeud.filter_expression.filters and hasattr(noeud.filter_expression.var, "resolve")
        if not (nu and noeud.origin.name.startswith(NOS_GABARITS)):
            return rendre(noeud, contexte)
        try:
            valeur = noeud.filter_expression.var.resolve(contexte)
        except VariableDoesNotExist as absence:
            raise AssertionError(f"{noeud.origin.name} : {absence}") from absence
        return render_value_in_context(valeur, contexte)

    VariableNode.render = render
    yield
    VariableNode.render = rendre


@pytest.fixture(autouse=True, scope="session")
def feuilles_non_signalees(django_test_environment):
    """L'essai suit les gabarits des pages ; signaler aussi chaque champ de saisie coûterait un dixième de la
    suite (une copie du contexte pour chacun).
    """
    signaler = Template._render

    def _render(gabarit, contexte):
        feuille = gabarit.name is not None and gabarit.name.startswith(FEUILLES)
        return gabarit.nodelist.render(contexte) if feuille else signaler(gabarit, contexte)

    Template._render = _render
    yield
    Template._render = signaler


@pytest.fixture(scope="session")
def cachet_d_essai(tmp_path_factory):
    """Un cachet d'essai par session."""
    return creer_cachet_essai(tmp_path_factory.mktemp("pki") / "cachet-essai.p12", "essai")


@pytest.fixture(autouse=True)
def dossiers(settings, tmp_path, cachet_d_essai):
    """Chaque essai a son coffre et son dépôt ; le cachet est celui de la session."""
    settings.MEDIA_ROOT = tmp_path / "coffre"
    settings.TRANSMISSION_DEPOT = tmp_path / "depot"
    settings.TRANSMISSION_CANAL = "depot"
    settings.SIGNATURE_CERTIFICAT = cachet_d_essai
    settings.SIGNATURE_MOT_DE_PASSE = "essai"


@pytest.fixture(autouse=True)
def celery_muet(settings):
    """Les vues n'attendent pas de travailleur : l'indice est ignoré, l'essai appelle lui-même la tâche."""
    settings.CELERY_BROKER_URL = "memory://"
    cache.clear()


@pytest.fixture
def compter_requetes(client):
    """`compter_requetes(url)` : le nombre de requêtes SQL d'un GET qui répond 200."""

    def compter(url: str) -> int:
        with CaptureQueriesContext(connection) as capture:
            reponse = client.get(url)
        assert reponse.status_code == 200, (url, reponse.status_code)
        return len(capture)

    return compter
