"""Le plan d'actions : chaque filtre, ses puces, ses comptes ; le tri ; les lectures ; la synthèse."""

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.models import FicheAction
from feuille_de_route.plan_d_actions.filtres import DIMENSIONS
from gouvernance.models import Demarche
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    EtapeFicheFactory,
    FicheFactory,
    FinancementFactory,
    LigneBudgetFactory,
)
from tests.gouvernance.fabriques import EpciFactory, StructureFactory


def plan(client, demarche, **filtres):
    reponse = client.get(reverse("plan", args=[demarche.uuid]), filtres)
    assert reponse.status_code == 200
    return reponse


def numeros(reponse):
    return [rangee["numero"] for _, rangees in reponse.context["groupes"] for rangee in rangees]


@pytest.fixture
def riche(demarche):
    """La fiche 1 porte tout ce que l'on peut filtrer ; la 2 ne porte rien."""
    enjeu, epci = EnjeuFactory(demarche=demarche, retenu=True), EpciFactory()
    porteuse, copilote = StructureFactory(nom="Le conseil"), StructureFactory(nom="L’association")
    fiche = FicheFactory(
        demarche=demarche, axe=AxeFactory(demarche=demarche), nature="nouvelle", origine="atelier",
        structure_porteuse=porteuse, services=["materiel"], publics=["seniors", "jeunes"],
        competences=["identite"], priorite=1, gain_rapide=True, debut=date(2026, 5, 1), fin=date(2028, 2, 1),
        proposee=True, etat_realisation="en_cours", meteo="pluie", suivie_le=timezone.now(),
    )  # fmt: skip
    fiche.copilotes.add(copilote)
    fiche.enjeux.add(enjeu)
    fiche.territoires.add(epci)
    LigneBudgetFactory(fiche=fiche, annee=2026)
    FinancementFactory(fiche=fiche, type="caf")
    FicheFactory(demarche=demarche)
    fiche.codes = {
        "axe": fiche.axe.uuid, "porteur": porteuse.uuid, "etat": "proposee", "nature": "nouvelle",
        "epci": epci.siren, "priorite": "1", "remplie": "a_finir", "copilote": copilote.uuid, "rapide": "oui",
        "argent": "manque", "financeur": "caf", "annee": "2027", "public": "jeunes", "service": "materiel",
        "competence": "identite", "enjeu": enjeu.uuid, "realisation": "en_cours", "meteo": "pluie",
        "origine": "atelier",
    }  # fmt: skip
    return fiche


# Les deux fiches sont incomplètes ; la seconde, sans territoire, concerne aussi l'EPCI de la première.
COMMUNES = {"remplie", "epci"}


@pytest.mark.parametrize("code", [d.code for d in DIMENSIONS])
def test_chaque_dimension_filtre(client, demarche, coordination, riche, code):
    reponse = plan(client, demarche, **{code: str(riche.codes[code])})
    assert sorted(numeros(reponse)) == ([1, 2] if code in COMMUNES else [1])
    (puce,) = reponse.context["selection"].puces
    assert puce.libelle in reponse.content.decode()
    assert parse_qs(urlsplit(puce.sans).query) == {}  # la retirer rend tout


SANS = {d.code for d in DIMENSIONS if d.vide}


@pytest.mark.parametrize("code", sorted(SANS))
def test_ce_qui_manque_se_filtre_aussi(client, demarche, coordination, riche, code):
    assert numeros(plan(client, demarche, **{code: "aucun"})) == [2]


def test_les_autres_valeurs_des_listes_fixes(client, demarche, coordination, riche):
    assert numeros(plan(client, demarche, rapide="non")) == [2]
    assert numeros(plan(client, demarche, argent="sans_budget")) == [2]
    assert numeros(plan(client, demarche, remplie="complete")) == []
    FinancementFactory(fiche=riche, demande=Decimal("5000"))
    assert numeros(plan(client, demarche, argent="equilibre")) == [1]


def test_les_filtres_se_croisent_et_chaque_puce_se_retire(client, demarche, coordination, riche):
    reponse = plan(client, demarche, nature="nouvelle", priorite="1", vue="liste", tri="-titre", q="perm")
    assert numeros(reponse) == [1]
    puces = {p.libelle: parse_qs(urlsplit(p.sans).query) for p in reponse.context["selection"].puces}
    reste = {"nature": ["nouvelle"], "priorite": ["1"], "vue": ["liste"], "tri": ["-titre"], "q": ["perm"]}
    assert puces == {
        "Recherche": {k: v for k, v in reste.items() if k != "q"},
        "Nature": {k: v for k, v in reste.items() if k != "nature"},
        "Priorité": {k: v for k, v in reste.items() if k != "priorite"},
    }
    page = reponse.content.decode()
    assert "1 fiche action correspond aux filtres" in page
    assert numeros(plan(client, demarche, nature="nouvelle", priorite="aucun")) == []


