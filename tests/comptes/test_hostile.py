"""Ce qu’un compte malveillant, ou maladroit, tente à la porte : chaque essai échoue sans rien laisser."""

from uuid import uuid4

import pytest
from django.urls import reverse

from gouvernance.models import Gouvernance, Invitation, Role, Utilisateur
from tests.gouvernance.fabriques import (
    MOT_DE_PASSE,
    CollegeFactory,
    MandatFactory,
    MembreFactory,
    StructureFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db


def inviter(client, demarche, **donnees):
    saisie = {"jeton": uuid4(), "email": "invitee@essais.example", "role": Role.LECTURE, **donnees}
    return client.post(reverse("invitations", args=[demarche.uuid]), saisie)


@pytest.fixture
def prefecture(demarche):
    structure = StructureFactory(college=CollegeFactory(code="etat"))
    MembreFactory(gouvernance=demarche.gouvernance, structure=structure, statut="confirme")
    return structure


@pytest.fixture
def sans_structure(client, demarche):
    """Une coordination qu’aucune structure n’emploie encore."""
    compte = MandatFactory(demarche=demarche, role=Role.COORDINATION).utilisateur
    Utilisateur.objects.filter(pk=compte.pk).update(structure=None)
    client.force_login(compte)
    return compte


def test_on_ne_se_rattache_pas_a_une_structure_en_s_invitant_soi_meme(client, demarche, sans_structure):
    membre = StructureFactory(college=CollegeFactory(code="associations"))
    MembreFactory(gouvernance=demarche.gouvernance, structure=membre, statut="confirme")
    reponse = inviter(client, demarche, email=sans_structure.email.upper(), structure=membre.pk)
    assert reponse.status_code == 422
    assert "on ne s’invite pas soi-même" in reponse.content.decode()
    assert not Invitation.objects.exists()


def test_l_equipe_de_la_prefecture_ne_se_compose_pas_sans_elle(client, demarche, sans_structure, prefecture):
    """Sinon une coordination extérieure à l’État lirait la note privée par une seconde adresse."""
    reponse = inviter(client, demarche, role=Role.COORDINATION, structure=prefecture.pk)
    assert reponse.status_code == 422
    assert "Un service de l’État invite lui-même" in reponse.content.decode()
    Utilisateur.objects.filter(pk=sans_structure.pk).update(structure=prefecture)
    assert inviter(client, demarche, role=Role.COORDINATION, structure=prefecture.pk).status_code == 302


def test_nul_n_est_invite_co_porteur_quand_la_prefecture_porte_seule(client, demarche, sans_structure):
    Gouvernance.objects.update(prefecture_seule=True)
    reponse = inviter(client, demarche, role=Role.CO_PORTEUR)
    assert "pas de co-porteur" in reponse.content.decode()
    assert not Invitation.objects.exists()


def test_une_adresse_en_capitales_saisie_par_l_administration_se_connecte(client):
    client.force_login(UtilisateurFactory(is_staff=True, is_superuser=True))
    reponse = client.post(reverse("admin:gouvernance_utilisateur_add"), {
        "email": "Agent.Neuf@Essais.example", "prenom": "Agent", "nom": "Neuf", "usable_password": "true",
        "password1": MOT_DE_PASSE, "password2": MOT_DE_PASSE,
    })  # fmt: skip
    assert reponse.status_code == 302
    client.logout()
    saisie = {"username": "Agent.Neuf@Essais.example", "password": MOT_DE_PASSE}
    assert client.post(reverse("connexion"), saisie).status_code == 302


def test_se_connecter_ne_tourne_pas_en_rond(client):
    client.force_login(UtilisateurFactory())
    assert client.get("/connexion/?next=/connexion/").url == reverse("accueil")


def test_le_journal_ne_donne_pas_l_adresse_des_invites(client, demarche, sans_structure):
    inviter(client, demarche, email="nom.secret@essais.example")
    lecteur = MandatFactory(demarche=demarche, role=Role.LECTURE).utilisateur
    client.force_login(lecteur)
    page = client.get(reverse("journal", args=[demarche.uuid])).content.decode()
    assert "Inviter" in page
    assert "nom.secret" not in page
