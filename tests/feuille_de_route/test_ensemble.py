"""Deux envois au même instant ne comptent qu'une fois ; sans Redis, rien n'attend ni ne se perd."""

import socket
import threading
import time
import uuid

import pytest
from celery import Celery
from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from feuille_de_route import parcours
from feuille_de_route.models import Signataire, Transmission, VersionFigee
from gouvernance.models import CodeJalon, Demarche, Etape, EtatJalon, Evenement, NatureDecision, Role
from gouvernance.socle import signalement
from tests.feuille_de_route.fabriques import FicheFactory, SignataireFactory
from tests.feuille_de_route.scenes import (
    coordination_de,
    demarche_en_signature,
    demarche_signee,
    demarche_soumise,
    document_de,
    petit_document,
    travailler,
)
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    MandatFactory,
    MembreFactory,
    SeanceFactory,
)

PAIRES = 10
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def une_feuille(monkeypatch):
    petit_document(monkeypatch)


def ensemble(*actes) -> list:
    """Chaque acte dans son fil, lâchés au même instant ; rend ce qu'ils rendent, erreurs comprises."""
    barriere, resultats = threading.Barrier(len(actes)), [None] * len(actes)

    def faire(rang):
        try:
            barriere.wait(10)
            resultats[rang] = actes[rang]()
        except Exception as erreur:
            resultats[rang] = erreur
        finally:
            connections.close_all()

    fils = [threading.Thread(target=faire, args=(rang,)) for rang in range(len(actes))]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(30)
    assert not any(fil.is_alive() for fil in fils)
    return resultats


def deux_posts(utilisateur, adresse, donnees, jetons=(None, None)) -> list[int]:
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(utilisateur)
    envois = [(c, donnees | ({"jeton": j} if j else {})) for c, j in zip(clients, jetons, strict=True)]
    reponses = ensemble(*(lambda c=c, d=d: c.post(adresse, d) for c, d in envois))
    assert not [r for r in reponses if isinstance(r, Exception)], reponses
    return sorted(r.status_code for r in reponses)


def departement(rang):
    return {"gouvernance__departement__code": f"{rang:03d}"}


def test_signer_a_deux_ne_signe_qu_une_fois():
    for rang in range(PAIRES):
        demarche = demarche_en_signature(1, **departement(rang))
        travailler()
        document = document_de(demarche)
        adresse = reverse("signer", args=[demarche.uuid, document.uuid])
        signataire = Signataire.objects.get(demarche=demarche).utilisateur
        codes = deux_posts(signataire, adresse, {"empreinte": document.empreinte, "lu": "on"})
        assert codes == [302, 422]
        travailler()
        assert document.empreintes.count() == 2
    assert Evenement.objects.filter(action="signer").count() == PAIRES
    assert Demarche.objects.filter(etape=Etape.SIGNEE).count() == PAIRES


def test_transmettre_a_deux_ne_transmet_qu_une_fois(settings):
    for rang in range(PAIRES):
        demarche = demarche_signee(1, **departement(rang))
        adresse = reverse("transmission_demander", args=[demarche.uuid])
        assert deux_posts(coordination_de(demarche), adresse, {"confirmer": "oui"}) == [302, 422]
        ensemble(travailler, travailler)  # deux travailleurs aussi
    assert Transmission.objects.filter(etat="envoyee").count() == PAIRES
    assert len(list(settings.TRANSMISSION_DEPOT.iterdir())) == PAIRES
    assert Evenement.objects.filter(action="envoyer à l’ANCT").count() == PAIRES


def test_transmettre_sans_signature_pendant_qu_on_signe_fait_l_un_ou_l_autre():
    for rang in range(PAIRES):
        demarche = demarche_en_signature(1, **departement(rang))
        travailler()
        document = document_de(demarche)
        signataire = Signataire.objects.get(demarche=demarche).utilisateur
        signer, transmettre = Client(), Client()
        signer.force_login(signataire)
        transmettre.force_login(coordination_de(demarche))
        ensemble(
            lambda c=signer, d=document: c.post(
                reverse("signer", args=[d.demarche.uuid, d.uuid]), {"empreinte": d.empreinte, "lu": "on"}
            ),
            lambda c=transmettre, d=document: c.post(
                reverse("transmission_demander", args=[d.demarche.uuid]), {"motif": "Urgent"}
            ),
        )
        travailler()
        demarche.refresh_from_db()
        document.refresh_from_db()
        transmise = Transmission.objects.filter(demarche=demarche).exists()
        assert (document.scelle_le is None) is transmise
        assert demarche.etape == (Etape.TRANSMISE if transmise else Etape.SIGNEE)


def test_soumettre_a_deux_ne_fige_qu_une_version(monkeypatch):
    monkeypatch.setitem(
        parcours.PASSAGES, "soumettre", parcours.PASSAGES["soumettre"]._replace(conditions=lambda d: [])
    )
    for rang in range(PAIRES):
        demarche = DemarcheFactory(avec_cadre=True, **departement(rang))
        Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.PLAN_ACTIONS)
        FicheFactory(demarche=demarche, retenue=True, complete=True)
        SignataireFactory(demarche=demarche)
        adresse = reverse("demarche_franchir", args=[demarche.uuid, "soumettre"])
        assert deux_posts(coordination_de(demarche), adresse, {}) == [302, 302]  # le second : un message
        assert demarche.versions.count() == demarche.documents.count() == 1
    assert VersionFigee.objects.count() == PAIRES
    assert Evenement.objects.filter(action="soumettre la feuille de route").count() == PAIRES


