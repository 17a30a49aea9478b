import hashlib
import os
from pathlib import Path

import pytest

from gouvernance.socle import coffre


@pytest.fixture(autouse=True)
def dossier(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "coffre"
    return settings.MEDIA_ROOT


def fichiers(dossier):
    return sorted(chemin for chemin in Path(dossier).rglob("*") if chemin.is_file())


def test_ce_qui_est_depose_se_relit_sous_son_empreinte(dossier):
    empreinte = coffre.deposer(b"feuille de route")
    assert empreinte == hashlib.sha256(b"feuille de route").hexdigest()
    assert coffre.lire(empreinte) == b"feuille de route"
    assert fichiers(dossier) == [coffre.chemin(empreinte)]


def test_deposer_deux_fois_ne_reecrit_rien(dossier):
    chemin = coffre.chemin(coffre.deposer(b"octets"))
    avant = chemin.stat()
    coffre.deposer(b"octets")
    assert (chemin.stat().st_ino, chemin.stat().st_mtime_ns) == (avant.st_ino, avant.st_mtime_ns)


def test_un_fichier_altere_est_refuse_puis_repare_par_un_nouveau_depot():
    empreinte = coffre.deposer(b"octets")
    coffre.chemin(empreinte).write_bytes(b"0ctets")
    with pytest.raises(coffre.ObjetAltere, match="altéré"):
        coffre.lire(empreinte)
    coffre.deposer(b"octets")
    assert coffre.lire(empreinte) == b"octets"


def test_un_objet_absent_le_dit():
    with pytest.raises(coffre.ObjetAbsent):
        coffre.lire("0" * 64)


@pytest.mark.parametrize("empreinte", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_un_nom_qui_n_est_pas_une_empreinte_est_refuse(empreinte):
    with pytest.raises(ValueError, match="empreinte"):
        coffre.lire(empreinte)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_un_disque_plein_ne_laisse_ni_objet_ni_reste(dossier, monkeypatch, moment):
    coffre.deposer(b"premier")  # les dossiers existent : l'échec vient bien de l'écriture
    avant = fichiers(dossier)
    cible = coffre.chemin(coffre.empreinte_de(b"second"))
    cible.parent.mkdir(exist_ok=True)

    def plein(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync", plein) if moment == "fsync" else (Path, "replace", plein)))
    with pytest.raises(OSError, match="No space"):
        coffre.deposer(b"second")
    assert fichiers(dossier) == avant
    assert not cible.exists()
