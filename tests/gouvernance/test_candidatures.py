"""Une structure se présente sur la page publique ; la coordination confirme, ou refuse avec un motif."""

import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from gouvernance import courriels
from gouvernance.arrivees.candidatures import PAR_HEURE
from gouvernance.models import (
    Courriel,
    Evenement,
    Gouvernance,
    Membre,
    Role,
    StatutMembre,
    Structure,
    TentativeDeConnexion,
)
from gouvernance.tasks import purger
from tests.gouvernance.fabriques import CollegeFactory, MembreFactory, StructureFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
CADREURS = {Role.COORDINATION, Role.CO_PORTEUR, "administration"}
SIRET = "12000101100010"
MERCI = "/rejoindre/24/merci/"


@pytest.fixture
def lieu():
    trouve = situation()
    Gouvernance.objects.update(candidatures_ouvertes=True, note_contexte="CONTEXTE-7", note_privee="PRIVEE-7")
    CollegeFactory(code="associations-ess", libelle="Associations")
    trouve.demarche.gouvernance.refresh_from_db()
    return trouve


def html(reponse):
    return reponse.content.decode()


def presenter(client, **donnees):
    saisie = {
        "jeton": uuid.uuid4(), "structure": "Centre social du Val", "siret": "",
        "college": "associations-ess", "email": "directrice@val.example",
        "message": "Trois conseillers numériques.", "nom": "Une directrice",
    }  # fmt: skip
    return client.post(reverse("candidater", args=["24"]), saisie | donnees)


def candidat(**champs):
    return Membre.objects.get(statut=StatutMembre.CANDIDAT, **champs)


def test_la_page_publique_ne_dit_que_le_departement_et_la_demarche(client, lieu):
    MembreFactory(gouvernance=lieu.demarche.gouvernance, structure=StructureFactory(nom="MEMBRE-7"))
    for chemin in ("/rejoindre/24/", MERCI):
        page = html(client.get(chemin))
        assert lieu.demarche.nom in page
        assert "Dordogne" in page
        assert not [mot for mot in ("CONTEXTE-7", "PRIVEE-7", "MEMBRE-7", "compte", lieu.copil.nom or "–")
                    if mot in page.partition("<main")[2].partition("</main")[0]]  # fmt: skip


@pytest.mark.parametrize("chemin", ["/rejoindre/24/", MERCI, "/rejoindre/99/", "/rejoindre/zz/"])
def test_fermee_la_page_n_existe_pas(client, lieu, chemin):
    Gouvernance.objects.update(candidatures_ouvertes=False)
    assert client.get(chemin).status_code == 404
    assert client.post(chemin, {"structure": "x"}).status_code in {404, 405}
    assert not Membre.objects.filter(statut=StatutMembre.CANDIDAT).exists()


def test_une_demarche_close_ne_recoit_plus_personne(client, lieu):
    type(lieu.demarche).objects.update(etape="abandonnee", abandonnee_le=timezone.now(), motif="Fin.")
    assert client.get("/rejoindre/24/").status_code == 404


def test_se_presenter_puis_etre_confirme(client, lieu):
    assert presenter(client, siret="120 001 011 00010").url == MERCI
    membre = candidat()
    assert (membre.structure.siret, membre.structure.departement_id) == (SIRET, "24")
    assert membre.candidature_email == "directrice@val.example"
    assert "directrice@val.example" not in "".join(Evenement.objects.values_list("vers", flat=True))
    prevenue = Courriel.objects.get(genre="candidature")
    assert prevenue.destinataire == lieu.gens["coordination"].email
    client.force_login(lieu.gens["coordination"])
    page = html(client.get(reverse("gouvernance", args=[lieu.uuid])))
    assert "1 candidature à examiner" in page
    assert "Trois conseillers numériques." in page
    client.post(reverse("membre_statut", args=[lieu.uuid, membre.uuid, "confirme"]))
    reponse = Courriel.objects.get(destinataire="directrice@val.example")
    assert courriels.envoyer(reponse.pk)
    assert "Centre social du Val" in mail.outbox[0].body
    assert "confirmée" in mail.outbox[0].body


