"""L'argent tombe juste partout : page, tableur, JSON et PDF disent les mêmes sommes, au centime (barre 3).

Des fiches au hasard, dans la vraie base ; les sommes attendues sont refaites ici, naïvement, ligne à ligne.
"""

import re
import subprocess
from collections import defaultdict
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from feuille_de_route.documents import demandes, production
from feuille_de_route.documents.contexte import html_du_document
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.financement import montant
from feuille_de_route.models import Axe, Document, FicheAction, Financement, LigneBudget
from gouvernance.socle import coffre
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.releves import classeur, lire_montant, tableau

CENTIMES = st.integers(0, 10_000_000).map(lambda n: Decimal(n) / 100)
ANNEES = st.integers(2025, 2028)
TYPES = {"État": "etat", "Région Sud-Est": "region", "CAF": "caf", "Bénévoles": "valorisation"}
LIGNE = st.fixed_dictionaries({
    "annee": ANNEES, "nature": st.sampled_from(["fonctionnement", "investissement", "rh"]),
    "montant": CENTIMES, "realise": st.none() | CENTIMES,
})  # fmt: skip
PART = st.fixed_dictionaries({
    "financeur": st.sampled_from(list(TYPES)), "annee": st.none() | ANNEES,
    "etat": st.sampled_from(["envisage", "sollicite", "acquis", "refuse"]),
    "demande": st.none() | CENTIMES, "obtenu": CENTIMES,
})  # fmt: skip
FICHE = st.fixed_dictionaries({
    "axe": st.sampled_from([None, 0, 1, 2]), "lignes": st.lists(LIGNE, max_size=4),
    "parts": st.lists(PART, max_size=4),
})  # fmt: skip
PLANS = st.lists(FICHE, min_size=1, max_size=4)
TROIS_DIXIEMES = [{"annee": 2026, "nature": "rh", "montant": Decimal("0.10"), "realise": Decimal("0.20")}] * 3
UN_CENTIME = {
    "financeur": "État",
    "annee": None,
    "etat": "acquis",
    "demande": None,
    "obtenu": Decimal("0.01"),
}
INCONNU = {"financeur": "État", "annee": 2027, "etat": "envisage", "demande": None, "obtenu": Decimal(0)}
PIEGES = [[{"axe": 2, "lignes": TROIS_DIXIEMES, "parts": [UN_CENTIME, INCONNU]}]]


class Sommes:
    """Budget, acquis et espéré de chaque fiche, axe, financeur et année."""

    def __init__(self, plan):
        self.par = {
            cle: defaultdict(lambda: [Decimal(0)] * 3) for cle in ("fiche", "axe", "financeur", "annee")
        }
        for numero, fiche in enumerate(plan, start=1):
            for ligne in fiche["lignes"]:
                self._ajouter(0, ligne["montant"], numero, fiche["axe"], None, ligne["annee"])
            for part in fiche["parts"]:
                if part["etat"] == "refuse":
                    continue
                acquis = part["etat"] == "acquis"
                somme = part["obtenu"] if acquis else part["demande"] or Decimal(0)
                self._ajouter(
                    1 if acquis else 2, somme, numero, fiche["axe"], part["financeur"], part["annee"]
                )

    def _ajouter(self, rang, somme, fiche, axe, financeur, annee):
        for cle, valeur in (("fiche", fiche), ("axe", axe), ("financeur", financeur), ("annee", annee)):
            sommes = list(self.par[cle][valeur])
            sommes[rang] += somme
            self.par[cle][valeur] = sommes

    @property
    def total(self):
        return [sum((s[rang] for s in self.par["fiche"].values()), Decimal(0)) for rang in range(3)]


