"""Transmettre à l'ANCT : un paquet juste, parti une fois, repris s'il n'arrive pas."""

import json
import threading
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import parcours, signatures, transmissions, versions
from feuille_de_route.models import EtatTransmission, Transmission
from feuille_de_route.transmission import canaux
from feuille_de_route.transmission.dossier import assembler
from feuille_de_route.views.parcours import COMPLEMENT
from gouvernance.models import Courriel, Demarche, Etape, Evenement, Mandat, Role
from gouvernance.socle import coffre
from gouvernance.socle.travaux import ESSAIS_MAX
from tests.feuille_de_route.envois import lire_csv, paquet_de, transmettre
from tests.feuille_de_route.saisies import url
from tests.feuille_de_route.scenes import (
    anct,
    consentir,
    coordination_de,
    demarche_en_signature,
    demarche_signee,
    document_de,
    scene_gardee,
    travailler,
)
from tests.gouvernance.fabriques import MandatFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("petit_document")]


@pytest.fixture(scope="module")
def signee_gardee(django_db_setup, django_db_blocker, coffre_garde, cachet_d_essai):
    signer = partial(demarche_signee, 1, gouvernance__departement__code="2B")
    with django_db_blocker.unblock(), scene_gardee(signer, coffre_garde, cachet_d_essai) as demarche:
        yield demarche


@pytest.fixture
def signee(signee_gardee, coffre_copie):
    return Demarche.objects.get(pk=signee_gardee.pk)


def texte(reponse):
    return reponse.content.decode()


# Le paquet.


def test_le_paquet_dit_ce_qu_il_contient(client, signee):
    assert transmettre(client, signee).status_code == 302
    travailler()
    archive = paquet_de(signee)
    assert archive.testzip() is None
    manifeste = json.loads(archive.read("manifeste.json"))
    noms = set(archive.namelist()) - {"manifeste.json"}
    assert set(manifeste["fichiers"]) == noms
    assert {n: coffre.empreinte_de(archive.read(n)) for n in noms} == manifeste["fichiers"]
    document, version = document_de(signee), signee.versions.get()
    assert manifeste["fichiers"]["feuille-de-route.pdf"] == document.empreinte
    assert (
        manifeste["fichiers"]["feuille-de-route.json"] == version.empreinte == manifeste["empreinte_version"]
    )
    assert manifeste["signature_complete"] is True
    assert manifeste["motif_sans_signature_complete"] is None
    assert manifeste["reference"] == f"FDR-{signee.identifiant}-v1-01"
    membres = lire_csv(archive, "membres")
    assert membres[0] == ["structure", "siret", "college", "co_porteur", "statut"]
    assert membres[1][2:] == ["etat", "non", "confirme"]


def test_le_paquet_est_reproductible(client, signee):
    transmettre(client, signee)
    envoi = Transmission.objects.get()
    assert assembler(envoi) == assembler(Transmission.objects.get(pk=envoi.pk))


# Le dépôt.


def test_le_depot_recoit_exactement_un_fichier(client, signee, settings):
    transmettre(client, signee)
    for _ in range(3):
        travailler()
    envoi = Transmission.objects.get()
    fichiers = list(settings.TRANSMISSION_DEPOT.iterdir())
    assert [f.name for f in fichiers] == [f"{envoi.reference}.zip"]
    assert coffre.empreinte_de(fichiers[0].read_bytes()) == envoi.empreinte
    signee.refresh_from_db()
    assert (signee.etape, envoi.etat) == (Etape.TRANSMISE, EtatTransmission.ENVOYEE)
    assert Evenement.objects.filter(action="envoyer à l’ANCT").count() == 1


def test_un_depot_qui_ne_s_ecrit_pas_se_dit_et_ne_laisse_rien(client, signee, settings):
    settings.TRANSMISSION_DEPOT.parent.joinpath("depot").write_text("un fichier à la place du dossier")
    transmettre(client, signee)
    travailler()
    envoi = Transmission.objects.get()
    assert (envoi.etat, envoi.essais) == (EtatTransmission.EN_FILE, 1)
    assert "Le dossier de dépôt ne s’écrit pas" in envoi.erreur
    assert "L’essai n°" in texte(client.get(url("transmission", signee)))


