"""Vraiment en même temps : cent mots de passe faux, deux fois le même lien, deux cents doubles clics."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from gouvernance.models import (
    Courriel,
    Evenement,
    Invitation,
    LienDeConnexion,
    Mandat,
    Role,
    SessionOuverte,
    Utilisateur,
)
from tests.comptes.fabriques import lien_et_code
from tests.gouvernance.fabriques import UtilisateurFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.lent]
PAIRES = 200


@pytest.fixture
def ensemble():
    """`ensemble(actes)` : tous partent ensemble (barrière), chacun dans son fil et sa connexion."""

    def lancer(actes):
        depart = threading.Barrier(len(actes))

        def faire(acte):
            try:
                connection.ensure_connection()
                depart.wait(timeout=30)
                return acte()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(actes)) as fils:
            return list(fils.map(faire, actes))

    return lancer


def par_vagues(actes, largeur=20):
    return [actes[i : i + largeur] for i in range(0, len(actes), largeur)]


@pytest.fixture
def verifications(monkeypatch):
    """Compte les vérifications de mot de passe réellement faites, inconnus compris."""
    faites, verrou = [], threading.Lock()
    encoder = MD5PasswordHasher.encode

    def encode(self, *args, **kwargs):
        with verrou:
            faites.append(1)
        return encoder(self, *args, **kwargs)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return faites


@pytest.mark.parametrize("connue", [True, False], ids=["connue", "inconnue"])
def test_cent_mots_de_passe_faux_a_la_fois_dix_au_plus_sont_evalues(ensemble, verifications, connue):
    email = "agente@essais.example"
    if connue:
        UtilisateurFactory(email=email)
    verifications.clear()

    def essayer(n):
        return lambda: Client().post(reverse("connexion"), {"username": email, "password": f"faux {n}"})

    statuts = []
    for vague in par_vagues([essayer(n) for n in range(100)], 50):
        statuts += [r.status_code for r in ensemble(vague)]
    assert sorted(set(statuts)) == [422, 429]
    assert statuts.count(422) == 10
    assert 0 < len(verifications) <= 10


def test_cent_codes_faux_a_la_fois_cinq_au_plus_sont_evalues(ensemble):
    compte = UtilisateurFactory(email="agente@essais.example")
    Client().post(reverse("lien_demander"), {"email": compte.email})
    _, code = lien_et_code(compte.email)
    faux = f"{(int(code) + 1) % 1_000_000:06d}"

    def essayer():
        return Client().post(reverse("code_saisir"), {"email": compte.email, "code": faux})

    for vague in par_vagues([essayer] * 100, 50):
        ensemble(vague)
    assert LienDeConnexion.objects.get().essais == 5


def test_deux_envois_du_meme_lien_ouvrent_une_seule_session(ensemble):
    compte = UtilisateurFactory(email="agente@essais.example")
    for _ in range(5):
        SessionOuverte.objects.all().delete()
        Client().post(reverse("lien_demander"), {"email": compte.email})
        lien, _ = lien_et_code(compte.email)
        for vague in par_vagues([partial(Client().get, lien)] * 50, 25):
            assert {r.status_code for r in ensemble(vague)} == {200}
        reponses = ensemble([partial(Client().post, lien), partial(Client().post, lien)])
        assert sorted(r.status_code for r in reponses) == [302, 410]
        assert SessionOuverte.objects.count() == 1


def test_le_lien_et_le_code_ensemble_n_ouvrent_qu_une_session(ensemble):
    compte = UtilisateurFactory(email="agente@essais.example")
    Client().post(reverse("lien_demander"), {"email": compte.email})
    lien, code = lien_et_code(compte.email)
    donnees = {"email": compte.email, "code": code}
    reponses = ensemble([lambda: Client().post(lien), lambda: Client().post(reverse("code_saisir"), donnees)])
    assert sum(r.status_code == 302 for r in reponses) == 1
    assert SessionOuverte.objects.count() == 1


def test_deux_cents_doubles_envois_d_invitation_font_deux_cents_invitations(ensemble, demarche, coordination):
    chef = Client()
    chef.force_login(coordination)
    cookie = {"HTTP_COOKIE": f"sessionid={chef.session.session_key}"}

    def paire(n):
        donnees = {"jeton": uuid.uuid4(), "email": f"invitee{n}@essais.example", "role": Role.PARTENAIRE}
        return [lambda: Client(**cookie).post(reverse("invitations", args=[demarche.uuid]), donnees)] * 2

    envois = [acte for n in range(PAIRES) for acte in paire(n)]
    for vague in par_vagues(envois, 20):
        assert {r.status_code for r in ensemble(vague)} == {302}
    assert Invitation.objects.count() == PAIRES
    assert Courriel.objects.filter(genre="invitation").count() == PAIRES
    assert Evenement.objects.filter(action="inviter").count() == PAIRES


def test_deux_personnes_invitent_la_meme_adresse_a_la_fois_une_seule_invitation(
    ensemble, demarche, coordination
):
    chef = Client()
    chef.force_login(coordination)
    cookie = {"HTTP_COOKIE": f"sessionid={chef.session.session_key}"}

    def inviter():
        donnees = {"jeton": uuid.uuid4(), "email": "une@essais.example", "role": Role.PARTENAIRE}
        return Client(**cookie).post(reverse("invitations", args=[demarche.uuid]), donnees)

    statuts = sorted(r.status_code for r in ensemble([inviter] * 6))
    assert statuts == [302] + [422] * 5
    assert Invitation.objects.count() == 1


def test_vingt_doubles_acceptations_font_vingt_comptes(ensemble, demarche, coordination):
    chef = Client()
    chef.force_login(coordination)
    for n in range(20):
        email = f"invitee{n}@essais.example"
        donnees = {"jeton": uuid.uuid4(), "email": email, "role": Role.PARTENAIRE}
        chef.post(reverse("invitations", args=[demarche.uuid]), donnees)
    liens = [lien_et_code(f"invitee{n}@essais.example")[0] for n in range(20)]
    noms = {"prenom": "Référente", "nom": "Associative"}
    envois = [lambda lien=lien: Client().post(lien, noms) for lien in liens for _ in range(2)]
    for vague in par_vagues(envois, 20):
        assert sorted({r.status_code for r in ensemble(vague)}) == [302, 410]
    assert Utilisateur.objects.filter(email__startswith="invitee").count() == 20
    assert Mandat.objects.filter(role=Role.PARTENAIRE).count() == 20
    assert SessionOuverte.objects.filter(utilisateur__email__startswith="invitee").count() == 20
