"""La page « Partir de cette fiche », et ce que les deux fiches disent l'une de l'autre."""

from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.echelles import reprises
from feuille_de_route.echelles.reprises import Reprise
from feuille_de_route.models import FicheAction, OrigineFiche
from gouvernance.models import Etape, Mandat, Role
from tests.feuille_de_route.conftest import compte
from tests.feuille_de_route.fabriques import FicheFactory
from tests.feuille_de_route.saisies import adresse, envoi, proposer, texte_de_la_fiche
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory
from tests.robustesse.scene import mettre_a


def ouvrir(client, fiche):
    return client.get(adresse("fiche_reprendre", fiche)).context["formulaire"]


def reprendre(client, fiche, **champs):
    return client.post(adresse("fiche_reprendre", fiche), envoi(ouvrir(client, fiche), **champs))


def test_dupliquer_mene_au_brouillon_et_les_deux_fiches_se_citent(client, fiche, gens):
    client.force_login(gens["partenaire"])
    reponse = reprendre(client, fiche, titre="Le même, en montagne", annees="0")
    neuve = FicheAction.objects.exclude(pk=fiche.pk).get()
    assert reponse.url == adresse("fiche", neuve)
    assert (neuve.titre, neuve.lignes_budget.get().annee) == ("Le même, en montagne", 2026)
    assert f'href="{adresse("fiche", fiche)}">« {fiche.titre} »' in texte_de_la_fiche(client, neuve)
    assert f'href="{adresse("fiche", neuve)}"' in texte_de_la_fiche(client, fiche)


def test_apres_la_signature_la_page_propose_d_abord_l_annee_suivante(client, fiche, gens):
    proposer(fiche)
    client.force_login(gens["coordination"])
    assert ouvrir(client, fiche)["annees"].value() == 0
    mettre_a(fiche.demarche, Etape.SIGNEE)
    suivante = DemarcheFactory(
        gouvernance=fiche.demarche.gouvernance, perimetre="groupement", etape=Etape.PLAN_ACTIONS
    )
    MandatFactory(demarche=suivante, utilisateur=gens["coordination"])
    formulaire = ouvrir(client, fiche)
    assert (formulaire["annees"].value(), formulaire["vers"].value()) == (1, suivante.pk)
    assert reprendre(client, fiche).status_code == 302
    assert suivante.fiches.get().lignes_budget.get().annee == 2027


def test_sans_demarche_ouverte_la_page_dit_pourquoi_et_le_refus_garde_la_saisie(client, fiche, gens):
    proposer(fiche)
    mettre_a(fiche.demarche, Etape.SOUMISE)
    client.force_login(gens["coordination"])
    dit = unescape(client.get(adresse("fiche_reprendre", fiche)).content.decode())
    assert "On ne peut plus créer une fiche action" in dit
    refus = reprendre(client, fiche, titre="Un titre bien choisi")
    assert refus.status_code == 422
    assert "Un titre bien choisi" in refus.content.decode()
    assert FicheAction.objects.count() == 1


@pytest.mark.parametrize(
    ("qui", "statut"), [("elu", 403), ("lecture", 403), ("cotech", 403), ("dehors", 404)]
)
def test_qui_ne_cree_pas_de_fiche_ne_voit_pas_la_page(client, fiche, gens, qui, statut):
    proposer(fiche)
    client.force_login(gens[qui])
    assert client.get(adresse("fiche_reprendre", fiche)).status_code == statut
    assert adresse("fiche_reprendre", fiche) not in client.get(adresse("fiche", fiche)).content.decode()


def test_on_n_envoie_pas_sa_copie_dans_une_demarche_ou_l_on_n_est_rien(client, fiche, gens):
    ailleurs = DemarcheFactory(gouvernance__departement__code="40", etape=Etape.PLAN_ACTIONS)
    MandatFactory(
        demarche=ailleurs, utilisateur=gens["coordination"]
    )  # un autre territoire : la bibliothèque
    sans = DemarcheFactory(gouvernance=fiche.demarche.gouvernance, perimetre="groupement")
    client.force_login(gens["coordination"])
    for vers in (ailleurs, sans):
        assert reprendre(client, fiche, vers=vers.pk).status_code == 422
    assert FicheAction.objects.count() == 1


def test_une_source_que_l_on_ne_voit_plus_se_dit_sans_son_titre(client, fiche, gens):
    autre = DemarcheFactory(
        gouvernance=fiche.demarche.gouvernance, perimetre="groupement", etape=Etape.PLAN_ACTIONS
    )
    mandat = MandatFactory(demarche=autre, utilisateur=compte(), role=Role.COORDINATION)
    Mandat.objects.create(utilisateur=gens["coordination"], demarche=autre, role=Role.COORDINATION)
    neuve = reprises.reprendre(Reprise(fiche, autre, titre="Neuve"), par=gens["coordination"])
    client.force_login(mandat.utilisateur)
    dit = texte_de_la_fiche(client, neuve)
    assert f"une fiche de la démarche « {fiche.demarche} »" in dit.replace("\xa0", " ")
    assert fiche.titre not in dit
    client.force_login(gens["porteur_epci"])  # voit la source, pas le brouillon de l'autre démarche
    assert "Neuve" not in texte_de_la_fiche(client, fiche)


