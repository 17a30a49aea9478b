"""Le plan de financement consolidé : ce que chacun y voit, et ce qu'il y lit."""

import re

import pytest
from django.urls import reverse

from feuille_de_route.models import EtatFinancement, FicheAction
from feuille_de_route.views import financement
from gouvernance.models import Role
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory, FinancementFactory, LigneBudgetFactory
from tests.feuille_de_route.releves import contenu, tableau

EURO = "\u00a0€"
FINE = "\u202f"


def adresse(demarche, nom="plan_financement"):
    return reverse(nom, args=[demarche.uuid])


@pytest.fixture
def coordination(client, gens):
    client.force_login(gens["coordination"])
    return client


def test_une_fiche_par_financeur_et_par_annee(coordination, demarche):
    axe = AxeFactory(demarche=demarche, intitule="Aller vers")
    fiche = FicheFactory(demarche=demarche, axe=axe, titre="Le bus")
    LigneBudgetFactory(fiche=fiche, annee=2026, montant="30000.50", realise="12000")
    LigneBudgetFactory(fiche=fiche, annee=2027, nature="rh", montant=20_000, etp="0.5")
    FinancementFactory(fiche=fiche, financeur="Région", type="region", annee=2026, demande=10_000)
    FinancementFactory(
        fiche=fiche, financeur="État", annee=2026, demande=9_000, obtenu=8_000, etat=EtatFinancement.ACQUIS
    )
    FinancementFactory(fiche=fiche, financeur="Mairie", type="valorisation", demande=2_000)
    FinancementFactory(fiche=fiche, financeur="Fondation", type="prive", annee=2027, demande=None)
    FinancementFactory(fiche=fiche, financeur="CAF", type="caf", demande=4_000, etat=EtatFinancement.REFUSE)
    page = coordination.get(adresse(demarche)).content.decode()
    annees = tableau(page, "par-annee")
    assert annees["2026"] == ["30000.50", "8000", "10000", f"Il manque 12{FINE}000,50{EURO}"]
    assert tableau(page, "depenses")["2026"] == ["30000.50", "–", "–", "–", "30000.50", "12000"]
    assert tableau(page, "depenses")["2027"][:4] == ["–", "–", "20000", "0,5"]
    # trois ans à un poste ne font pas trois postes : pas de total d'ETP
    assert tableau(page, "depenses")["Total"] == ["30000.50", "–", "20000", "", "50000.50", "12000"]
    assert annees["2027"][-1] == f"Il manque au plus 20{FINE}000{EURO}"
    assert annees["Sans année"][-2:] == ["2000", "Vaut pour toute la durée"]
    assert f"2{FINE}000{EURO} de financements ne disent pas leur année" in page
    fiches = tableau(page, "par-fiche")
    assert fiches["Région espéré"] == ["10000", "–", "–", "10000"]
    assert fiches["État acquis"] == ["8000", "–", "–", "8000"]
    assert fiches["Fondation espéré"] == ["–", "inconnu", "–", "inconnu"]
    assert fiches["CAF refusé, ne compte pas"] == ["–", "–", "4000", "4000"]
    financeurs = tableau(page, "par-financeur")
    assert financeurs["En nature"] == ["2000", ""]
    assert financeurs["Total"] == ["8000", "12000", "20000", "4000"]
    assert tableau(page, "par-axe")["1. Aller vers"][1:4] == ["50000.50", "8000", "12000"]


def test_deux_graphies_d_un_financeur_n_en_font_qu_un(coordination, demarche):
    fiche = FicheFactory(demarche=demarche)
    for nom in ("Région Nouvelle-Aquitaine", "région nouvelle aquitaine "):
        FinancementFactory(fiche=fiche, financeur=nom, type="region", demande=1_000)
    page = coordination.get(adresse(demarche)).content.decode()
    assert tableau(page, "par-financeur")["Région Nouvelle-Aquitaine"][-2:] == ["2000", "–"]


def test_un_filtre_change_les_totaux_et_le_tableur(coordination, demarche):
    retenue = FicheFactory(demarche=demarche, retenue=True)
    proposee = FicheFactory(demarche=demarche, proposee=True)
    ecartee = FicheFactory(demarche=demarche, ecartee=True)
    for fiche, montant in ((retenue, 100), (proposee, 10), (ecartee, 1)):
        LigneBudgetFactory(fiche=fiche, montant=montant)
    for filtre, attendu in (("", "110"), ("?fiches=retenues", "100"), ("?fiches=inconnu", "110")):
        page = coordination.get(adresse(demarche) + filtre).content.decode()
        assert tableau(page, "par-annee")["Total"][0] == attendu
    vide = AxeFactory(demarche=demarche)
    page = coordination.get(adresse(demarche) + f"?axe={vide.uuid}").content.decode()
    assert "Aucun montant pour ces fiches" in page


def test_un_plan_vide_dit_ou_chiffrer(coordination, demarche):
    assert "Rien n’est encore chiffré" in coordination.get(adresse(demarche)).content.decode()