# Le canal HTTP.


class Guichet:
    """Un service d'essai : répond ce qu'on lui dit, dans l'ordre, et retient ce qu'il reçoit."""

    def __init__(self):
        self.reponses, self.recus = [], []
        guichet = self

        class Reponse(BaseHTTPRequestHandler):
            def do_POST(self):
                corps = self.rfile.read(int(self.headers["Content-Length"]))
                guichet.recus.append((dict(self.headers), corps))
                statut = guichet.reponses.pop(0)
                if statut == "silence":
                    guichet.fin.wait(5)
                    return
                self.send_response(statut)
                if statut == 302:
                    self.send_header("Location", "/ailleurs")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                guichet.recus.append(("GET", self.path))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.fin = threading.Event()
        self.serveur = ThreadingHTTPServer(("127.0.0.1", 0), Reponse)
        self.fil = threading.Thread(target=self.serveur.serve_forever, daemon=True)
        self.fil.start()

    def fermer(self):
        self.fin.set()
        self.serveur.shutdown()
        self.serveur.server_close()
        self.fil.join()


@pytest.fixture
def guichet(settings):
    un = Guichet()
    settings.TRANSMISSION_CANAL = "http"
    settings.TRANSMISSION_URL = f"http://127.0.0.1:{un.serveur.server_port}/depot"
    settings.TRANSMISSION_JETON = "jeton-d-essai"
    yield un
    un.fermer()


def l_heure_est_venue():
    Transmission.objects.update(prochain_essai_le=timezone.now() - timedelta(seconds=1))


def test_http_refuse_puis_accepte_avec_la_meme_cle(client, signee, guichet):
    guichet.reponses = [500, 200]
    transmettre(client, signee)
    travailler()
    envoi = Transmission.objects.get()
    assert (envoi.etat, envoi.erreur) == ("en_file", "Le service de l’ANCT a refusé l’envoi (réponse 500).")
    travailler()  # trop tôt : rien ne part
    assert len(guichet.recus) == 1
    l_heure_est_venue()
    travailler()
    envoi.refresh_from_db()
    assert (envoi.etat, envoi.erreur) == ("envoyee", "")
    (entetes, corps), (entetes_2, corps_2) = guichet.recus
    assert entetes["Idempotency-Key"] == entetes_2["Idempotency-Key"] == envoi.reference
    assert entetes["Authorization"] == "Bearer jeton-d-essai"
    assert corps == corps_2
    assert coffre.empreinte_de(corps) == envoi.empreinte


def test_une_redirection_n_est_pas_une_remise(client, signee, guichet):
    guichet.reponses = [302]
    transmettre(client, signee)
    travailler()
    assert Transmission.objects.get().etat == EtatTransmission.EN_FILE
    assert [r for r in guichet.recus if r[0] == "GET"] == []


def test_un_service_muet_ou_absent_se_dit(client, signee, guichet, monkeypatch, settings):
    monkeypatch.setattr(canaux, "DELAI", 0.3)
    guichet.reponses = ["silence"]
    transmettre(client, signee)
    travailler()
    assert Transmission.objects.get().erreur == "Le service de l’ANCT ne répond pas."
    settings.TRANSMISSION_URL = "http://127.0.0.1:1/"
    l_heure_est_venue()
    travailler()
    assert Transmission.objects.get().erreur == "Le service de l’ANCT ne répond pas."


@pytest.mark.parametrize(
    "adresse", ["", "http://anct.example/", "http://127.0.0.1.example/", "file:///etc/passwd"]
)
def test_une_adresse_en_clair_est_refusee(settings, adresse):
    settings.TRANSMISSION_URL = adresse
    with pytest.raises(canaux.EnvoiImpossible, match="n’est pas une adresse https"):
        canaux.poster("FDR-1", b"")


# Le courriel.


