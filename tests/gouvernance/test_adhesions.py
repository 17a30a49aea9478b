"""Le tour des adhésions : qui a adhéré, à quelle édition, et qui l'on relance."""

import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from gouvernance import courriels
from gouvernance.models import Adhesion, CahierDesCharges, Courriel, EditionDuCahier, Etape, Evenement, Role
from tests.gouvernance.fabriques import MandatFactory, MembreFactory, PersonneFactory, UtilisateurFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu
from tests.robustesse.scene import mettre_a

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def membre(lieu, nom, **champs):
    trouve = MembreFactory(gouvernance=lieu.demarche.gouvernance, structure__nom=nom, **champs)
    compte = UtilisateurFactory(structure=trouve.structure)
    MandatFactory(utilisateur=compte, demarche=lieu.demarche, role=Role.PARTENAIRE)
    return trouve, compte


def relancer(client, lieu):
    return client.post(reverse("adhesions_relancer", args=[lieu.uuid]), follow=True)


def ecrire(client, lieu, section="objectifs", **champs):
    page = client.get(reverse("cahier_section", args=[lieu.uuid, section]))
    empreinte = page.context["formulaire"]["empreinte"].value()
    adresse = reverse("cahier_section", args=[lieu.uuid, section])
    return client.post(adresse, {"empreinte": empreinte, **champs})


@pytest.mark.parametrize("role", ROLES)
def test_qui_relance(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, {Role.COORDINATION, Role.CO_PORTEUR})
    reponse = client.post(reverse("adhesions_relancer", args=[lieu.uuid]))
    assert reponse.status_code == attendu
    assert Courriel.objects.exists() == (attendu == 302)


def test_chacun_est_relance_une_fois_par_semaine_et_pas_qui_a_adhere(client, lieu, monkeypatch):
    caf, compte = membre(lieu, "CAF")
    PersonneFactory(
        gouvernance=lieu.demarche.gouvernance, structure=caf.structure, email="contact@caf.example"
    )
    muette = MembreFactory(gouvernance=lieu.demarche.gouvernance, structure__nom="Sans adresse")
    MembreFactory(gouvernance=lieu.demarche.gouvernance, structure__nom="Candidate", candidat=True)
    client.post(reverse("adherer", args=[lieu.uuid]))
    page = html(relancer(client, lieu))
    assert set(Courriel.objects.values_list("destinataire", flat=True)) == {
        compte.email, "contact@caf.example"
    }  # fmt: skip
    assert "2 courriels partent." in page
    assert f"Aucune adresse connue pour « {muette.structure.nom} »" in page
    assert "Dernière relance le" in page
    assert "2 personnes ont déjà été relancées cette semaine" in html(relancer(client, lieu))
    assert Courriel.objects.count() == 2
    assert Evenement.objects.filter(action="relancer les adhésions").count() == 1
    plus_tard = timezone.localdate() + timedelta(days=7)
    monkeypatch.setattr("gouvernance.cadre.adhesions.timezone.localdate", lambda: plus_tard)
    relancer(client, lieu)
    assert Courriel.objects.count() == 4


def test_le_courriel_dit_quoi_lire_et_ou(client, lieu):
    _, compte = membre(lieu, "CAF")
    client.post(reverse("adherer", args=[lieu.uuid]))
    relancer(client, lieu)
    courriels.envoyer(Courriel.objects.get().pk)
    message = mail.outbox[0]
    assert message.to == [compte.email]
    assert lieu.demarche.nom in message.subject
    assert "« CAF » n’a pas encore adhéré à l’édition 1" in message.body
    assert reverse("cahier", args=[lieu.uuid]) in message.body


def test_rien_a_relancer_se_dit(client, lieu):
    client.post(reverse("adherer", args=[lieu.uuid]))
    assert "il n’y a personne à relancer" in html(relancer(client, lieu))
    membre(lieu, "CAF")
    mettre_a(lieu.demarche, Etape.SOUMISE)
    assert "On ne peut plus relancer" in html(relancer(client, lieu))
    assert not Courriel.objects.exists()


