"""Ce que l'on importe se réexporte à l'identique."""

import json
import os

from hypothesis import HealthCheck, Phase, given, settings

from feuille_de_route.echange.canonique import canonique
from feuille_de_route.echange.conformite import ecarts
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.echange.importer import importer
from tests.echange.essai_a_blanc import a_blanc
from tests.echange.hasard import demarches

EXEMPLES = int(os.environ.get("ECHANGE_EXEMPLES", "60"))


def lignes(donnees: dict) -> list[str]:
    return json.dumps(donnees, ensure_ascii=False, indent=1, sort_keys=True).splitlines()


def test_l_exemple_se_reexporte_a_l_identique(referentiels, exemple):
    assert lignes(exporter(importer(exemple))) == lignes(exemple)


@settings(
    max_examples=EXEMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate] if EXEMPLES <= 60 else tuple(Phase),
    derandomize="ECHANGE_EXEMPLES" not in os.environ,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(donnees=demarches())
def test_toute_demarche_exportee_se_reimporte_a_l_identique(referentiels, donnees):
    with a_blanc():
        premier = exporter(importer(donnees))
    assert ecarts(premier) == []
    with a_blanc():
        assert lignes(exporter(importer(canonique(premier).encode()))) == lignes(premier)
    _rien_ne_s_est_perdu(donnees, premier)


def _rien_ne_s_est_perdu(donnees: dict, premier: dict) -> None:
    """Tout ce que le fichier d'origine disait d'une liste s'y retrouve, en nombre."""
    for cle in ("instances", "seances", "enjeux", "chantiers", "ateliers", "axes", "fiches", "besoins"):
        assert len(premier[cle]) == len(donnees[cle])
    for cle in ("fiches", "enjeux", "chantiers"):
        textes = [
            sorted(str(o.get("titre") or o.get("question")) for o in d[cle]) for d in (donnees, premier)
        ]
        assert textes[0] == textes[1]
    budgets = [
        sorted(ligne["montant"] for fiche in d["fiches"] for ligne in fiche["budget"] or ())
        for d in (donnees, premier)
    ]
    assert budgets[0] == budgets[1]
