"""Dans le document : ce que l'on peut, va et ne peut pas faire ; décidé, à décider, remplacé."""

import json

import pytest

from feuille_de_route.documents.contenu.consensus import limites
from feuille_de_route.documents.contenu.lecture import Dossier
from tests.documents.fabriques_contenu import exemple


@pytest.fixture
def donnees():
    """« Six lieux » est proposée à la place de « Trois lieux », décidée."""
    d = exemple()
    decision = next(une["ref"] for seance in d["seances"] for une in seance["decisions"])
    commun = {"categorie": "on_va", "explication": None, "responsable": None, "echeance": None}
    d["limites"] = [
        {"ref": "L1", "libelle": "Trois lieux", "decision": decision, "remplace": None, **commun},
        {"ref": "L2", "libelle": "Six lieux", "decision": None, "remplace": "L1", **commun},
    ]
    return d


def dites(donnees) -> dict[str, str]:
    registres = limites(Dossier(json.dumps(donnees)))
    return {ligne["libelle"]: ligne["reperes"] for registre in registres for ligne in registre["lignes"]}


def test_une_ligne_reste_en_vigueur_tant_que_sa_remplacante_n_est_pas_decidee(donnees):
    lues = dites(donnees)
    assert lues["Trois lieux"].startswith("décision ")
    assert lues["Six lieux"] == "pas encore décidé en séance"


def test_une_ligne_remplacee_par_decision_n_est_plus_imprimee(donnees):
    donnees["limites"][1]["decision"] = donnees["limites"][0]["decision"]
    assert list(dites(donnees)) == ["Six lieux"]