def test_courriel_meme_identifiant_a_chaque_essai(client, signee, settings, monkeypatch):
    settings.TRANSMISSION_CANAL, settings.TRANSMISSION_COURRIEL = "courriel", "anct@essais.example"
    settings.ADRESSE_PUBLIQUE = "https://feuille.example:8443/site"
    transmettre(client, signee)
    travailler()
    Transmission.objects.update(etat="en_file", envoyee_le=None)  # tué entre la remise et l'écriture
    travailler()
    premier, second = mail.outbox
    identifiant = f"<{Transmission.objects.get().reference}@feuille.example>"
    assert premier.extra_headers["Message-ID"] == second.extra_headers["Message-ID"] == identifiant
    assert premier.attachments[0].content == second.attachments[0].content
    assert premier.to == ["anct@essais.example"]


def test_courriel_sans_adresse_se_dit(client, signee, settings):
    settings.TRANSMISSION_CANAL, settings.TRANSMISSION_COURRIEL = "courriel", ""
    transmettre(client, signee)
    travailler()
    assert "TRANSMISSION_COURRIEL manque" in Transmission.objects.get().erreur


# Les essais.


def test_les_essais_s_espacent_puis_l_echec_se_dit_et_se_relance(client, signee, guichet, settings):
    guichet.reponses = [500] * ESSAIS_MAX
    transmettre(client, signee)
    delais = []
    for _ in range(ESSAIS_MAX):
        l_heure_est_venue()
        avant = timezone.now()
        travailler()
        delais.append(round((Transmission.objects.get().prochain_essai_le - avant).total_seconds()))
    assert delais == [10, 20, 40, 80, 160, 320, 640, 1280]
    envoi = Transmission.objects.get()
    assert (envoi.etat, envoi.essais) == (EtatTransmission.ECHEC, ESSAIS_MAX)
    assert Evenement.objects.get(action="échec de l’envoi").vers == envoi.erreur
    page = texte(client.get(url("transmission", signee)))
    assert f"L’envoi a échoué après {ESSAIS_MAX} essais" in page
    assert "hx-get" not in page.split('id="envois"')[1].split(">")[0]

    reessayer = url("transmission_reessayer", signee, envoi.uuid)
    settings.TRANSMISSION_CANAL = "depot"  # l'exploitant a changé de canal
    client.force_login(MandatFactory(demarche=signee, role=Role.CO_PORTEUR).utilisateur)
    assert client.post(reessayer).status_code == 403
    client.force_login(coordination_de(signee))
    assert "L’envoi est remis en file." in texte(client.post(reessayer, follow=True))
    assert "Cette transmission est « En file »." in texte(client.post(reessayer, follow=True))
    travailler()
    assert Transmission.objects.get().etat == EtatTransmission.ENVOYEE


def test_un_pdf_altere_au_coffre_ne_part_pas(client, signee):
    coffre.chemin(document_de(signee).empreinte).write_bytes(b"%PDF-1.7 autre chose")
    transmettre(client, signee)
    travailler()
    assert "a été altéré" in Transmission.objects.get().erreur


# Qui, quand.


@pytest.mark.parametrize("role", list(Role.values))
def test_seule_la_coordination_transmet(client, signee, role):
    client.force_login(MandatFactory(demarche=signee, role=role).utilisateur)
    attendu = 302 if role == Role.COORDINATION else 403
    assert client.post(url("transmission_demander", signee), {"confirmer": "oui"}).status_code == attendu
    assert Transmission.objects.count() == (attendu == 302)
    assert client.get(url("transmission", signee)).status_code == 200


def test_qui_ne_voit_pas_la_demarche_ne_voit_pas_ses_envois(client, signee):
    transmettre(client, signee)
    autre = demarche_en_signature(1, gouvernance__departement__code="33")
    client.force_login(coordination_de(autre))
    assert client.get(url("transmission", signee)).status_code == 404
    envoi = Transmission.objects.get()
    for nom, suite in (("transmission_reessayer", []), ("transmission_repondre", ["accuser"])):
        assert client.post(url(nom, autre, envoi.uuid, *suite)).status_code == 404


def test_transmettre_deux_fois_ne_compte_qu_une(client, signee):
    assert transmettre(client, signee).status_code == 302
    seconde = transmettre(client, signee)
    assert seconde.status_code == 422
    assert "il n’y a rien à transmettre" in texte(seconde)
    assert Transmission.objects.count() == 1


