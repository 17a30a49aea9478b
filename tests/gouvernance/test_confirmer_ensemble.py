"""Confirmer plusieurs candidats à la fois : leurs noms se lisent d'abord, tous le sont ou aucun."""

import uuid
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from gouvernance.acteurs import membres
from gouvernance.models import Courriel, Evenement, Membre, Role, StatutMembre
from tests.gouvernance.fabriques import MembreFactory, StructureFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
CADREURS = {Role.COORDINATION, Role.CO_PORTEUR, "administration"}


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


@pytest.fixture
def attendent(lieu):
    """Deux structures inscrites par la coordination, une qui s'est présentée."""
    presentee = {"candidature_nom": "Une directrice", "candidature_email": "directrice@val.example"}
    gouvernance = lieu.demarche.gouvernance
    return [
        MembreFactory(gouvernance=gouvernance, candidat=True, structure=StructureFactory(nom=nom), **champs)
        for nom, champs in (("Agence du Val", {}), ("Centre social", presentee), ("Mission locale", {}))
    ]


def page(lieu):
    return reverse("membres_confirmer", args=[lieu.uuid])


def envoyer(client, lieu, choisis, jeton=None, **suite):
    donnees = {"membres": [m.uuid for m in choisis], "jeton": jeton or uuid.uuid4()}
    return client.post(page(lieu), donnees, **suite)


def confirmes():
    return set(
        Membre.objects.filter(statut=StatutMembre.CONFIRME).values_list("structure__nom", flat=True)
    ) & {"Agence du Val", "Centre social", "Mission locale"}


@pytest.mark.parametrize("role", ROLES)
def test_qui_confirme(client, lieu, attendent, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, CADREURS)
    assert client.get(page(lieu)).status_code == {302: 200}.get(attendu, attendu)
    assert envoyer(client, lieu, attendent).status_code == attendu
    assert len(confirmes()) == (3 if attendu == 302 else 0)


def test_les_noms_se_lisent_avant_et_chacun_a_sa_ligne_au_journal(client, lieu, attendent):
    for nom in ("gouvernance", "membres"):
        assert page(lieu) in client.get(reverse(nom, args=[lieu.uuid])).content.decode()
    agence, centre, mission = attendent
    vue = client.get(page(lieu))
    html = unescape(vue.content.decode())
    for membre in attendent:
        assert membre.structure.nom in html
    assert vue.context["formulaire"]["membres"].value() == [agence.uuid, mission.uuid], "cochés d’avance"
    suite = envoyer(client, lieu, [agence, centre], follow=True)
    assert suite.redirect_chain[-1][0] == reverse("membres", args=[lieu.uuid])
    assert confirmes() == {"Agence du Val", "Centre social"}
    lignes = Evenement.objects.filter(action="changer le statut")
    assert {(e.objet, e.vers, e.par) for e in lignes} == {
        (str(m.structure), "Confirmé", lieu.gens["coordination"]) for m in (agence, centre)
    }
    assert Courriel.objects.get().destinataire == "directrice@val.example"
    mission.refresh_from_db()
    assert (mission.statut, mission.confirme_le) == (StatutMembre.CANDIDAT, None)
    seule = client.get(reverse("membres", args=[lieu.uuid])).content.decode()
    assert page(lieu) not in seule, "une seule se confirme d’un bouton"


def test_tous_ou_aucun(client, lieu, attendent):
    """Une autre main en a confirmé une entre-temps : rien ne change, et on la nomme."""
    membres.changer_statut(
        attendent[0].pk, StatutMembre.CONFIRME, par=lieu.gens["co_porteur"], demarche=lieu.demarche
    )
    refus = envoyer(client, lieu, attendent)
    assert refus.status_code == 422
    assert "« Agence du Val » n’est plus candidate : rien n’a été changé" in unescape(refus.content.decode())
    assert confirmes() == {"Agence du Val"}


def test_rien_de_coche_ou_un_membre_d_ailleurs(client, lieu, attendent):
    ailleurs = MembreFactory(gouvernance__departement__code="33", candidat=True)
    assert "Cochez au moins une structure" in envoyer(client, lieu, []).content.decode()
    assert envoyer(client, lieu, [attendent[0], ailleurs]).status_code == 422
    with pytest.raises(ValidationError):
        membres.confirmer([ailleurs], par=None, demarche=lieu.demarche)
    assert confirmes() == set()
    ailleurs.refresh_from_db()
    assert ailleurs.statut == StatutMembre.CANDIDAT


def test_un_double_clic_ne_confirme_qu_une_fois(client, lieu, attendent):
    jeton = uuid.uuid4()
    assert envoyer(client, lieu, attendent, jeton).status_code == 302
    suite = envoyer(client, lieu, attendent, jeton, follow=True)
    assert "second envoi" in unescape(suite.content.decode())
    assert Evenement.objects.filter(action="changer le statut").count() == 3


def test_personne_n_attend(client, lieu):
    assert "Aucune structure n’attend d’être confirmée" in unescape(client.get(page(lieu)).content.decode())
    assert envoyer(client, lieu, []).status_code == 422


def test_le_nombre_de_requetes_est_constant(client, lieu, attendent, compter_requetes):
    avant = compter_requetes(page(lieu))
    MembreFactory.create_batch(5, gouvernance=lieu.demarche.gouvernance, candidat=True)
    assert compter_requetes(page(lieu)) == avant <= 10