def test_l_adhesion_dit_par_qui_et_si_elle_est_consignee(client, lieu):
    caf, _ = membre(lieu, "CAF")
    _, partenaire = membre(lieu, "Pays")
    donnees = {"jeton": uuid.uuid4(), "structure": caf.structure_id}
    client.post(reverse("adhesion_consigner", args=[lieu.uuid]), donnees)
    client.force_login(partenaire)
    client.post(reverse("adherer", args=[lieu.uuid]))
    page = html(client.get(reverse("cahier", args=[lieu.uuid])))
    assert f"consigné par {lieu.gens['coordination']}" in page
    assert f", par {partenaire}" in page
    assert "2 sur 3 membres confirmés ont adhéré" in page


def test_un_changement_de_fond_ouvre_une_edition_et_demande_de_renouveler(client, lieu):
    client.post(reverse("adherer", args=[lieu.uuid]))
    ancien = CahierDesCharges.objects.get().objectifs
    assert ecrire(client, lieu, objectifs="Une feuille de route en 2027", portee="fond").status_code == 302
    cahier = CahierDesCharges.objects.get()
    assert cahier.edition == 2
    assert EditionDuCahier.objects.get().sections["objectifs"] == ancien
    page = html(client.get(reverse("cahier", args=[lieu.uuid])))
    assert "À renouveler" in page
    assert "avait adhéré à l’édition 1" in page
    client.post(reverse("adherer", args=[lieu.uuid]))
    assert sorted(Adhesion.objects.values_list("edition", flat=True)) == [1, 2]
    histoire = html(client.get(reverse("cahier_editions", args=[lieu.uuid])))
    assert "<ins" in histoire
    assert "2027" in histoire
    assert "1 structure y a adhéré" in histoire


def test_une_correction_mineure_garde_l_edition_et_le_dit_au_journal(client, lieu):
    client.post(reverse("adherer", args=[lieu.uuid]))
    ecrire(client, lieu, objectifs="Sans la faute.", portee="mineure")
    cahier = CahierDesCharges.objects.get()
    assert (cahier.edition, cahier.objectifs) == (1, "Sans la faute.")
    assert "rien à renouveler" in Evenement.objects.get(action="correction mineure").vers
    assert not EditionDuCahier.objects.exists()


def test_seule_la_coordination_declare_une_correction_mineure(client, lieu):
    client.post(reverse("adherer", args=[lieu.uuid]))
    client.force_login(lieu.gens["co_porteur"])
    page = html(client.get(reverse("cahier_section", args=[lieu.uuid, "objectifs"])))
    assert "Seule la coordination peut déclarer une correction mineure" in page
    assert "Ce que vaut ce changement" not in page
    ecrire(client, lieu, objectifs="Ceux du Département", portee="mineure")
    assert CahierDesCharges.objects.get().edition == 2, "son changement est de fond, quoi qu’il envoie"


def test_deux_sections_s_ecrivent_ensemble_la_meme_non(client, lieu):
    def ouvrir(section):
        page = client.get(reverse("cahier_section", args=[lieu.uuid, section]))
        return page.context["formulaire"]["empreinte"].value()

    empreintes = {"objectifs": ouvrir("objectifs"), "moyens": ouvrir("moyens")}

    def envoyer(section, texte):
        donnees = {"empreinte": empreintes[section], section: texte}
        return client.post(reverse("cahier_section", args=[lieu.uuid, section]), donnees)

    assert envoyer("moyens", "Deux agents.").status_code == 302
    assert envoyer("objectifs", "Premiers.").status_code == 302
    reponse = envoyer("objectifs", "Seconds.")
    assert reponse.status_code == 409
    assert "Premiers." in html(reponse)
    assert "Seconds." in html(reponse)
    cahier = CahierDesCharges.objects.get()
    assert (cahier.objectifs, cahier.moyens) == ("Premiers.", "Deux agents.")
    assert client.get(reverse("cahier_section", args=[lieu.uuid, "inventee"])).status_code == 404


def test_les_objectifs_ne_sont_ni_obligatoires_ni_facultatifs(client, lieu):
    page = html(client.get(reverse("cahier_modifier", args=[lieu.uuid])))
    assert "Objectifs (demandés pour ouvrir le diagnostic)" in page
    assert page.count("(facultatif)") == 5, "les cinq autres sections"
    assert ecrire(client, lieu, objectifs="").status_code == 302
    page = html(client.get(reverse("cahier", args=[lieu.uuid])))
    assert "À écrire&nbsp;: demandé pour ouvrir le diagnostic." in page
