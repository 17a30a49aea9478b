"""Le lien de connexion : demandé sans rien révéler, jamais usé par un GET, une fois, quinze minutes."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from gouvernance.models import Courriel, Evenement, LienDeConnexion, Moyen, SessionOuverte
from tests.comptes.fabriques import InvitationFactory, courriel_recu, lien_et_code
from tests.gouvernance.fabriques import UtilisateurFactory

pytestmark = pytest.mark.django_db
EMAIL = "agente@essais.example"


@pytest.fixture
def compte():
    return UtilisateurFactory(email=EMAIL, prenom="Agente", nom="Connue")


def demander(client, email=EMAIL, suite=""):
    return client.post(reverse("lien_demander"), {"email": email, "next": suite})


def connecte(client) -> bool:
    return "_auth_user_id" in client.session


def test_on_recoit_un_lien_que_l_on_ouvre_d_un_bouton(client, compte):
    reponse = demander(client, "Agente@Essais.example ", suite=reverse("sessions"))
    assert reponse.url == reverse("code_saisir") + "?next=/mes-sessions/"
    lien, _ = lien_et_code(EMAIL)
    page = client.get(lien)
    assert page.content.decode().count('<button class="fr-btn" type="submit">Se connecter') == 1
    assert EMAIL in page.content.decode()
    assert not connecte(client)
    assert client.post(lien, {"next": page.context["suite"]}).url == reverse("sessions")
    assert client.session["_auth_user_id"] == str(compte.pk)
    assert SessionOuverte.objects.get().moyen == Moyen.LIEN
    assert Evenement.objects.filter(action="se connecter par un lien reçu par courriel", par=compte).exists()


def test_le_courriel_dit_qui_pourquoi_jusqu_a_quand(client, compte):
    demander(client)
    message = courriel_recu(EMAIL)
    assert message.subject == "Votre lien de connexion"
    fin = timezone.localtime(LienDeConnexion.objects.get().expire_le)
    for mot in ("Bonjour Agente Connue", f"{fin:%Hh%M}", "Vous n’avez rien demandé", "La plateforme"):
        assert mot in message.body


def test_ni_le_lien_ni_le_code_ne_sont_gardes_en_clair(client, compte):
    demander(client)
    lien, code = lien_et_code(EMAIL)
    client.post(lien)
    jeton = lien.split("/")[3]
    garde = [*LienDeConnexion.objects.values(), *Courriel.objects.values(), *Evenement.objects.values()]
    assert jeton not in str(garde)
    assert f"'{code}'" not in str(garde)
    assert f" {code}\n" not in Courriel.objects.get().corps


def test_connue_inconnue_ou_fermee_la_reponse_est_la_meme(client, compte):
    UtilisateurFactory(email="fermee@essais.example", is_active=False)
    vues = []
    for email in (EMAIL, "inconnue@essais.example", "fermee@essais.example"):
        depart = type(client)()
        reponse = demander(depart, email)
        page = depart.get(reponse.url)
        contenu = page.content.decode().replace(email, "X")
        vues.append((reponse.status_code, reponse.url, contenu.count("Si cette adresse est connue")))
    assert len(set(vues)) == 1
    assert vues[0][2] == 1
    assert Courriel.objects.count() == 1


def test_cinquante_get_n_usent_rien(client, compte):
    demander(client)
    lien, _ = lien_et_code(EMAIL)
    avant = list(LienDeConnexion.objects.values())
    for _ in range(25):
        assert type(client)().get(lien).status_code == 200
        assert type(client)().head(lien).status_code == 200
    assert list(LienDeConnexion.objects.values()) == avant
    assert not SessionOuverte.objects.exists()
    assert client.post(lien).status_code == 302
    assert connecte(client)


@pytest.mark.parametrize("cas", ["use", "expire", "inconnu", "compte ferme"])
def test_un_lien_qui_ne_vaut_plus_en_propose_un_nouveau(client, compte, cas):
    demander(client)
    lien, _ = lien_et_code(EMAIL)
    if cas == "use":
        type(client)().post(lien)
    elif cas == "expire":
        LienDeConnexion.objects.update(expire_le=timezone.now() - timedelta(seconds=1))
    elif cas == "inconnu":
        lien = reverse("lien_ouvrir", args=["x" * 43])
    else:
        type(compte).objects.update(is_active=False)
    ailleurs = type(client)()
    for reponse in (ailleurs.get(lien), ailleurs.post(lien)):
        assert reponse.status_code == 410
        assert "Recevoir un nouveau lien" in reponse.content.decode()
        assert f'action="{reverse("lien_demander")}"' in reponse.content.decode()
    assert not connecte(ailleurs)


def test_un_lien_vaut_quinze_minutes(client, compte):
    demander(client)
    duree = LienDeConnexion.objects.get().expire_le - timezone.now()
    assert timedelta(minutes=14) < duree <= timedelta(minutes=15)


def test_un_second_clic_du_meme_navigateur_mene_au_meme_endroit(client, compte):
    demander(client)
    lien, _ = lien_et_code(EMAIL)
    assert client.post(lien).url == client.post(lien).url == reverse("accueil")
    assert SessionOuverte.objects.count() == 1


def test_le_code_connecte_lui_aussi_une_seule_fois(client, compte):
    demander(client)
    lien, code = lien_et_code(EMAIL)
    donnees = {"email": EMAIL, "code": f"{code[:3]} {code[3:]}"}
    assert client.post(reverse("code_saisir"), donnees).url == reverse("accueil")
    assert connecte(client)
    ailleurs = type(client)()
    assert ailleurs.post(reverse("code_saisir"), donnees).status_code == 422
    assert ailleurs.post(lien).status_code == 410  # le lien du même courriel est usé avec lui


def test_cinq_codes_faux_et_le_bon_ne_vaut_plus(client, compte):
    demander(client)
    lien, code = lien_et_code(EMAIL)
    faux = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        reponse = client.post(reverse("code_saisir"), {"email": EMAIL, "code": faux})
        assert reponse.status_code == 422
        assert "Ce code ne correspond pas" in reponse.content.decode()
    assert client.post(reverse("code_saisir"), {"email": EMAIL, "code": code}).status_code == 422
    assert not connecte(client)
    assert LienDeConnexion.objects.get().essais == 5
    assert client.post(lien).status_code == 302  # le lien, lui, ne se devine pas : il vaut encore


def test_le_code_d_un_autre_ne_vaut_pas_ni_celui_qui_a_expire(client, compte):
    UtilisateurFactory(email="autre@essais.example")
    demander(client)
    demander(client, "autre@essais.example")
    _, code = lien_et_code(EMAIL)
    assert client.post(
        reverse("code_saisir"), {"email": "autre@essais.example", "code": code}
    ).status_code == (422)
    LienDeConnexion.objects.update(expire_le=F("expire_le") - timedelta(minutes=16))
    assert client.post(reverse("code_saisir"), {"email": EMAIL, "code": code}).status_code == 422
    assert not connecte(client)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12345\x00"])
def test_un_code_mal_recopie_est_dit_sans_compter(client, compte, code):
    demander(client)
    reponse = client.post(reverse("code_saisir"), {"email": EMAIL, "code": code})
    assert reponse.status_code == 422
    assert LienDeConnexion.objects.get().essais == 0


def test_qui_est_invite_sans_compte_recoit_de_nouveau_son_invitation(client, demarche, coordination):
    invitation = InvitationFactory(
        demarche=demarche, cree_par=coordination, email="neuve@essais.example",
        expire_le=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    demander(client, "neuve@essais.example")
    lien, _ = lien_et_code("neuve@essais.example")
    assert lien.startswith("/invitation/")
    assert client.get(lien).status_code == 200
    invitation.refresh_from_db()
    assert invitation.expire_le > timezone.now() + timedelta(days=13)


def test_la_suite_ne_sort_pas_du_site(client, compte):
    demander(client, suite="https://ailleurs.example/")
    lien, _ = lien_et_code(EMAIL)
    assert "next" not in lien
    assert client.post(lien, {"next": "//ailleurs.example"}).url == reverse("accueil")


def test_mot_de_passe_oublie_un_lien_puis_un_nouveau(client, compte):
    demander(client, suite=reverse("mot_de_passe"))
    lien, _ = lien_et_code(EMAIL)
    page = client.get(lien)
    assert client.post(lien, {"next": page.context["suite"]}).url == reverse("mot_de_passe")
    neuf = "quatre-mots-sans-rapport"
    page = client.get(reverse("mot_de_passe"))
    assert "old_password" not in page.context["form"].fields
    reponse = client.post(reverse("mot_de_passe"), {"new_password1": neuf, "new_password2": neuf})
    assert reponse.status_code == 302
    compte.refresh_from_db()
    assert compte.check_password(neuf)
    assert connecte(client)
    # un quart d'heure plus tard, l'ancien est de nouveau demandé
    SessionOuverte.objects.update(authentifiee_le=timezone.now() - timedelta(minutes=16))
    assert "old_password" in client.get(reverse("mot_de_passe")).context["form"].fields


def test_deja_connecte_un_lien_dispense_aussi_de_l_ancien_mot_de_passe(client, compte):
    client.force_login(compte)
    assert "old_password" in client.get(reverse("mot_de_passe")).context["form"].fields
    demander(client, suite=reverse("mot_de_passe"))
    client.post(lien_et_code(EMAIL)[0])
    assert "old_password" not in client.get(reverse("mot_de_passe")).context["form"].fields


def test_un_nouveau_mot_de_passe_faible_est_refuse(client, compte):
    demander(client)
    client.post(lien_et_code(EMAIL)[0])
    reponse = client.post(reverse("mot_de_passe"), {"new_password1": "1234", "new_password2": "1234"})
    assert reponse.status_code == 422


def test_le_courriel_ne_part_pas_de_la_demande(client, compte):
    demander(client)
    assert mail.outbox == []
    assert Courriel.objects.get().etat == "en_file"
