import pytest
from django.test import override_settings

from feuille_de_route.documents import certificat_essai, certificats, examen
from feuille_de_route.documents.cachet import racines_de
from tests.documents.fabriques import document_signe


@pytest.fixture(scope="session")
def chemin_cachet(tmp_path_factory):
    return certificat_essai.creer_cachet_essai(tmp_path_factory.mktemp("pki") / "cachet.p12", "essai")


@pytest.fixture(scope="session")
def cachet(chemin_cachet):
    with override_settings(SIGNATURE_CERTIFICAT=chemin_cachet, SIGNATURE_MOT_DE_PASSE="essai"):
        return certificats.charger_cachet()


@pytest.fixture(scope="session")
def racines(chemin_cachet):
    return examen.charger_racines(racines_de(chemin_cachet))


@pytest.fixture(scope="session")
def signe(cachet):
    """Trois signataires et le sceau."""
    return document_signe(cachet, 3)