def test_valider_a_deux_ne_valide_qu_une_fois():
    for rang in range(PAIRES):
        demarche = demarche_soumise(avec_cadre=True, **departement(rang))
        demarche.jalons.exclude(code=CodeJalon.VALIDATION).delete()
        jalon = demarche.jalons.get()
        jalon.etat = EtatJalon.EN_COURS
        jalon.save()
        seance = SeanceFactory(instance=jalon.instance, ouverte=True)
        saisie = parcours.SaisieDecision(
            nature=NatureDecision.VALIDATION, objet="Feuille de route", texte="Validée.", jalon=jalon
        )
        resultats = ensemble(*[lambda s=seance, x=saisie: parcours.consigner_decision(s.pk, x, par=None)] * 2)
        assert sorted(isinstance(r, Exception) for r in resultats) == [False, True], resultats
    assert Demarche.objects.filter(etape=Etape.VALIDEE).count() == PAIRES
    assert Evenement.objects.filter(action="valider").count() == PAIRES


def test_deux_signataires_au_meme_rang_un_seul_est_pris():
    for rang in range(PAIRES):
        demarche = DemarcheFactory(**departement(rang))
        Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.PLAN_ACTIONS)
        elu = MandatFactory(demarche=demarche, role=Role.ELU).utilisateur
        structure = SignataireFactory(demarche=demarche, ordre=9).structure
        MembreFactory(gouvernance=demarche.gouvernance, structure=structure)
        donnees = {
            "ordre": 1, "structure": structure.pk, "nom": "La préfète", "qualite": "Préfète",
            "engagement": "Agir.", "utilisateur": elu.pk,
        }  # fmt: skip
        adresse = reverse("signataire_ajouter", args=[demarche.uuid])
        jetons = (uuid.uuid4(), uuid.uuid4())  # deux personnes, pas un double clic
        assert deux_posts(coordination_de(demarche), adresse, donnees, jetons) == [302, 422]


# Redis arrêté ou muet : de vrais envois, par les vrais réglages.


def application(adresse: str):
    une = Celery("essai", set_as_current=False)
    une.config_from_object("django.conf:settings", namespace="CELERY")
    une.conf.broker_url = adresse
    return une


@pytest.fixture
def envoyer_par(monkeypatch):
    """`envoyer_par(adresse)` : les indices partent par une application réglée sur cette adresse."""
    ouvertes = []

    def regler(adresse):
        ouvertes.append(application(adresse))
        monkeypatch.setattr(signalement, "current_app", ouvertes[-1])

    yield regler
    for une in ouvertes:
        une.close()


@pytest.mark.parametrize("nombre", [1, 20])
def test_redis_arrete_ne_fait_attendre_personne(envoyer_par, nombre):
    envoyer_par("redis://127.0.0.1:1/0")
    debut = time.monotonic()
    signalement.signaler([("essai.rien", rang) for rang in range(nombre)])
    assert time.monotonic() - debut < 1.5


def test_redis_muet_ne_fait_attendre_qu_une_fois(envoyer_par):
    with socket.socket() as muet:
        muet.bind(("127.0.0.1", 0))
        muet.listen(50)
        envoyer_par(f"redis://127.0.0.1:{muet.getsockname()[1]}/0")
        debut = time.monotonic()
        signalement.signaler([("essai.rien", rang) for rang in range(20)])
        assert 1 < time.monotonic() - debut < 3


def test_redis_arrete_toutes_les_pages_de_la_fin_du_fil_repondent(client, envoyer_par):
    envoyer_par("redis://127.0.0.1:1/0")
    demarche = demarche_en_signature(1)
    travailler()
    document = document_de(demarche)
    signataire = Signataire.objects.get(demarche=demarche).utilisateur
    coordination = coordination_de(demarche)
    debut = time.monotonic()
    client.force_login(signataire)
    signer = reverse("signer", args=[demarche.uuid, document.uuid])
    assert client.post(signer, {"empreinte": document.empreinte, "lu": "on"}).status_code == 302
    client.force_login(coordination)
    for nom in ("documents", "signataires", "transmission"):
        assert client.get(reverse(nom, args=[demarche.uuid])).status_code == 200
    assert client.post(reverse("projet_editer", args=[demarche.uuid])).status_code == 302
    assert client.get(reverse("verifier")).status_code == 200
    assert time.monotonic() - debut < 6 * 3
    travailler()  # le balayage passe plus tard
    assert document_de(demarche).scelle_le is not None


def test_les_delais_de_redis_sont_ceux_des_reglages():
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS == {
        "socket_connect_timeout": 1, "socket_timeout": 2, "max_retries": 0,
    }  # fmt: skip
    assert settings.CELERY_TASK_PUBLISH_RETRY is False
