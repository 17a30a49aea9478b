"""Qui est cité dans un commentaire le lit sur l'accueil et sur la page de la démarche, jusqu'à sa réponse."""

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.dialogue import echanges
from feuille_de_route.dialogue.echanges import Mot
from feuille_de_route.models import Commentaire, EtatFiche, FicheAction
from gouvernance.models import Etape, Mandat
from tests.feuille_de_route.fabriques import CommentaireFactory, FicheFactory
from tests.feuille_de_route.saisies import adresse
from tests.gouvernance.fabriques import MandatFactory
from tests.robustesse.scene import mettre_a

REPONDRE, LIRE = (
    f"{verbe} commentaire qui vous cite, sur la fiche «\u00a0Bus numérique\u00a0»."
    for verbe in ("Répondre au", "Lire le")
)


@pytest.fixture
def fiche(demarche, gens):
    return FicheFactory(
        demarche=demarche, titre="Bus numérique", proposee=True,
        structure_porteuse=gens["partenaire"].structure,
    )  # fmt: skip


@pytest.fixture
def citee(fiche, gens):
    """L'élue demande son avis à la coordination."""
    return echanges.commenter(fiche, Mot("Qu’en dites-vous ?", [gens["coordination"]]), par=gens["elu"])


@pytest.fixture
def lues(client, demarche):
    """Les deux pages, telles que cette personne les lit."""

    def lire(personne):
        client.force_login(personne)
        adresses = (reverse("accueil"), reverse("demarche", args=[demarche.uuid]))
        return [unescape(client.get(adresse).content.decode()) for adresse in adresses]

    return lire


@pytest.mark.parametrize("etape", [Etape.CADRAGE, Etape.PLAN_ACTIONS, Etape.EN_SIGNATURE, Etape.CLOSE])
def test_la_personne_citee_le_lit_a_chaque_etape_et_nul_autre(demarche, citee, lues, gens, etape):
    mettre_a(demarche, etape)
    lien = f"{adresse('fiche_echanges', citee.fiche)}#commentaire-{citee.uuid}"
    for page in lues(gens["coordination"]):
        assert page.count(REPONDRE) == page.count(f'href="{lien}"') == 1
    for autre in ("elu", "partenaire"):
        assert not any("qui vous cite" in page for page in lues(gens[autre]))


def test_sa_reponse_l_en_acquitte_et_celle_d_un_autre_non(citee, lues, gens):
    echanges.commenter(citee.fiche, Mot("Moi, oui."), par=gens["partenaire"], fil=citee)
    assert all(REPONDRE in page for page in lues(gens["coordination"]))
    echanges.commenter(citee.fiche, Mot("Et ailleurs ?"), par=gens["coordination"])
    assert all(REPONDRE in page for page in lues(gens["coordination"])), "un autre fil ne répond pas"
    echanges.commenter(citee.fiche, Mot("Oui."), par=gens["coordination"], fil=citee)
    assert not any(REPONDRE in page for page in lues(gens["coordination"]))
    encore = Mot("Sûr ?", [gens["coordination"]])
    encore = echanges.commenter(citee.fiche, encore, par=gens["elu"], fil=citee)
    for page in lues(gens["coordination"]):
        assert page.count(REPONDRE) == 1
        assert f"#commentaire-{encore.uuid}" in page


def test_un_fil_resolu_n_attend_plus_rien_et_rouvert_attend_de_nouveau(citee, lues, gens):
    reponse = Mot("Paul aussi.", [gens["cotech"]])
    echanges.commenter(citee.fiche, reponse, par=gens["partenaire"], fil=citee)
    echanges.resoudre(citee, par=gens["elu"])
    for personne in ("coordination", "cotech"):
        assert not any("qui vous cite" in page for page in lues(gens[personne]))
    echanges.rouvrir(citee, par=gens["elu"])
    for personne in ("coordination", "cotech"):
        assert all(REPONDRE in page for page in lues(gens[personne]))


def test_qui_ne_peut_repondre_le_lit_trente_jours(citee, lues, gens):
    CommentaireFactory(fiche=citee.fiche, cree_par=gens["elu"], mentions=[gens["lecture"]])
    for page in lues(gens["lecture"]):
        assert LIRE in page
        assert REPONDRE not in page
    Commentaire.objects.update(cree_le=timezone.now() - timedelta(days=31))
    assert not any("qui vous cite" in page for page in lues(gens["lecture"]))
    assert all(REPONDRE in page for page in lues(gens["coordination"]))


def test_qui_ne_voit_plus_la_fiche_n_en_lit_rien(citee, lues, gens):
    echanges.citer(citee, [gens["cotech"]], gens["elu"])
    assert all(REPONDRE in page for page in lues(gens["cotech"]))
    FicheAction.objects.update(etat=EtatFiche.BROUILLON, proposee_le=None)
    assert not any("Bus numérique" in page for page in lues(gens["cotech"]))
    FicheAction.objects.update(etat=EtatFiche.PROPOSEE, proposee_le=timezone.now())
    Mandat.objects.filter(utilisateur=gens["cotech"]).delete()
    assert not any("Bus numérique" in page for page in lues(gens["cotech"]))


def test_une_demarche_abandonnee_n_attend_rien(demarche, citee, lues, gens):
    mettre_a(demarche, Etape.ABANDONNEE)
    assert not any("qui vous cite" in page for page in lues(gens["coordination"]))


def test_chaque_demarche_dit_les_siennes_sans_requete_de_plus(client, citee, gens, compter_requetes):
    coordination = gens["coordination"]
    client.force_login(coordination)
    pages = [reverse("accueil"), reverse("demarche", args=[citee.fiche.demarche.uuid])]
    avant = [compter_requetes(page) for page in pages]
    for _ in range(4):
        ailleurs = FicheFactory(demarche__groupement=True, proposee=True)
        MandatFactory(demarche=ailleurs.demarche, utilisateur=coordination)
        for fiche in (citee.fiche, ailleurs):
            CommentaireFactory(fiche=fiche, cree_par=gens["elu"], mentions=[coordination])
    assert [compter_requetes(page) for page in pages] == avant
    accueil, demarche = (unescape(client.get(page).content.decode()) for page in pages)
    assert (accueil.count("qui vous cite"), demarche.count("qui vous cite")) == (9, 5)
