"""Le nombre de requêtes du suivi, des revues, des bilans et des versions ne dépend pas de leurs lignes."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import versions
from feuille_de_route.models import Document
from gouvernance.models import Etape
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    EtapeFicheFactory,
    FicheFactory,
    IndicateurFactory,
    LigneBudgetFactory,
    PointDeSuiviFactory,
    ReleveFactory,
)
from tests.feuille_de_route.parcours_mur import mettre_a
from tests.gouvernance.fabriques import (
    DecisionFactory,
    DemarcheFactory,
    MandatFactory,
    SeanceFactory,
    StructureFactory,
    UtilisateurFactory,
)

# session, compte, démarche, mandats, et ce que la page montre.
PLAFOND = 10
LIMITES = {"suivi": 10, "suivi_rapide": 10, "versions": 8, "version_comparer": 8, "bilans": 9, "revue": 9}


@pytest.fixture
def demarche(client, db):
    demarche = DemarcheFactory(avec_cadre=True)
    compte = UtilisateurFactory(password=None)
    MandatFactory(demarche=demarche, utilisateur=compte)
    client.force_login(compte)
    FicheFactory(demarche=demarche, complete=True, retenue=True)
    mettre_a(demarche, Etape.MISE_EN_OEUVRE)
    versions.figer(demarche, par=None)
    return demarche


def peupler(demarche, nombre):
    hier = timezone.localdate() - timedelta(days=1)
    for _ in range(nombre):
        axe = AxeFactory(demarche=demarche)
        fiche = FicheFactory(
            demarche=demarche, axe=axe, retenue=True, structure_porteuse=StructureFactory(),
            etat_realisation="en_cours", meteo="pluie", freins="Pas de local.", suivie_le=timezone.now(),
        )  # fmt: skip
        garnir(fiche, 2)
        seance = SeanceFactory(instance=demarche.instances.get(), ouverte=True, debut=timezone.now())
        DecisionFactory(seance=seance)
    assert demarche.fiches.filter(points_de_suivi__le=hier).exists()


def garnir(fiche, nombre):
    hier = timezone.localdate() - timedelta(days=1)
    for rang in range(nombre):
        PointDeSuiviFactory(fiche=fiche, le=hier, meteo="pluie", freins="Non.", a_decider="Payer ?")
        EtapeFicheFactory(fiche=fiche, echeance=hier)
        ReleveFactory(indicateur=IndicateurFactory(fiche=fiche), le=hier - timedelta(days=rang))
        LigneBudgetFactory(fiche=fiche)


def adresse(nom, demarche):
    if nom == "revue":
        return reverse(nom, args=[demarche.uuid, demarche.instances.get().seances.order_by("pk")[0].uuid])
    return reverse(nom, args=[demarche.uuid, *([2] if nom == "version_comparer" else [])])


@pytest.mark.parametrize("nom", LIMITES)
def test_une_page_du_suivi_ne_grossit_pas(client, demarche, compter_requetes, nom):
    SeanceFactory(instance=demarche.instances.get(), debut=timezone.now() + timedelta(days=3))
    peupler(demarche, 3)
    versions.figer(demarche, par=None)
    avant = compter_requetes(adresse(nom, demarche))
    peupler(demarche, 6)
    versions.figer(demarche, par=None)
    assert compter_requetes(adresse(nom, demarche)) == avant
    assert avant <= LIMITES[nom]


@pytest.mark.parametrize("nom", ["suivi", "bilans", "revue"])
def test_un_avenant_ajoute_la_seule_version_en_vigueur(client, demarche, compter_requetes, nom):
    SeanceFactory(instance=demarche.instances.get(), debut=timezone.now() + timedelta(days=3))
    peupler(demarche, 3)
    version = versions.figer(demarche, par=None)
    signee = compter_requetes(adresse(nom, demarche))
    Document.objects.create(
        demarche=demarche, version_figee=version, nature="a_signer", scelle_le=timezone.now()
    )
    mettre_a(demarche, Etape.PLAN_ACTIONS)
    page = client.get(adresse(nom, demarche)).content.decode()
    assert "avant la signature" not in page
    assert "4 fiches" in page
    assert compter_requetes(adresse(nom, demarche)) == signee + 1 <= PLAFOND


@pytest.mark.parametrize("nom", ["fiche_suivi", "fiche_point", "fiche_releve"])
def test_le_suivi_d_une_fiche_ne_grossit_pas(client, demarche, compter_requetes, nom):
    fiche = demarche.fiches.get()
    garnir(fiche, 2)
    chemin = reverse(nom, args=[demarche.uuid, fiche.uuid])
    avant = compter_requetes(chemin)
    garnir(fiche, 6)
    assert compter_requetes(chemin) == avant
    assert avant <= 11