def test_sans_signature_complete_il_faut_dire_pourquoi(client):
    demarche = demarche_en_signature(2)
    travailler()
    consentir(demarche)
    assert "Le document est encore en préparation" in texte(transmettre(client, demarche, motif="Urgent"))
    travailler()
    sans = transmettre(client, demarche, motif="  ")
    assert sans.status_code == 422
    assert "dites pourquoi vous transmettez sans elle" in texte(sans)
    assert transmettre(client, demarche, motif="Le second signataire est absent.").status_code == 302
    travailler()
    manifeste = json.loads(paquet_de(demarche).read("manifeste.json"))
    assert manifeste["signature_complete"] is False
    assert manifeste["motif_sans_signature_complete"] == "Le second signataire est absent."
    demarche.refresh_from_db()
    assert (demarche.etape, demarche.signee_le) == (Etape.TRANSMISE, None)
    attendue = signatures.attendue(document_de(demarche))
    client.force_login(attendue.signataire.utilisateur)
    adresse = reverse("signer", args=[demarche.uuid, document_de(demarche).uuid])
    assert "n’est pas ouvert" in texte(
        client.post(adresse, {"empreinte": document_de(demarche).empreinte, "lu": "on"})
    )


def test_avant_la_signature_il_n_y_a_rien_a_transmettre(client):
    demarche = demarche_en_signature(1)
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.VALIDEE)
    client.force_login(coordination_de(demarche))
    assert "n’est pas encore à la signature" in texte(client.get(url("transmission", demarche)))
    assert transmettre(client, demarche).status_code == 422


# L'accusé, le complément.


def test_l_anct_accuse_reception_par_une_reference(client, signee):
    transmettre(client, signee)
    travailler()
    adresse = url("transmission_repondre", signee, Transmission.objects.get().uuid, "accuser")
    assert client.post(adresse, {"reference": "ANCT-1"}).status_code == 403  # la coordination ne s'accuse pas
    client.force_login(anct())
    assert client.post(adresse, {"reference": " "}).status_code == 422
    assert client.post(adresse, {"reference": "ANCT-2026-0142"}).status_code == 302
    envoi = Transmission.objects.get()
    signee.refresh_from_db()
    assert (envoi.etat, envoi.reference_accuse) == (EtatTransmission.ACCUSEE, "ANCT-2026-0142")
    assert signee.etape == Etape.MISE_EN_OEUVRE
    assert "ANCT-2026-0142" in texte(client.get(url("transmission", signee)))
    assert "« Accusée »" in texte(client.post(adresse, {"reference": "ANCT-2"}))
    assert client.get(url("transmission_repondre", signee, envoi.uuid, "autre")).status_code == 404


def test_un_complement_rend_la_feuille_transmissible_sans_perdre_l_envoi(client, signee):
    signee_le = signee.signee_le
    transmettre(client, signee)
    travailler()
    adresse = url("transmission_repondre", signee, Transmission.objects.get().uuid, "complement")
    client.force_login(anct())
    assert client.post(adresse, {"complement": "La part de la Région."}).status_code == 302
    signee.refresh_from_db()
    assert (signee.etape, signee.signee_le) == (Etape.SIGNEE, signee_le)
    client.force_login(coordination_de(signee))
    page = texte(client.get(url("transmission", signee)))
    assert f'href="{url("demarche_acte", signee, "reviser")}"' in page  # comment y répondre
    assert COMPLEMENT in texte(client.get(url("demarche", signee)))
    assert transmettre(client, signee).status_code == 302
    travailler()
    references = list(Transmission.objects.order_by("pk").values_list("reference", "etat"))
    debut = f"FDR-{signee.identifiant}-v1"
    assert references == [(f"{debut}-01", "complement"), (f"{debut}-02", "envoyee")]
    assert COMPLEMENT not in texte(client.get(url("demarche", signee)))


