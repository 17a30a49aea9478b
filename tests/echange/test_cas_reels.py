"""Deux feuilles de route réelles, saisies à la main : ce qui n'est pas su y reste inconnu."""

import json
from pathlib import Path

import pytest

from feuille_de_route import echange, parcours
from feuille_de_route.echange.canonique import canonique
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.echange.importer import importer
from gouvernance.models import Etape, Mandat
from tests.echange.essai_a_blanc import a_blanc

EXEMPLES = Path(echange.__file__).parent / "exemples"
CAS = sorted(EXEMPLES.glob("*.json"))


@pytest.mark.parametrize("cas", CAS, ids=lambda c: c.stem)
def test_un_cas_reel_s_importe_et_se_reexporte_a_l_identique(referentiels, cas):
    with a_blanc():
        premier = canonique(exporter(importer(cas.read_bytes())))
    assert canonique(exporter(importer(premier))) == premier


@pytest.mark.parametrize("cas", CAS, ids=lambda c: c.stem)
def test_un_cas_reel_est_un_brouillon_dont_les_trous_sont_nommes(referentiels, cas):
    demarche = importer(cas.read_bytes())
    assert demarche.etape == Etape.CADRAGE
    assert not Mandat.objects.exists()
    assert any("objectifs" in manque.texte for manque in parcours.manques(demarche))


@pytest.mark.parametrize("cas", CAS, ids=lambda c: c.stem)
def test_rien_de_ce_qui_est_saisi_ne_se_perd(referentiels, cas):
    saisi = json.loads(cas.read_text(encoding="utf-8"))
    relu = exporter(importer(cas.read_bytes()))
    assert [t for t in _textes(saisi) if t not in set(_textes(relu))] == []


def _textes(valeur) -> list[str]:
    if isinstance(valeur, dict):
        return [t for cle, v in valeur.items() if cle not in {"ref", "structure"} for t in _textes(v)]
    if isinstance(valeur, list):
        return [t for v in valeur for t in _textes(v)]
    return [valeur] if isinstance(valeur, str) and len(valeur) > 3 else []
