"""Signer, refuser, transmettre : l'identité vérifiée depuis moins d'un quart d'heure, la saisie gardée."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.models import EtatSignature, Signature, Transmission
from gouvernance.models import Etape, Evenement, SessionOuverte
from tests.comptes.fabriques import lien_et_code
from tests.gouvernance.fabriques import MOT_DE_PASSE, UtilisateurFactory
from tests.robustesse.scene import mettre_a, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(settings, tmp_path):
    lieu = scene("24")
    mettre_a(lieu.demarche, Etape.EN_SIGNATURE)
    compte = lieu.gens["coordination"]
    compte.set_password(MOT_DE_PASSE)
    compte.save()
    return lieu


@pytest.fixture
def signataire(client, lieu):
    client.force_login(lieu.gens["coordination"])
    return client


def vieillir(minutes=16):
    SessionOuverte.objects.update(authentifiee_le=timezone.now() - timedelta(minutes=minutes))


def adresse(nom, lieu):
    args = [lieu.demarche.uuid] + ([lieu.document.uuid] if nom != "transmission_demander" else [])
    return reverse(nom, args=args)


PAGES = ["signer", "signature_refuser", "transmission_demander"]


@pytest.mark.parametrize("nom", PAGES)
def test_quatorze_minutes_suffisent_seize_demandent_de_confirmer(signataire, lieu, nom):
    vieillir(14)
    assert signataire.get(adresse(nom, lieu)).status_code == 200
    vieillir(16)
    reponse = signataire.get(adresse(nom, lieu))
    assert reponse.status_code == 302
    assert reponse.url.startswith(reverse("confirmer") + "?next=/demarches/")
    page = signataire.get(reponse.url)
    assert "Confirmez que c’est vous" in page.content.decode()
    retour = signataire.post(reponse.url, {"mot_de_passe": MOT_DE_PASSE, "next": page.context["suite"]})
    assert retour.url == adresse(nom, lieu)
    assert signataire.get(retour.url).status_code == 200
    assert Evenement.objects.filter(action="confirmer son identité", vers="Mot de passe").count() == 1


@pytest.mark.parametrize("nom", PAGES)
def test_un_envoi_sans_preuve_fraiche_n_a_aucun_effet(signataire, lieu, nom):
    vieillir()
    envois = Transmission.objects.count()
    donnees = {"motif": "Un motif.", "lu": "on", "empreinte": lieu.document.empreinte, "reserves": ""}
    assert signataire.post(adresse(nom, lieu), donnees).url.startswith(reverse("confirmer"))
    assert set(Signature.objects.values_list("etat", flat=True)) == {EtatSignature.ATTENDUE}
    assert Transmission.objects.count() == envois


def test_ce_qui_etait_tape_est_rendu_puis_envoye_d_un_bouton(signataire, lieu):
    vieillir()
    saisie = {"motif": "Nous attendons\nle vote « du » conseil <b>communautaire</b>."}
    reponse = signataire.post(adresse("signature_refuser", lieu), saisie)
    page = signataire.get(reponse.url)
    assert "Ce que vous aviez écrit est gardé" in page.content.decode()
    page = signataire.post(reponse.url, {"mot_de_passe": MOT_DE_PASSE, "next": page.context["suite"]})
    assert page.status_code == 200
    assert "Envoyer ce que j’avais rempli" in page.content.decode()
    assert page.context["champs"] == [["motif", saisie["motif"]]]
    assert set(Signature.objects.values_list("etat", flat=True)) == {EtatSignature.ATTENDUE}
    assert signataire.post(page.context["chemin"], dict(page.context["champs"])).status_code == 302
    refusee = Signature.objects.get(etat=EtatSignature.REFUSEE)
    assert refusee.motif.replace("\r\n", "\n") == saisie["motif"]
    assert "saisie_gardee" not in signataire.session


def test_une_saisie_gardee_ne_se_rend_qu_a_son_adresse(signataire, lieu):
    vieillir()
    reponse = signataire.post(adresse("signature_refuser", lieu), {"motif": "Un motif."})
    retour = signataire.post(reponse.url, {"mot_de_passe": MOT_DE_PASSE, "next": reverse("sessions")})
    assert retour.url == reverse("sessions")


@pytest.mark.parametrize("next_", ["https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)"])
def test_on_ne_sort_pas_du_site(signataire, lieu, next_):
    vieillir()
    adresse_ = f"{reverse('confirmer')}?next={next_}"
    retour = signataire.post(adresse_, {"mot_de_passe": MOT_DE_PASSE, "next": next_})
    assert retour.url == reverse("accueil")


def test_un_mot_de_passe_faux_ne_confirme_rien(signataire, lieu):
    vieillir()
    reponse = signataire.post(reverse("confirmer"), {"mot_de_passe": "faux"})
    assert reponse.status_code == 422
    assert "Ce n’est pas votre mot de passe" in reponse.content.decode()
    assert signataire.get(adresse("signer", lieu)).status_code == 302


def test_un_compte_sans_mot_de_passe_confirme_par_un_code(client, lieu):
    elu = lieu.gens["elu"]
    assert not elu.has_usable_password()
    client.force_login(elu)
    vieillir()
    chemin = client.get(adresse("signer", lieu)).url
    assert "mot de passe" not in client.get(chemin).content.decode().split("<main")[1].split("</main")[0]
    reponse = client.post(chemin, {"acte": "envoyer"})
    assert "Code à six chiffres" in client.get(reponse.url).content.decode()
    _, code = lien_et_code(elu.email)
    faux = f"{(int(code) + 1) % 1_000_000:06d}"
    donnees = {"acte": "code", "code": faux, "next": adresse("signer", lieu)}
    assert client.post(chemin, donnees).status_code == 422
    assert client.post(chemin, donnees | {"code": code}).url == adresse("signer", lieu)
    assert client.get(adresse("signer", lieu)).status_code == 200


def test_le_code_d_un_autre_compte_ne_confirme_pas(client, lieu):
    autre = UtilisateurFactory()
    client.post(reverse("lien_demander"), {"email": autre.email})
    _, code = lien_et_code(autre.email)
    client.force_login(lieu.gens["elu"])
    vieillir()
    assert client.post(reverse("confirmer"), {"acte": "code", "code": code}).status_code == 422


def test_ouvrir_le_lien_du_courriel_confirme_aussi(client, lieu):
    elu = lieu.gens["elu"]
    client.force_login(elu)
    vieillir()
    client.post(client.get(adresse("signer", lieu)).url, {"acte": "envoyer"})
    lien, _ = lien_et_code(elu.email)
    suite = client.get(lien).context["suite"]
    assert client.post(lien, {"next": suite}).url == adresse("signer", lieu)
    assert client.get(adresse("signer", lieu)).status_code == 200
