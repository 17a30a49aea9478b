"""Les deux commandes, comme on les tape."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.echange.conftest import EXEMPLE
from tests.echange.essai_a_blanc import compter


def lancer(*arguments) -> str:
    sortie = io.StringIO()
    call_command(*arguments, stdout=sortie)
    return sortie.getvalue()


def test_importer_dit_l_identifiant_et_ce_qui_manque(referentiels):
    dit = lancer("importer_demarche", str(EXEMPLE))
    assert "24-exemple" in dit
    assert "Conseillé" in dit


def test_importer_depuis_l_entree_standard(referentiels, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(EXEMPLE.read_bytes())))
    assert "24-exemple" in lancer("importer_demarche", "-")


def test_un_fichier_faux_echoue_avec_toutes_ses_fautes(referentiels, exemple, tmp_path):
    exemple["fiches"][0]["budget"][0]["montant"] = "beaucoup"
    exemple["demarche"]["nom"] = None
    fichier = tmp_path / "faux.json"
    fichier.write_text(json.dumps(exemple))
    avant = compter()
    with pytest.raises(CommandError, match="2 faute") as erreur:
        lancer("importer_demarche", str(fichier))
    assert "$.fiches[0].budget[0].montant" in str(erreur.value)
    assert compter() == avant


def test_un_fichier_absent_se_dit(referentiels):
    with pytest.raises(CommandError, match="ne se lit pas"):
        lancer("importer_demarche", "nulle-part.json")


def test_exporter_ecrit_un_fichier_que_l_on_peut_relire(referentiels, exemple, tmp_path):
    lancer("importer_demarche", str(EXEMPLE))
    sortie = tmp_path / "export.json"
    lancer("exporter_demarche", "24-exemple", "--sortie", str(sortie))
    assert json.loads(sortie.read_text(encoding="utf-8")) == exemple
    publie = json.loads(lancer("exporter_demarche", "24-exemple", "--retenues"))
    assert [f["numero"] for f in publie["fiches"]] == [1]


def test_exporter_une_inconnue_se_dit(referentiels):
    with pytest.raises(CommandError, match="Aucune démarche"):
        lancer("exporter_demarche", "inconnue")
