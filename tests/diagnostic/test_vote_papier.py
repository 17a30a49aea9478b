"""Un vote rendu sur papier : la coordination le recopie, une fois, pour qui n'a pas voté."""

import uuid

import pytest
from django.urls import reverse

from diagnostic.models import Vote
from gouvernance.models import Etape, Evenement
from gouvernance.permissions import DROITS
from tests.diagnostic.fabriques import EnjeuFactory, SessionFactory, VoteFactory
from tests.gouvernance.fabriques import MembreFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation(etape=Etape.ENJEUX)
    trouve.enjeux = EnjeuFactory.create_batch(2, demarche=trouve.demarche)
    trouve.session = SessionFactory(demarche=trouve.demarche)
    trouve.caf = MembreFactory(gouvernance=trouve.demarche.gouvernance).structure
    trouve.url = reverse("vote_consigner", args=[trouve.uuid])
    client.force_login(trouve.gens["coordination"])
    return trouve


def bulletin(lieu, *points, structure=None):
    cases = {f"points_{e.uuid}": p for e, p in zip(lieu.enjeux, points, strict=True)}
    return cases | {"structure": (structure or lieu.caf).pk, "jeton": uuid.uuid4(), "enregistrer": "oui"}


@pytest.mark.parametrize("role", ROLES)
def test_qui_recopie_un_bulletin(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["consigner_vote"].roles)
    assert client.post(lieu.url, bulletin(lieu, 6, 4)).status_code == attendu
    assert Vote.objects.count() == (2 if attendu == 302 else 0)


def test_le_vote_est_celui_de_la_structure_et_le_journal_dit_qui_le_recopie(client, lieu):
    client.post(lieu.url, bulletin(lieu, 7, 3))
    assert set(Vote.objects.values_list("structure", "points")) == {(lieu.caf.pk, 7), (lieu.caf.pk, 3)}
    trace = Evenement.objects.get(action="consigner un vote")
    assert trace.par == lieu.gens["coordination"]
    assert "sur papier" in trace.vers
    assert str(lieu.caf) in client.get(reverse("enjeux", args=[lieu.uuid])).content.decode()


def test_un_vote_deja_rendu_ne_se_recopie_pas_par_dessus(client, lieu):
    VoteFactory(session=lieu.session, enjeu=lieu.enjeux[0], structure=lieu.caf, points=5)
    reponse = client.post(lieu.url, bulletin(lieu, 1, 1))
    assert reponse.status_code == 422
    assert Vote.objects.get().points == 5


@pytest.mark.parametrize("points", [(8, 8), (-1, 2)])
def test_un_bulletin_faux_garde_ce_qui_est_tape(client, lieu, points):
    reponse = client.post(lieu.url, bulletin(lieu, *points))
    assert reponse.status_code == 422
    assert f'value="{points[0]}"' in reponse.content.decode()
    assert not Vote.objects.exists()


def test_deux_clics_un_vote(client, lieu):
    envoi = bulletin(lieu, 5, 5)
    assert [client.post(lieu.url, envoi).status_code for _ in range(2)] == [302, 302]
    assert Vote.objects.count() == 2
