"""Ouvrir une démarche : qui, où, et sans recouvrir le territoire d'une autre."""

import uuid

import pytest
from django.urls import reverse

from gouvernance.arrivees import invitations
from gouvernance.models import (
    Courriel,
    Demarche,
    Evenement,
    Gouvernance,
    Invitation,
    Mandat,
    Membre,
    Role,
    Utilisateur,
)
from tests.gouvernance.fabriques import (
    CollegeFactory,
    DemarcheFactory,
    DepartementFactory,
    EpciFactory,
    MandatFactory,
    MembreFactory,
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
        "structure": "Préfecture d’ici",
        "college": CollegeFactory(code="etat").pk,
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


@pytest.mark.parametrize("connue", [False, True])
def test_la_coordination_agit_des_l_ouverture_pour_une_structure_membre(client, connue):
    """Sans structure, elle n'adhérait, ne votait ni ne lisait la note privée, et nul écran n'y remédiait."""
    DepartementFactory(code="40", nom="Landes")
    if connue:
        UtilisateurFactory(email="neuve@essais.example", structure=None)
    client.force_login(UtilisateurFactory(anct=True))
    envoi = {"coordination": "neuve@essais.example", "inviter": "on"}
    refus = ouvrir(client, "40", **envoi, structure=" ")
    assert (refus.status_code, Demarche.objects.count()) == (422, 0)
    assert "au nom de quelle structure la coordination agira" in html(refus)
    reponse = ouvrir(client, "40", **envoi, structure="Préfecture des Landes")
    page = html(client.get(reponse.url))
    assert ("neuve@essais.example" in page, "Commencez par" in page) == (not connue, False)
    if not connue:
        invitations.accepter(Invitation.objects.get(), invitations.Identite(nom="Cheffe de projet"))
    coordination = Utilisateur.objects.get(email="neuve@essais.example")
    membre = Membre.objects.get()
    assert (membre.structure.nom, membre.statut) == ("Préfecture des Landes", "confirme")
    assert coordination.structure == membre.structure
    client.force_login(coordination)
    cahier = client.get(reverse("cahier", args=[Demarche.objects.get().uuid]))
    assert "Adhérer au nom de ma structure" in html(cahier)


def test_un_compte_sans_structure_s_invite_de_nouveau_pour_l_y_rattacher(client):
    """« Demandez à la coordination de vous inviter au nom de la vôtre » : elle le peut."""
    demarche = DemarcheFactory()
    sans = MandatFactory(demarche=demarche, role=Role.PARTENAIRE, utilisateur__structure=None).utilisateur
    structure = MembreFactory(gouvernance=demarche.gouvernance, structure__college__code="epci").structure
    client.force_login(MandatFactory(demarche=demarche, role=Role.COORDINATION).utilisateur)
    adresse = reverse("invitations", args=[demarche.uuid])
    envoi = {"email": sans.email, "role": "partenaire", "jeton": uuid.uuid4()}
    assert "choisissez la sienne" in html(client.post(adresse, envoi))
    assert client.post(adresse, {**envoi, "structure": structure.pk}).status_code == 302
    invitations.accepter(Invitation.objects.get(), invitations.Identite())
    sans.refresh_from_db()
    assert sans.structure == structure
    assert Mandat.objects.filter(utilisateur=sans).count() == 1
    encore = client.post(adresse, {**envoi, "structure": structure.pk, "jeton": uuid.uuid4()})
    assert "a déjà ce rôle" in html(encore)


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
