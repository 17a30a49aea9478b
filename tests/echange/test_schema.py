"""Le schéma publié : à jour, valide, chaque clé expliquée en français."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from feuille_de_route import echange
from feuille_de_route.echange.canonique import canonique, empreinte
from feuille_de_route.echange.coherence import noeuds
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.echange.importer import importer
from feuille_de_route.echange.schema import schema

FICHIER = Path(echange.__file__).parent / "schema.json"


def objets(regle: dict):
    yield regle
    for sous_regle in regle.get("properties", {}).values():
        yield from objets(sous_regle)
    if "items" in regle:
        yield from objets(regle["items"])


def test_le_schema_publie_est_celui_des_modeles():
    """À refaire par : manage.py exporter_demarche --schema --sortie feuille_de_route/echange/schema.json"""
    assert json.loads(FICHIER.read_text(encoding="utf-8")) == schema()
    Draft202012Validator.check_schema(schema())


def test_chaque_cle_est_decrite_et_aucune_autre_n_est_admise():
    for regle in objets(schema()):
        proprietes = regle.get("properties", {})
        assert [cle for cle, sous_regle in proprietes.items() if not sous_regle.get("description")] == []
        assert "properties" not in regle or regle["additionalProperties"] is False


def test_l_export_dit_toutes_les_cles_du_schema(referentiels, exemple):
    """Rien d'oublié d'un côté ni de l'autre : le fichier d'un export complet est conforme et sans trou."""
    donnees = exporter(importer(exemple))
    assert list(Draft202012Validator(schema()).iter_errors(donnees)) == []
    for lieu, regle, valeur in noeuds(schema(), donnees):
        if isinstance(valeur, dict):
            absentes = set(regle["properties"]) - set(valeur) - {"population"}
            assert absentes == set(), lieu


def test_le_json_canonique_ne_depend_ni_de_l_ordre_ni_de_la_forme_des_accents():
    un = canonique({"b": "e\u0301", "a": [1, True, None, {"d": "«»", "c": ""}]})
    assert un == canonique({"a": [1, True, None, {"c": "", "d": "«»"}], "b": "é"})
    assert un == '{"a":[1,true,null,{"c":"","d":"«»"}],"b":"é"}'
    assert empreinte("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


@pytest.mark.parametrize("valeur", [1.5, {1, 2}, object()])
def test_le_json_canonique_refuse_ce_qui_n_est_pas_exact(valeur):
    with pytest.raises(TypeError):
        canonique({"a": valeur})