def test_chaque_choix_dit_ce_qu_il_donnerait(client, demarche, coordination, riche):
    FicheFactory(demarche=demarche, nature="existante", priorite=1)
    FicheFactory(demarche=demarche, nature="existante", ecartee=True)

    def options(code, **filtres):
        champs = {c.code: c for c in plan(client, demarche, **filtres).context["selection"].champs}
        return [libelle for _, libelle, _ in champs[code].options]

    assert options("nature") == ["Existante (1)", "Nouvelle (1)", "À dire (1)"]
    assert options("nature", priorite="1") == ["Existante (1)", "Nouvelle (1)"]
    assert options("nature", nature="nouvelle") == ["Existante (1)", "Nouvelle (1)", "À dire (1)"]
    assert options("priorite", nature="nouvelle") == ["Haute (1)"]
    assert options("etat") == ["Brouillon (2)", "Proposée (1)", "Écartée (1)"]


@pytest.mark.parametrize("valeur", ["inconnu", "' OR 1=1 --", "<script>alert(1)</script>", "9" * 5000])
def test_une_valeur_inconnue_est_ignoree_et_dite(client, demarche, coordination, riche, valeur):
    codes = [*(d.code for d in DIMENSIONS), "vue", "tri"]
    reponse = plan(client, demarche, **dict.fromkeys(codes, valeur))
    assert sorted(numeros(reponse)) == [1, 2]
    assert len(reponse.context["refus"]) == len(codes)
    assert max(map(len, reponse.context["refus"])) < 160
    assert "<script>alert" not in reponse.content.decode()
    seule = plan(client, demarche, nature=valeur, priorite="1")  # le bon filtre, lui, filtre
    assert (numeros(seule), len(seule.context["refus"])) == ([1], 1)


def test_les_ecartees_sont_a_part_sauf_si_on_les_demande(client, demarche, coordination):
    FicheFactory(demarche=demarche, nature="nouvelle")
    FicheFactory(demarche=demarche, nature="nouvelle", ecartee=True)
    FicheFactory(demarche=demarche, nature="existante", ecartee=True)
    reponse = plan(client, demarche, nature="nouvelle")
    assert (numeros(reponse), [x.fiche.numero for x in reponse.context["selection"].ecartees]) == ([1], [2])
    demandees = plan(client, demarche, etat="ecartee")
    assert numeros(demandees) == [2, 3]
    assert demandees.context["synthese"].fiches == 0


TRIS = [
    ("numero", [1, 2, 3]), ("-numero", [3, 2, 1]), ("titre", [3, 1, 2]), ("-titre", [2, 1, 3]),
    ("priorite", [2, 1, 3]), ("-priorite", [1, 2, 3]), ("echeance", [3, 1, 2]), ("-echeance", [1, 3, 2]),
    ("budget", [2, 1, 3]), ("-budget", [1, 2, 3]), ("remplie", [1, 3, 2]), ("modifiee", [2, 1, 3]),
]  # fmt: skip


@pytest.mark.parametrize(("tri", "attendus"), TRIS)
def test_les_tris(client, demarche, coordination, tri, attendus):
    un = FicheFactory(demarche=demarche, titre="Éveiller", priorite=3, fin=date(2028, 1, 1))
    deux = FicheFactory(demarche=demarche, titre="Zoom", priorite=1, complete=True)
    FicheFactory(demarche=demarche, titre="« Aller vers »", fin=date(2027, 1, 1), nature="nouvelle")
    LigneBudgetFactory(fiche=un, montant=Decimal("90000"))
    FicheAction.objects.filter(pk=deux.pk).update(modifie_le=timezone.now() - timedelta(days=9))
    FicheAction.objects.filter(pk=un.pk).update(modifie_le=timezone.now() - timedelta(days=2))
    reponse = plan(client, demarche, vue="liste", tri=tri)
    assert numeros(reponse) == attendus
    sens = "descending" if tri.startswith("-") else "ascending"
    assert reponse.content.decode().count("aria-sort") == 1
    entetes = {e.sens: e.url for e in reponse.context["entetes"] if e.sens}
    inverse = tri.removeprefix("-") if tri.startswith("-") else f"-{tri}"
    assert parse_qs(urlsplit(entetes[sens]).query)["tri"] == [inverse]


def test_une_recherche_range_par_pertinence(client, demarche, coordination):
    FicheFactory(demarche=demarche, titre="Un bus", description="De la médiation.")
    FicheFactory(demarche=demarche, titre="Médiation à domicile")
    assert numeros(plan(client, demarche, vue="liste", q="média")) == [2, 1]
    assert numeros(plan(client, demarche, vue="liste", q="média", tri="numero")) == [1, 2]


