"""La production d'un document : ses étapes, ses échecs, sa reprise, et ce que la page en montre."""

import io
import json

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.celery import app
from feuille_de_route.documents import demandes, production
from feuille_de_route.documents.signature import SignatureImpossible, champs_de
from feuille_de_route.documents.verification import verifier
from feuille_de_route.models import Document, EtatDocument, NatureDocument
from feuille_de_route.tasks import balayer, envoyer, produire
from gouvernance.models import Evenement, Role
from gouvernance.socle import coffre, signalement
from gouvernance.socle.travaux import ESSAIS_MAX
from tests.feuille_de_route.scenes import (
    consentir,
    coordination_de,
    demarche_en_signature,
    document_de,
    petit_document,
    travailler,
)
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory

pytestmark = pytest.mark.django_db


def url(nom, document, *suite):
    return reverse(nom, args=[document.demarche.uuid, document.uuid, *suite])


def htmx(client, document, vu):
    return client.get(url("document_etat", document), {"vu": vu}, headers={"HX-Request": "true"})


def test_le_vrai_document_porte_ses_champs_et_l_exact_contenu_fige():
    """Sans doublure : le gabarit, la mise en page, la signature et la vérification ensemble."""
    demarche = demarche_en_signature(2)
    travailler()
    document = document_de(demarche)
    assert document.etat == EtatDocument.PRET, document.erreur
    octets = coffre.lire(document.empreinte)
    assert champs_de(octets) == {"Signature1": False, "Signature2": False, "Sceau": False}
    with pikepdf.open(io.BytesIO(octets)) as pdf:
        assert len(pdf.pages) == document.pages
        joint = pdf.attachments["feuille-de-route.json"].get_file().read_bytes()
    version = demarche.versions.get()
    assert joint == version.canonique.encode()
    assert json.loads(joint)["demarche"]["identifiant"] == demarche.identifiant
    for _ in range(2):
        consentir(demarche)
        travailler()
    assert verifier(coffre.lire(document_de(demarche).empreinte)).complet


@pytest.fixture
def demarche(monkeypatch):
    petit_document(monkeypatch)
    return demarche_en_signature(1)


def test_la_page_suit_le_document_sans_recharger(client, demarche):
    document = document_de(demarche)
    client.force_login(coordination_de(demarche))
    page = client.get(reverse("documents", args=[demarche.uuid])).content.decode()
    assert f'hx-get="{url("document_etat", document)}?vu=en_file-0"' in page
    assert 'hx-trigger="every 2s"' in page
    assert htmx(client, document, "en_file-0").status_code == 204  # rien de neuf : rien ne bouge
    Document.objects.update(etat=EtatDocument.MISE_EN_PAGE)
    fragment = htmx(client, document, "en_file-0")
    assert "La mise en page est en cours." in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    travailler()
    pret = htmx(client, document, "mise_en_page-0")
    assert pret["HX-Refresh"] == "true"  # le tour de signature a changé aussi
    assert "hx-get" not in pret.content.decode()
    assert "Ouvrir le PDF" in pret.content.decode()
    assert "<html" in client.get(url("document_etat", document)).content.decode()  # sans JavaScript


