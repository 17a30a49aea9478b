"""Deux versions envoyées : ce que l'ANCT répond à la première ne change pas l'étape de la seconde."""

import pytest
from django.utils import timezone

from feuille_de_route import parcours, signatures, versions
from feuille_de_route.models import EtatTransmission, Transmission
from gouvernance.models import Demarche, Etape
from tests.feuille_de_route.saisies import url
from tests.feuille_de_route.scenes import anct, consentir, coordination_de, demarche_signee, travailler

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("petit_document")]


@pytest.fixture
def envois(client):
    """La version 1 envoyée et sans réponse ; l'avenant signé et envoyé à son tour."""
    demarche = demarche_signee(1, avec_cadre=True)
    transmettre(client, demarche)
    parcours.reviser(demarche.pk, par=None, motif="Étendre aux communes voisines.")
    versions.figer(demarche, par=None)
    dates = {"soumise_le": timezone.now(), "validee_le": timezone.now()}
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.EN_SIGNATURE, **dates)
    signatures.ouvrir(Demarche.objects.get(pk=demarche.pk), par=None)
    travailler()
    consentir(demarche)
    travailler()
    transmettre(client, demarche)
    client.force_login(anct())
    return Transmission.objects.order_by("pk")


def transmettre(client, demarche):
    client.force_login(coordination_de(demarche))
    assert client.post(url("transmission_demander", demarche), {"confirmer": "oui"}).status_code == 302
    travailler()


def repondre(client, envoi, acte, **donnees):
    adresse = url("transmission_repondre", envoi.demarche, envoi.uuid, acte)
    assert client.post(adresse, donnees).status_code == 302
    return Demarche.objects.get(pk=envoi.demarche_id)


def test_l_accuse_de_la_version_1_n_est_pas_celui_de_l_avenant(client, envois):
    premier, second = envois
    assert repondre(client, premier, "accuser", reference="ANCT-1").etape == Etape.TRANSMISE
    assert repondre(client, second, "accuser", reference="ANCT-2").etape == Etape.MISE_EN_OEUVRE
    assert {e.etat for e in envois.all()} == {EtatTransmission.ACCUSEE}


def test_un_complement_demande_sur_la_version_1_ne_rouvre_pas_l_envoi_de_l_avenant(client, envois):
    premier = envois[0]
    demarche = repondre(client, premier, "complement", complement="Il manque une annexe.")
    assert demarche.etape == Etape.TRANSMISE
    client.force_login(coordination_de(demarche))
    assert client.post(url("transmission_demander", demarche), {"confirmer": "oui"}).status_code == 422
    assert envois.count() == 2
