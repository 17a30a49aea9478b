"""Plusieurs mains à la fois, avec de vrais fils et une barrière : rien ne se perd, rien ne se double."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import fiches, parcours
from feuille_de_route.models import FicheAction
from gouvernance.decisions import SaisieDecision
from gouvernance.models import Demarche, Etape, Evenement, NatureDecision, Role
from tests.feuille_de_route.conftest import compte
from tests.feuille_de_route.fabriques import FicheFactory
from tests.feuille_de_route.saisies import adresse, envoi
from tests.feuille_de_route.simultane import copie, ensemble, poster_ensemble
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, SeanceFactory

pytestmark = pytest.mark.django_db(transaction=True)
EDITEURS = 50
TOURS = int(os.environ.get("TOURS_DE_SAISIE", "6"))  # vingt : la promesse entière, une demi-minute
MARQUE = re.compile(r"\[\d+-\d+\]")


@pytest.fixture
def redactrice():
    demarche = DemarcheFactory(avec_cadre=True, etape=Etape.PLAN_ACTIONS)
    mandat = MandatFactory(demarche=demarche, utilisateur=compte())
    client = Client()
    client.force_login(mandat.utilisateur)
    client.demarche = demarche
    return client


def test_cinquante_redacteurs_aucune_ecriture_perdue(redactrice):
    fiche = FicheFactory(demarche=redactrice.demarche)
    url = adresse("fiche_section", fiche, "sens")
    lus, barriere = {}, Barrier(EDITEURS, timeout=120)

    def ecrire(rang):
        client, resultats = copie(redactrice), []
        for tour in range(TOURS):
            marque = f"[{rang}-{tour}]"
            barriere.wait()
            donnees = dict(lus)
            donnees |= {"objectifs": donnees.get("objectifs", "") + marque, "jeton": jeton(rang, tour)}
            reponse = client.post(url, donnees)
            resultats.append((marque, reponse.status_code, marque in reponse.content.decode()))
            barriere.wait()
            if rang == 0:
                lus.update(envoi(redactrice.get(url).context["formulaire"]))
            barriere.wait()
        return resultats

    lus.update(envoi(redactrice.get(url).context["formulaire"]))
    resultats = [r for liste in ensemble(EDITEURS, ecrire) for r in liste]
    fiche.refresh_from_db()
    acceptees = {marque for marque, statut, _ in resultats if statut == 302}
    assert set(MARQUE.findall(fiche.objectifs)) == acceptees  # aucune écriture acceptée n'a disparu
    assert fiche.version == 1 + len(acceptees) == 1 + TOURS
    assert Evenement.objects.count() == len(acceptees)
    perdants = [(statut, rendu) for _, statut, rendu in resultats if statut != 302]
    assert perdants == [(409, True)] * (EDITEURS * TOURS - TOURS)  # chacun retrouve son texte


def test_vingt_redacteurs_ajoutent_chacun_une_ligne_et_toutes_restent(redactrice):
    """Partis de la même lecture, à la même seconde : leurs lignes s'ajoutent, sans conflit ni doublon."""
    fiche = FicheFactory(demarche=redactrice.demarche)
    url = adresse("fiche_section", fiche, "temps")
    lus, barriere = envoi(redactrice.get(url).context["formulaire"]), Barrier(20, timeout=60)

    def ajouter(rang):
        client, neuve = copie(redactrice), {"etapes-0-libelle": f"Étape {rang}", "jeton": jeton(rang, 0)}
        barriere.wait()
        return client.post(url, {**lus, **neuve}).status_code

    assert ensemble(20, ajouter) == [302] * 20
    assert {e.libelle for e in fiche.etapes.all()} == {f"Étape {rang}" for rang in range(20)}
    assert fiche.etapes.count() == 20


def jeton(rang, tour):
    return f"00000000-0000-4000-8000-{rang:06d}{tour:06d}"


def test_un_double_clic_simultane_ne_cree_qu_une_fiche(redactrice):
    url = reverse("fiche_ajouter", args=[redactrice.demarche.uuid])
    for tour in range(10):
        donnees = envoi(redactrice.get(url).context["formulaire"], titre=f"Un bus {tour}")
        assert poster_ensemble(redactrice, url, [donnees] * 2) == [302, 302]
        assert FicheAction.objects.count() == tour + 1
    assert Evenement.objects.filter(action="créer").count() == 10


def test_huit_creations_a_la_fois_se_numerotent_sans_trou(redactrice):
    url = reverse("fiche_ajouter", args=[redactrice.demarche.uuid])
    barriere = Barrier(8, timeout=30)
    clients = [copie(redactrice) for _ in range(8)]
    formulaire = redactrice.get(url).context["formulaire"]  # hors des fils : Django y mêle les contextes
    saisies = {
        (rang, tour): envoi(formulaire, titre=f"Fiche {rang}-{tour}", jeton=jeton(rang, tour))
        for rang in range(8)
        for tour in range(3)
    }

    def creer(rang):
        statuts = []
        for tour in range(3):
            barriere.wait()
            statuts.append(clients[rang].post(url, saisies[rang, tour]).status_code)
        return statuts

    assert ensemble(8, creer) == [[302] * 3] * 8
    assert sorted(FicheAction.objects.values_list("numero", flat=True)) == list(range(1, 25))


def test_decider_et_renvoyer_en_meme_temps_ne_s_attendent_pas(redactrice):
    """La démarche se verrouille toujours avant la fiche : ni interblocage, ni deux effets."""
    demarche = redactrice.demarche
    pilote = MandatFactory(demarche=demarche, role=Role.CO_PORTEUR, utilisateur=compte()).utilisateur
    seance = SeanceFactory(instance=demarche.instances.get(), ouverte=True)
    saisie = SaisieDecision(nature=NatureDecision.ORIENTATION, objet="Retenir la fiche")
    actes = {
        0: lambda pk: parcours.consigner_decision(seance.pk, saisie, par=pilote, retenir=[pk]),
        1: lambda pk: fiches.effectuer("renvoyer", pk, par=pilote, motif="À préciser."),
    }
    for _ in range(12):
        fiche = FicheFactory(demarche=demarche, complete=True, proposee=True)
        barriere = Barrier(2, timeout=30)

        def agir(rang, fiche=fiche, barriere=barriere):
            barriere.wait()
            try:
                actes[rang](fiche.pk)
            except ValidationError:
                return "refus"
            return "fait"

        assert "fait" in ensemble(2, agir)
        fiche.refresh_from_db()
        assert fiche.etat in {"retenue", "a_completer"}


def test_une_fiche_ne_change_pas_pendant_qu_on_soumet(redactrice):
    """Qui enregistre pendant la soumission attend, puis lit que c’est trop tard."""
    fiche = FicheFactory(demarche=redactrice.demarche)
    url = adresse("fiche_section", fiche, "identite")
    donnees = envoi(redactrice.get(url).context["formulaire"], titre="Après coup")
    with ThreadPoolExecutor(1) as fil:
        with transaction.atomic():
            demarches = Demarche.objects.filter(pk=redactrice.demarche.pk)
            demarches.select_for_update(of=("self",)).get()
            demarches.update(etape=Etape.SOUMISE, soumise_le=timezone.now())
            envoyee = fil.submit(lambda: (redactrice.post(url, donnees), connections.close_all())[0])
            with pytest.raises(TimeoutError):
                envoyee.result(timeout=1.5)
        reponse = envoyee.result(timeout=30)
    assert reponse.status_code == 422
    assert "Après coup" in reponse.content.decode()
    fiche.refresh_from_db()
    assert fiche.titre != "Après coup"