def test_une_fiche_de_la_bibliotheque_cite_sa_source(client, fiche, gens):
    mettre_a(fiche.demarche, Etape.SIGNEE)
    FicheAction.objects.filter(pk=fiche.pk).update(etat="retenue", retenue_le=timezone.now())
    ailleurs = DemarcheFactory(gouvernance__departement__code="40", etape=Etape.PLAN_ACTIONS)
    mandat = MandatFactory(demarche=ailleurs, utilisateur=compte(), role=Role.COORDINATION)
    demande = Reprise(fiche, ailleurs, origine=OrigineFiche.BIBLIOTHEQUE, citee="Fiche 1, Dordogne, 2026")
    neuve = reprises.reprendre(demande, par=mandat.utilisateur)
    client.force_login(mandat.utilisateur)
    assert "Reprise de\n    Fiche 1, Dordogne, 2026." in texte_de_la_fiche(client, neuve)


def test_les_reprises_d_une_fiche_ne_coutent_pas_de_requete(client, fiche, gens, compter_requetes):
    client.force_login(gens["coordination"])
    avant = compter_requetes(adresse("fiche", fiche)), compter_requetes(adresse("fiche_reprendre", fiche))
    for _ in range(5):
        reprises.reprendre(Reprise(fiche, fiche.demarche), par=gens["coordination"])
    FicheAction.objects.filter(pk=fiche.pk).update(reprise_de=FicheFactory(demarche=fiche.demarche))
    apres = compter_requetes(adresse("fiche", fiche)), compter_requetes(adresse("fiche_reprendre", fiche))
    assert avant == apres
    assert apres[1] <= 10


@pytest.fixture
def suivante(fiche, gens):
    """La démarche de l'année d'après ; les mêmes coordonnent, la partenaire y est aussi."""
    demarche = DemarcheFactory(
        gouvernance=fiche.demarche.gouvernance, perimetre="groupement", etape=Etape.PLAN_ACTIONS
    )
    for role in ("coordination", "partenaire", "lecture"):
        MandatFactory(demarche=demarche, utilisateur=gens[role], role=Role(role))
    return demarche


def liste(client, demarche, **parametres):
    reponse = client.get(reverse("reprises", args=[demarche.uuid]), parametres)
    return [f.titre for f in reponse.context["fiches"]], unescape(reponse.content.decode())


def test_le_plan_neuf_reprend_les_fiches_de_l_an_passe(client, fiche, gens, suivante):
    client.force_login(gens["coordination"])
    FicheFactory(demarche=fiche.demarche, ecartee=True, titre="Écartée")
    FicheFactory(demarche=suivante, titre="Déjà ici")
    FicheFactory(demarche=DemarcheFactory(gouvernance__departement__code="40"), titre="D’ailleurs")
    titres, dit = liste(client, suivante)
    assert titres == [fiche.titre]
    lien = f"{adresse('fiche_reprendre', fiche)}?vers={suivante.uuid}"
    assert lien in dit
    formulaire = client.get(lien).context["formulaire"]
    assert formulaire["vers"].value() == suivante.pk
    client.post(lien, envoi(formulaire))
    titres, dit = liste(client, suivante)
    assert "Déjà reprise ici" in dit
    assert lien not in dit


def test_on_ne_reprend_que_ce_que_l_on_voit(client, fiche, gens, suivante):
    FicheFactory(demarche=fiche.demarche, titre="Brouillon d’une autre structure")
    client.force_login(gens["partenaire"])
    assert liste(client, suivante)[0] == [fiche.titre]
    client.force_login(gens["lecture"])
    titres, dit = liste(client, suivante)
    assert titres == []
    assert "Votre rôle ne permet pas de créer une fiche action." in dit


def test_les_fiches_a_reprendre_se_cherchent_et_ne_coutent_pas_plus(
    client, fiche, gens, suivante, compter_requetes
):
    client.force_login(gens["coordination"])
    FicheAction.objects.filter(pk=fiche.pk).update(titre="Permanences itinérantes")
    url = reverse("reprises", args=[suivante.uuid])
    avant = compter_requetes(url)
    for rang in range(35):
        FicheFactory(demarche=fiche.demarche, titre=f"Atelier {rang}")
    assert compter_requetes(url) == avant <= 10
    assert liste(client, suivante, q="itinerante")[0] == ["Permanences itinérantes"]
    assert "Aucune fiche ne répond" in liste(client, suivante, q="zzz")[1]


@pytest.mark.django_db(transaction=True)
def test_un_double_clic_ne_fait_qu_une_copie():
    demarche = DemarcheFactory(avec_cadre=True, etape=Etape.PLAN_ACTIONS)
    fiche = FicheFactory(demarche=demarche, complete=True)
    mandat = MandatFactory(demarche=demarche, utilisateur=compte())
    jeton, depart = uuid4(), Barrier(4)

    def cliquer(_):
        client = Client()
        client.force_login(mandat.utilisateur)
        depart.wait()
        try:
            donnees = {"titre": "Copie", "annees": "1", "vers": demarche.pk, "jeton": jeton}
            return client.post(adresse("fiche_reprendre", fiche), donnees)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as fils:
        adresses = {reponse.url for reponse in fils.map(cliquer, range(4))}
    neuve = FicheAction.objects.get(titre="Copie")
    assert adresses == {adresse("fiche", neuve)}
