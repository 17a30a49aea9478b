"""Le nombre de requêtes des pages du plan ne dépend pas du nombre de lignes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import NatureFiche
from gouvernance.models import Evenement
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    EtapeFicheFactory,
    FicheFactory,
    FinancementFactory,
    IndicateurFactory,
    LigneBudgetFactory,
    PartenariatFactory,
)
from tests.feuille_de_route.saisies import adresse as adresse_de
from tests.feuille_de_route.saisies import envoi, ouvrir_section
from tests.gouvernance.fabriques import StructureFactory, UtilisateurFactory

LIMITE = 10  # session, compte, démarche, mandats, et ce que la page montre
LIMITE_DE_FICHE = 10


def peupler(demarche, nombre):
    """`nombre` fiches, autant d'axes et d'enjeux, chacune avec son budget et ses financeurs."""
    structure = StructureFactory()
    for _ in range(nombre):
        enjeu = EnjeuFactory(demarche=demarche, retenu=True)
        axe = AxeFactory(demarche=demarche, enjeux=[enjeu], axe_fne=1)
        fiche = FicheFactory(
            demarche=demarche, axe=axe, structure_porteuse=structure, nature=NatureFiche.NOUVELLE
        )
        garnir(fiche, 2)


def garnir(fiche, nombre):
    for _ in range(nombre):
        for fabrique in (LigneBudgetFactory, FinancementFactory, IndicateurFactory, EtapeFicheFactory):
            fabrique(fiche=fiche)
        PartenariatFactory(fiche=fiche)
        fiche.enjeux.add(EnjeuFactory(demarche=fiche.demarche))
        Evenement.consigner(fiche, "modifier", par=UtilisateurFactory(password=None))


@pytest.mark.parametrize("page", ["plan", "axes", "demarche", "besoins", "fiche_ajouter", "plan_financement"])
def test_une_page_de_liste_ne_grossit_pas(client, demarche, compter_requetes, page):
    peupler(demarche, 10)
    adresse = reverse(page, args=[demarche.uuid])
    avant = compter_requetes(adresse)
    peupler(demarche, 20)
    assert compter_requetes(adresse) == avant
    assert avant <= LIMITE


QUESTIONS = [
    "vue=liste&tri=-budget",
    "vue=porteur",
    "vue=epci&q=itin",
    "vue=calendrier&q=itin&nature=nouvelle",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_aucune_lecture_du_plan_ne_grossit(client, demarche, compter_requetes, question):
    """Dix requêtes au plus, session et compte compris."""
    peupler(demarche, 3)
    adresse = reverse("plan", args=[demarche.uuid]) + f"?{question}"
    avant = compter_requetes(adresse)
    peupler(demarche, 12)
    assert compter_requetes(adresse) == avant <= 10


@pytest.mark.parametrize("question", ["acte=axe", "acte=rapide&valeur=oui", "acte=proposer", ""])
def test_la_page_des_gestes_d_ensemble_ne_grossit_pas(client, demarche, compter_requetes, question):
    peupler(demarche, 3)
    adresse = reverse("plan_lot", args=[demarche.uuid]) + f"?{question}"
    avant = compter_requetes(adresse + "&f=1&f=2")
    peupler(demarche, 12)
    assert compter_requetes(adresse + "".join(f"&f={n}" for n in range(1, 15))) == avant <= 10


def test_la_fiche_ne_grossit_pas(client, demarche, compter_requetes):
    fiche = FicheFactory(demarche=demarche, complete=True)
    garnir(fiche, 2)
    adresse = reverse("fiche", args=[demarche.uuid, fiche.uuid])
    avant = compter_requetes(adresse)
    garnir(fiche, 10)
    assert compter_requetes(adresse) == avant
    assert avant <= LIMITE_DE_FICHE


@pytest.mark.parametrize("section", SECTIONS)
def test_une_section_ne_grossit_pas(client, demarche, compter_requetes, section):
    fiche = FicheFactory(demarche=demarche, complete=True)
    garnir(fiche, 2)
    adresse = reverse("fiche_section", args=[demarche.uuid, fiche.uuid, section])
    avant = compter_requetes(adresse)
    garnir(fiche, 8)
    assert compter_requetes(adresse) == avant
    assert avant <= LIMITE_DE_FICHE


@pytest.mark.parametrize(("section", "change"), [("acteurs", "pilote"), ("moyens", "moyens_humains")])
def test_enregistrer_ne_coute_pas_plus_quand_les_lignes_s_ajoutent(client, demarche, section, change):
    """On enregistre à chaque pause de la saisie : les lignes que l'on n'a pas touchées ne coûtent rien."""
    fiche = FicheFactory(demarche=demarche, complete=True)
    couts = []
    for tour in range(2):
        garnir(fiche, 5)
        donnees = envoi(ouvrir_section(client, fiche, section), **{change: f"Changé {tour}"})
        with CaptureQueriesContext(connection) as capture:
            reponse = client.post(adresse_de("fiche_section", fiche, section), donnees)
        assert reponse.status_code == 302
        couts.append(len(capture))
    assert couts[0] == couts[1] <= 18
