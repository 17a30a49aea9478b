"""Les essais comptés : par adresse, par origine, sur une fenêtre qui glisse, sans enfermer personne."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse

from gouvernance.acces import tentatives
from gouvernance.models import Courriel, TentativeDeConnexion
from tests.gouvernance.fabriques import MOT_DE_PASSE, UtilisateurFactory

pytestmark = pytest.mark.django_db
EMAIL = "agente@essais.example"


@pytest.fixture
def compte():
    return UtilisateurFactory(email=EMAIL)


def essayer(client, email=EMAIL, mot_de_passe="faux", **entetes):
    donnees = {"username": email, "password": mot_de_passe}
    return client.post(reverse("connexion"), donnees, **entetes)


def test_le_onzieme_essai_n_est_plus_evalue_et_l_on_sait_quand_revenir(client, compte):
    assert [essayer(client).status_code for _ in range(10)] == [422] * 10
    reponse = essayer(client, mot_de_passe=MOT_DE_PASSE)
    assert reponse.status_code == 429
    assert 0 < int(reponse["Retry-After"]) <= 15 * 60 + 1
    assert "Réessayez à partir de" in reponse.content.decode()
    assert "_auth_user_id" not in client.session


def test_la_reponse_est_la_meme_pour_une_adresse_inconnue(client):
    statuts = [essayer(client, "inconnue@essais.example").status_code for _ in range(11)]
    assert statuts == [422] * 10 + [429]


def test_la_fenetre_glisse_et_ce_qui_est_refuse_ne_la_prolonge_pas(client, compte):
    for _ in range(10):
        essayer(client)
    for _ in range(20):
        assert essayer(client).status_code == 429
    assert TentativeDeConnexion.objects.count() == 20  # dix essais, deux clés
    TentativeDeConnexion.objects.update(le=F("le") - tentatives.FENETRE + timedelta(seconds=30))
    assert essayer(client, mot_de_passe=MOT_DE_PASSE).status_code == 429
    TentativeDeConnexion.objects.update(le=F("le") - timedelta(seconds=31))
    assert essayer(client, mot_de_passe=MOT_DE_PASSE).status_code == 302


def test_meme_bloque_un_lien_recu_ouvre_toujours(client, compte):
    for _ in range(11):
        essayer(client)
    client.post(reverse("lien_demander"), {"email": EMAIL})
    assert Courriel.objects.filter(destinataire=EMAIL).count() == 1


def test_se_tromper_puis_reussir_remet_le_compteur_a_zero(client, compte):
    for _ in range(9):
        essayer(client)
    assert essayer(client, mot_de_passe=MOT_DE_PASSE).status_code == 302
    client.logout()
    assert [essayer(client).status_code for _ in range(10)] == [422] * 10


def test_une_autre_ecriture_de_l_adresse_compte_pour_la_meme(client, compte):
    ecritures = [EMAIL, EMAIL.upper(), f"  {EMAIL} ", "ａgente@essais.example", EMAIL.title()]
    for n in range(10):
        assert essayer(client, ecritures[n % 5]).status_code == 422
    assert {essayer(client, e).status_code for e in ecritures} == {429}


def test_une_origine_qui_essaie_beaucoup_d_adresses_est_arretee_les_autres_non(client, compte):
    for n in range(30):
        assert essayer(client, f"a{n}@essais.example", REMOTE_ADDR="192.0.2.1").status_code == 422
    assert essayer(client, EMAIL, MOT_DE_PASSE, REMOTE_ADDR="192.0.2.1").status_code == 429
    assert essayer(client, EMAIL, MOT_DE_PASSE, REMOTE_ADDR="192.0.2.2").status_code == 302


@pytest.mark.parametrize("mandataire", [True, False])
def test_l_en_tete_du_mandataire_n_est_cru_que_s_il_y_en_a_un(client, settings, mandataire):
    settings.DERRIERE_MANDATAIRE = mandataire
    statuts = [
        essayer(client, f"a{n}@essais.example", HTTP_X_FORWARDED_FOR=f"203.0.113.9, 192.0.2.{n}").status_code
        for n in range(31)
    ]
    assert (statuts[-1] == 429) is not mandataire


def test_derriere_un_mandataire_seule_la_derniere_adresse_compte(client, settings):
    settings.DERRIERE_MANDATAIRE = True
    statuts = [
        essayer(client, f"a{n}@essais.example", HTTP_X_FORWARDED_FOR=f"192.0.2.{n}, 203.0.113.9").status_code
        for n in range(31)
    ]
    assert statuts[-1] == 429


def test_ni_adresse_ni_origine_en_clair_dans_la_table(client):
    essayer(client, REMOTE_ADDR="192.0.2.77")
    garde = str(list(TentativeDeConnexion.objects.values()))
    assert "essais" not in garde
    assert "192.0.2" not in garde


def test_les_demandes_de_lien_sont_comptees(client, compte):
    statuts = [client.post(reverse("lien_demander"), {"email": EMAIL}).status_code for _ in range(6)]
    assert statuts == [302] * 5 + [429]
    assert Courriel.objects.count() == 5
    inconnue = [client.post(reverse("lien_demander"), {"email": "x@y.example"}).status_code for _ in range(6)]
    assert inconnue == statuts


def test_les_codes_sont_comptes_meme_pour_une_adresse_inconnue(client):
    donnees = {"email": "inconnue@essais.example", "code": "123456"}
    statuts = [client.post(reverse("code_saisir"), donnees).status_code for _ in range(11)]
    assert statuts == [422] * 10 + [429]


@pytest.mark.parametrize("page", ["mot_de_passe", "confirmer"])
def test_le_mot_de_passe_ne_se_cherche_pas_non_plus_une_fois_entre(client, compte, page):
    client.force_login(compte)
    donnees = {"old_password": "faux", "mot_de_passe": "faux", "new_password1": "x", "new_password2": "x"}
    statuts = [client.post(reverse(page), donnees).status_code for _ in range(11)]
    assert statuts == [422] * 10 + [429]


def test_un_champ_vide_ne_compte_pas(client):
    for _ in range(12):
        assert essayer(client, mot_de_passe="").status_code == 422
    assert not TentativeDeConnexion.objects.exists()


def test_purger_n_efface_que_ce_qui_ne_compte_plus(client):
    essayer(client, "a@essais.example")
    TentativeDeConnexion.objects.update(le=F("le") - tentatives.GARDE - timedelta(seconds=1))
    essayer(client, "b@essais.example", REMOTE_ADDR="192.0.2.2")
    assert tentatives.purger() == 2
    assert TentativeDeConnexion.objects.count() == 2