def test_le_message_d_un_candidat_n_est_lu_que_de_qui_tient_la_gouvernance(client, lieu):
    presenter(client)
    for role in ROLES[:-1]:
        client.force_login(lieu.gens[role])
        pages = "".join(html(client.get(reverse(n, args=[lieu.uuid]))) for n in ("gouvernance", "membres"))
        assert ("directrice@val.example" in pages) == (role in CADREURS), role


@pytest.mark.parametrize("role", ROLES)
def test_qui_refuse_une_candidature(client, lieu, role):
    presenter(client)
    membre = candidat()
    client.force_login(lieu.gens[role])
    reponse = client.post(reverse("membre_refuser", args=[lieu.uuid, membre.uuid]), {"motif": "Déjà là."})
    assert reponse.status_code == (attendu := statut_attendu(role, CADREURS))
    membre.refresh_from_db()
    assert (membre.statut == StatutMembre.REFUSE) == (attendu == 302)
    assert Courriel.objects.filter(corps__contains="Déjà là.").count() == (attendu == 302)


def test_un_refus_dit_son_motif_et_ne_touche_qu_un_candidat(client, lieu):
    presenter(client)
    membre = candidat()
    client.force_login(lieu.gens["coordination"])
    adresse = reverse("membre_refuser", args=[lieu.uuid, membre.uuid])
    assert client.post(adresse, {"motif": "  "}).status_code == 422
    assert client.post(adresse, {"motif": "Hors du département."}).status_code == 302
    reponse = client.post(adresse, {"motif": "Encore."})
    assert reponse.status_code == 422
    assert "on ne refuse qu’un candidat" in html(reponse)
    assert Courriel.objects.filter(destinataire="directrice@val.example").count() == 1
    assert "Hors du département." in html(client.get(reverse("membres", args=[lieu.uuid])))
    client.force_login(lieu.gens["partenaire"])
    page = html(client.get(reverse("membres", args=[lieu.uuid])))
    assert "Hors du département." not in page
    assert "Centre social du Val" not in page


def test_refusee_elle_peut_se_representer_et_etre_refusee_de_nouveau(client, lieu):
    client.force_login(lieu.gens["coordination"])
    for tour in ("Un", "Deux"):
        presenter(client, message=tour)
        membre = candidat()
        assert membre.motif_refus == ""
        client.post(reverse("membre_refuser", args=[lieu.uuid, membre.uuid]), {"motif": f"Motif {tour}."})
    assert Membre.objects.filter(structure=membre.structure).count() == 1
    assert Courriel.objects.filter(destinataire="directrice@val.example").count() == 2


def test_par_l_adresse_on_ne_refuse_pas_sans_motif_ni_ne_redevient_candidat(client, lieu):
    membre = MembreFactory(gouvernance=lieu.demarche.gouvernance)
    client.force_login(lieu.gens["coordination"])
    for statut in ("refuse", "candidat"):
        adresse = reverse("membre_statut", args=[lieu.uuid, membre.uuid, statut])
        assert client.post(adresse).status_code == 404
    membre.refresh_from_db()
    assert membre.statut == StatutMembre.CONFIRME


def test_deux_envois_un_seul_candidat(client, lieu):
    jeton = uuid.uuid4()
    assert presenter(client, jeton=jeton).url == presenter(client, jeton=jeton).url == MERCI
    assert presenter(client, message="Une autre voix", email="autre@val.example").url == MERCI
    assert candidat().candidature_email == "directrice@val.example"
    assert Structure.objects.filter(nom="Centre social du Val").count() == 1
    assert Evenement.objects.filter(action="se porter candidate").count() == 1