def ecrire(demarche, plan) -> list[Axe]:
    FicheAction.objects.filter(demarche=demarche).delete()
    Axe.objects.filter(demarche=demarche, parent__isnull=False).delete()
    Axe.objects.filter(demarche=demarche).delete()
    premier = AxeFactory(demarche=demarche, intitule="Premier")
    axes = [premier, AxeFactory(demarche=demarche, intitule="Sous", parent=premier),
            AxeFactory(demarche=demarche, intitule="Second")]  # fmt: skip
    for numero, dite in enumerate(plan, start=1):
        axe = None if dite["axe"] is None else axes[dite["axe"]]
        fiche = FicheFactory(
            demarche=demarche, numero=numero, axe=axe, titre=f"Action {numero}", retenue=True
        )
        LigneBudget.objects.bulk_create(LigneBudget(fiche=fiche, **ligne) for ligne in dite["lignes"])
        Financement.objects.bulk_create(
            Financement(fiche=fiche, type=TYPES[part["financeur"]], **part) for part in dite["parts"]
        )
    return axes


def argent(cellule: str) -> Decimal:
    """Une case de la page ; « – » et « inconnu » ne font pas de somme."""
    if re.match(r"^-?\d+(\.\d+)?$", cellule):
        return Decimal(cellule)
    montants = re.match(r"^(-?[\d\u202f]+(?:,\d\d)?\u00a0€)", cellule)
    return lire_montant(montants.group(1)) if montants else Decimal(0)


def verifier_la_page(page: str, sommes: Sommes):
    annees, axes = tableau(page, "par-annee"), tableau(page, "par-axe")
    for annee, attendues in sommes.par["annee"].items():
        lues = annees[str(annee) if annee else "Sans année"]
        assert [argent(lues[i]) for i in range(3)] == attendues
    assert [argent(annees["Total"][i]) for i in range(3)] == sommes.total
    titres = {None: "Fiches sans axe", 0: "1. Premier", 1: "1.1. Sous", 2: "2. Second"}
    for axe, attendues in sommes.par["axe"].items():
        assert [argent(c) for c in axes[titres[axe]][1:4]] == attendues
    nommes = {nom: s for nom, s in sommes.par["financeur"].items() if nom}
    if nommes:
        financeurs = tableau(page, "par-financeur")
        for nom, (_, acquis, espere) in nommes.items():
            assert [argent(c) for c in financeurs[nom][2:5]] == [acquis, espere, acquis + espere]
        assert [argent(c) for c in financeurs["Total"][:2]] == sommes.total[1:]
    fiches = tableau(page, "par-fiche")
    for numero, (budget, *_) in sommes.par["fiche"].items():
        ligne = next(li for titre, li in fiches.items() if titre.startswith(f"{numero}. Action {numero}"))
        assert argent(ligne[-1]) == budget == sum(argent(c) for c in ligne[:-1])


def lues(*cellules) -> list[Decimal]:
    return [Decimal(str(c)) for c in cellules]


def verifier_le_tableur(octets: bytes, sommes: Sommes):
    feuilles = classeur(octets)
    verifier_la_feuille_du_plan(feuilles["Plan de financement"], sommes)
    for ligne in feuilles["Par axe"][4:-1]:
        axe = {"Fiches sans axe": None, "1. Premier": 0, "1.1. Sous": 1, "2. Second": 2}[ligne[1]]
        assert lues(ligne[3], ligne[5], ligne[6]) == sommes.par["axe"][axe]
    for ligne in (li for li in feuilles["Par financeur"][4:] if li[1] in TYPES):
        assert lues(ligne[4], ligne[5]) == sommes.par["financeur"][ligne[1]][1:]
    assert lues(*(feuilles["Par axe"][-1][i] for i in (3, 5, 6))) == sommes.total
    lignes = feuilles["Lignes"][1:]
    for rang, colonne in ((0, 12), (1, 17), (2, 18)):
        sues = [Decimal(str(ligne[colonne])) for ligne in lignes if isinstance(ligne[colonne], float)]
        assert sum(sues, Decimal(0)) == sommes.total[rang]


def verifier_la_feuille_du_plan(plan: list[list], sommes: Sommes):
    annees = [int(a) if a.isdecimal() else None for a in plan[3][6:-3]]
    totaux = {ligne[1]: ligne for ligne in plan if str(ligne[1]).startswith("Total –")}
    for rang, annee in enumerate(annees, start=6):
        budget, acquis, espere = sommes.par["annee"][annee]
        assert lues(totaux["Total – budget prévu"][rang]) == [budget]
        assert lues(totaux["Total – financement"][rang]) == [acquis + espere]
        assert lues(totaux["Total – reste à trouver"][rang]) == [budget - acquis - espere]
    for ligne in (li for li in plan[4:] if li[2] == "Budget prévu"):
        assert lues(ligne[6 + len(annees)]) == sommes.par["fiche"][int(ligne[0])][:1]


