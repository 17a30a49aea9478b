"""La base que copient les essais : faite une fois, refaite quand les migrations changent, jamais à moitié."""

import shutil

import psycopg
import pytest

from feuille_de_route.lancement import modele
from feuille_de_route.lancement.postgresql_prive import PostgreSQLPrive
from feuille_de_route.lancement.processus import ErreurLancement

PASSE, CASSE = ("-c", "pass"), ("-c", "import sys; sys.exit('la colonne manque')")


@pytest.fixture
def adresse(tmp_path):
    serveur = PostgreSQLPrive(tmp_path, essais=True)
    yield serveur.demarrer()
    serveur.arreter()
    shutil.rmtree(serveur.lieu)


def modeles(adresse: str) -> set[str]:
    with psycopg.connect(adresse) as base:
        return {nom for (nom,) in base.execute("SELECT datname FROM pg_database") if "modele" in nom}


def test_une_migration_qui_casse_se_dit_et_ne_laisse_pas_de_modele(adresse, monkeypatch):
    monkeypatch.setattr(modele, "MIGRER", CASSE)
    with pytest.raises(ErreurLancement, match="la colonne manque"):
        modele.preparer(adresse)
    monkeypatch.setattr(modele, "MIGRER", PASSE)
    nom = modele.preparer(adresse)
    assert modeles(adresse) == {nom}
    monkeypatch.setattr(modele, "MIGRER", CASSE)
    assert modele.preparer(adresse) == nom  # déjà faite : rien ne se rejoue
    monkeypatch.setattr(modele, "MIGRER", PASSE)
    monkeypatch.setattr(modele, "nom_du_modele", lambda: "modele_suivant")
    assert modele.preparer(adresse) == "modele_suivant"
    assert modeles(adresse) == {"modele_suivant"}


def test_son_nom_change_avec_une_migration(tmp_path, monkeypatch):
    (tmp_path / "requirements-dev.lock").write_text("django==5.2\n")
    migrations = tmp_path / "gouvernance" / "migrations"
    migrations.mkdir(parents=True)
    monkeypatch.setattr(modele, "RACINE", tmp_path)
    avant = modele.nom_du_modele()
    (migrations / "0001_initial.py").write_text("operations = []\n")
    assert modele.nom_du_modele() != avant
