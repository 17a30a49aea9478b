"""Le bac à sable, essayé avec des modules de la bibliothèque standard pour enfants."""

import time

import pytest

from gouvernance.socle.bac_a_sable import ExecutionRefusee, Limites, executer


def python(code: str, **options) -> dict:
    return executer("timeit", ["-n1", "-r1", code], **options)


def test_l_enfant_recoit_le_fichier_et_repond_en_json():
    assert executer("json.tool", entree=b'{"lisible": true}') == {"lisible": True}


def test_l_enfant_n_herite_d_aucun_secret(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "secret")
    reponse = python("import os, json; print(json.dumps(dict(os.environ)), flush=True); os._exit(0)")
    assert reponse
    assert not {"SECRET_KEY", "DATABASE_URL", "SIGNATURE_MOT_DE_PASSE"} & reponse.keys()


def test_un_enfant_trop_long_est_arrete():
    debut = time.monotonic()
    with pytest.raises(ExecutionRefusee, match="plus de 1 secondes"):
        python("import time; time.sleep(30)", limites=Limites(secondes=1))
    assert time.monotonic() - debut < 5


@pytest.mark.parametrize(
    ("code", "phrase"),
    [
        ("bytearray(3 * 10**9)", "trop lourd"),
        ("print('x' * 3_000_000)", "trop lourd"),
        ("1 / 0", "trop lourd"),
        ("pass", "lisible"),
        ("import os; print('[]', flush=True); os._exit(0)", "lisible"),
    ],
)
def test_memoire_sortie_erreur_et_reponse_illisible_sont_des_refus_en_francais(code, phrase):
    with pytest.raises(ExecutionRefusee, match=phrase):
        python(code)
