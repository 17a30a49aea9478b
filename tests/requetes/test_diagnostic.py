"""Le nombre de requêtes des pages du diagnostic et des enjeux ne dépend pas de ce qu'elles montrent."""

import pytest
from django.urls import reverse

from diagnostic.models import Posture
from gouvernance.models import Etape
from tests.diagnostic.fabriques import (
    ConstatFactory,
    EnjeuFactory,
    MesureFactory,
    RegardFactory,
    SessionFactory,
    ThematiqueFactory,
    VoteFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
PLAFOND = 10


def peupler(demarche, debut, fin):
    for rang in range(debut, fin):
        constat = ConstatFactory(
            demarche=demarche,
            thematique=ThematiqueFactory(code=f"theme-{rang % 9}"),
            mesures=MesureFactory.create_batch(2),
        )
        for posture in (Posture.ELU, Posture.HABITANT):
            RegardFactory(constat=constat, posture=posture)
        enjeu = EnjeuFactory(demarche=demarche, constats=list(demarche.constats.all()[:2]), retenu=True)
        VoteFactory(session=demarche.sessions.get(), enjeu=enjeu)


@pytest.mark.parametrize("nom", ["constats", "enjeux"])
@pytest.mark.parametrize("etape", [Etape.DIAGNOSTIC, Etape.ENJEUX, Etape.PLAN_ACTIONS])
def test_meme_nombre_de_requetes_pour_10_ou_30(client, compter_requetes, nom, etape):
    lieu = situation(etape=etape)
    SessionFactory(demarche=lieu.demarche)
    client.force_login(lieu.gens["coordination"])
    url = reverse(nom, args=[lieu.uuid])
    peupler(lieu.demarche, 0, 10)
    avant = compter_requetes(url)
    peupler(lieu.demarche, 10, 30)
    assert compter_requetes(url) == avant
    assert avant <= PLAFOND


def test_la_page_d_un_constat_ne_grandit_pas(client, compter_requetes):
    lieu = situation(etape=Etape.DIAGNOSTIC)
    client.force_login(lieu.gens["coordination"])
    constat = ConstatFactory(demarche=lieu.demarche, mesures=MesureFactory.create_batch(2))
    RegardFactory.create_batch(2, constat=constat)
    url = reverse("constat", args=[lieu.uuid, constat.uuid])
    avant = compter_requetes(url)
    constat.mesures.add(*MesureFactory.create_batch(10))
    RegardFactory.create_batch(10, constat=constat)
    assert compter_requetes(url) == avant