def test_par_structure_porteuse(client, demarche, coordination):
    a, b = StructureFactory(nom="Zèbre"), StructureFactory(nom="École")
    FicheFactory(demarche=demarche, structure_porteuse=a)
    FicheFactory(demarche=demarche, structure_porteuse=b).copilotes.add(a)
    FicheFactory(demarche=demarche)
    groupes = plan(client, demarche, vue="porteur").context["groupes"]
    assert [(g.titre, [r["numero"] for r in rangees]) for g, rangees in groupes] == [
        ("Sans structure porteuse", [3]), ("École", [2]), ("Zèbre", [1]),
    ]  # fmt: skip
    assert groupes[2][0].note == "Co-pilote aussi la fiche 2."


def test_par_epci(client, demarche, coordination):
    departement = demarche.gouvernance.departement
    a, b, c = (EpciFactory(departement=departement, departements=[departement.pk]) for _ in range(3))
    ailleurs = EpciFactory(nom="Ailleurs", departements=["99"])
    FicheFactory(demarche=demarche, titre="Chez A et B").territoires.set([a, b])
    FicheFactory(demarche=demarche, titre="Au loin").territoires.set([ailleurs])
    reponse = plan(client, demarche, vue="epci")
    territoires = reponse.context["territoires"]
    assert territoires.sans == [c.nom]
    assert "1 EPCI sur 3 sans fiche à lui : aucune fiche ne le couvre." in reponse.content.decode()
    assert {g.titre for g in territoires.groupes} == {a.nom, b.nom, "Ailleurs (hors du périmètre)"}
    FicheFactory(demarche=demarche, titre="Partout")
    page = plan(client, demarche, vue="epci").content.decode()
    assert "seules les fiches de tout le périmètre le concernent" in page
    assert "Tout le périmètre (1)" in page


def test_le_calendrier(client, demarche, coordination):
    fiche = FicheFactory(demarche=demarche, titre="Un bus", debut=date(2026, 2, 1), fin=date(2027, 4, 30))
    EtapeFicheFactory(fiche=fiche, libelle="Recruter", echeance=date(2026, 6, 15))
    EtapeFicheFactory(fiche=fiche, libelle="Un jour")
    FicheFactory(demarche=demarche, titre="Sans fin", debut=date(2026, 3, 1))
    FicheFactory(demarche=demarche, titre="Sans date")
    reponse = plan(client, demarche, vue="calendrier")
    calendrier = reponse.context["calendrier"]
    assert [(b.titre, b.ouverte) for b in calendrier.barres] == [("1. Un bus", False), ("2. Sans fin", True)]
    assert [x.fiche.titre for x in calendrier.sans_date] == ["Sans date"]
    passes = {m.trimestre.libelle: m for m in calendrier.moments}
    assert [r.titre for r in passes["1er trimestre 2026"].commencent] == ["1. Un bus", "2. Sans fin"]
    assert passes["2e trimestre 2026"].etapes == [("15/06", "Recruter", "fiche 1")]
    assert [r.uuid for r in passes["2e trimestre 2027"].finissent] == [str(fiche.uuid)]
    assert sum(m.en_cours for m in calendrier.moments) == 1
    page = reponse.content.decode()
    assert '<title id="gantt-titre">Calendrier des actions</title>' in page
    assert ' style="' not in page


@pytest.mark.parametrize("annee", [1990, 2100])
def test_une_annee_aberrante_ne_deforme_pas_le_calendrier(client, demarche, coordination, annee):
    FicheFactory(demarche=demarche, debut=date(2026, 2, 1), fin=date(2027, 4, 30))
    FicheFactory(demarche=demarche, debut=date(annee, 1, 1))
    calendrier = plan(client, demarche, vue="calendrier").context["calendrier"]
    assert calendrier.coupee
    assert all(0 <= b.x <= b.x + b.largeur <= calendrier.largeur + 4 for b in calendrier.barres)


def test_la_synthese_dit_l_au_dela_de_l_existant(client, demarche, coordination):
    FicheFactory(demarche=demarche, nature="existante", priorite=1, gain_rapide=True)
    page = plan(client, demarche).content.decode()
    assert "aucune fiche ne va encore au-delà de l’existant" in page
    FicheFactory(demarche=demarche, nature="renforcee")
    FicheFactory(demarche=demarche, nature="nouvelle")
    reponse = plan(client, demarche)
    assert "2 fiches sur 3 vont au-delà de l’existant." in reponse.content.decode()
    assert sum(part.largeur for part in reponse.context["synthese"].natures) == pytest.approx(100, abs=0.1)


def test_apres_la_signature_ce_qui_est_realise_se_voit(client, demarche, coordination):
    for etat in ("realisee", "realisee", "en_cours"):
        FicheFactory(demarche=demarche, etat_realisation=etat, suivie_le=timezone.now(), retenue=True)
    Demarche.objects.update(signee_le=timezone.now())
    page = plan(client, demarche).content.decode()
    assert "sur 3 fiches, 1 en cours" in page
    assert "?realisation=realisee" in page
