"""Inviter : qui peut, ce que reçoit la personne, accepter une fois, renvoyer, annuler, expirer."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gouvernance.models import (
    Courriel,
    Etape,
    Evenement,
    Invitation,
    Mandat,
    Moyen,
    Role,
    SessionOuverte,
    Utilisateur,
)
from tests.comptes.fabriques import InvitationFactory, courriel_recu, lien_et_code
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, MembreFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db
INVITEE = "referente@asso.example"
NOMS = {"prenom": "Référente", "nom": "Associative"}
MOT = "quatre-mots-sans-rapport"


@pytest.fixture
def chef(client, coordination):
    client.force_login(coordination)
    return client


def inviter(client, demarche, **champs):
    donnees = {"jeton": uuid.uuid4(), "email": INVITEE, "role": Role.PARTENAIRE, **champs}
    return client.post(reverse("invitations", args=[demarche.uuid]), donnees)


def agir(client, invitation, action, **donnees):
    return client.post(
        reverse("invitation_agir", args=[invitation.demarche.uuid, invitation.uuid, action]), donnees
    )


def test_de_l_invitation_au_compte_ouvert(client, chef, demarche, coordination):
    structure = MembreFactory(gouvernance=demarche.gouvernance).structure
    reponse = inviter(chef, demarche, message="Comme convenu au COPIL.", structure=structure.pk, **NOMS)
    assert reponse.status_code == 302
    page = chef.get(reponse.url).content.decode()
    assert INVITEE in page
    message = courriel_recu(INVITEE)
    assert message.subject == f"Coordination Préfecture vous invite : {demarche.nom}"
    fin = Invitation.objects.get().expire_le
    assert timedelta(days=13, hours=23) < fin - timezone.now() <= timedelta(days=14)
    for mot in ("Coordination Préfecture", "Partenaire", "Comme convenu au COPIL.", str(structure), "Ne"):
        assert mot in message.body, mot

    lien, _ = lien_et_code(INVITEE)
    invitee = type(client)()
    page = invitee.get(lien).content.decode()
    for mot in (
        "Coordination Préfecture vous invite",
        demarche.nom,
        "Partenaire",
        "Comme convenu",
        "Accepter",
    ):
        assert mot in page, mot
    assert not Utilisateur.objects.filter(email=INVITEE).exists()
    reponse = invitee.post(lien, {**NOMS, "mot_de_passe": MOT, "confirmation": MOT})
    assert reponse.url == reverse("demarche", args=[demarche.uuid])
    assert invitee.get(reponse.url).status_code == 200
    compte = Utilisateur.objects.get(email=INVITEE)
    assert (compte.prenom, compte.nom, compte.structure) == ("Référente", "Associative", structure)
    assert compte.check_password(MOT)
    assert compte.mandats.get().role == Role.PARTENAIRE
    assert SessionOuverte.objects.get(utilisateur=compte).moyen == Moyen.LIEN
    actions = Evenement.objects.filter(demarche=demarche).values_list("action", flat=True)
    assert {"inviter", "créer son compte", "accepter l’invitation", "recevoir un rôle"} <= set(actions)
    assert not chef.get(reverse("invitations", args=[demarche.uuid])).context["en_cours"]


def test_sans_mot_de_passe_le_compte_s_ouvre_aussi(client, demarche, chef):
    inviter(chef, demarche)
    lien, _ = lien_et_code(INVITEE)
    assert type(client)().post(lien, NOMS).status_code == 302
    assert not Utilisateur.objects.get(email=INVITEE).has_usable_password()


@pytest.mark.parametrize(
    ("donnees", "phrase"),
    [
        ({"prenom": "", "nom": ""}, "Prénom"),
        ({**NOMS, "mot_de_passe": "1234", "confirmation": "1234"}, "trop court"),
        ({**NOMS, "mot_de_passe": MOT, "confirmation": "autre"}, "Les deux mots de passe diffèrent"),
    ],
)
def test_une_saisie_fausse_n_use_pas_l_invitation(client, demarche, chef, donnees, phrase):
    inviter(chef, demarche)
    lien, _ = lien_et_code(INVITEE)
    reponse = type(client)().post(lien, donnees)
    assert reponse.status_code == 422
    assert phrase in reponse.content.decode()
    assert Invitation.objects.get().acceptee_le is None
    assert type(client)().post(lien, NOMS).status_code == 302


def test_cinquante_get_n_usent_rien(client, demarche, chef):
    inviter(chef, demarche)
    lien, _ = lien_et_code(INVITEE)
    avant = list(Invitation.objects.values())
    for _ in range(50):
        assert type(client)().get(lien).status_code == 200
    assert list(Invitation.objects.values()) == avant
    assert not Utilisateur.objects.filter(email=INVITEE).exists()


def test_un_compte_existant_accepte_puis_se_connecte_comme_d_habitude(client, demarche, chef):
    """Un lien valable quatorze jours ne doit pas ouvrir un compte qui existe déjà."""
    compte = UtilisateurFactory(email=INVITEE, prenom="Déjà", nom="Là")
    inviter(chef, demarche, prenom="Autre", nom="Nom")
    lien, _ = lien_et_code(INVITEE)
    invitee = type(client)()
    page = invitee.get(lien)
    assert "prenom" not in page.context["formulaire"].fields
    reponse = invitee.post(lien)
    assert reponse.url == f"{reverse('connexion')}?next={reverse('demarche', args=[demarche.uuid])}"
    assert "_auth_user_id" not in invitee.session
    assert f'value="{INVITEE}"' in invitee.get(reponse.url).content.decode()
    compte.refresh_from_db()
    assert str(compte) == "Déjà Là"
    assert compte.mandats.get().role == Role.PARTENAIRE


def test_connecte_avec_ce_compte_on_accepte_d_un_bouton(client, demarche, chef):
    compte = UtilisateurFactory(email=INVITEE)
    inviter(chef, demarche)
    lien, _ = lien_et_code(INVITEE)
    invitee = type(client)()
    invitee.force_login(compte)
    for _ in range(2):  # le second clic mène au même endroit
        assert invitee.post(lien).url == reverse("demarche", args=[demarche.uuid])
    assert invitee.get(reverse("demarche", args=[demarche.uuid])).status_code == 200
    assert Mandat.objects.filter(utilisateur=compte).count() == 1


def test_connecte_avec_un_autre_compte_on_est_prie_d_en_sortir(client, demarche, chef):
    inviter(chef, demarche)
    lien, _ = lien_et_code(INVITEE)
    autre = type(client)()
    autre.force_login(UtilisateurFactory())
    assert "Vous êtes connecté avec un autre compte" in autre.get(lien).content.decode()
    assert autre.post(lien, NOMS).status_code == 422
    assert Invitation.objects.get().acceptee_le is None


def test_un_compte_ferme_n_est_pas_rouvert_par_une_invitation(client, demarche, chef):
    UtilisateurFactory(email=INVITEE, is_active=False)
    inviter(chef, demarche)
    reponse = type(client)().post(lien_et_code(INVITEE)[0])
    assert reponse.status_code == 422
    assert "fermé" in reponse.content.decode()
    assert not Mandat.objects.filter(utilisateur__email=INVITEE).exists()


@pytest.mark.parametrize("cas", ["acceptee", "annulee", "expiree", "renvoyee", "inconnue"])
def test_ce_qui_ne_vaut_plus_propose_un_nouveau_lien(client, demarche, chef, cas):
    inviter(chef, demarche)
    lien, _ = lien_et_code(INVITEE)
    invitation = Invitation.objects.get()
    if cas == "acceptee":
        type(client)().post(lien, NOMS)
    elif cas == "expiree":
        Invitation.objects.update(expire_le=timezone.now() - timedelta(seconds=1))
    elif cas == "inconnue":
        lien = reverse("invitation", args=["x" * 43])
    else:
        agir(chef, invitation, "annuler" if cas == "annulee" else "renvoyer")
    ailleurs = type(client)()
    comptes = Utilisateur.objects.count()
    for reponse in (ailleurs.get(lien), ailleurs.post(lien, NOMS)):
        assert reponse.status_code == 410
        assert "Recevoir un nouveau lien" in reponse.content.decode()
    assert Utilisateur.objects.count() == comptes
    assert "_auth_user_id" not in ailleurs.session


def test_le_code_mene_a_l_invitation_et_cinq_faux_la_ferment(client, demarche, chef):
    inviter(chef, demarche)
    _, code = lien_et_code(INVITEE)
    faux = f"{(int(code) + 1) % 1_000_000:06d}"
    invitee = type(client)()
    assert invitee.get(reverse("invitation_prouvee")).status_code == 410
    for _ in range(4):
        assert invitee.post(reverse("code_saisir"), {"email": INVITEE, "code": faux}).status_code == 422
    reponse = invitee.post(reverse("code_saisir"), {"email": INVITEE, "code": code})
    assert reponse.url == reverse("invitation_prouvee")
    assert demarche.nom in invitee.get(reponse.url).content.decode()
    invitee.post(reverse("code_saisir"), {"email": INVITEE, "code": faux})
    autre = type(client)()
    assert autre.post(reverse("code_saisir"), {"email": INVITEE, "code": code}).status_code == 422
    assert invitee.post(reponse.url, NOMS).url == reverse("demarche", args=[demarche.uuid])


def test_renvoyer_donne_un_lien_neuf_et_un_double_clic_un_seul_courriel(client, demarche, chef):
    inviter(chef, demarche)
    premier, _ = lien_et_code(INVITEE)
    invitation, jeton = chef.get(reverse("invitations", args=[demarche.uuid])).context["en_cours"][0]
    Invitation.objects.update(expire_le=timezone.now() - timedelta(days=1), essais=5)
    for _ in range(2):
        assert agir(chef, invitation, "renvoyer", jeton=jeton).status_code == 302
    assert Courriel.objects.filter(genre="invitation").count() == 2
    second, code = lien_et_code(INVITEE)
    assert second != premier
    invitee = type(client)()
    assert invitee.post(reverse("code_saisir"), {"email": INVITEE, "code": code}).status_code == 302


def test_annuler_est_journalise_et_ne_se_fait_qu_une_fois(client, demarche, chef, coordination):
    inviter(chef, demarche)
    invitation = Invitation.objects.get()
    agir(chef, invitation, "annuler")
    agir(chef, invitation, "renvoyer")
    agir(chef, invitation, "annuler")
    assert Evenement.objects.filter(action="annuler l’invitation", par=coordination).count() == 1
    assert Courriel.objects.filter(genre="invitation").count() == 1
    assert inviter(chef, demarche).status_code == 302  # la place est libre de nouveau


@pytest.mark.parametrize(
    "cas", ["deja invitee", "deja ce role", "structure d’ailleurs", "role inconnu", "vide"]
)
def test_une_invitation_sans_objet_est_refusee_en_francais(demarche, chef, cas):
    champs = {}
    if cas == "deja invitee":
        inviter(chef, demarche, email=INVITEE.upper())
    elif cas == "deja ce role":
        MandatFactory(demarche=demarche, role=Role.PARTENAIRE, utilisateur__email=INVITEE)
    elif cas == "structure d’ailleurs":
        champs["structure"] = MembreFactory(gouvernance__departement__code="33").structure.pk
    elif cas == "role inconnu":
        champs["role"] = "roi"
    else:
        champs["email"] = ""
    avant = Invitation.objects.count()
    reponse = inviter(chef, demarche, message="Un mot.", **champs)
    assert reponse.status_code == 422
    assert "Un mot." in reponse.content.decode()
    assert Invitation.objects.count() == avant


ROLES_PERMIS = {Role.COORDINATION: set(Role), Role.CO_PORTEUR: set(Role) - {Role.COORDINATION}}


@pytest.mark.parametrize("qui", Role)
@pytest.mark.parametrize("role", [Role.COORDINATION, Role.ELU])
def test_chacun_n_invite_qu_aux_roles_qu_il_peut_donner(client, demarche, coordination, qui, role):
    client.force_login(MandatFactory(demarche=demarche, role=qui).utilisateur)
    reponse = inviter(client, demarche, role=role)
    permis = role in ROLES_PERMIS.get(qui, set())
    assert reponse.status_code == (302 if permis else 422 if qui == Role.CO_PORTEUR else 403)
    assert Invitation.objects.exists() is permis


@pytest.mark.parametrize("action", ["renvoyer", "annuler"])
def test_un_co_porteur_ne_touche_pas_a_l_invitation_d_une_coordination(
    client, demarche, coordination, action
):
    invitation = InvitationFactory(demarche=demarche, role=Role.COORDINATION, cree_par=coordination)
    client.force_login(MandatFactory(demarche=demarche, role=Role.CO_PORTEUR).utilisateur)
    assert agir(client, invitation, action).status_code == 403
    page = client.get(reverse("invitations", args=[demarche.uuid])).content.decode()
    assert "La coordination seule la modifie" in page


def test_l_invitation_d_une_autre_demarche_n_existe_pas(chef, demarche):
    ailleurs = InvitationFactory(demarche=DemarcheFactory(gouvernance__departement__code="33"))
    adresse = reverse("invitation_agir", args=[demarche.uuid, ailleurs.uuid, "annuler"])
    assert chef.post(adresse).status_code == 404
    assert chef.get(reverse("invitations", args=[ailleurs.demarche.uuid])).status_code == 404
    assert chef.post(adresse.replace("annuler", "voler")).status_code == 404


def test_on_n_invite_plus_dans_une_demarche_abandonnee(chef, demarche):
    type(demarche).objects.filter(pk=demarche.pk).update(
        etape=Etape.ABANDONNEE, abandonnee_le=timezone.now(), motif="Sans moyens."
    )
    reponse = inviter(chef, demarche)
    assert reponse.status_code == 422
    assert "abandonnée" in reponse.content.decode()


def test_ni_jeton_ni_code_au_journal_ni_au_courriel_garde(client, demarche, chef):
    inviter(chef, demarche)
    lien, code = lien_et_code(INVITEE)
    type(client)().post(lien, {**NOMS, "mot_de_passe": MOT, "confirmation": MOT})
    jeton = lien.split("/")[2]
    assert len(jeton) == 43
    garde = str([*Evenement.objects.values(), *Courriel.objects.values(), *Invitation.objects.values()])
    assert jeton not in garde
    assert MOT not in garde
    assert f"    {code}" not in garde


def test_la_page_coute_autant_pour_dix_ou_trente(chef, demarche, coordination, compter_requetes):
    adresse = reverse("invitations", args=[demarche.uuid])
    InvitationFactory.create_batch(10, demarche=demarche, cree_par=coordination)
    avant = compter_requetes(adresse)
    InvitationFactory.create_batch(20, demarche=demarche, cree_par=coordination)
    assert compter_requetes(adresse) == avant <= 10


def test_la_page_gouvernance_y_mene(chef, demarche):
    page = chef.get(reverse("gouvernance", args=[demarche.uuid])).content.decode()
    assert reverse("invitations", args=[demarche.uuid]) in page
