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


def test_une_version_figee_se_reimporte_et_se_refige_a_l_identique(referentiels, exemple):
    with a_blanc():
        fige = exporter(importer(exemple), seulement_retenues=True)
    assert ecarts(fige) == []
    assert lignes(exporter(importer(canonique(fige)), seulement_retenues=True)) == lignes(fige)


def test_un_fichier_de_la_version_d_avant_s_importe_encore(referentiels, exemple_1_0):
    """Ce que la 1.0 disait s'y retrouve ; ce qu'elle ne savait pas dire reste inconnu."""
    relu = exporter(importer(exemple_1_0))
    assert relu["version_format"] == "1.1"
    assert _absents(exemple_1_0 | {"version_format": "1.1"}, relu) == []
    (premiere, _) = relu["fiches"]
    assert (premiere["origine"], premiere["besoins"], premiere["avis"]) == (None, None, [])
    assert [f["annee"] for f in premiere["financements"]] == [None, None]


def _absents(avant, apres, lieu: str = "$") -> list[str]:
    """Les valeurs d'`avant` qu'`apres` ne redit pas au même endroit."""
    if isinstance(avant, dict):
        return [p for cle, v in avant.items() for p in _absents(v, apres.get(cle), f"{lieu}.{cle}")]
    if isinstance(avant, list):
        paires = zip(avant, apres, strict=True)
        return [p for rang, (a, b) in enumerate(paires) for p in _absents(a, b, f"{lieu}[{rang}]")]
    return [] if avant == apres else [lieu]


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
    for extraire in (_montants, _liens, _paroles):
        assert sorted(extraire(premier)) == sorted(extraire(donnees))


def _montants(d: dict) -> list[str]:
    """Chaque euro : dépenses prévues et réalisées, financements et leur année, demandes."""
    lignes_ = [ligne for fiche in d["fiches"] for ligne in fiche["budget"] or ()]
    financements = [f for fiche in d["fiches"] for f in fiche["financements"] or ()]
    dits = [(ligne["annee"], ligne["montant"], ligne["realise"]) for ligne in lignes_]
    dits += [(f["annee"], f["demande"], f["obtenu"]) for f in financements]
    dits += [(x["budget"], x["accorde"], x["etat"] or "brouillon") for x in d["demandes_subvention"]]
    return [str(dit) for dit in dits]


def _liens(d: dict) -> list[int]:
    """Ce qu'une fiche désigne, en nombre : les références, elles, sont renumérotées."""
    return [
        len(f["copilotes"]) + 10 * len(f["enjeux"]) + 100 * bool(f["contribution"])
        + 1000 * bool(f["reprise_de"]) + 10_000 * bool(f["instance_suivi"])
        for f in d["fiches"]
    ]  # fmt: skip


def _paroles(d: dict) -> list[str]:
    dits = [(a["sens"], a["texte"]) for f in d["fiches"] for a in f["avis"]]
    dits += [(p["le"], p["etat"], p["freins"]) for f in d["fiches"] for p in f["suivi"] or ()]
    indicateurs = [i for f in d["fiches"] for i in f["indicateurs"] or ()]
    dits += [(r["le"], r["commentaire"]) for i in indicateurs for r in i["releves"] or ()]
    textes = [(f["besoins"], f["premiere_annee"], f["origine"], f["source"]) for f in d["fiches"]]
    axes = [a for racine in d["axes"] for a in (racine, *racine["sous_axes"])]
    return [str(dit) for dit in dits + textes] + [str(a["public"]) for a in axes]
