"""Toute réponse qui refuse est une page en français, sous la même politique de sécurité que les autres."""

import re

import pytest
from django.db import DataError, IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from django.views.decorators.http import require_POST

from gouvernance.models import Evenement, Gouvernance, Membre
from gouvernance.socle import reponses
from gouvernance.socle.vues import EcritureInterdite, lecture_seule
from tests.gouvernance.fabriques import MOT_DE_PASSE, MembreFactory, UtilisateurFactory
from tests.gouvernance.situations import situation

ANGLAIS = re.compile(
    r"Not Found|Bad Request|Forbidden|Server Error|Method Not Allowed|This field|Select a valid|Enter a "
    r"|Ensure (this|that)|Traceback|Exception|ManagementForm|Please (correct|submit)|already exists",
)


def panne(request):
    raise RuntimeError("Exception de l’essai")


@transaction.atomic
def doublon(request):
    """Une contrainte que nulle règle n'a vue venir."""
    membre = Membre.objects.get()
    MembreFactory(gouvernance=membre.gouvernance, structure=membre.structure)


def hors_bornes(request):
    raise DataError("integer out of range")


@require_POST
def acte(request):
    return HttpResponse("fait")


urlpatterns = [
    path("panne/", panne),
    path("doublon/", doublon),
    path("hors-bornes/", hors_bornes),
    path("acte/", acte),
    path("", include("feuille_de_route.urls")),
]
handler400 = "gouvernance.socle.reponses.demande_illisible"


@pytest.fixture
def site(db, settings, client):
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    client.force_login(UtilisateurFactory(password=None))
    return client


def exiger_page_francaise(reponse, statut: int, titre: str = "<h1"):
    texte = reponse.content.decode()
    assert reponse.status_code == statut
    assert '<html lang="fr"' in texte
    assert titre in texte
    assert not ANGLAIS.search(texte)
    assert "default-src 'none'" in reponse["Content-Security-Policy"]
    assert reponse["X-Frame-Options"] == "DENY"
    assert reponse["X-Content-Type-Options"] == "nosniff"
    return texte


def test_page_inconnue(site):
    exiger_page_francaise(site.get("/rien/"), 404, "Page introuvable")


def test_panne(site):
    exiger_page_francaise(site.get("/panne/"), 500, "a rencontré une erreur")


@pytest.mark.parametrize("hote", ["pirate.example", "a b", "[::1"])
def test_nom_de_site_inconnu(site, hote):
    exiger_page_francaise(site.get("/", headers={"host": hote}), 400, "n’a pas pu être lue")


def test_nom_de_site_inconnu_quand_https_est_exige(site, settings):
    settings.SECURE_SSL_REDIRECT = True
    reponse = Client(raise_request_exception=False).get("/", headers={"host": "pirate.example"})
    assert reponse.status_code == 400
    assert "n’a pas pu être lue" in reponse.content.decode()
    assert "default-src 'none'" in reponse["Content-Security-Policy"]


def test_le_nom_de_site_transmis_par_un_mandataire_ne_compte_pas(site):
    reponse = site.post(reverse("deconnexion"), headers={"x-forwarded-host": "pirate.example"})
    assert reponse.status_code == 302
    assert "pirate" not in reponse.url


def test_formulaire_sans_jeton_csrf(db):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    exiger_page_francaise(client.post(reverse("connexion"), {}), 403, "Le formulaire a expiré")


