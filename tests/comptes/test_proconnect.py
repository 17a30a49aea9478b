"""ProConnect, face à un vrai fournisseur local : entrer, être relié, et tout ce qui est faux est refusé."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from gouvernance.comptes.proconnect import reglages as proconnect
from gouvernance.models import Evenement, Moyen, Role, SessionOuverte, Utilisateur
from tests.comptes.fabriques import InvitationFactory
from tests.gouvernance.fabriques import MOT_DE_PASSE, UtilisateurFactory

pytestmark = pytest.mark.django_db


def aller_retour(client, fournisseur, *, suite="/", **parametres):
    depart = client.get(reverse("proconnect"), {"next": suite, **parametres})
    assert depart.url.startswith(fournisseur.url + "/authorize?")
    return client.get(fournisseur.autoriser(depart.url))


def connecte(client) -> bool:
    return "_auth_user_id" in client.session


def test_eteint_par_defaut_ni_bouton_ni_adresse(client):
    assert "ProConnect" not in client.get(reverse("connexion")).content.decode()
    assert client.get(reverse("proconnect")).status_code == 404
    assert client.get(reverse("proconnect_retour")).status_code == 404


def test_allume_par_ses_reglages_seulement_s_ils_sont_complets():
    assert proconnect.reglages(lambda nom, defaut="": defaut)["PROCONNECT"] == ""
    with pytest.raises(ImproperlyConfigured, match="PROCONNECT_CLIENT"):
        proconnect.reglages(lambda nom, defaut="": {"PROCONNECT_URL": "https://pc.example"}.get(nom, defaut))


@pytest.mark.parametrize("signee", [False, True], ids=["json", "jwt"])
def test_on_entre_par_son_adresse_verifiee_puis_par_son_sub(client, fournisseur, signee):
    fournisseur.identite_signee = signee
    compte = UtilisateurFactory(email="agent@essais.example")
    assert "Se connecter avec ProConnect" in client.get(reverse("connexion")).content.decode()
    reponse = aller_retour(client, fournisseur, suite=reverse("sessions"))
    assert (reponse.status_code, reponse.url) == (302, reverse("sessions"))
    assert client.session["_auth_user_id"] == str(compte.pk)
    assert SessionOuverte.objects.get().moyen == Moyen.PROCONNECT
    compte.refresh_from_db()
    assert compte.sub_proconnect == "sub-1"
    assert Evenement.objects.filter(action="relier à ProConnect", par=compte).count() == 1

    client.logout()
    fournisseur.identite |= {"email": "nouvelle@essais.example"}  # l'adresse change, le sub reste
    aller_retour(client, fournisseur)
    assert client.session["_auth_user_id"] == str(compte.pk)


@pytest.mark.parametrize("verifiee", [False, None, "true"])
def test_une_adresse_non_verifiee_ne_relie_pas(client, fournisseur, verifiee):
    UtilisateurFactory(email="agent@essais.example")
    fournisseur.identite["email_verified"] = verifiee
    assert aller_retour(client, fournisseur).status_code == 403
    assert not connecte(client)


def test_un_compte_deja_relie_a_un_autre_ne_change_pas_de_mains(client, fournisseur):
    compte = UtilisateurFactory(email="agent@essais.example", sub_proconnect="sub-d-avant")
    assert aller_retour(client, fournisseur).status_code == 403
    compte.refresh_from_db()
    assert compte.sub_proconnect == "sub-d-avant"
    assert not connecte(client)


@pytest.mark.parametrize("relie", [True, False])
def test_un_compte_ferme_n_entre_pas(client, fournisseur, relie):
    UtilisateurFactory(
        email="agent@essais.example", is_active=False, sub_proconnect="sub-1" if relie else None
    )
    assert aller_retour(client, fournisseur).status_code == 403
    assert not connecte(client)


def test_sans_invitation_aucun_compte_n_est_cree_et_on_le_dit(client, fournisseur):
    reponse = aller_retour(client, fournisseur)
    assert reponse.status_code == 403
    assert "Un compte s’ouvre sur invitation" in reponse.content.decode()
    assert not Utilisateur.objects.exists()


def test_avec_une_invitation_on_est_mene_a_l_accepter(client, fournisseur, demarche):
    invitation = InvitationFactory(demarche=demarche, email="agent@essais.example", role=Role.ELU)
    reponse = aller_retour(client, fournisseur)
    assert reponse.url == reverse("invitation_prouvee")
    assert not Utilisateur.objects.exists()
    client.post(reponse.url, {"prenom": "Agente", "nom": "Reçue"})
    invitation.refresh_from_db()
    assert invitation.utilisateur.email == "agent@essais.example"
    assert invitation.utilisateur.mandats.get().role == Role.ELU


FAUX = {
    "nonce": lambda f: f.jeton.update(nonce="un-autre"),
    "sans nonce": lambda f: f.jeton.update(nonce=None),
    "destinataire": lambda f: f.jeton.update(aud="un-autre-site"),
    "sans destinataire": lambda f: f.jeton.update(aud=None),
    "emetteur": lambda f: f.jeton.update(iss="https://ailleurs.example"),
    "echeance": lambda f: f.jeton.update(exp=int(time.time()) - 3600),
    "sans echeance": lambda f: f.jeton.update(exp=None),
    "signature": lambda f: setattr(f, "signer_avec", f.autre_cle),
    "algorithme faible": lambda f: setattr(f, "algorithme", "HS256"),
    "sans signature": lambda f: setattr(f, "algorithme", "none"),
    "identite d'un autre": lambda f: f.jeton.update(sub="sub-2"),
}


@pytest.mark.parametrize("faux", FAUX)
def test_un_jeton_fausse_n_ouvre_rien(client, fournisseur, faux):
    UtilisateurFactory(email="agent@essais.example", sub_proconnect="sub-1")
    FAUX[faux](fournisseur)
    reponse = aller_retour(client, fournisseur)
    assert reponse.status_code == 403, faux
    assert "n’a pas abouti" in reponse.content.decode()
    assert not connecte(client)


def test_un_etat_invente_ou_rejoue_n_ouvre_rien(client, fournisseur):
    UtilisateurFactory(email="agent@essais.example")
    depart = client.get(reverse("proconnect"))
    retour = fournisseur.autoriser(depart.url)
    etat = parse_qs(urlsplit(retour).query)["state"][0]
    assert client.get(retour.replace(etat, "invente")).status_code == 403
    assert not connecte(client)
    assert client.get(retour).status_code == 302
    client.logout()
    assert client.get(retour).status_code == 403  # déjà servi
    assert not connecte(client)


def test_le_retour_destine_a_un_autre_navigateur_n_ouvre_rien(client, fournisseur):
    UtilisateurFactory(email="agent@essais.example")
    retour = fournisseur.autoriser(client.get(reverse("proconnect")).url)
    ailleurs = type(client)()
    assert ailleurs.get(retour).status_code == 403
    assert not connecte(ailleurs)


def test_un_refus_ou_une_panne_se_dit_et_laisse_connecte_qui_l_etait(client, fournisseur):
    compte = UtilisateurFactory()
    client.force_login(compte)
    assert client.get(reverse("proconnect_retour"), {"error": "access_denied"}).status_code == 403
    retour = fournisseur.autoriser(client.get(reverse("proconnect")).url)
    fournisseur.codes.clear()
    assert client.get(retour).status_code == 403
    assert client.session["_auth_user_id"] == str(compte.pk)


def test_se_deconnecter_ferme_aussi_chez_proconnect(client, fournisseur):
    UtilisateurFactory(email="agent@essais.example")
    aller_retour(client, fournisseur)
    reponse = client.post(reverse("deconnexion"))
    assert reponse.url.startswith(fournisseur.url + "/session/end?")
    parametres = parse_qs(urlsplit(reponse.url).query)
    assert parametres["post_logout_redirect_uri"] == ["http://testserver/"]
    assert parametres["id_token_hint"][0].count(".") == 2
    assert not connecte(client)
    assert not SessionOuverte.objects.exists()


def test_entre_par_mot_de_passe_on_ne_ressort_pas_par_proconnect(client, fournisseur):
    compte = UtilisateurFactory()
    client.post(reverse("connexion"), {"username": compte.email, "password": MOT_DE_PASSE})
    assert client.post(reverse("deconnexion")).url == reverse("accueil")


def test_la_preuve_n_est_fraiche_que_si_proconnect_vient_de_verifier(client, fournisseur):
    """Une identité dont le fournisseur se souvient ne vaut pas preuve ; `confirmer` la lui fait vérifier."""
    compte = UtilisateurFactory(email="agent@essais.example")
    aller_retour(client, fournisseur)
    session = SessionOuverte.objects.get()
    assert timezone.now() - session.authentifiee_le > timedelta(minutes=15)
    assert "prompt" not in fournisseur.demandes[-1]

    reponse = aller_retour(client, fournisseur, suite=reverse("sessions"), confirmer="oui")
    assert fournisseur.demandes[-1]["prompt"] == "login"
    assert reponse.url == reverse("sessions")
    session.refresh_from_db()
    assert timezone.now() - session.authentifiee_le < timedelta(minutes=1)
    assert Evenement.objects.filter(action="confirmer son identité", par=compte).exists()


@pytest.mark.parametrize("age", [None, 3600])
def test_oter_prompt_login_de_l_adresse_ne_vaut_pas_preuve(client, fournisseur, age):
    """Devant un poste laissé ouvert, ProConnect se souvient de la personne : cela ne prouve rien."""
    client.force_login(UtilisateurFactory(email="agent@essais.example"))
    vieille = timezone.now() - timedelta(hours=1)
    SessionOuverte.objects.update(authentifiee_le=vieille)
    fournisseur.jeton = {"auth_time": age and int(time.time()) - age}
    reponse = aller_retour(client, fournisseur, confirmer="oui")
    assert reponse.status_code == 403
    assert "sans vérifier de nouveau votre identité" in reponse.content.decode()
    assert SessionOuverte.objects.get().authentifiee_le == vieille


def test_revenir_de_proconnect_sans_l_avoir_fait_verifier_ne_rafraichit_pas_la_preuve(client, fournisseur):
    compte = UtilisateurFactory(email="agent@essais.example")
    client.force_login(compte)
    vieille = timezone.now() - timedelta(hours=1)
    SessionOuverte.objects.update(authentifiee_le=vieille)
    aller_retour(client, fournisseur)
    assert SessionOuverte.objects.get().authentifiee_le == vieille


def test_la_suite_ne_sort_pas_du_site(client, fournisseur):
    UtilisateurFactory(email="agent@essais.example")
    assert aller_retour(client, fournisseur, suite="https://ailleurs.example/").url == "/"
