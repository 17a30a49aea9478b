"""Le classement collectif : ouvrir, voter pour sa structure, clore ; un vote par structure, même à huit."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections
from django.db.models import Sum
from django.urls import reverse

from diagnostic.models import Enjeu, EtatEnjeu, SessionPriorisation, Vote
from diagnostic.priorisation import clore_session, resultats, trancher, voter
from gouvernance.models import Etape, Evenement, Role
from gouvernance.permissions import DROITS
from tests.diagnostic.fabriques import EnjeuFactory, SessionFactory, VoteFactory
from tests.gouvernance.fabriques import MandatFactory, MembreFactory, UtilisateurFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation(etape=Etape.ENJEUX)
    trouve.enjeux = EnjeuFactory.create_batch(3, demarche=trouve.demarche)
    client.force_login(trouve.gens["coordination"])
    return trouve


@pytest.fixture
def session(lieu):
    return SessionFactory(demarche=lieu.demarche)


def html(reponse):
    return reponse.content.decode()


def bulletin(lieu, *points):
    return {f"points_{e.uuid}": p for e, p in zip(lieu.enjeux, points, strict=False)} | {"enregistrer": "oui"}


def votant(lieu, role=Role.PARTENAIRE):
    """Un compte d'une autre structure membre."""
    structure = MembreFactory(gouvernance=lieu.demarche.gouvernance).structure
    compte = UtilisateurFactory(structure=structure)
    MandatFactory(utilisateur=compte, demarche=lieu.demarche, role=role)
    return compte


@pytest.mark.parametrize("role", ROLES)
def test_qui_ouvre_la_priorisation(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["formuler_enjeux"].roles)
    url = reverse("session_ouvrir", args=[lieu.uuid])
    assert client.post(url, {"points": 10, "jeton": uuid.uuid4()}).status_code == attendu
    assert SessionPriorisation.objects.exists() == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
def test_qui_vote(client, lieu, session, role):
    compte = lieu.gens[role]
    compte.structure = MembreFactory(gouvernance=lieu.demarche.gouvernance).structure
    compte.save()
    client.force_login(compte)
    attendu = statut_attendu(role, DROITS["voter"].roles)
    url = reverse("session_voter", args=[lieu.uuid])
    assert client.post(url, bulletin(lieu, 6, 4)).status_code == attendu
    assert Vote.objects.exists() == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
def test_qui_clot(client, lieu, session, role):
    VoteFactory(session=session, enjeu=lieu.enjeux[0])
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["formuler_enjeux"].roles)
    assert client.post(reverse("session_clore", args=[lieu.uuid])).status_code == attendu
    session.refresh_from_db()
    assert bool(session.close_le) == (attendu == 302)


def test_une_seconde_session_ne_s_ouvre_pas(client, lieu, session):
    reponse = client.post(reverse("session_ouvrir", args=[lieu.uuid]), {"points": 10, "jeton": uuid.uuid4()})
    assert reponse.status_code == 422
    assert "déjà ouverte" in html(reponse)


@pytest.mark.parametrize("etape", [Etape.DIAGNOSTIC, Etape.STRATEGIE])
def test_on_ne_classe_qu_a_l_etape_des_enjeux(client, lieu, etape):
    type(lieu.demarche).objects.update(etape=etape)
    reponse = client.post(reverse("session_ouvrir", args=[lieu.uuid]), {"points": 10, "jeton": uuid.uuid4()})
    assert reponse.status_code == 422
    assert not SessionPriorisation.objects.exists()


def test_le_bulletin_compte_ce_qui_reste_et_se_revote(client, lieu, session):
    url = reverse("session_voter", args=[lieu.uuid])
    assert "Il reste 10 points à répartir sur 10" in html(client.get(url))
    client.post(url, bulletin(lieu, 6, 3))
    page = html(client.get(url))
    assert "Il reste 1 point à répartir sur 10" in page
    assert "remplacera le précédent" in page
    client.post(url, bulletin(lieu, 0, 2, 8))
    assert dict(Vote.objects.values_list("enjeu", "points")) == {lieu.enjeux[1].pk: 2, lieu.enjeux[2].pk: 8}


@pytest.mark.parametrize(
    ("points", "phrase"),
    [((6, 5), "réparti 11 points"), ((-1, 0), "égale à 0"), (("x",), "nombre")],
)
def test_un_mauvais_bulletin_revient_tel_quel(client, lieu, session, points, phrase):
    reponse = client.post(reverse("session_voter", args=[lieu.uuid]), bulletin(lieu, *points))
    assert reponse.status_code == 422
    assert phrase in html(reponse)
    assert f'value="{points[0]}"' in html(reponse)
    assert not Vote.objects.exists()