@pytest.mark.parametrize("page", ["plan_financement", "plan_financement_xlsx", "plan_fiches_xlsx"])
def test_un_partenaire_n_y_voit_que_les_siennes(client, demarche, gens, fiche, page):
    autre = FicheFactory(demarche=demarche, titre="Celle des autres", proposee=True)
    LigneBudgetFactory(fiche=autre)
    FicheAction.objects.filter(pk=fiche.pk).update(titre="La mienne")
    lus = {}
    for qui in ("partenaire", "coordination", Role.LECTURE.value):
        client.force_login(gens[qui])
        lus[qui] = contenu(client.get(adresse(demarche, page)))
    assert "La mienne" in lus["partenaire"]
    assert "Celle des autres" not in lus["partenaire"]
    assert "Celle des autres" in lus["coordination"]
    assert "La mienne" in lus["coordination"]
    assert "Celle des autres" in lus["lecture"]
    assert "La mienne" not in lus["lecture"]  # un brouillon
    client.force_login(gens["dehors"])
    assert client.get(adresse(demarche, page)).status_code == 404


def test_la_fiche_dit_son_equilibre_par_annee_et_n_invente_pas_d_annee(coordination, demarche):
    fiche = FicheFactory(demarche=demarche, titre="Le bus")
    adresse_ = reverse("fiche", args=[demarche.uuid, fiche.uuid])
    LigneBudgetFactory(fiche=fiche, annee=2026, montant=3_000)
    assert "Équilibre par année" not in coordination.get(adresse_).content.decode()
    LigneBudgetFactory(fiche=fiche, annee=2027, montant=2_000)
    FinancementFactory(fiche=fiche, annee=2026, demande=3_000)
    FinancementFactory(fiche=fiche, annee=None, demande=500)
    page = coordination.get(adresse_).content.decode()
    annees = page.split("Équilibre par année")[1].split("</table>")[0]
    assert "Équilibré" in annees.split("2027")[0]
    assert f"Il manque 2{FINE}000{EURO}" in annees.split("2027")[1]
    assert f"500{EURO} de financements valent pour toute la durée" in page


def test_les_fiches_se_rangent_par_axe_et_chaque_axe_dit_son_total(coordination, demarche, monkeypatch):
    """Replié en étroit : ce que l'on lit sans déplier est le total de l'axe, sous-axes compris."""
    premier, second = AxeFactory.create_batch(2, demarche=demarche)
    sous = AxeFactory(demarche=demarche, parent=premier, intitule="Former")
    for numero, axe, montant in ((1, second, 40), (2, sous, 30), (3, premier, 20), (4, None, 10)):
        LigneBudgetFactory(
            fiche=FicheFactory(demarche=demarche, axe=axe, numero=numero, titre="F"), montant=montant
        )
    page = coordination.get(adresse(demarche))
    groupes = page.context["groupes"]
    assert [(g.ancre, g.nombre, int(g.compte.budget)) for g in groupes] == [
        ("axe-sans", 1, 10), ("axe-1", 2, 50), ("axe-2", 1, 40),
    ]  # fmt: skip
    assert sum(g.compte.budget for g in groupes) == page.context["plan"].total.budget
    lu = page.content.decode()
    rangees = [titre for titre in tableau(lu, "par-fiche") if titre[0] in "1234"]
    assert [titre.split(" ")[0] for titre in rangees] == ["4.", "3.", "1.1.", "2.", "1."]
    for groupe in groupes:
        assert f'href="#{groupe.ancre}"' in lu
        assert f'id="{groupe.ancre}"' in lu
    monkeypatch.setattr(financement, "FICHES_PAR_PAGE", 2)
    assert "Voir 1 des 2 fiches (page 1)" in coordination.get(adresse(demarche)).content.decode()
    assert "Voir 1 des 2 fiches (page 2)" in coordination.get(adresse(demarche) + "?page=2").content.decode()


def test_on_ne_garde_que_les_fiches_d_un_financeur_dans_la_page_et_le_tableur(coordination, demarche):
    """Les deux graphies d'un nom sont le même financeur ; le même nom d'un autre type en est un autre."""
    for titre, nom, type_ in (
        ("Bus", "Région Sud", "region"), ("Relais", "region sud ", "region"), ("Carte", "Région Sud", "prive")
    ):  # fmt: skip
        fiche = FicheFactory(demarche=demarche, titre=titre)
        FinancementFactory(fiche=fiche, financeur=nom, type=type_, demande=100)
    page = coordination.get(adresse(demarche)).content.decode()
    lien = re.search(r'href="[^"]*(\?financeur=region%3A[^"#]*)', page).group(1)
    filtree = coordination.get(adresse(demarche) + lien)
    lus = tableau(filtree.content.decode(), "par-fiche")
    assert {titre.split(". ")[1].split(" ")[0] for titre in lus if ". " in titre} == {"Bus", "Relais"}
    assert filtree.context["plan"].total.espere == 200
    assert "financeur «\u00a0Région Sud (Région)\u00a0»" in filtree.context["filtre"].phrase
    tableur = contenu(coordination.get(adresse(demarche, "plan_financement_xlsx") + lien))
    assert "Relais" in tableur
    assert "Carte" not in tableur
    tout = coordination.get(adresse(demarche) + "?financeur=region:inconnu")
    assert tout.context["plan"].total.espere == 300
