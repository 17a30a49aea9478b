"""Sessions : deux heures sans activité, douze en tout, « Mes sessions », et ce qui les ferme toutes."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from gouvernance.acces import sessions
from gouvernance.acteurs import membres
from gouvernance.models import Evenement, Moyen, Role, SessionOuverte
from tests.comptes.fabriques import SessionOuverteFactory
from tests.gouvernance.fabriques import MOT_DE_PASSE, MandatFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def compte():
    return UtilisateurFactory(email="agente@essais.example")


def entrer(client, compte, **entetes):
    client.post(reverse("connexion"), {"username": compte.email, "password": MOT_DE_PASSE}, headers=entetes)
    return client


def tient(client) -> bool:
    return client.get(reverse("sessions")).status_code == 200


def vieillir(**champs):
    SessionOuverte.objects.update(**{c: F(c) - duree for c, duree in champs.items()})


def test_entrer_inscrit_la_session_et_sortir_l_efface(client, compte):
    entrer(client, compte, user_agent=FIREFOX)
    ouverte = SessionOuverte.objects.get()
    assert (ouverte.utilisateur, ouverte.moyen, ouverte.navigateur) == (
        compte,
        Moyen.MOT_DE_PASSE,
        "Firefox, Windows",
    )
    assert Evenement.objects.filter(action="ouvrir une session", par=compte, vers="Mot de passe").exists()
    client.post(reverse("deconnexion"))
    assert not SessionOuverte.objects.exists()


@pytest.mark.parametrize(
    ("age", "tenue"), [(timedelta(minutes=119), True), (timedelta(hours=2, seconds=5), False)]
)
def test_deux_heures_sans_activite(client, compte, age, tenue):
    entrer(client, compte)
    vieillir(vue_le=age)
    assert tient(client) is tenue
    if not tenue:
        page = client.get(client.get(reverse("sessions")).url)
        assert "deux heures sans activité" in page.content.decode()
        assert "deux heures sans activité" not in client.get(reverse("connexion")).content.decode()


@pytest.mark.parametrize(
    ("age", "tenue"), [(timedelta(hours=11, minutes=59), True), (timedelta(hours=12, seconds=5), False)]
)
def test_douze_heures_en_tout_meme_active(client, compte, age, tenue):
    entrer(client, compte)
    vieillir(ouverte_le=age)
    assert tient(client) is tenue
    if not tenue:
        assert not SessionOuverte.objects.exists()
        assert "douze heures" in client.get(reverse("connexion")).content.decode()


def test_changer_de_mot_de_passe_ne_rajeunit_pas_la_session(client, compte):
    entrer(client, compte)
    vieillir(ouverte_le=timedelta(hours=11))
    avant = SessionOuverte.objects.get().ouverte_le
    neuf = "une-phrase-assez-longue"
    client.post(
        reverse("mot_de_passe"), {"old_password": MOT_DE_PASSE, "new_password1": neuf, "new_password2": neuf}
    )
    assert SessionOuverte.objects.get().ouverte_le == avant
    assert tient(client)


def test_vue_le_s_ecrit_une_fois_par_minute(client, compte):
    entrer(client, compte)
    premiere = SessionOuverte.objects.get().vue_le
    tient(client)
    assert SessionOuverte.objects.get().vue_le == premiere
    vieillir(vue_le=timedelta(seconds=61))
    tient(client)
    assert SessionOuverte.objects.get().vue_le >= premiere


def test_une_page_ne_coute_que_deux_requetes_d_identite(client, compte, django_assert_max_num_queries):
    entrer(client, compte)
    with django_assert_max_num_queries(3):  # la session, le compte et sa session ouverte, la page elle-même
        client.get(reverse("sessions"))


def test_mes_sessions_les_montre_et_ferme_une_ou_les_autres(client, compte):
    ici = entrer(client, compte, user_agent=FIREFOX)
    ailleurs = [entrer(type(client)(), compte) for _ in range(3)]
    SessionOuverteFactory(navigateur="Chez quelqu’un d’autre")
    page = ici.get(reverse("sessions")).content.decode()
    assert page.count("Celle-ci") == 1
    assert "Firefox, Windows" in page
    assert "Chez quelqu’un d’autre" not in page
    une = SessionOuverte.objects.get(cle=ailleurs[0].session.session_key)
    assert ici.post(reverse("session_fermer"), {"session": une.pk}).url == reverse("sessions")
    assert [tient(c) for c in ailleurs] == [False, True, True]
    ici.post(reverse("session_fermer"), {"session": "autres"})
    assert [tient(c) for c in [ici, *ailleurs]] == [True, False, False, False]
    assert Evenement.objects.filter(action="fermer des sessions", par=compte).count() == 2
    assert Session.objects.filter(pk=ici.session.session_key).exists()


@pytest.mark.parametrize("voulue", ["d’un autre", "", "0", "-1", "²", "9" * 30, "a\x00b"])
def test_on_ne_ferme_pas_celle_d_un_autre(client, compte, voulue):
    entrer(client, compte)
    autre = entrer(type(client)(), UtilisateurFactory())
    if voulue == "d’un autre":
        voulue = SessionOuverte.objects.get(cle=autre.session.session_key).pk
    assert client.post(reverse("session_fermer"), {"session": voulue}).status_code == 302
    assert tient(autre)
    assert tient(client)


def test_une_session_sans_sa_ligne_ne_vaut_rien(client, compte):
    entrer(client, compte)
    SessionOuverte.objects.all().delete()
    assert not tient(client)


def test_changer_de_mot_de_passe_ferme_les_autres(client, compte):
    entrer(client, compte)
    autre = entrer(type(client)(), compte)
    neuf = "une-phrase-assez-longue"
    client.post(
        reverse("mot_de_passe"), {"old_password": MOT_DE_PASSE, "new_password1": neuf, "new_password2": neuf}
    )
    assert SessionOuverte.objects.count() == 1
    assert (tient(client), tient(autre)) == (True, False)


def test_un_compte_desactive_est_dehors_aussitot(client, compte):
    entrer(client, compte)
    type(compte).objects.update(is_active=False)
    assert not tient(client)


@pytest.mark.parametrize("champ", ["is_active", "administration"])
def test_l_administration_qui_ferme_un_compte_ou_change_ses_droits_ferme_ses_sessions(client, compte, champ):
    entrer(client, compte)
    admin = type(client)()
    admin.force_login(UtilisateurFactory(admin=True))
    adresse = reverse("admin:gouvernance_utilisateur_change", args=[compte.pk])
    donnees = {"email": compte.email, "prenom": compte.prenom, "nom": compte.nom, "is_active": "on"}
    donnees |= {"is_active": ""} if champ == "is_active" else {"administration": "on"}
    assert admin.post(adresse, donnees).status_code == 302
    assert not SessionOuverte.objects.filter(utilisateur=compte).exists()
    assert not tient(client)


def test_changer_un_nom_ne_ferme_rien(client, compte):
    entrer(client, compte)
    admin = type(client)()
    admin.force_login(UtilisateurFactory(admin=True))
    adresse = reverse("admin:gouvernance_utilisateur_change", args=[compte.pk])
    admin.post(adresse, {"email": compte.email, "prenom": "Autre", "nom": compte.nom, "is_active": "on"})
    assert tient(client)


def test_un_role_donne_ou_retire_ferme_les_sessions_de_qui_le_recoit(client, compte, demarche, coordination):
    chef = entrer(type(client)(), coordination)
    entrer(client, compte)
    mandat = membres.donner_mandat(demarche, compte, Role.ELU, par=coordination)
    assert not tient(client)
    entrer(client, compte)
    membres.retirer_mandat(demarche, mandat, par=coordination)
    assert not tient(client)
    assert tient(chef)


def test_qui_change_son_propre_role_reste_connecte(client, demarche, coordination):
    entrer(client, coordination)
    membres.donner_mandat(demarche, coordination, Role.ELU, par=coordination)
    assert tient(client)


def test_l_administration_du_site_n_a_pas_sa_propre_porte(client):
    adresse = reverse("admin:login")
    assert client.get(adresse).url.startswith("/connexion/?next=/administration/")
    assert client.post(adresse, {"username": "x", "password": "y"}).url.startswith("/connexion/")
    MandatFactory()
    client.force_login(UtilisateurFactory())
    assert client.post(adresse).status_code == 403


def test_purger_n_efface_que_ce_qui_n_a_plus_cours(client, compte):
    entrer(client, compte)
    SessionOuverteFactory()
    SessionOuverte.objects.exclude(utilisateur=compte).update(ouverte_le=timezone.now() - timedelta(hours=13))
    assert sessions.purger() == 1
    assert tient(client)