def test_la_regle_refuse_ce_que_l_ecran_ne_propose_pas(lieu, session):
    compte, autre = votant(lieu), votant(lieu)
    etranger = EnjeuFactory(demarche__gouvernance__departement__code="33")
    ecarte = EnjeuFactory(demarche=lieu.demarche, ecarte=True)
    with pytest.raises(PermissionDenied):
        voter(session.pk, autre.structure, {lieu.enjeux[0].pk: 1}, par=compte)
    for points in ({etranger.pk: 1}, {ecarte.pk: 1}, {lieu.enjeux[0].pk: 11}, {lieu.enjeux[0].pk: -1}):
        with pytest.raises(ValidationError):
            voter(session.pk, compte.structure, points, par=compte)
    assert not Vote.objects.exists()


def test_une_structure_qui_n_est_pas_membre_ne_vote_pas_et_sait_pourquoi(client, lieu, session):
    client.force_login(lieu.gens["partenaire"])
    assert "rattaché à aucune structure" in html(client.get(reverse("enjeux", args=[lieu.uuid])))
    assert client.get(reverse("session_voter", args=[lieu.uuid])).status_code == 403


def test_clore_classe_les_enjeux_par_points_et_montre_les_resultats(client, lieu, session):
    for compte, points in ((votant(lieu), (1, 2, 7)), (votant(lieu), (0, 6, 4))):
        client.force_login(compte)
        client.post(reverse("session_voter", args=[lieu.uuid]), bulletin(lieu, *points))
    assert [p for _, p in resultats(session)] == [11, 8, 1]
    client.force_login(lieu.gens["coordination"])
    page = html(client.post(reverse("session_clore", args=[lieu.uuid]), follow=True))
    assert "2 structures" in page
    assert list(Enjeu.objects.order_by("rang").values_list("pk", flat=True)) == [
        e.pk for e in reversed(lieu.enjeux)
    ]
    assert Evenement.objects.filter(action="voter").count() == 2
    assert client.get(reverse("session_voter", args=[lieu.uuid])).status_code == 404


def test_un_second_classement_oublie_le_rang_d_un_enjeu_ecarte(lieu, session):
    for rang in (0, 1):
        VoteFactory(session=session, enjeu=lieu.enjeux[rang])
    clore_session(session.pk, par=lieu.gens["coordination"])
    trancher(lieu.enjeux[0].pk, EtatEnjeu.ECARTE, par=lieu.gens["coordination"], motif="Trop loin")
    seconde = SessionFactory(demarche=lieu.demarche)
    VoteFactory(session=seconde, enjeu=lieu.enjeux[2])
    clore_session(seconde.pk, par=lieu.gens["coordination"])
    rangs = dict(Enjeu.objects.values_list("pk", "rang"))
    assert [rangs[e.pk] for e in lieu.enjeux] == [None, 2, 1]


def test_clore_sans_aucun_vote_est_refuse(client, lieu, session):
    page = html(client.post(reverse("session_clore", args=[lieu.uuid]), follow=True))
    assert "Personne n’a encore voté" in page
    session.refresh_from_db()
    assert session.close_le is None


def test_le_classement_est_fige_apres_l_ouverture_de_la_strategie(lieu, session):
    VoteFactory(session=session, enjeu=lieu.enjeux[2])
    clore_session(session.pk, par=lieu.gens["coordination"])
    type(lieu.demarche).objects.update(etape=Etape.STRATEGIE)
    seconde = SessionFactory(demarche=lieu.demarche)
    for acte in (
        lambda: voter(seconde.pk, lieu.prefecture, {lieu.enjeux[0].pk: 10}, par=lieu.gens["coordination"]),
        lambda: clore_session(seconde.pk, par=lieu.gens["coordination"]),
    ):
        with pytest.raises(ValidationError, match="On ne peut plus"):
            acte()
    assert Enjeu.objects.get(rang=1) == lieu.enjeux[2]


@pytest.mark.django_db(transaction=True)
def test_huit_votes_simultanes_d_une_structure_n_en_font_qu_un(lieu, session):
    compte, barriere = votant(lieu), Barrier(8)
    cles = [e.pk for e in lieu.enjeux]

    def envoyer(rang):
        try:
            barriere.wait(timeout=20)
            voter(
                session.pk,
                compte.structure,
                {cles[rang % 3]: 10 - rang, cles[(rang + 1) % 3]: rang},
                par=compte,
            )
        finally:
            connections.close_all()

    connection.close()
    with ThreadPoolExecutor(8) as equipe:
        list(equipe.map(envoyer, range(8)))
    assert Vote.objects.aggregate(total=Sum("points"))["total"] == 10
    assert Vote.objects.count() <= 2
    assert Evenement.objects.filter(action="voter").count() == 8


def test_la_page_dit_qu_il_faut_deux_enjeux_au_lieu_d_offrir_un_formulaire_refuse(client, lieu):
    page, url = reverse("enjeux", args=[lieu.uuid]), reverse("session_ouvrir", args=[lieu.uuid])
    assert f'href="{url}"' in html(client.get(page))
    Enjeu.objects.exclude(pk=lieu.enjeux[0].pk).update(etat=EtatEnjeu.ECARTE, motif="Hors de portée")
    seul = html(client.get(page))
    assert f'href="{url}"' not in seul
    assert "Formulez au moins deux enjeux avant de les classer." in seul
