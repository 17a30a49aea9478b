import pytest

from tests.feuille_de_route import scenes


@pytest.fixture
def petit_document(monkeypatch):
    """La production met en page une seule feuille : ces essais portent sur le fil."""
    scenes.petit_document(monkeypatch)
