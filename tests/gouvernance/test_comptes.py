import pytest
from django.urls import reverse

from gouvernance.comptes.forms import REFUS
from gouvernance.models import Evenement
from tests.gouvernance.fabriques import MOT_DE_PASSE, UtilisateurFactory

pytestmark = pytest.mark.django_db


def connecter(client, email, mot_de_passe):
    return client.post(reverse("connexion"), {"username": email, "password": mot_de_passe})


def test_on_se_connecte_quelle_que_soit_la_casse_puis_on_se_deconnecte(client):
    UtilisateurFactory(email="coordination@essais.example")
    reponse = connecter(client, "Coordination@Essais.example", MOT_DE_PASSE)
    assert (reponse.status_code, reponse.url) == (302, reverse("accueil"))
    assert "Se déconnecter" in client.get("/").content.decode()
    assert client.post(reverse("deconnexion")).url == reverse("accueil")
    assert "Se connecter" in client.get("/").content.decode()


@pytest.mark.parametrize("cas", ["inconnu", "faux", "inactif"])
def test_la_meme_phrase_pour_un_inconnu_un_mot_de_passe_faux_ou_un_compte_inactif(client, cas):
    UtilisateurFactory(email="connu@essais.example", is_active=cas != "inactif")
    email = "inconnu@essais.example" if cas == "inconnu" else "connu@essais.example"
    reponse = connecter(client, email, MOT_DE_PASSE if cas == "inactif" else "faux")
    assert reponse.status_code == 422
    assert REFUS in reponse.content.decode()
    assert email in reponse.content.decode(), "l’adresse tapée reste"
    assert "_auth_user_id" not in client.session


def test_une_page_protegee_mene_a_la_connexion_puis_revient(client):
    UtilisateurFactory(email="qui@essais.example")
    reponse = client.get(reverse("mot_de_passe"))
    assert reponse.url == f"{reverse('connexion')}?next={reverse('mot_de_passe')}"
    reponse = client.post(reponse.url, {"username": "qui@essais.example", "password": MOT_DE_PASSE})
    assert reponse.url == reverse("mot_de_passe")


def test_on_ne_sort_pas_du_site_en_se_connectant(client):
    UtilisateurFactory(email="qui@essais.example")
    adresse = reverse("connexion") + "?next=https://ailleurs.example/"
    assert client.post(adresse, {"username": "qui@essais.example", "password": MOT_DE_PASSE}).url == "/"


def test_changer_de_mot_de_passe(client):
    compte = UtilisateurFactory()
    client.force_login(compte)
    neuf = "une-phrase-assez-longue"
    donnees = {"old_password": "faux", "new_password1": neuf, "new_password2": neuf}
    reponse = client.post(reverse("mot_de_passe"), donnees)
    assert reponse.status_code == 422
    assert not Evenement.objects.exists()
    assert client.post(reverse("mot_de_passe"), {**donnees, "old_password": MOT_DE_PASSE}).status_code == 302
    compte.refresh_from_db()
    assert compte.check_password(neuf)
    ligne = Evenement.objects.get()
    assert (ligne.par, ligne.action) == (compte, "changer de mot de passe")
    assert neuf not in ligne.vers + ligne.de
