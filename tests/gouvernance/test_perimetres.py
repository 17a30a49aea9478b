"""Le périmètre : département, groupe d'EPCI, région ; changé au cadrage, sans jamais recouvrir un autre."""

import uuid
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from gouvernance.models import Demarche, DemarcheEpci, Etape, Evenement, Perimetre, Role
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    DepartementFactory,
    EpciFactory,
    MandatFactory,
    PerimetreFactory,
    StructureFactory,
    UtilisateurFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu
from tests.robustesse.scene import mettre_a

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation(perimetre=Perimetre.GROUPEMENT, nom="Pays de la Dronne")
    trouve.epci = EpciFactory(nom="CC Dronne et Belle")
    PerimetreFactory(demarche=trouve.demarche, epci=trouve.epci)
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def changer(client, lieu, *epcis, perimetre="groupement", **champs):
    version = Demarche.objects.get(pk=lieu.demarche.pk).version
    donnees = {"version": version, "perimetre": perimetre, "epcis": [e.pk for e in epcis], **champs}
    return client.post(reverse("perimetre_modifier", args=[lieu.uuid]), donnees)


def couverts(demarche) -> set:
    return set(DemarcheEpci.objects.filter(demarche=demarche, actif=True).values_list("epci__nom", flat=True))


@pytest.mark.parametrize("role", ROLES)
def test_qui_change_le_perimetre(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, {Role.COORDINATION, Role.CO_PORTEUR, "administration"})
    assert changer(client, lieu, EpciFactory(nom="CC du Ribéracois")).status_code == attendu
    assert (couverts(lieu.demarche) == {"CC du Ribéracois"}) == (attendu == 302)
    assert Evenement.objects.filter(action="changer le périmètre").exists() == (attendu == 302)


def test_le_perimetre_se_dit_et_se_change_au_cadrage_seulement(client, lieu):
    page = html(client.get(reverse("cahier", args=[lieu.uuid])))
    assert "1 EPCI (Dordogne (24))" in page or "1 EPCI (" in page
    assert "CC Dronne et Belle" in page
    assert reverse("perimetre_modifier", args=[lieu.uuid]) in page
    mettre_a(lieu.demarche, Etape.DIAGNOSTIC)
    reponse = changer(client, lieu, EpciFactory())
    assert reponse.status_code == 422
    assert "On ne peut plus changer le périmètre" in html(reponse)
    assert couverts(lieu.demarche) == {"CC Dronne et Belle"}


def test_un_epci_d_une_autre_demarche_est_refuse_et_celle_ci_nommee_meme_invisible(client, lieu):
    autre = PerimetreFactory(demarche__nom="Haut-Périgord", demarche__gouvernance=lieu.demarche.gouvernance)
    page = html(client.get(reverse("perimetre_modifier", args=[lieu.uuid])))
    assert "(déjà couvert par « Haut-Périgord »)" in page
    libre = EpciFactory(nom="CC libre")
    reponse = changer(client, lieu, libre, autre.epci)
    assert reponse.status_code == 422
    assert "déjà couvert par la démarche « Haut-Périgord »" in html(reponse)
    assert couverts(lieu.demarche) == {"CC Dronne et Belle"}, "le tout ou rien"
    assert couverts(autre.demarche) == {autre.epci.nom}
    mettre_a(autre.demarche, Etape.ABANDONNEE)
    DemarcheEpci.objects.filter(demarche=autre.demarche).update(actif=False)
    assert changer(client, lieu, libre, autre.epci).status_code == 302


def test_sans_epci_ou_avec_pour_un_departement(client, lieu):
    assert "au moins un EPCI" in html(changer(client, lieu))
    assert "seulement pour un groupe d’EPCI" in html(changer(client, lieu, lieu.epci, perimetre="regional"))


def test_passer_a_la_region_ou_au_departement(client, lieu):
    assert changer(client, lieu, perimetre="regional").status_code == 302
    assert "Région Nouvelle-Aquitaine" in html(client.get(reverse("cahier", args=[lieu.uuid])))
    assert couverts(lieu.demarche) == set()
    assert changer(client, lieu, perimetre="departemental").status_code == 302
    autre = DemarcheFactory(perimetre=Perimetre.REGIONAL, avec_cadre=True)
    MandatFactory(utilisateur=lieu.gens["coordination"], demarche=autre)
    reponse = client.post(
        reverse("perimetre_modifier", args=[autre.uuid]), {"version": 1, "perimetre": "departemental"}
    )
    assert reponse.status_code == 422
    assert "La démarche « Pays de la Dronne » couvre déjà ce département" in html(reponse)


def test_une_demarche_dont_d_autres_dependent_reste_departementale(client):
    mere = situation(nom="Feuille de la Dordogne")
    DemarcheFactory(groupement=True, parente=mere.demarche, nom="Pays du Nord")
    client.force_login(mere.gens["coordination"])
    reponse = changer(client, mere, perimetre="regional")
    assert reponse.status_code == 422
    assert "« Pays du Nord » se rattache à cette démarche" in html(reponse)


def test_ouvrir_une_demarche_regionale(client):
    DepartementFactory()
    UtilisateurFactory(email="c@essais.example", structure=StructureFactory())
    client.force_login(UtilisateurFactory(anct=True))
    donnees = {
        "jeton": uuid.uuid4(), "nom": "Région", "perimetre": "regional", "contrat": "aucun",
        "coordination": "c@essais.example",
    }  # fmt: skip
    assert client.post("/demarches/ouvrir/?departement=24", donnees).status_code == 302
    assert Demarche.objects.get().perimetre == Perimetre.REGIONAL


@pytest.mark.django_db(transaction=True)
def test_deux_ouvertures_simultanees_sur_le_meme_epci_l_une_passe_l_autre_la_nomme():
    compte = MandatFactory(demarche__nom="Départementale").utilisateur
    epcis = [EpciFactory().pk, EpciFactory().pk]
    barriere, reponses = Barrier(2), {}

    def ouvrir(nom, voulus):
        try:
            client = Client()
            client.force_login(compte)
            donnees = {
                "jeton": uuid.uuid4(), "nom": nom, "perimetre": "groupement", "contrat": "aucun",
                "epcis": voulus,
            }  # fmt: skip
            barriere.wait(timeout=30)
            reponses[nom] = client.post("/demarches/ouvrir/?departement=24", donnees)
        finally:
            connection.close()

    fils = [Thread(target=ouvrir, args=a) for a in (("Pays A", epcis), ("Pays B", epcis[::-1]))]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(timeout=60)
    assert sorted(r.status_code for r in reponses.values()) == [302, 422]
    gagnante = Demarche.objects.get(perimetre=Perimetre.GROUPEMENT)
    perdante = next(r for r in reponses.values() if r.status_code == 422)
    assert f"déjà couvert par la démarche « {gagnante.nom} »" in html(perdante)
    assert DemarcheEpci.objects.count() == 2