@pytest.mark.parametrize(
    ("reponse", "saisie", "dit"),
    [
        ("accuser", {"reference": "ANCT-2026-0142"}, "sous la référence ANCT-2026-0142"),
        ("complement", {"complement": "La part de la Région."}, "La part de la Région."),
    ],
)
def test_ce_que_repond_l_anct_s_ecrit_a_la_coordination(client, signee, reponse, saisie, dit):
    """Un complément demandé restait sur une page que plus personne n'ouvrait."""
    transmettre(client, signee)
    travailler()
    client.force_login(anct())
    client.post(url("transmission_repondre", signee, Transmission.objects.get().uuid, reponse), saisie)
    coordinations = Mandat.objects.filter(demarche=signee, role=Role.COORDINATION)
    lettres = Courriel.objects.filter(genre="reponse-anct")
    assert {lettre.destinataire for lettre in lettres} == {m.utilisateur.email for m in coordinations}
    assert all(dit in lettre.corps and url("transmission", signee) in lettre.corps for lettre in lettres)


def test_un_accuse_tardif_n_interrompt_pas_un_avenant(client, signee):
    transmettre(client, signee)
    travailler()
    Demarche.objects.filter(pk=signee.pk).update(
        etape=Etape.PLAN_ACTIONS, soumise_le=None, validee_le=None, signee_le=None, transmise_le=None
    )
    transmissions.accuser(Transmission.objects.get().pk, par=None, reference="ANCT-9")
    signee.refresh_from_db()
    assert signee.etape == Etape.PLAN_ACTIONS
    assert Transmission.objects.get().etat == EtatTransmission.ACCUSEE


def test_la_version_suivante_se_transmet_apres_celle_d_avant(client):
    """L'avenant signé par tous : le bouton revient, l'envoi de la version 1 reste dans l'histoire."""
    signee = demarche_signee(1, avec_cadre=True)
    bouton = f'href="{url("transmission_demander", signee)}"'
    transmettre(client, signee)
    travailler()
    transmissions.accuser(Transmission.objects.get().pk, par=None, reference="ANCT-1")
    assert bouton not in texte(client.get(url("transmission", signee)))
    parcours.reviser(signee.pk, par=None, motif="Étendre aux communes voisines.")
    assert bouton not in texte(client.get(url("transmission", signee)))
    versions.figer(signee, par=None)
    dates = {"soumise_le": timezone.now(), "validee_le": timezone.now()}
    Demarche.objects.filter(pk=signee.pk).update(etape=Etape.EN_SIGNATURE, **dates)
    signatures.ouvrir(Demarche.objects.get(pk=signee.pk), par=None)
    travailler()
    client.force_login(signatures.attendue(document_de(signee)).signataire.utilisateur)
    a_signer = texte(client.get(url("signer", signee, document_de(signee).uuid)))
    assert url("version_comparer", signee, 2) in a_signer  # qui signe l'avenant lit ce qu'il change
    consentir(signee)
    travailler()
    client.force_login(coordination_de(signee))
    assert "Le tour de signature de la version 2" in texte(client.get(url("documents", signee)))
    assert bouton in texte(client.get(url("transmission", signee)))
    assert transmettre(client, signee).status_code == 302
    travailler()
    premier, second = Transmission.objects.order_by("pk")
    assert (premier.etat, second.etat) == (EtatTransmission.ACCUSEE, EtatTransmission.ENVOYEE)
    assert second.document.version_figee.numero == 2


def test_la_base_refuse_une_seconde_transmission_et_un_envoi_sans_date(client, signee):
    transmettre(client, signee)
    envoi = Transmission.objects.get()
    doublon = Transmission(demarche=signee, document=envoi.document, reference="autre", canal="depot")
    with pytest.raises(IntegrityError, match="transmission_unique"), transaction.atomic():
        doublon.save()
    for valeurs, contrainte in (
        ({"etat": "envoyee"}, "transmission_envoyee_datee"),
        ({"etat": "accusee"}, "transmission_(accusee_referencee|envoyee_datee)"),
        ({"etat": "perdue"}, "transmission_(etat_connu|envoyee_datee)"),
    ):
        with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
            Transmission.objects.update(**valeurs)
