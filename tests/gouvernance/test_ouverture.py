"""Ouvrir une démarche : qui, où, et sans recouvrir le territoire d'une autre."""

import uuid

import pytest
from django.urls import reverse

from gouvernance.arrivees import invitations
from gouvernance.models import Courriel, Demarche, Evenement, Gouvernance, Invitation, Mandat, Role
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    DepartementFactory,
    EpciFactory,
    MandatFactory,
    PerimetreFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db
ADRESSE = "/demarches/ouvrir/"


def html(reponse):
    return reponse.content.decode()


def ouvrir(client, departement="24", **champs):
    donnees = {
        "jeton": uuid.uuid4(),
        "nom": "Feuille neuve",
        "perimetre": "departemental",
        "contrat": "aucun",
    }
    return client.post(f"{ADRESSE}?departement={departement}", {**donnees, **champs})


def test_l_adresse_est_celle_que_l_on_nomme():
    assert reverse("demarche_ouvrir") == ADRESSE


@pytest.mark.parametrize("role", [r for r in Role.values if r != "coordination"])
def test_sans_coordonner_on_n_ouvre_pas(client, role):
    client.force_login(MandatFactory(role=role).utilisateur)
    assert client.get(ADRESSE).status_code == 403
    assert ouvrir(client).status_code == 403
    assert "Ouvrir une démarche" not in html(client.get("/"))


def test_l_administration_cree_la_gouvernance_et_designe_la_coordination(client):
    DepartementFactory(code="40", nom="Landes")
    DepartementFactory(code="24")
    coordination = UtilisateurFactory(email="coordination@essais.example")
    client.force_login(UtilisateurFactory(anct=True))
    assert "Dans quel département" in html(client.get(ADRESSE))
    reponse = ouvrir(client, "40", coordination="inconnue@essais.example")
    assert reponse.status_code == 422
    assert "Aucun compte actif" in html(reponse)
    assert not Gouvernance.objects.exists()
    assert ouvrir(client, "40", coordination="Coordination@essais.example").status_code == 302
    demarche = Demarche.objects.get()
    assert (demarche.gouvernance.departement.code, demarche.jalons.count()) == ("40", 5)
    assert Mandat.objects.get().utilisateur == coordination
    assert Evenement.objects.filter(demarche=demarche, action="ouvrir la démarche").exists()
    client.force_login(coordination)
    for page in ("demarche", "gouvernance", "cahier", "jalons", "seances", "journal"):
        assert client.get(reverse(page, args=[demarche.uuid])).status_code == 200, page


def test_l_administration_invite_une_coordination_qui_n_a_pas_de_compte(client):
    """La première démarche d'un département s'ouvre sans passer par l'administration du site."""
    DepartementFactory(code="40", nom="Landes")
    client.force_login(UtilisateurFactory(anct=True))
    assert "l’inviter par courriel" in html(client.get(f"{ADRESSE}?departement=40"))
    assert ouvrir(client, "40", coordination="Neuve@essais.example", inviter="on").status_code == 302
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role) == ("neuve@essais.example", Role.COORDINATION)
    assert Courriel.objects.get().destinataire == "neuve@essais.example"
    assert not Mandat.objects.exists()
    invitations.accepter(invitation, invitations.Identite(prenom="Cheffe", nom="de projet"))
    assert Mandat.objects.get().role == Role.COORDINATION


def test_une_adresse_deja_connue_recoit_le_role_sans_invitation_et_un_compte_ferme_est_refuse(client):
    DepartementFactory(code="40", nom="Landes")
    UtilisateurFactory(email="ferme@essais.example", is_active=False)
    ouvert = UtilisateurFactory(email="ouvert@essais.example")
    client.force_login(UtilisateurFactory(anct=True))
    refus = ouvrir(client, "40", coordination="ferme@essais.example", inviter="on")
    assert (refus.status_code, "est fermé" in html(refus)) == (422, True)
    assert ouvrir(client, "40", coordination="ouvert@essais.example", inviter="on").status_code == 302
    assert Mandat.objects.get().utilisateur == ouvert
    assert not Invitation.objects.exists()


def test_une_seconde_departementale_est_refusee_et_l_autre_nommee(client):
    DemarcheFactory(nom="Celle d’avant")
    client.force_login(UtilisateurFactory(anct=True))
    UtilisateurFactory(email="c@essais.example")
    reponse = ouvrir(client, coordination="c@essais.example")
    assert reponse.status_code == 422
    assert "La démarche « Celle d’avant » couvre déjà ce département" in html(reponse)
    assert "Feuille neuve" in html(reponse)
    Demarche.objects.update(etape="abandonnee", abandonnee_le="2026-01-01T00:00Z", motif="Finie")
    assert ouvrir(client, coordination="c@essais.example").status_code == 302


@pytest.fixture
def coordination(client):
    compte = MandatFactory(demarche__nom="Départementale").utilisateur
    client.force_login(compte)
    return compte


def test_une_coordination_ouvre_pour_un_groupe_d_epci_de_son_departement(client, coordination):
    epci, ailleurs = EpciFactory(), EpciFactory(departement=DepartementFactory(code="40"))
    assert epci.nom in html(client.get(ADRESSE))
    assert ailleurs.nom not in html(client.get(ADRESSE))
    assert "au moins un EPCI" in html(ouvrir(client, perimetre="groupement"))
    assert ouvrir(client, perimetre="groupement", epcis=[ailleurs.pk]).status_code == 422
    assert ouvrir(client, "40").status_code == 403
    assert ouvrir(client, perimetre="groupement", epcis=[epci.pk]).status_code == 302


def test_le_recouvrement_nomme_l_autre_demarche(client, coordination):
    autre = PerimetreFactory(demarche__nom="Vallée de la Dronne")
    reponse = ouvrir(client, perimetre="groupement", epcis=[autre.epci.pk])
    assert reponse.status_code == 422
    assert "est déjà couvert par la démarche « Vallée de la Dronne »" in html(reponse)
    assert Demarche.objects.count() == 2


def test_un_double_clic_n_ouvre_qu_une_demarche(client, coordination):
    jeton, epci = uuid.uuid4(), EpciFactory()
    for _ in range(2):
        assert ouvrir(client, perimetre="groupement", epcis=[epci.pk], jeton=jeton).status_code == 302
    assert Demarche.objects.filter(perimetre="groupement").count() == 1
    assert Demarche.objects.get(perimetre="groupement").identifiant == "24-groupement"