def test_une_erreur_se_dit_se_repousse_puis_devient_un_echec_que_l_on_relance(client, demarche, monkeypatch):
    def panne(document):
        raise SignatureImpossible("Le document n’a pas d’emplacement pour : Sceau.")

    document = document_de(demarche)
    with monkeypatch.context() as panne_en_cours:
        panne_en_cours.setattr(production, "html_du_document", panne)
        travailler()
        document.refresh_from_db()
        assert (document.etat, document.essais) == (EtatDocument.EN_FILE, 1)
        assert "pas d’emplacement pour : Sceau" in document.erreur
        client.force_login(coordination_de(demarche))
        fragment = htmx(client, document, "mise_en_page-0").content.decode()
        assert "L’essai n°&nbsp;1 n’a pas abouti" in fragment
        assert 'hx-trigger="every 10s"' in fragment
        for _ in range(ESSAIS_MAX - 1):
            Document.objects.update(prochain_essai_le=timezone.now())
            travailler()
    document.refresh_from_db()
    assert (document.etat, document.essais) == (EtatDocument.ECHEC, ESSAIS_MAX)
    assert Evenement.objects.filter(action="échec de la production", demarche=demarche).count() == 1
    page = client.get(reverse("documents", args=[demarche.uuid])).content.decode()
    assert "La production a échoué" in page
    assert url("document_reessayer", document) in page
    assert client.post(url("document_reessayer", document)).status_code == 302
    refait = client.post(url("document_reessayer", document), follow=True).content.decode()
    assert "n’est pas en échec" in refait
    travailler()
    document.refresh_from_db()
    assert (document.etat, document.essais, document.erreur) == (EtatDocument.PRET, 0, "")


def test_une_erreur_de_programme_ne_montre_pas_ses_entrailles(demarche, monkeypatch):
    def panne(document):
        raise KeyError("/chemin/secret")

    monkeypatch.setattr(production, "html_du_document", panne)
    travailler()
    erreur = document_de(demarche).erreur
    assert "erreur interne (KeyError)" in erreur
    assert "secret" not in erreur


def test_un_coffre_plein_ne_donne_jamais_un_pret_sans_fichier(demarche, monkeypatch):
    def plein(octets):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disque:
        disque.setattr(coffre, "deposer", plein)
        travailler()
    document = document_de(demarche)
    assert (document.etat, document.empreinte) == (EtatDocument.EN_FILE, "")
    assert not document.empreintes.exists()
    Document.objects.update(prochain_essai_le=None)
    travailler()
    consentir(demarche)
    avant = document_de(demarche).empreinte
    with monkeypatch.context() as disque:
        disque.setattr(coffre, "deposer", plein)
        travailler()
    document = document_de(demarche)
    assert (document.etat, document.empreinte) == (EtatDocument.SIGNATURE, avant)
    assert document.signatures.get().etat == "consentie"
    with pytest.raises(ValidationError):
        demandes.reessayer(document.pk, par=None)


class Mort(BaseException):
    """Le travailleur est tué : aucune erreur n'est notée, l'étape en cours est perdue."""


def test_un_document_qui_tue_son_travailleur_n_est_pas_repris_sans_fin(demarche, monkeypatch):
    def tuer(document):
        raise Mort

    document = document_de(demarche)
    lignes = Evenement.objects.filter(action=production.INTERRUPTION, demarche=demarche)
    with monkeypatch.context() as fatal:
        fatal.setattr(production, "html_du_document", tuer)
        morts = 0
        while document_de(demarche).etat != EtatDocument.ECHEC:
            assert morts < 100, "repris sans fin"
            try:
                production.produire(document.pk)
            except Mort:
                morts += 1
    assert morts == lignes.count() == production.INTERRUPTIONS_MAX
    assert "interrompue 25 fois" in document_de(demarche).erreur
    demandes.reessayer(document.pk, par=None)
    Document.objects.update(etat=EtatDocument.MISE_EN_PAGE)  # mort encore une fois, après la reprise demandée
    travailler()
    assert document_de(demarche).etat == EtatDocument.PRET


def test_la_base_refuse_un_pret_sans_fichier_et_deux_documents_par_version(demarche):
    with pytest.raises(IntegrityError, match="document_pret_a_un_fichier"), transaction.atomic():
        Document.objects.update(etat=EtatDocument.PRET)
    with pytest.raises(IntegrityError, match="document_unique_par_version"), transaction.atomic():
        Document.objects.create(
            demarche=demarche, nature=NatureDocument.A_SIGNER, version_figee=demarche.versions.get()
        )
    with pytest.raises(IntegrityError, match="document_fige_sauf_projet"), transaction.atomic():
        Document.objects.create(demarche=demarche, nature=NatureDocument.A_SIGNER)


