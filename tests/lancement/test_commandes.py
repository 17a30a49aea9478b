"""Les commandes du projet : refus de démarrer mal réglé, aide, port, déploiement."""

import os
import shutil
import socket
import subprocess
import sys

import pytest
import yaml

from feuille_de_route.lancement.demo import choisir_port, veut_servir
from feuille_de_route.lancement.deploiement import ecarts
from feuille_de_route.lancement.groupe import Groupe, chemin_de_pdf
from feuille_de_route.lancement.processus import ErreurLancement, attendre_la_fin
from feuille_de_route.lancement.services import RACINE

PRODUCTION = {
    "MODE": "production",
    "SECRET_KEY": "un-secret-assez-long-pour-un-essai-0123456789-abcdef",
    "ALLOWED_HOSTS": "site.example",
    "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/base",
}


def verifier_les_reglages(**changements):
    """`manage.py check` avec ces réglages ; None retire une variable."""
    env = {"PATH": os.environ["PATH"]} | PRODUCTION | changements
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=RACINE,
        env={nom: valeur for nom, valeur in env.items() if valeur is not None},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("changements", "phrase"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY manque"),
        ({"SECRET_KEY_FILE": "/nulle/part"}, "SECRET_KEY_FILE"),
        ({"DEBUG": "oui"}, "DEBUG=oui est refusé en production"),
        ({"DEBUG": "peut-être"}, "attendu oui ou non"),
        ({"DATABASE_URL": "mysql://a/b"}, "DATABASE_URL doit être de la forme"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS manque"),
        ({"EMAIL_PORT": "vingt-cinq"}, "attendu un nombre entier"),
        ({"MODE": "prod"}, "attendu production, developpement, essais"),
    ],
)
def test_un_mauvais_reglage_arrete_tout_avec_une_phrase(changements, phrase):
    resultat = verifier_les_reglages(**changements)
    assert resultat.returncode != 0
    assert phrase in resultat.stderr
    assert "Traceback" not in resultat.stderr


def test_make_sans_cible_liste_les_cibles():
    aide = subprocess.run(
        ["make", "--no-print-directory"], cwd=RACINE, capture_output=True, text=True, check=True
    )
    for cible in ("aide", "demo", "test", "verifier", "bench", "installer", "verrouiller", "nettoyer"):
        assert f"make {cible} — " in aide.stdout


def test_un_port_pris_est_refuse_et_le_suivant_est_choisi_si_aucun_n_est_demande():
    with socket.create_server(("127.0.0.1", 0)) as prise:
        pris = prise.getsockname()[1]
        with pytest.raises(ErreurLancement, match="déjà pris"):
            choisir_port(str(pris))
    assert 8000 <= choisir_port("") < 8100


@pytest.mark.parametrize("demande", ["abc", "0", "70000", "-1"])
def test_un_port_faux_est_refuse(demande):
    with pytest.raises(ErreurLancement, match="attendu un nombre"):
        choisir_port(demande)


def test_servir_dit_oui_ou_non():
    assert (veut_servir(""), veut_servir("oui"), veut_servir("non")) == (True, True, False)
    with pytest.raises(ErreurLancement, match="attendu oui ou non"):
        veut_servir("peut-être")


def test_le_chemin_du_pdf_signe_est_reconnu_dans_l_avancement():
    assert chemin_de_pdf("Feuille de route signée : /a/mes dossiers/f.pdf\n") == "/a/mes dossiers/f.pdf"
    assert chemin_de_pdf("mise en page …") == ""


def test_un_processus_garde_est_relance_puis_arrete_avec_ses_enfants(tmp_path, capsys):
    groupe = Groupe(dict(os.environ), tmp_path)
    journal = tmp_path / "journal"
    sourd = "(trap '' TERM; exec sleep 60) & echo $! >> enfants; wait"
    groupe.garder("Le veilleur", ["sh", "-c", sourd], journal)
    enfants = tmp_path / "enfants"
    try:
        groupe.attendre(lambda: enfants.exists() and enfants.read_text())
        premier = groupe._gardes["Le veilleur"][0]
        premier.kill()
        groupe.attendre(lambda: len(enfants.read_text().split()) == 2)
    finally:
        groupe.arreter()
    assert "Le veilleur s’est arrêté (code -9) : il est relancé." in capsys.readouterr().err
    assert all(attendre_la_fin(int(pid), 5) for pid in enfants.read_text().split())


def test_un_processus_qui_meurt_sans_cesse_est_signale_avec_son_journal(tmp_path):
    groupe = Groupe(dict(os.environ), tmp_path)
    groupe.garder("Le fragile", ["sh", "-c", "echo panne de courant; exit 3"], tmp_path / "journal")
    try:
        with pytest.raises(ErreurLancement, match=r"s’arrête sans cesse(.|\n)*panne de courant"):
            groupe.attendre(lambda: False)
    finally:
        groupe.arreter()


def test_le_deploiement_tient_ce_qu_il_doit():
    assert ecarts(RACINE) == []


@pytest.mark.parametrize(
    ("abimer", "phrase"),
    [
        (lambda c: c["services"].pop("horloge"), "il manque le service horloge"),
        (lambda c: c["services"]["site"].pop("healthcheck"), "pas de vérification de santé"),
        (lambda c: c["services"]["site"].update(user="root"), "tourne en root"),
        (lambda c: c["volumes"].pop("donnees"), "volume « donnees » non déclaré"),
        (lambda c: c["services"]["base"].update(helthcheck={}), "clé inconnue : helthcheck"),
        (
            lambda c: c["services"]["site"]["environment"].update(SECRET_KEY="x"),
            "SECRET_KEY est écrit en clair",
        ),
    ],
)
def test_un_compose_abime_est_signale(tmp_path, abimer, phrase):
    shutil.copy(RACINE / "Dockerfile", tmp_path)
    compose = yaml.safe_load((RACINE / "docker-compose.yml").read_text(encoding="utf-8"))
    abimer(compose)
    (tmp_path / "docker-compose.yml").write_text(yaml.safe_dump(compose), encoding="utf-8")
    assert any(phrase in ecart for ecart in ecarts(tmp_path))
