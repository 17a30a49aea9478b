"""Le cahier des charges, ses éditions, et qui y adhère."""

import pytest
from django.urls import reverse

from gouvernance.models import Adhesion, CahierDesCharges, Etape, Evenement, Role
from tests.gouvernance.fabriques import MembreFactory, StructureFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
TEXTES = {"contexte": "C", "objectifs": "O", "perimetre": "", "methode": "M", "moyens": "", "vigilance": ""}


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def ecrire(client, lieu, **champs):
    cahier = CahierDesCharges.objects.get()
    donnees = {**TEXTES, "version": cahier.version, **champs}
    return client.post(reverse("cahier_modifier", args=[lieu.uuid]), donnees)


@pytest.mark.parametrize("role", ROLES)
def test_qui_ecrit_le_cahier(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, {Role.COORDINATION, Role.CO_PORTEUR, "administration"})
    assert ecrire(client, lieu, objectifs="Nouveaux objectifs").status_code == attendu
    ecrit = CahierDesCharges.objects.get().objectifs == "Nouveaux objectifs"
    assert ecrit == Evenement.objects.filter(action="modifier").exists() == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
def test_qui_adhere_pour_sa_structure(client, lieu, role):
    compte = lieu.gens[role]
    compte.structure = MembreFactory(gouvernance=lieu.demarche.gouvernance).structure
    compte.save()
    client.force_login(compte)
    attendu = statut_attendu(role, set(Role.values) - {Role.LECTURE})
    assert client.post(reverse("adherer", args=[lieu.uuid])).status_code == attendu
    assert Adhesion.objects.filter(structure=compte.structure).exists() == (attendu == 302)


def test_adherer_deux_fois_ne_compte_qu_une(client, lieu):
    for _ in range(2):
        client.post(reverse("adherer", args=[lieu.uuid]))
    assert Adhesion.objects.count() == 1
    assert Evenement.objects.filter(action="adhérer au cahier des charges").count() == 1
    page = html(client.get(reverse("cahier", args=[lieu.uuid])))
    assert "Adhère" in page
    assert "Adhérer au nom de ma structure" not in page


def test_on_n_adhere_pas_a_une_page_vide_ni_sans_etre_membre_confirme(client, lieu):
    CahierDesCharges.objects.update(objectifs=" ")
    reponse = client.post(reverse("adherer", args=[lieu.uuid]), follow=True)
    assert "on n’adhère pas à une page vide" in html(reponse)
    CahierDesCharges.objects.update(objectifs="Écrits")
    compte = lieu.gens["partenaire"]
    compte.structure = MembreFactory(gouvernance=lieu.demarche.gouvernance, candidat=True).structure
    compte.save()
    client.force_login(compte)
    reponse = client.post(reverse("adherer", args=[lieu.uuid]), follow=True)
    assert "n’est pas membre confirmé" in html(reponse)
    client.force_login(lieu.gens["elu"])
    assert client.post(reverse("adherer", args=[lieu.uuid])).status_code == 403
    assert not Adhesion.objects.exists()


def test_apres_la_soumission_on_n_adhere_plus(client, lieu):
    lieu.demarche.soumise_le = "2026-01-01T00:00Z"
    lieu.demarche.etape = Etape.SOUMISE
    lieu.demarche.save()
    page = html(client.get(reverse("cahier", args=[lieu.uuid])))
    assert "inactif" in page
    assert "on ne peut plus adhérer" in page
    assert "On ne peut plus" in html(client.post(reverse("adherer", args=[lieu.uuid]), follow=True))
    assert not Adhesion.objects.exists()


def test_la_coordination_consigne_l_accord_d_une_autre_les_autres_non(client, lieu):
    structure = MembreFactory(gouvernance=lieu.demarche.gouvernance).structure
    etrangere = StructureFactory()
    adresse = reverse("adhesion_consigner", args=[lieu.uuid])
    jeton = "2f0a7f0e-6b0f-4a8e-9d0c-1f7f8f1f1f1f"
    assert client.post(adresse, {"jeton": jeton, "structure": etrangere.pk}).status_code == 422
    assert client.post(adresse, {"jeton": jeton, "structure": structure.pk}).status_code == 302
    assert Adhesion.objects.get().structure == structure
    client.force_login(lieu.gens["co_porteur"])
    assert client.post(adresse, {"jeton": jeton, "structure": lieu.prefecture.pk}).status_code == 403


def test_changer_le_texte_apres_une_adhesion_ouvre_une_edition(client, lieu):
    ecrire(client, lieu, objectifs="Premiers")
    assert CahierDesCharges.objects.get().edition == 1
    client.post(reverse("adherer", args=[lieu.uuid]))
    assert "Ce que vaut ce changement" in html(client.get(reverse("cahier_modifier", args=[lieu.uuid])))
    ecrire(client, lieu, objectifs="Premiers", portee="fond")
    assert CahierDesCharges.objects.get().edition == 1, "rien n’a changé"
    ecrire(client, lieu, objectifs="Seconds", portee="fond")
    assert CahierDesCharges.objects.get().edition == 2
    assert Evenement.objects.filter(action="nouvelle édition").count() == 1
    page = html(client.get(reverse("cahier", args=[lieu.uuid])))
    assert "Édition 2" in page
    assert "À renouveler" in page


def test_un_conflit_garde_les_deux_textes(client, lieu):
    ecrire(client, lieu, objectifs="Ceux de la préfecture")
    reponse = ecrire(client, lieu, version=1, objectifs="Ceux du département")
    assert reponse.status_code == 409
    assert "Ceux de la préfecture" in html(reponse)
    assert "Ceux du département" in html(reponse)