def test_un_acte_sans_jeton_csrf(db):
    """Pas seulement la connexion, que Django protège d'elle-même."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(UtilisateurFactory(password=None))
    for nom in ("session_fermer", "demarche_ouvrir", "verifier"):
        exiger_page_francaise(client.post(reverse(nom), {}), 403, "Le formulaire a expiré")


def test_acte_ouvert_comme_une_page(site):
    reponse = site.get("/acte/")
    exiger_page_francaise(reponse, 405, "ne s’ouvre pas ainsi")
    assert reponse["Allow"] == "POST"


def test_page_appelee_comme_un_acte(site):
    exiger_page_francaise(site.post(reverse("galerie")), 405)


def test_une_page_de_lecture_qui_ecrirait_est_une_faute(db, rf):
    @lecture_seule
    def vue(request):
        Membre.objects.update(co_porteur=True)

    with pytest.raises(EcritureInterdite):
        vue(rf.get("/"))


def test_trop_de_texte(site):
    donnees = {"username": "x" * (13 * 1024 * 1024)}
    exiger_page_francaise(site.post(reverse("mot_de_passe"), donnees, "text/plain"), 422)
    site.logout()
    corps = "username=" + donnees["username"]
    reponse = site.post(reverse("connexion"), corps, "application/x-www-form-urlencoded")
    exiger_page_francaise(reponse, 413, "trop lourd")


def test_trop_de_champs(site):
    site.logout()
    donnees = {f"c{n}": "" for n in range(1100)}
    exiger_page_francaise(site.post(reverse("connexion"), donnees), 400)


def test_un_corps_demesure_n_est_pas_lu(site, monkeypatch):
    monkeypatch.setattr(reponses, "ENVOI_MAXIMAL", 1000)
    exiger_page_francaise(site.post("/acte/", {"a": "x" * 2000}), 413, "trop lourd")
    assert site.post("/acte/", {"a": "x"}).status_code == 200


def test_contrainte_de_la_base_imprevue(site):
    MembreFactory()
    texte = exiger_page_francaise(site.post("/doublon/"), 409, "Quelqu’un a enregistré avant vous")
    assert "Cette structure est déjà membre de la gouvernance." in texte
    assert Membre.objects.count() == 1


def test_valeur_que_la_base_ne_sait_lire(site):
    exiger_page_francaise(site.post("/hors-bornes/"), 400)


def test_une_contrainte_sans_phrase_en_a_une():
    assert reponses._phrase(IntegrityError()) == reponses.CONTREDIT


@pytest.mark.parametrize("nom", ["accueil", "mot_de_passe"])
def test_une_page_de_compte_ne_reste_pas_en_cache(site, nom):
    cache = site.get(reverse(nom))["Cache-Control"]
    assert "private" in cache
    assert "no-cache" in cache


def test_une_page_publique_n_est_pas_marquee_privee(client, db):
    assert "Cache-Control" not in client.get(reverse("verifier"))


@pytest.mark.parametrize(
    "suite", ["https://pirate.example/", "//pirate.example", "/\\pirate.example", "javascript:alert(1)"]
)
def test_la_connexion_ne_mene_pas_ailleurs(client, db, suite):
    compte = UtilisateurFactory()
    donnees = {"username": compte.email, "password": MOT_DE_PASSE, "next": suite}
    reponse = client.post(f"{reverse('connexion')}?next={suite}", donnees)
    assert reponse.status_code == 302
    assert reponse.url == reverse("accueil")


def test_la_session_change_a_la_connexion_et_meurt_a_la_deconnexion(client, db):
    compte = UtilisateurFactory()
    client.cookies["sessionid"] = "donnee-par-un-pirate"
    client.post(reverse("connexion"), {"username": compte.email, "password": MOT_DE_PASSE})
    temoin = client.cookies["sessionid"]
    assert temoin.value != "donnee-par-un-pirate"
    assert temoin["httponly"]
    assert temoin["samesite"] == "Lax"
    client.post(reverse("deconnexion"))
    client.cookies["sessionid"] = temoin.value
    assert client.get(reverse("mot_de_passe")).status_code == 302


def test_la_note_privee_ne_se_lit_que_de_la_prefecture(client, db):
    secret = "Le maire hésite : à ne pas écrire ailleurs."
    lieu = situation()
    Gouvernance.objects.update(note_privee=secret)
    noms = ["gouvernance", "journal", "demarche", "gouvernance_modifier", "note_privee", "cahier"]
    for role, compte in lieu.gens.items():
        client.force_login(compte)
        lues = [nom for nom in noms if secret in _texte(client.get(reverse(nom, args=[lieu.uuid])))]
        assert set(lues) <= ({"gouvernance", "note_privee"} if role == "coordination" else set()), role
    client.force_login(lieu.gens["coordination"])
    page = reverse("note_privee", args=[lieu.uuid])
    assert "no-store" in client.get(page)["Cache-Control"]
    client.post(page, {"note_privee": secret + " Encore.", "version": lieu.demarche.gouvernance.version})
    assert Gouvernance.objects.get().note_privee.endswith("Encore.")
    assert not Evenement.objects.filter(vers__contains="hésite").exists()


def _texte(reponse) -> str:
    return reponse.content.decode()
