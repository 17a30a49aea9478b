"""Les tables transmises à l'ANCT : ses codes, chaque montant à sa place, l'inconnu laissé vide."""

from decimal import Decimal

import pytest

from feuille_de_route.argent.subventions import CODES_ANCT
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.echange.importer import importer
from feuille_de_route.models import EtatDemande
from feuille_de_route.transmission.tables import tables


def nommees(table: list[list]) -> list[dict]:
    titres, *lignes = table
    return [dict(zip(titres, ligne, strict=True)) for ligne in lignes]


@pytest.fixture
def figee(referentiels, exemple):
    return tables(exporter(importer(exemple), seulement_retenues=True))


def test_chaque_financement_dit_son_annee_et_un_montant_inconnu_reste_vide(figee):
    lignes = nommees(figee["financements"])
    dits = [(ligne["annee"], ligne["demande_eur"], ligne["statut"]) for ligne in lignes]
    assert dits == [
        (None, Decimal("40000.00"), "acceptee"),
        (2026, Decimal("20000.00"), "deposee"),
        (2027, None, "enCours"),
    ]


def test_chaque_demande_deposee_porte_le_code_de_l_anct(figee):
    (ligne,) = nommees(figee["subventions"])
    assert (ligne["action"], ligne["enveloppe"], ligne["annee"]) == (1, "Ingénierie 2026 (exemple)", 2026)
    assert (ligne["etp_eur"], ligne["prestation_eur"]) == (Decimal("20000.00"), Decimal("4000.00"))
    assert (ligne["accorde_eur"], ligne["statut"]) == (Decimal("22000.00"), "acceptee")
    assert set(CODES_ANCT) == set(EtatDemande.values) - {EtatDemande.BROUILLON}
    assert set(CODES_ANCT.values()) == {"deposee", "enCours", "acceptee", "refusee"}


def test_les_depenses_font_le_budget_des_actions(figee):
    budgets = {ligne["numero"]: ligne["budget_eur"] for ligne in nommees(figee["actions"])}
    depenses = nommees(figee["depenses"])
    assert {ligne["annee"] for ligne in depenses} == {2026, 2027}
    assert sum(ligne["montant_eur"] for ligne in depenses) == budgets[1] == Decimal("92500.50")


def test_une_version_figee_d_avant_se_transmet_encore(exemple_1_0):
    faites = tables(exemple_1_0)
    assert [ligne["annee"] for ligne in nommees(faites["financements"])] == [None, None]
    assert nommees(faites["subventions"]) == []
    assert nommees(faites["actions"])[0]["competences"] == ""
