"""Les enveloppes de l'État : importer les dotations, saisir un plafond, dire ce qui reste."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from feuille_de_route.argent import enveloppes
from feuille_de_route.models import Enveloppe, EtatDemande, Plafond
from feuille_de_route.parcours import PASSAGES
from feuille_de_route.redaction.completude import manques_du_plan
from gouvernance.models import Evenement
from gouvernance.socle.manques import bloquants
from tests.feuille_de_route.fabriques import (
    DemandeFactory,
    EnveloppeFactory,
    FicheFactory,
    FinancementFactory,
    PlafondFactory,
)
from tests.feuille_de_route.releves import tableau
from tests.gouvernance.fabriques import DepartementFactory, UtilisateurFactory

TITRES = "code,departement,montant"
NOM = "Ingénierie FNE 2024"
REEL = os.environ.get("DOTATIONS_REELLES", "")  # le tableau national, quand on l'a sous la main


@pytest.fixture
def departements(db):
    for code, nom in (("01", "Ain"), ("24", "Dordogne"), ("2A", "Corse-du-Sud"), ("974", "La Réunion")):
        DepartementFactory(code=code, nom=nom)


@pytest.fixture
def importer(tmp_path, capsys):
    def lancer(*lignes, titres=TITRES, encodage="utf-8", nom=NOM, annee=2024):
        chemin = tmp_path / "dotations.csv"
        chemin.write_text("\n".join([titres, *lignes]), encoding=encodage)
        capsys.readouterr()
        call_command("importer_dotations", chemin, enveloppe=nom, annee=annee)
        return capsys.readouterr().out

    return lancer


def test_un_import_pose_chaque_part_et_dit_ce_qui_change(departements, importer):
    sortie = importer("01,Ain,45600", '24,Dordogne,"48 500,50"', "2A,Corse du Sud,0")
    assert "Enveloppe créée" in sortie
    assert "3 départements, 94\u202f100,50\u00a0€ au total." in sortie
    assert Plafond.objects.get(departement="24").montant == Decimal("48500.50")
    avant = Evenement.objects.count()
    assert "Rien n’a changé." in importer("01,Ain,45600", "24,Dordogne,48500.5", "2A,Corse du Sud,0")
    assert Evenement.objects.count() == avant
    sortie = importer("1;Ain;45700", titres="Code;Département;Dotation (€)")
    assert "Ain (01) : 45\u202f600\u00a0€ → 45\u202f700\u00a0€" in sortie
    assert Plafond.objects.count() == 3
    assert Enveloppe.objects.get().nom == NOM


FAUTES = {
    "code inconnu": ("99,Ailleurs,100", "Ligne 3 : le code « 99 »"),
    "autre nom": ("01,Aisne,100", "Ligne 3 : le code 01 est celui de « Ain », et non de « Aisne »."),
    "négatif": ("01,Ain,-1", "Ligne 3 : « -1 » n’est pas un montant possible."),
    "texte": ("01,Ain,beaucoup", "Ligne 3 : « beaucoup » n’est pas un montant."),
    "vide": ("01,Ain,", "Ligne 3 : «  » n’est pas un montant."),
    "exposant": ("01,Ain,1e9", "Ligne 3 : « 1e9 »"),
    "infini": ("01,Ain,Infinity", "Ligne 3 : « Infinity »"),
    "millimes": ("01,Ain,1.005", "a plus de deux décimales"),
    "trop": ("01,Ain,99999999999", "n’est pas un montant possible"),
    "double": ("24,Dordogne,1", "Ligne 3 : le département 24 est déjà à la ligne 2."),
    "court": ("01", "Ligne 3 : il manque une colonne."),
}


@pytest.mark.parametrize("cas", FAUTES)
def test_une_ligne_fautive_et_rien_n_est_ecrit(cas, departements, importer):
    ligne, phrase = FAUTES[cas]
    with pytest.raises(CommandError, match="rien n’a été écrit") as refus:
        importer("24,Dordogne,100", ligne)
    assert phrase in str(refus.value)
    assert not Enveloppe.objects.exists()
    assert not Evenement.objects.exists()


def test_toutes_les_fautes_se_disent_ensemble(departements, importer):
    with pytest.raises(CommandError) as refus:
        importer("99,Ailleurs,100", "01,Ain,x", "", "24,Dordogne,1", "24,Dordogne,2")
    assert [phrase[:9] for phrase in str(refus.value).split("\n  ")[1:]] == [
        "Ligne 2 :",
        "Ligne 3 :",
        "Ligne 6 :",
    ]


@pytest.mark.parametrize(
    ("encodage", "titres"), [("latin-1", TITRES + ",é"), ("utf-8", "a,b"), ("utf-16", TITRES)]
)
def test_un_fichier_illisible_se_refuse_en_francais(departements, importer, encodage, titres):
    with pytest.raises(CommandError, match="rien n’a été écrit"):
        importer("01,Ain,1", titres=titres, encodage=encodage)
    with pytest.raises(CommandError, match="ne se lit pas"):
        call_command("importer_dotations", Path("absent.csv"), enveloppe=NOM, annee=2024)


def test_une_enveloppe_ne_change_pas_d_annee_et_une_part_ne_descend_pas_sous_l_engage(
    departements, importer, demarche
):
    importer("24,Dordogne,10000")
    with pytest.raises(CommandError, match="existe déjà, pour 2024 et non 2025"):
        importer("24,Dordogne,10000", annee=2025)
    DemandeFactory(fiche__demarche=demarche, enveloppe=Enveloppe.objects.get(), deposee=True)
    with pytest.raises(CommandError, match="a déjà engagé 5\u202f000"):
        importer("01,Ain,1", "24,Dordogne,4999.99")
    assert Plafond.objects.get().montant == 10_000
    importer("24,Dordogne,5000")


@pytest.mark.skipif(not REEL, reason="DOTATIONS_REELLES ne dit pas où est le tableau national")
def test_le_tableau_national_de_2024(db, capsys):
    call_command("charger_territoires", verbosity=0)
    call_command("importer_dotations", Path(REEL), enveloppe=NOM, annee=2024)
    assert "102 départements, 5\u202f006\u202f700\u00a0€ au total." in capsys.readouterr().out
    assert enveloppes.total(enveloppes.parts(enveloppe=Enveloppe.objects.get())).plafond == 5_006_700


def test_les_parts_disent_l_attente_l_accorde_et_le_reste(demarche):
    plafond = PlafondFactory(departement=demarche.departement, montant=20_000)
    DemandeFactory(fiche__demarche=demarche)  # un brouillon ne retient rien
    for etat in ("deposee", "en_cours", "a_modifier", "acceptee"):
        DemandeFactory(fiche__demarche=demarche, **{etat: True})
    part = enveloppes.parts(departement=demarche.departement.pk)[0]
    assert (part.demande, part.accorde, part.reste, part.demandes) == (15_000, 4_000, 1_000, 4)
    assert enveloppes.engage(plafond) == 19_000
    assert enveloppes.parts(enveloppe=plafond.enveloppe) == [part]


def test_la_page_nationale_est_celle_de_l_administration(client, demarche, gens, compter_requetes):
    PlafondFactory(departement=demarche.departement, montant=20_000)
    DemandeFactory(fiche__demarche=demarche, deposee=True)
    EnveloppeFactory(nom="Une autre", annee=2020)
    client.force_login(gens["coordination"])
    assert client.get(reverse("enveloppes")).status_code == 403
    client.force_login(gens["administration"])
    page = client.get(reverse("enveloppes")).content.decode()
    assert tableau(page, "par-departement")["Total"] == ["20000", "1", "5000", "0", "15000"]
    assert "Demandes à instruire" in page
    avant = compter_requetes(reverse("enveloppes"))
    for code in ("01", "02", "03"):
        PlafondFactory(departement__code=code)
    DemandeFactory(fiche__demarche=demarche, deposee=True)
    assert compter_requetes(reverse("enveloppes")) == avant <= 10


def test_l_administration_du_site_saisit_une_enveloppe_et_le_journal_le_dit(client, demarche):
    client.force_login(UtilisateurFactory(admin=True, password=None))
    lignes = {"plafonds-TOTAL_FORMS": 1, "plafonds-INITIAL_FORMS": 0}
    part = {"plafonds-0-departement": demarche.departement.pk, "plafonds-0-montant": "1000"}
    champs = {"nom": NOM, "annee": 2024, **lignes, **part}
    assert client.post(reverse("admin:feuille_de_route_enveloppe_add"), champs).status_code == 302
    enveloppe = Enveloppe.objects.get()
    assert "1000" in Evenement.objects.get(objet_type="enveloppe").vers
    DemandeFactory(
        fiche__demarche=demarche, enveloppe=enveloppe, deposee=True, montant_etp=900, montant_prestation=0
    )
    existant = {"plafonds-INITIAL_FORMS": 1, "plafonds-0-id": Plafond.objects.get().pk}
    page = reverse("admin:feuille_de_route_enveloppe_change", args=[enveloppe.pk])
    ailleurs = {"plafonds-0-departement": DepartementFactory(code="33").pk}
    for changement in ({"plafonds-0-montant": "899"}, {"plafonds-0-DELETE": "on"}, ailleurs):
        reponse = client.post(page, champs | existant | changement)
        assert reponse.status_code == 200
        assert "a déjà engagé 900" in reponse.content.decode()
    assert (Plafond.objects.get().montant, Plafond.objects.get().departement) == (1000, demarche.departement)
    assert client.post(page, champs | existant | {"plafonds-0-montant": "900"}).status_code == 302
    assert Plafond.objects.get().montant == 900


@pytest.mark.parametrize(("dispositif", "annee", "bloque"), [
    ("ingénierie fne 2026", None, True), ("Ingénierie FNE 2026", 2026, True),
    ("Ingénierie FNE 2026", 2025, False), ("Fonds vert", None, False),
])  # fmt: skip
def test_un_plan_au_dela_du_plafond_ne_se_soumet_pas(demarche, dispositif, annee, bloque):
    PlafondFactory(departement=demarche.departement, montant=9_000)
    fiche = FicheFactory(demarche=demarche, complete=True, retenue=True)
    FinancementFactory(fiche=fiche, dispositif=dispositif, annee=annee, demande=5_000)
    FinancementFactory(fiche=fiche, dispositif=dispositif, annee=annee, obtenu="4000.01", etat="acquis")
    FinancementFactory(fiche=fiche, dispositif=dispositif, annee=annee, demande=4_000, etat="refuse")
    FinancementFactory(
        fiche=FicheFactory(demarche=demarche, proposee=True),
        dispositif=dispositif,
        annee=annee,
        demande=9_000,
    )
    phrases = [m.texte for m in bloquants(PASSAGES["soumettre"].conditions(demarche)) if "plafond" in m.texte]
    attendue = (
        "Le plan de financement inscrit 9\u202f000,01\u00a0€ sur « Ingénierie FNE 2026 », dont le plafond "
        f"pour {demarche.departement} est 9\u202f000\u00a0€ : réduisez de 0,01\u00a0€."
    )
    assert phrases == ([attendue] if bloque else [])


def test_un_plan_qui_depasse_bloque_et_un_plan_qui_manque_avertit(demarche):
    """Des financements au-delà du budget bloquent ; un plan déséquilibré s'annonce."""
    trop = FicheFactory(demarche=demarche, complete=True, retenue=True)
    FinancementFactory(fiche=trop, demande="10000.01")
    peu = FicheFactory(demarche=demarche, complete=True, retenue=True)
    FinancementFactory(fiche=peu, demande="9999.99")
    dits = {m.texte: m.bloquant for m in manques_du_plan(demarche)}
    assert [b for t, b in dits.items() if "dépassent le budget de 0,01" in t] == [True]
    assert [b for t, b in dits.items() if "il manque 0,01" in t] == [False]


def test_les_etats_de_l_anct_sont_ceux_du_domaine():
    assert set(EtatDemande) - {EtatDemande.BROUILLON} == set(enveloppes.VIVANTES) | {EtatDemande.REFUSEE}