def verifier_le_json(demarche, sommes: Sommes):
    for fiche in exporter(demarche)["fiches"]:
        budget, acquis, espere = sommes.par["fiche"][fiche["numero"]]
        assert sum(Decimal(li["montant"]) for li in fiche["budget"]) == budget
        parts = fiche["financements"]
        assert sum(Decimal(p["obtenu"]) for p in parts if p["etat"] == "acquis") == acquis
        esperees = [p["demande"] for p in parts if p["etat"] in {"envisage", "sollicite"}]
        assert sum(Decimal(d) for d in esperees if d is not None) == espere


def verifier_le_document(texte: str, sommes: Sommes):
    """Le texte du PDF : les quatre grands chiffres, et chaque fiche dans le plan consolidé."""
    budget, acquis, espere = sommes.total
    nu = " ".join(texte.replace("\u202f", " ").replace("\u00a0", " ").split())
    dits = [
        montant(v).replace("\u202f", " ").replace("\u00a0", " ")
        for v in (budget, acquis + espere, acquis, espere)
    ]
    assert f"Coût prévu {dits[0]}, financements {dits[1]} (acquis" in nu
    assert f"{dits[2]} acquis" in nu
    assert f"{dits[3]} demandé ou envisagé" in nu


@pytest.fixture
def lectrice(demarche, gens):
    client = Client()
    client.force_login(gens["coordination"])
    return client


def verifier(demarche, lectrice, plan):
    ecrire(demarche, plan)
    sommes = Sommes(plan)
    adresse = reverse("plan_financement", args=[demarche.uuid])
    page = lectrice.get(adresse).content.decode()
    verifier_le_json(demarche, sommes)
    if any(fiche["lignes"] for fiche in plan) or sum(sommes.total):
        verifier_la_page(page, sommes)
        verifier_le_tableur(lectrice.get(f"{adresse}plan.xlsx").content, sommes)
        projet = Document(demarche=demarche, nature="projet", cree_le=demarche.cree_le)
        corps = re.sub(r"<style.*?</style>", "", html_du_document(projet), flags=re.S)
        verifier_le_document(unescape(re.sub(r"<[^>]+>", " ", corps)), sommes)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],  # un exemple coûte un document : on ne le rapetisse pas
)  # fmt: skip
@given(plan=PLANS)
def test_les_sommes_s_accordent_partout(demarche, lectrice, plan):
    verifier(demarche, lectrice, plan)


@pytest.mark.parametrize("plan", PIEGES)
def test_les_centimes_et_les_inconnus_s_accordent(demarche, lectrice, plan):
    verifier(demarche, lectrice, plan)


@pytest.mark.lent
def test_le_pdf_relu_dit_les_memes_sommes(demarche):
    acquise = UN_CENTIME | {"annee": 2026, "obtenu": Decimal("12345.67")}
    esperee = {
        "financeur": "CAF",
        "annee": None,
        "etat": "envisage",
        "demande": Decimal("890.12"),
        "obtenu": 0,
    }
    depense = {"annee": 2026, "nature": "rh", "montant": Decimal("98765.43"), "realise": None}
    plan = [{"axe": rang, "parts": [acquise, esperee], "lignes": [depense]} for rang in (0, 1, 2)]
    ecrire(demarche, plan)
    document = demandes.editer_projet(demarche, par=None)
    production.produire(document.pk)
    document.refresh_from_db()
    assert document.empreinte, document.erreur
    lu = subprocess.run(["pdftotext", "-layout", "-", "-"], input=coffre.lire(document.empreinte), check=True,
                        capture_output=True).stdout.decode()  # fmt: skip
    nu = " ".join(lu.replace("\u00a0", " ").replace("\u202f", " ").split())
    sommes = Sommes(plan)
    budget, acquis, espere = sommes.total
    for valeur in (budget, acquis, espere, acquis + espere, budget - acquis - espere):
        assert montant(valeur).replace("\u202f", " ").replace("\u00a0", " ") in nu
