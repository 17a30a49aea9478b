"""Décider à deux au même instant, par l'écran : 200 paires d'envois, un effet chacune ; deux avis contraires,
un seul compte et l'autre le sait.
"""

import threading
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from feuille_de_route.models import FicheAction
from gouvernance.models import Courriel, Decision, Demarche, Etape, Evenement, Jalon
from gouvernance.reunions import convocations, rappels
from tests.feuille_de_route.fabriques import FicheFactory
from tests.gouvernance.fabriques import PersonneFactory, PointFactory, SeanceFactory, SiegeFactory
from tests.gouvernance.situations import situation

PAIRES = 200
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lieu(transactional_db):
    trouve = situation()
    trouve.seance = SeanceFactory(instance=trouve.copil, ouverte=True)
    Demarche.objects.filter(pk=trouve.demarche.pk).update(etape=Etape.PLAN_ACTIONS)
    yield trouve
    with connection.cursor() as curseur:  # le journal et les décisions refusent qu'on les vide ligne à ligne
        curseur.execute("TRUNCATE gouvernance_evenement CASCADE")


class Paire:
    """Deux fils et leurs connexions, qui jouent ensemble autant d'actes que l'on veut."""

    def __init__(self, compte):
        self.clients = [Client(), Client()]
        for client in self.clients:
            client.force_login(compte)

    def jouer(self, tours: list) -> list[list]:
        """`tours` : pour chacun, l'acte de chaque fil (client → réponse) ; rend leurs réponses."""
        barriere, vus = threading.Barrier(2), [[None, None] for _ in tours]

        def courir(rang):
            try:
                for numero, actes in enumerate(tours):
                    barriere.wait(30)
                    vus[numero][rang] = actes[rang](self.clients[rang])
            except Exception as erreur:
                vus[numero][rang] = erreur
                barriere.abort()
            finally:
                connections.close_all()

        fils = [threading.Thread(target=courir, args=(rang,)) for rang in (0, 1)]
        for fil in fils:
            fil.start()
        for fil in fils:
            fil.join(120)
        assert not any(fil.is_alive() for fil in fils)
        fautes = [v for paire in vus for v in paire if isinstance(v, Exception)]
        assert not fautes, fautes
        return vus


def envoi(lieu, **champs):
    adresse = reverse("decision_consigner", args=[lieu.uuid, lieu.seance.uuid])
    donnees = {
        "jeton": uuid.uuid4(),
        "nature": "orientation",
        "objet": "Orientation",
        "texte": "Dit.",
    } | champs
    return lambda client: client.post(adresse, donnees)


@pytest.mark.lent
def test_deux_cents_paires_d_envois_font_deux_cents_decisions(lieu):
    tours = []
    for rang in range(PAIRES):
        acte = envoi(lieu, objet=f"Orientation {rang}")  # le même envoi, deux fois
        tours.append((acte, acte))
    vus = Paire(lieu.gens["coordination"]).jouer(tours)
    assert {r.status_code for paire in vus for r in paire} == {302}
    assert sorted(Decision.objects.values_list("ordre", flat=True)) == list(range(1, PAIRES + 1))
    assert Decision.objects.values("objet").distinct().count() == PAIRES
    assert Evenement.objects.filter(action="décider").count() == PAIRES


def test_deux_avis_contraires_sur_une_fiche_un_seul_compte_l_autre_le_sait(lieu):
    tours, fiches = [], []
    for rang in range(20):
        fiche = FicheFactory(demarche=lieu.demarche, numero=100 + rang, proposee=True, complete=True)
        vise = {"cible": f"fiche:{fiche.uuid}", "etat_vu": "proposee"}
        fiches.append(fiche)
        tours.append((
            envoi(lieu, nature="validation", texte="Avis pour.", **vise),
            envoi(lieu, nature="rejet", texte="Avis contre.", **vise),
        ))  # fmt: skip
    for fiche, (pour, contre) in zip(fiches, Paire(lieu.gens["coordination"]).jouer(tours), strict=True):
        assert sorted([pour.status_code, contre.status_code]) == [302, 422]
        perdant, dit = (contre, "Avis contre.") if pour.status_code == 302 else (pour, "Avis pour.")
        page = perdant.content.decode()
        assert dit in page, "le texte tapé reste"
        assert Decision.objects.get(cible=fiche.uuid).numero in page
        etat = FicheAction.objects.get(pk=fiche.pk).etat
        assert etat == ("retenue" if pour.status_code == 302 else "ecartee")
    assert Decision.objects.count() == len(fiches)


