"""Le registre « on peut, on va, on ne peut pas » : écrit, décidé, remplacé."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from gouvernance.cadre import limites
from gouvernance.models import Cible, LimiteDAction, NatureDecision, Role
from tests.gouvernance.fabriques import DecisionFactory, DemarcheFactory, LimiteFactory, SeanceFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
PILOTES = {Role.COORDINATION, Role.CO_PORTEUR, "administration"}
LIGNE = {
    "categorie": "on_va",
    "libelle": "Ouvrir trois lieux",
    "explication": "",
    "responsable": "",
    "echeance": "",
}


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def page(client, lieu):
    return html(client.get(reverse("limites", args=[lieu.uuid])))


def poster(client, nom, *cles, **donnees):
    return client.post(reverse(nom, args=cles), {**LIGNE, "jeton": uuid.uuid4(), **donnees})


def decider(lieu, limite, nature=NatureDecision.VALIDATION, **champs):
    seance = lieu.copil.seances.first() or SeanceFactory(instance=lieu.copil, ouverte=True)
    champs = {"cible_type": Cible.LIMITE, "cible": limite.uuid, **champs}
    decision = DecisionFactory(seance=seance, nature=nature, **champs)
    limites.decider(decision, par=None)
    limite.refresh_from_db()
    return decision


@pytest.mark.parametrize("role", ROLES)
def test_qui_ajoute_une_ligne(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, PILOTES)
    assert poster(client, "limite_ajouter", lieu.uuid).status_code == attendu
    assert LimiteDAction.objects.exists() == (attendu == 302)


def test_ajouter_modifier_retirer_tant_que_ce_n_est_pas_decide(client, lieu):
    poster(client, "limite_ajouter", lieu.uuid, categorie="on_ne_peut_pas", libelle="Équiper chaque foyer")
    assert "Équiper chaque foyer" in page(client, lieu)
    limite = LimiteDAction.objects.get()
    poster(client, "limite_modifier", lieu.uuid, limite.uuid, version=1, libelle="Équiper un foyer sur deux")
    assert "Équiper un foyer sur deux" in page(client, lieu)
    perimee = poster(client, "limite_modifier", lieu.uuid, limite.uuid, version=1, libelle="Autre")
    assert perimee.status_code == 409
    client.post(reverse("limite_supprimer", args=[lieu.uuid, limite.uuid]))
    assert not LimiteDAction.objects.exists()


def test_decidee_elle_est_verrouillee_et_se_remplace(client, lieu):
    limite = LimiteFactory(demarche=lieu.demarche, libelle="Ouvrir trois lieux")
    decision = decider(lieu, limite)
    vue = page(client, lieu)
    assert decision.numero in vue
    assert reverse("limite_modifier", args=[lieu.uuid, limite.uuid]) + '"' not in vue
    reponse = poster(client, "limite_modifier", lieu.uuid, limite.uuid, version=1, libelle="Six lieux")
    assert reponse.status_code == 422
    assert "ne se modifie plus" in html(reponse)
    client.post(reverse("limite_supprimer", args=[lieu.uuid, limite.uuid]))
    limite.refresh_from_db()
    assert limite.libelle == "Ouvrir trois lieux"

    assert poster(client, "limite_remplacer", lieu.uuid, limite.uuid, libelle="Six lieux").status_code == 302
    suivante = LimiteDAction.objects.get(libelle="Six lieux")
    assert suivante.remplace == limite
    assert "Remplacée" not in page(client, lieu), "l’ancienne reste en vigueur"
    encore = poster(client, "limite_remplacer", lieu.uuid, limite.uuid, libelle="Neuf lieux")
    assert "déjà proposée" in html(encore)
    decider(lieu, suivante)
    assert "Remplacée" in page(client, lieu)


def test_une_ligne_non_decidee_ne_se_remplace_pas(client, lieu):
    limite = LimiteFactory(demarche=lieu.demarche)
    assert poster(client, "limite_remplacer", lieu.uuid, limite.uuid).status_code == 422
    assert LimiteDAction.objects.get() == limite


@pytest.mark.parametrize(
    "nature", [NatureDecision.REJET, NatureDecision.AJOURNEMENT, NatureDecision.INFORMATION]
)
def test_une_decision_qui_ne_retient_pas_n_arrete_rien(lieu, nature):
    limite = LimiteFactory(demarche=lieu.demarche)
    with pytest.raises(ValidationError, match="n’arrête pas"):
        decider(lieu, limite, nature)


def test_la_ligne_d_une_autre_demarche_ne_se_decide_ni_ne_se_voit(client, lieu):
    ailleurs = LimiteFactory(demarche=DemarcheFactory(gouvernance__departement__code="40"))
    with pytest.raises(ValidationError, match="registre de la démarche"):
        decider(lieu, ailleurs)
    for nom in ("limite_modifier", "limite_supprimer", "limite_remplacer", "limite_inscrire"):
        assert client.post(reverse(nom, args=[lieu.uuid, ailleurs.uuid])).status_code == 404


def test_a_decider_en_seance_l_inscrit_a_l_ordre_du_jour(client, lieu):
    limite = LimiteFactory(demarche=lieu.demarche)
    seance = SeanceFactory(instance=lieu.copil)
    adresse = reverse("limite_inscrire", args=[lieu.uuid, limite.uuid])
    assert adresse in page(client, lieu)
    assert client.post(adresse, {"jeton": uuid.uuid4(), "seance": seance.pk}).status_code == 302
    assert seance.points.get().cible == limite.uuid
    vue = page(client, lieu)
    assert "à l’ordre du jour" in vue
    assert adresse not in vue