def test_refaire_un_document_deja_pret_ne_fait_rien(demarche):
    travailler()
    avant = Document.objects.values().get()
    assert production.produire(avant["id"]) is False
    assert Document.objects.values().get() == avant


@pytest.mark.parametrize("role", list(Role.values))
def test_qui_edite_un_projet_et_qui_le_lit(client, monkeypatch, role):
    petit_document(monkeypatch)
    demarche = DemarcheFactory()
    client.force_login(MandatFactory(demarche=demarche, role=role).utilisateur)
    redige = role in {Role.COORDINATION, Role.CO_PORTEUR, Role.PORTEUR_EPCI}
    reponse = client.post(reverse("projet_editer", args=[demarche.uuid]))
    assert reponse.status_code == (302 if redige else 403)
    projet = demandes.editer_projet(demarche, par=None)  # celui en cours est rendu tel quel
    assert Document.objects.get() == projet
    travailler()
    for nom in ("document_etat", "document_pdf"):
        assert client.get(url(nom, projet)).status_code == (200 if redige else 404), nom
    page = client.get(reverse("documents", args=[demarche.uuid])).content.decode()
    assert (url("document_pdf", projet) in page) is redige


def test_un_projet_remplace_le_precedent_sur_la_page(client, monkeypatch):
    petit_document(monkeypatch)
    demarche = DemarcheFactory()
    projets = []
    for _ in range(2):
        projets.append(demandes.editer_projet(demarche, par=None))
        travailler()
    client.force_login(coordination_de(demarche))
    page = client.get(reverse("documents", args=[demarche.uuid])).content.decode()
    assert url("document_pdf", projets[1]) in page
    assert url("document_pdf", projets[0]) not in page


def test_la_page_des_documents_ne_fait_pas_plus_de_requetes_avec_plus_de_signataires(
    client, monkeypatch, compter_requetes
):
    petit_document(monkeypatch)
    comptes = []
    for nombre, code in ((1, "24"), (8, "33")):
        demarche = demarche_en_signature(nombre, gouvernance__departement__code=code)
        travailler()
        client.force_login(coordination_de(demarche))
        noms = ("documents", "signataires", "transmission")
        comptes.append([compter_requetes(reverse(nom, args=[demarche.uuid])) for nom in noms])
    assert comptes[0] == comptes[1]
    assert max(comptes[0]) <= 12


# Les indices.


def test_le_balayage_signale_tout_ce_qui_attend_et_rien_d_autre(demarche, monkeypatch):
    envois = []
    for tache in (produire, envoyer):
        monkeypatch.setattr(
            tache,
            "apply_async",
            lambda arguments, tache=tache, **options: envois.append((tache.name, arguments)),
        )
    balayer()
    assert envois == [("feuille_de_route.tasks.produire", (document_de(demarche).pk,))]
    travailler()
    envois.clear()
    balayer()
    assert envois == []


def test_sans_redis_la_page_repond_vite_et_l_acte_compte(client, monkeypatch, settings):
    """Adresse morte : le refus de Redis ne coûte ni attente ni erreur, et le travail se fait plus tard."""
    petit_document(monkeypatch)
    demarche = demarche_en_signature(1)
    appels = []

    def refuser(*arguments, **options):
        appels.append(arguments)
        raise signalement.OperationalError("Connection refused")

    monkeypatch.setattr(app, "send_task", refuser)
    travailler()
    document = document_de(demarche)
    client.force_login(document.signatures.get().signataire.utilisateur)
    reponse = client.post(url("signer", document), {"empreinte": document.empreinte, "lu": "on"})
    assert reponse.status_code == 302
    assert document_de(demarche).etat == EtatDocument.SIGNATURE
    assert connection.in_atomic_block or len(appels) == 1
    travailler()
    assert document_de(demarche).scelle_le is not None