def test_deux_seances_ouvertes_ne_decident_pas_la_meme_fiche(lieu):
    """L'état vu à l'ouverture du formulaire protège aussi d'une séance à l'autre."""
    autre = SeanceFactory(instance=lieu.copil, ouverte=True)
    fiche = FicheFactory(demarche=lieu.demarche, proposee=True, complete=True)
    vise = {"cible": f"fiche:{fiche.uuid}", "etat_vu": "proposee"}
    donnees = {"jeton": uuid.uuid4(), "objet": "Fiche", "texte": "Non.", "nature": "rejet"} | vise
    adresse = reverse("decision_consigner", args=[lieu.uuid, autre.uuid])
    paire = Paire(lieu.gens["coordination"])
    ((ici, ailleurs),) = paire.jouer([
        (envoi(lieu, nature="validation", **vise), lambda client: client.post(adresse, donnees))
    ])  # fmt: skip
    assert sorted([ici.status_code, ailleurs.status_code]) == [302, 422]
    assert Decision.objects.count() == 1


def test_deux_validations_du_meme_jalon_une_seule(lieu):
    Demarche.objects.filter(pk=lieu.demarche.pk).update(etape=Etape.CADRAGE)
    vise = {"nature": "validation", "cible": f"jalon:{Jalon.objects.get(code='cadrage').uuid}"}
    ((un, deux),) = Paire(lieu.gens["coordination"]).jouer([(envoi(lieu, **vise), envoi(lieu, **vise))])
    assert sorted([un.status_code, deux.status_code]) == [302, 422]
    assert Decision.objects.count() == 1


def test_approuver_en_croix_ne_se_bloque_pas(lieu):
    """Une séance close reçoit à la fois un compte rendu récrit et la décision qui l'approuve."""
    close = SeanceFactory(instance=lieu.copil, close=True, compte_rendu="Texte")
    redige = reverse("compte_rendu", args=[lieu.uuid, close.uuid])
    tours = [(
        envoi(lieu, nature="validation", cible=f"seance:{close.uuid}"),
        lambda client: client.post(redige, {"version": 1, "compte_rendu": "Autre"}),
    )]  # fmt: skip
    ((decision, _),) = Paire(lieu.gens["coordination"]).jouer(tours)
    assert decision.status_code == 302


def _convocable(lieu):
    personne = PersonneFactory(gouvernance=lieu.demarche.gouvernance, email="elue@mairie.example")
    SiegeFactory(instance=lieu.copil, structure=personne.structure, personne=personne)
    seance = SeanceFactory(instance=lieu.copil, a_venir=True)
    PointFactory(seance=seance)
    return seance


def test_convoquer_et_prevenir_a_deux_n_ecrit_qu_une_fois(lieu):
    seance = _convocable(lieu)
    convoquer = reverse("seance_agir", args=[lieu.uuid, seance.uuid, "convoquer"])
    prevenir = reverse("seance_prevenir", args=[lieu.uuid, seance.uuid])
    paire = Paire(lieu.gens["coordination"])
    paire.jouer([(lambda client: client.post(convoquer),) * 2])
    assert Courriel.objects.filter(genre=convocations.CONVOCATION).count() == 1
    type(seance).objects.filter(pk=seance.pk).update(lieu="Mairie")
    paire.jouer([(lambda client: client.post(prevenir),) * 2])
    assert Courriel.objects.filter(genre=convocations.CHANGEMENT).count() == 1


def test_deux_passages_des_rappels_ensemble_n_en_ecrivent_qu_un(lieu):
    seance = _convocable(lieu)
    type(seance).objects.filter(pk=seance.pk).update(debut=seance.debut.replace(hour=14))
    seance.refresh_from_db()
    convocations.convoquer(seance.pk, par=None)
    jour = seance.debut.date() - rappels.AVANT
    vus = Paire(lieu.gens["coordination"]).jouer([(lambda _: rappels.rappeler(jour),) * 2] * 5)
    assert sum(nombre for paire in vus for nombre in paire) == 1
    assert Courriel.objects.filter(genre=rappels.RAPPEL).count() == 1


def test_hors_ecran_la_regle_seule_refuse_la_seconde(lieu):
    seance = _convocable(lieu)
    convocations.convoquer(seance.pk, par=None)
    with pytest.raises(ValidationError):
        convocations.convoquer(seance.pk, par=None)
