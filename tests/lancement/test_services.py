"""Les services privés : partagés, arrêtés par le dernier, relevés après un arrêt brutal."""

import os
import shutil
import signal
import subprocess
import sys

import psycopg
import pytest
import redis

from feuille_de_route.lancement.postgresql_prive import PostgreSQLPrive
from feuille_de_route.lancement.processus import ErreurLancement
from feuille_de_route.lancement.redis_prive import RedisPrive
from feuille_de_route.lancement.services import RACINE, services
from feuille_de_route.lancement.verrous import VERROUS, lignes_etrangeres


@pytest.fixture
def var(tmp_path, monkeypatch):
    """Un dossier à soi, sans les adresses de la suite en cours."""
    for nom in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(nom, raising=False)
        monkeypatch.delenv(f"{nom}_FILE", raising=False)
    yield tmp_path
    if (tmp_path / "postgresql").is_dir():
        serveur = PostgreSQLPrive(tmp_path, essais=True)
        for service in (serveur, RedisPrive(tmp_path)):
            service.arreter()
        shutil.rmtree(serveur.lieu)


def pids(var):
    return PostgreSQLPrive(var, essais=True).pid(), RedisPrive(var).pid()


def repondent(adresses):
    with psycopg.connect(adresses["DATABASE_URL"]) as base, redis.from_url(adresses["REDIS_URL"]) as courtier:
        return base.execute("SELECT 1").fetchone() == (1,) and courtier.ping()


def test_les_services_demarrent_puis_le_dernier_sorti_les_arrete(var):
    with services(var, essais=True) as premier:
        assert repondent(premier)
        avant = pids(var)
        with services(var, essais=True) as second:
            assert second == premier
            assert pids(var) == avant
        assert pids(var) == avant, "le premier s’en sert encore"
        assert repondent(premier)
    assert pids(var) == (None, None)


def test_un_autre_processus_partage_les_memes_services(var):
    programme = (
        "import sys; from pathlib import Path; from feuille_de_route.lancement.services import services\n"
        "with services(Path(sys.argv[1]), essais=True) as adresses: print(adresses['DATABASE_URL'])"
    )
    with services(var, essais=True) as adresses:
        autre = subprocess.run(
            [sys.executable, "-c", programme, str(var)],
            cwd=RACINE,
            check=False,
            capture_output=True,
            text=True,
        )
        assert autre.stdout.strip() == adresses["DATABASE_URL"], autre.stderr
        assert repondent(adresses), "la sortie de l’autre processus n’arrête rien"


def tuer_net(var):
    for pid in pids(var):
        os.kill(pid, signal.SIGKILL)


def test_apres_un_kill_9_ce_qui_etait_valide_revient_a_la_meme_adresse(var):
    with services(
        var
    ) as avant:  # réglages durables : ceux des essais (synchronous_commit=off) peuvent perdre
        with psycopg.connect(avant["DATABASE_URL"]) as base:
            base.execute("CREATE TABLE temoin AS SELECT 42 AS valeur")
        tuer_net(var)
        with services(var) as apres:
            assert apres == avant
            assert repondent(apres)
            with psycopg.connect(apres["DATABASE_URL"]) as base:
                assert base.execute("SELECT valeur FROM temoin").fetchone() == (42,)


def test_apres_un_kill_9_les_services_d_essais_repondent_de_nouveau(var):
    with services(var, essais=True):
        tuer_net(var)
        with services(var, essais=True) as apres:
            assert repondent(apres)


def test_un_fichier_pid_qui_designe_un_autre_processus_ne_trompe_pas(var):
    with services(var, essais=True):
        pass
    serveur = PostgreSQLPrive(var, essais=True)
    (serveur.donnees / "postmaster.pid").write_text(f"{os.getpid()}\n{serveur.donnees}\n0\n5432\n")
    assert serveur.pid() is None
    with services(var, essais=True) as adresses:
        assert repondent(adresses)


def test_la_base_refuse_le_reseau_le_mot_de_passe_faux_et_les_superpouvoirs(var):
    with services(var, essais=True) as adresses:
        serveur = PostgreSQLPrive(var, essais=True)
        assert len((serveur.donnees / "postmaster.pid").read_text().splitlines()[4]) == 0, (
            "aucun socket de fichier"
        )
        with psycopg.connect(adresses["DATABASE_URL"]) as base:
            assert base.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
            assert base.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
                False,
            )
            assert base.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(adresses["DATABASE_URL"].replace(serveur._mot_de_passe(), "faux"))


def test_une_adresse_donnee_est_utilisee_telle_quelle(var, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ailleurs/base")
    monkeypatch.setenv("REDIS_URL", "redis://ailleurs")
    with services(var) as adresses:
        assert adresses == {"DATABASE_URL": "postgresql://ailleurs/base", "REDIS_URL": "redis://ailleurs"}
    assert list(var.iterdir()) == []


def test_un_dossier_impossible_est_dit_en_francais(var):
    (var / "fichier").write_text("")
    with pytest.raises(ErreurLancement, match="VAR="), services(var / "fichier" / "dossier"):
        pass


@pytest.mark.parametrize("verrou", VERROUS)
def test_les_verrous_ne_contiennent_que_des_versions_et_des_empreintes(verrou):
    assert lignes_etrangeres(RACINE / verrou) == []
