"""Les points de blocage : qui s'en charge, le retard, comment on en est sorti."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gouvernance.models import Evenement, PointDeBlocage, Role
from tests.gouvernance.fabriques import DecisionFactory, DemarcheFactory, PointDeBlocageFactory, SeanceFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
PILOTES = {Role.COORDINATION, Role.CO_PORTEUR, "administration"}
COMMENT = "La commune prête la salle."


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def lever(client, lieu, point, resolution=COMMENT):
    return client.post(reverse("blocage_lever", args=[lieu.uuid, point.uuid]), {"resolution": resolution})


@pytest.mark.parametrize("role", ROLES)
def test_qui_leve_un_point(client, lieu, role):
    point = PointDeBlocageFactory(demarche=lieu.demarche)
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, PILOTES)
    assert lever(client, lieu, point).status_code == attendu
    point.refresh_from_db()
    assert (point.resolution == COMMENT) == bool(point.leve_le) == (attendu == 302)
    assert Evenement.objects.filter(action="lever", vers=COMMENT).exists() == (attendu == 302)


def test_on_dit_comment_et_on_ne_leve_qu_une_fois(client, lieu):
    point = PointDeBlocageFactory(demarche=lieu.demarche)
    reponse = lever(client, lieu, point, " ")
    assert reponse.status_code == 422
    assert "comment ce point a été levé" in html(reponse)
    lever(client, lieu, point)
    assert "déjà levé" in html(lever(client, lieu, point, "Autrement."))
    adresse = reverse("blocage_modifier", args=[lieu.uuid, point.uuid])
    donnees = {"version": 2, "libelle": "Récrit", "responsable": "", "echeance": ""}
    assert "ne se modifie plus" in html(client.post(adresse, donnees))


def test_le_retard_se_dit_et_les_filtres_separent(client, lieu):
    hier = timezone.localdate() - timedelta(days=12)
    seance = SeanceFactory(instance=lieu.copil, ouverte=True)
    decision = DecisionFactory(seance=seance)
    PointDeBlocageFactory(demarche=lieu.demarche, libelle="En retard", echeance=hier, decision=decision)
    PointDeBlocageFactory(
        demarche=lieu.demarche, libelle="Déjà réglé", leve_le=timezone.now(), resolution=COMMENT
    )
    adresse = reverse("blocages", args=[lieu.uuid])
    page = html(client.get(adresse))
    assert "en retard de 12 jours" in page
    assert "1 point en retard" in page
    assert reverse("seance", args=[lieu.uuid, seance.uuid]) in page
    assert decision.numero in page
    assert "Déjà réglé" not in page
    leves = html(client.get(adresse + "?etat=leves"))
    assert "Déjà réglé" in leves
    assert COMMENT in leves
    assert "En retard" not in leves
    assert "En retard" in html(client.get(adresse + "?etat=tous"))
    assert "En retard" in html(client.get(adresse + "?etat=inconnu")), "un filtre inconnu montre ceux à lever"


def test_changer_qui_s_en_charge(client, lieu):
    point = PointDeBlocageFactory(demarche=lieu.demarche)
    adresse = reverse("blocage_modifier", args=[lieu.uuid, point.uuid])
    donnees = {
        "version": 1,
        "libelle": point.libelle,
        "responsable": lieu.prefecture.pk,
        "echeance": "2026-12-01",
    }
    assert client.post(adresse, donnees).status_code == 302
    assert PointDeBlocage.objects.get().responsable == lieu.prefecture
    assert client.post(adresse, donnees).status_code == 409
    ailleurs = PointDeBlocageFactory(demarche=DemarcheFactory(gouvernance__departement__code="40"))
    assert lever(client, lieu, ailleurs).status_code == 404