@pytest.mark.parametrize("statut", ["membre", "inconnue"])
def test_la_reponse_est_la_meme_que_la_structure_soit_membre_ou_non(client, lieu, statut):
    if statut == "membre":
        MembreFactory(
            gouvernance=lieu.demarche.gouvernance, structure=StructureFactory(siret=SIRET, nom="Connue")
        )
    reponse = presenter(client, siret=SIRET)
    assert (reponse.status_code, reponse.url) == (302, MERCI)
    suite = html(client.get(reponse.url))
    assert "Merci, votre candidature est bien arrivée" in suite
    assert "Connue" not in suite
    assert 'class="messages"' not in suite or "fr-alert" not in suite
    assert Membre.objects.filter(statut=StatutMembre.CANDIDAT).count() == (statut == "inconnue")


def test_se_presenter_ne_change_rien_a_une_structure_connue(client, lieu):
    connue = StructureFactory(siret=SIRET, nom="Nom établi", departement=None)
    presenter(client, siret=SIRET, structure="Nom détourné")
    connue.refresh_from_db()
    assert (connue.nom, connue.departement) == ("Nom établi", None)
    assert candidat().structure == connue


def test_un_robot_croit_avoir_reussi(client, lieu):
    assert presenter(client, site_internet="https://spam.example").url == MERCI
    assert not Membre.objects.filter(statut=StatutMembre.CANDIDAT).exists()
    assert not Courriel.objects.exists()


def test_une_meme_origine_ne_depose_pas_sans_fin(client, lieu):
    for rang in range(PAR_HEURE):
        assert presenter(client, structure=f"Association {rang}").status_code == 302
    reponse = presenter(client, structure="Une de trop")
    assert reponse.status_code == 422
    assert "réessayez dans une heure" in html(reponse)
    assert "Une de trop" in html(reponse)
    assert not Structure.objects.filter(nom="Une de trop").exists()
    assert "127.0.0.1" not in "".join(TentativeDeConnexion.objects.values_list("cle", flat=True))
    TentativeDeConnexion.objects.update(le=timezone.now() - timedelta(minutes=61))
    assert presenter(client, structure="Une de trop").status_code == 302


def test_derriere_un_mandataire_on_compte_par_visiteur_et_non_pour_tout_le_pays(client, lieu, settings):
    """Toutes les demandes portent alors l'adresse du mandataire : un département n'en bloque pas un autre."""
    settings.DERRIERE_MANDATAIRE = True
    for rang in range(PAR_HEURE):
        client.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.7"
        assert presenter(client, structure=f"Association {rang}").status_code == 302
    assert presenter(client, structure="Une de trop").status_code == 422
    client.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.8"
    assert presenter(client, structure="Un voisin").status_code == 302


def test_la_purge_horaire_n_oublie_pas_les_candidatures_de_l_heure(client, lieu):
    for rang in range(PAR_HEURE):
        presenter(client, structure=f"Association {rang}")
    TentativeDeConnexion.objects.update(le=timezone.now() - timedelta(minutes=40))
    purger()
    assert presenter(client, structure="Une de trop").status_code == 422
    TentativeDeConnexion.objects.update(le=timezone.now() - timedelta(minutes=61))
    purger()
    assert not TentativeDeConnexion.objects.exists()


@pytest.mark.parametrize(
    ("siret", "phrase"),
    [
        ("123 456 789", "ajoutez les cinq"),
        ("1234", "vous en avez donné 4"),
        ("1234567890", "vous en avez donné 10"),
        ("12O00101100010", "que des chiffres"),
        ("12000101100011", "un chiffre est faux, sans doute parmi les cinq derniers"),
        ("12000101200010", "un chiffre est faux"),
    ],
)
def test_le_siret_dit_ce_qui_cloche(client, lieu, siret, phrase):
    reponse = presenter(client, siret=siret)
    assert reponse.status_code == 422
    assert phrase in html(reponse)
    assert "Trois conseillers numériques." in html(reponse)
