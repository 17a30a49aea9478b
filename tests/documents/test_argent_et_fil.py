"""Dans le document : l'argent au centime, par année ; le fil d'or et ce qui le rompt ; une version 1.0."""

import copy
import json
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feuille_de_route.documents.contenu import annees, comptes
from feuille_de_route.documents.contenu.fiche_finances import finances
from feuille_de_route.documents.contenu.lecture import Dossier, liste
from feuille_de_route.documents.contenu.sommaire import contenu
from feuille_de_route.models import EtatFinancement, NatureDepense, TypeFinanceur
from tests.documents.editions import d_un_trait, pdf, soumis
from tests.documents.fabriques_contenu import exemple
from tests.echange.conftest import EXEMPLE

MONTANT = st.integers(0, 10**9).map(lambda n: f"{Decimal(n) / 100:.2f}")
ANNEE = st.integers(2026, 2029)
LIGNE = st.fixed_dictionaries({
    "annee": ANNEE, "nature": st.sampled_from(NatureDepense.values),
    "libelle": st.sampled_from([None, "A", "B"]), "montant": MONTANT, "etp": st.none() | st.just("0.5"),
})  # fmt: skip
FINANCEMENT = st.fixed_dictionaries({
    "financeur": st.sampled_from(["État", "La Ligue"]), "type": st.sampled_from(TypeFinanceur.values),
    "dispositif": st.none(), "annee": st.none() | ANNEE, "demande": st.none() | MONTANT, "obtenu": MONTANT,
    "etat": st.sampled_from(EtatFinancement.values),
})  # fmt: skip
ARGENT = {"budget": st.lists(LIGNE, max_size=4), "financements": st.lists(FINANCEMENT, max_size=5)}
FICHES = st.lists(st.fixed_dictionaries(ARGENT), min_size=1, max_size=4)

SOBRE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lu(fiches: list[dict]) -> list:
    return liste(Dossier(json.dumps({"fiches": fiches})).donnees, "fiches")


def somme(cellules: list[str]) -> Decimal:
    """Ce que disent des cellules imprimées ; « – » et une case vide ne comptent pas."""
    signes = str.maketrans({"\u00a0": "", ",": ".", "–": "", "+": "-"})
    return sum((Decimal(c.translate(signes) or 0) for c in cellules), Decimal(0))


@SOBRE
@given(FICHES)
def test_chaque_total_imprime_est_la_somme_de_ses_cases(fiches):
    lues = lu(fiches)
    plan, attendu = annees.consolide(lues), comptes.total(lues)
    for rangees, total in ((plan["depenses"], plan["cout"]), (plan["financements"], plan["finance"])):
        assert somme([r["total"] for r in rangees]) == somme([total["total"]])
        for rang in range(len(plan["titres"])):
            assert somme([r["cellules"][rang] for r in rangees]) == somme([total["cellules"][rang]])
        for rangee in (*rangees, total) if plan["titres"] else ():
            assert somme(rangee["cellules"]) == somme([rangee["total"]])
    assert (somme([plan["cout"]["total"]]), somme([plan["finance"]["total"]])) == (
        attendu.budget,
        attendu.finance,
    )
    assert somme([plan["finance"]["acquis"]]) == attendu.acquis
    assert somme([plan["finance"]["espere"]]) == attendu.espere
    assert somme([plan["a_trouver"]["total"]]) == attendu.solde


@SOBRE
@given(FICHES)
def test_les_fiches_additionnees_font_le_plan_consolide(fiches):
    lues = lu(fiches)
    dites = [f for f in map(finances, lues) if f]
    plan = annees.consolide(lues)
    assert somme([f["cout"]["total"] for f in dites]) == somme([plan["cout"]["total"]])
    assert somme([f["finance"]["total"] for f in dites]) == somme([plan["finance"]["total"]])
    for fiche in dites:
        assert somme([r["total"] for r in fiche["depenses"]]) == somme([fiche["cout"]["total"]])
        assert somme([r["total"] for r in fiche["financements"]]) == somme([fiche["finance"]["total"]])
        for rangee in (*fiche["depenses"], *fiche["financements"], fiche["cout"], fiche["finance"]):
            assert not rangee["cellules"] or somme(rangee["cellules"]) == somme([rangee["total"]])


def test_plus_d_annees_que_de_place_ne_laisse_que_le_total():
    budget = [{"annee": 2026 + n, "nature": "rh", "libelle": "Poste", "montant": "10.00"} for n in range(9)]
    (fiche,) = lu([{"budget": budget, "financements": []}])
    dite = finances(fiche)
    assert (dite["titres"], dite["cout"]["total"]) == ([], "90")
    assert dite["depenses"][0]["precision"] == "ressources humaines, 2026 à 2034"


def fil_de(donnees: dict) -> dict:
    sections = contenu(Dossier(json.dumps(donnees)), signataires=[], validation={})["sections"]
    return next(s.d["fil"] for s in sections if s.ancre == "strategie")


def test_le_fil_va_des_constats_aux_fiches():
    fil = fil_de(exemple())
    (ligne,) = fil["lignes"]
    assert (ligne["code"], len(ligne["constats"])) == ("E1", 2)
    assert ligne["cellules"] == [{"citent": "1", "par_l_axe": "2", "vise": True}]
    assert fil["manques"] == []
    assert fil["validations"][0].startswith("Constats\u00a0: Comité de pilotage (COPIL), le 22")


def test_un_lien_ote_se_dit_dans_le_document():
    """Un constat sans enjeu, un enjeu sans axe ni constat, un axe et une fiche sans enjeu."""
    rompu = copy.deepcopy(exemple())
    rompu["enjeux"][0]["constats"] = []
    rompu["enjeux"][1]["constats"] = ["C1"]
    rompu["axes"][0]["enjeux"] = []
    rompu["fiches"][0]["enjeux"] = []
    texte = d_un_trait(pdf(soumis(rompu)))
    for phrase in (
        "Le fil est rompu :", "ne suit d’aucun constat", "n’a conduit à aucun enjeu", "Aucun axe ne répond",
        "ne répond à aucun enjeu, ni par elle-même ni par son axe",
    ):  # fmt: skip
        assert phrase in texte
    assert "Le fil est rompu" not in d_un_trait(pdf(soumis(exemple())))


def test_une_version_figee_au_format_d_avant_s_imprime_encore():
    ancien = json.loads((EXEMPLE.parent / "exemple-1.0.json").read_text(encoding="utf-8"))
    texte = d_un_trait(pdf(soumis(ancien)))
    assert "None" not in texte
    for attendu in ("il manque 37 500,50 €", "Des permanences les jours de marché", "Le fil d’or"):
        assert attendu in texte
    for inconnu in ("Besoins ", "La première année", "Pour apprendre à", "avis favorable"):
        assert inconnu not in texte.replace("Besoins en ingénierie", "")


def test_un_axe_par_public_et_une_fiche_partagee_se_disent():
    par_public = exemple()
    par_public["fiches_partagees"] = [
        {"uuid": "x", "demarche": "24", "titre": "Le bus", "mot": "Il passe ici."}
    ]
    par_public["axes"][0] |= {"genre": "public", "public": "jeunes"}
    texte = d_un_trait(pdf(soumis(par_public)))
    for attendu in (
        "s’organise par public",
        "Public visé : jeunes",
        "que celle-ci fait siennes",
        "Il passe ici.",
    ):
        assert attendu in texte
