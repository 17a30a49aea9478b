"""Le tour de signature, par les pages que voient les signataires et la coordination."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import parcours, signatures, tasks
from feuille_de_route.documents.signature import champs_de
from feuille_de_route.models import Document, Empreinte, EtatDocument, EtatSignature, Signataire, Signature
from gouvernance import courriels
from gouvernance.models import Courriel, Demarche, Etape, Evenement, Role
from gouvernance.socle import coffre
from tests.feuille_de_route.fabriques import SignataireFactory
from tests.feuille_de_route.scenes import (
    consentir,
    coordination_de,
    demarche_en_signature,
    demarche_signee,
    document_de,
    travailler,
)
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    MandatFactory,
    MembreFactory,
    StructureFactory,
    UtilisateurFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("petit_document")]


@pytest.fixture
def demarche():
    demarche = demarche_en_signature(2)
    travailler()
    return demarche


def compte(demarche, rang):
    return Signataire.objects.get(demarche=demarche, ordre=rang).utilisateur


def url(nom, demarche, *suite):
    return reverse(nom, args=[demarche.uuid, document_de(demarche).uuid, *suite])


def signer(client, demarche, rang, **donnees):
    client.force_login(compte(demarche, rang))
    envoi = {"empreinte": document_de(demarche).empreinte, "lu": "on"} | donnees
    return client.post(url("signer", demarche), envoi)


def etats(demarche):
    return list(document_de(demarche).signatures.order_by("ordre").values_list("etat", flat=True))


def test_chacun_signe_a_son_tour_et_le_dernier_scelle(client, demarche):
    document = document_de(demarche)
    vues = [document.empreinte]
    for rang in (1, 2):
        reponse = signer(client, demarche, rang, reserves="Sous réserve du vote." if rang == 1 else "")
        assert reponse.status_code == 302
        assert document_de(demarche).etat == EtatDocument.SIGNATURE
        travailler()
        vues.append(document_de(demarche).empreinte)
    demarche.refresh_from_db()
    document = document_de(demarche)
    assert (demarche.etape, document.etat) == (Etape.SIGNEE, EtatDocument.PRET)
    assert demarche.signee_le is not None
    assert document.scelle_le is not None
    assert etats(demarche) == ["apposee", "apposee"]
    assert champs_de(coffre.lire(document.empreinte)) == {
        "Signature1": True, "Signature2": True, "Sceau": True,
    }  # fmt: skip
    # Le registre garde chaque état émis, et celui-là seul est complet.
    assert list(Empreinte.objects.values_list("empreinte", "signatures", "scelle")) == [
        (vues[0], 0, False), (vues[1], 1, False), (vues[2], 2, True),
    ]  # fmt: skip
    assert [s.empreinte_vue for s in document.signatures.order_by("ordre")] == vues[:2]
    actions = list(
        Evenement.objects.filter(demarche=demarche).order_by("pk").values_list("action", flat=True)
    )
    assert actions.count("signer") == actions.count("apposer la signature") == 2
    assert actions.count("sceller") == 1


def test_la_page_de_signature_dit_quoi_signer_et_au_nom_de_qui(client, demarche):
    client.force_login(compte(demarche, 1))
    page = client.get(url("signer", demarche)).content.decode()
    document = document_de(demarche)
    assert document.empreinte in page
    assert reverse("document_pdf", args=[demarche.uuid, document.uuid]) in page
    assert "Tenir les moyens promis." in page
    assert "cachet de la plateforme" in page
    pdf = client.get(reverse("document_pdf", args=[demarche.uuid, document.uuid]))
    assert coffre.empreinte_de(pdf.content) == document.empreinte
    assert pdf["Content-Type"] == "application/pdf"


def test_hors_de_son_tour_on_attend(client, demarche):
    client.force_login(compte(demarche, 2))
    assert "Ce n’est pas encore votre tour" in client.get(url("signer", demarche)).content.decode()
    reponse = signer(client, demarche, 2)
    assert reponse.status_code == 422
    assert "Ce n’est pas encore votre tour" in reponse.content.decode()
    assert etats(demarche) == ["attendue", "attendue"]


def test_un_document_qui_a_change_se_relit_avant_de_se_signer(client, demarche):
    reponse = signer(client, demarche, 1, empreinte="0" * 64, reserves="Mes réserves tapées")
    assert reponse.status_code == 422
    assert "Le document a changé depuis que vous l’avez ouvert" in reponse.content.decode()
    assert "Mes réserves tapées" in reponse.content.decode()
    assert etats(demarche) == ["attendue", "attendue"]


def test_sans_avoir_coche_qu_on_a_lu_on_ne_signe_pas(client, demarche):
    reponse = signer(client, demarche, 1, lu="")
    assert reponse.status_code == 422
    assert "on ne signe que ce que l’on a lu" in reponse.content.decode()
    assert etats(demarche) == ["attendue", "attendue"]


def test_un_document_en_preparation_ne_se_signe_pas(client):
    demarche = demarche_en_signature(1)
    client.force_login(compte(demarche, 1))
    page = client.get(url("signer", demarche)).content.decode()
    assert "vous pourrez signer dès qu’il sera prêt" in page
    assert "Signer la feuille de route</button>" not in page
    reponse = signer(client, demarche, 1, empreinte="0" * 64)
    assert reponse.status_code == 422
    assert "Le document n’est pas prêt" in reponse.content.decode()


def test_signer_deux_fois_ne_compte_qu_une(client, demarche):
    assert signer(client, demarche, 1).status_code == 302
    seconde = signer(client, demarche, 1)
    assert seconde.status_code == 422
    assert "déjà « En cours d’apposition »" in seconde.content.decode()
    travailler()
    assert "déjà « Apposée »" in signer(client, demarche, 1).content.decode()
    assert Evenement.objects.filter(action="signer").count() == 1


@pytest.mark.parametrize("nom", ["signer", "signature_refuser"])
def test_personne_ne_signe_pour_un_autre(client, demarche, nom):
    for personne in (coordination_de(demarche), UtilisateurFactory(), UtilisateurFactory(anct=True)):
        client.force_login(personne)
        assert client.get(url(nom, demarche)).status_code == 404
        assert client.post(url(nom, demarche), {"motif": "x", "lu": "on"}).status_code == 404
    signature = document_de(demarche).signatures.first()
    with pytest.raises(PermissionDenied):
        signatures.consentir(signature.pk, par=compte(demarche, 2), empreinte_vue="0" * 64)
    with pytest.raises(PermissionDenied):
        signatures.refuser(signature.pk, par=compte(demarche, 2), motif="Pas d’accord")
    assert etats(demarche) == ["attendue", "attendue"]


def test_le_document_d_une_autre_demarche_est_introuvable(client, demarche):
    autre = demarche_en_signature(1, gouvernance__departement__code="33")
    MandatFactory(demarche=autre, utilisateur=compte(demarche, 1), role=Role.ELU)
    client.force_login(compte(demarche, 1))
    for nom in ("signer", "signature_refuser", "document_etat", "document_pdf"):
        adresse = reverse(nom, args=[autre.uuid, document_de(demarche).uuid])
        assert client.get(adresse).status_code == 404, nom
    client.force_login(coordination_de(autre))
    for nom, suite in (("document_reessayer", []), ("signature_redemander", [1])):
        adresse = reverse(nom, args=[autre.uuid, document_de(demarche).uuid, *suite])
        assert client.post(adresse).status_code == 404, nom


def test_un_refus_arrete_le_tour_et_la_coordination_le_relance(client, demarche):
    client.force_login(compte(demarche, 1))
    vide = client.post(url("signature_refuser", demarche), {"motif": "  "})
    assert vide.status_code == 422
    assert "Dites pourquoi vous refusez de signer." in vide.content.decode()
    assert client.post(url("signature_refuser", demarche), {"motif": "Le budget manque."}).status_code == 302
    assert etats(demarche) == ["refusee", "attendue"]
    assert signer(client, demarche, 2).status_code == 422  # le tour est arrêté

    redemander = url("signature_redemander", demarche, 1)
    assert client.post(redemander).status_code == 403  # un signataire ne relance pas le tour
    client.force_login(coordination_de(demarche))
    page = client.get(reverse("documents", args=[demarche.uuid])).content.decode()
    assert "Le budget manque." in page
    assert redemander in page
    assert "La signature est redemandée à Signataire 1." in (
        client.post(redemander, follow=True).content.decode()
    )
    assert etats(demarche) == ["attendue", "attendue"]
    assert Evenement.objects.get(action="redemander la signature").de == "Le budget manque."
    assert "n’a pas été refusée" in client.post(redemander, follow=True).content.decode()
    assert signer(client, demarche, 1).status_code == 302


def test_un_courriel_dit_a_chacun_que_c_est_son_tour(client, demarche):
    """Le premier quand le document est prêt, le suivant quand la signature d'avant est apposée ; un refus
    redemandé s'écrit de nouveau, et rien ne part deux fois.
    """
    premier, second = compte(demarche, 1), compte(demarche, 2)

    def ecrits():
        return list(
            Courriel.objects.filter(genre="signature").order_by("pk").values_list("destinataire", flat=True)
        )

    assert ecrits() == [premier.email]
    lettre = Courriel.objects.get(genre="signature")
    assert demarche.nom in lettre.sujet
    assert courriels.adresse("signer", demarche.uuid, document_de(demarche).uuid) in lettre.corps
    client.force_login(premier)
    client.post(url("signature_refuser", demarche), {"motif": "Le budget manque."})
    client.force_login(coordination_de(demarche))
    client.post(url("signature_redemander", demarche, 1))
    assert ecrits() == [premier.email, premier.email]
    signer(client, demarche, 1)
    travailler()
    assert ecrits() == [premier.email, premier.email, second.email]
    signer(client, demarche, 2)
    travailler()
    assert len(ecrits()) == 3


def test_une_signature_qui_tarde_se_rappelle_chaque_semaine_et_un_refus_se_dit(client, demarche, monkeypatch):
    assert settings.CELERY_BEAT_SCHEDULE["rappeler"]["task"] == tasks.rappeler.name
    coordination, attendu = coordination_de(demarche), compte(demarche, 1).email
    Courriel.objects.all().delete()
    monkeypatch.setattr(tasks, "JOURNEE", range(24))

    def courriers():
        tasks.rappeler()
        return list(Courriel.objects.values_list("genre", "destinataire"))

    assert courriers() == []  # prêt d'aujourd'hui
    Document.objects.update(pret_le=timezone.now() - timedelta(days=8))
    assert courriers() == [("signature", attendu)]
    assert courriers() == [("signature", attendu)]  # une fois par semaine
    client.force_login(compte(demarche, 1))
    client.post(url("signature_refuser", demarche), {"motif": "Le budget manque."})
    Courriel.objects.filter(genre="signature").delete()
    assert courriers() == [("signature-refusee", coordination.email)]  # arrêté, le tour ne se rappelle plus
    assert "Le budget manque." in Courriel.objects.get().corps


def test_qui_signe_pour_deux_structures_signe_deux_fois(client):
    demarche = demarche_en_signature(2)
    premier = compte(demarche, 1)
    Signataire.objects.filter(demarche=demarche).update(utilisateur=premier)
    travailler()
    for rang in (1, 2):
        assert signer(client, demarche, rang).status_code == 302
        travailler()
    assert etats(demarche) == ["apposee", "apposee"]


def test_le_tour_ferme_ne_se_signe_plus(client, demarche):
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.VALIDEE)
    client.force_login(compte(demarche, 1))
    assert "Signer la feuille de route</button>" not in client.get(url("signer", demarche)).content.decode()
    assert "n’est pas ouvert" in signer(client, demarche, 1).content.decode()


def test_une_demarche_abandonnee_pendant_l_apposition_ne_devient_pas_signee():
    demarche = demarche_en_signature(1)
    travailler()
    consentir(demarche)
    parcours.abandonner(demarche.pk, par=None, motif="Le département se retire.")
    travailler()
    demarche.refresh_from_db()
    assert (demarche.etape, document_de(demarche).etat) == (Etape.ABANDONNEE, EtatDocument.PRET)


def test_la_page_ne_montre_la_signature_qu_a_qui_c_est_le_tour(client, demarche):
    adresse = reverse("documents", args=[demarche.uuid])
    attendus = {1: True, 2: False}
    for rang, attendu in attendus.items():
        client.force_login(compte(demarche, rang))
        assert ("Votre signature est attendue" in client.get(adresse).content.decode()) is attendu
    consentir(demarche)
    travailler()
    client.force_login(compte(demarche, 2))
    assert "Votre signature est attendue" in client.get(adresse).content.decode()


# Désigner les signataires.


@pytest.fixture
def au_plan():
    demarche = DemarcheFactory()
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.PLAN_ACTIONS)
    membre = MembreFactory(gouvernance=demarche.gouvernance)
    return demarche, membre.structure, MandatFactory(demarche=demarche, role=Role.ELU).utilisateur


def saisie(structure, utilisateur, **champs):
    jeton = "6f0b4f0e-6a0e-4b5e-9a55-2f6d3a6a0001"
    return {
        "ordre": 1, "structure": structure.pk, "nom": "La préfète", "qualite": "Préfète de la Dordogne",
        "engagement": "Mobiliser ses services.", "utilisateur": utilisateur.pk, "jeton": jeton, **champs,
    }  # fmt: skip


def test_designer_un_signataire_une_seule_fois(client, au_plan):
    demarche, structure, elu = au_plan
    client.force_login(coordination_de(demarche))
    adresse = reverse("signataire_ajouter", args=[demarche.uuid])
    for _ in range(2):  # le même formulaire, deux clics
        assert client.post(adresse, saisie(structure, elu)).status_code == 302
    assert Signataire.objects.get().demarche == demarche
    assert Evenement.objects.filter(action="créer", objet_type="signataire").count() == 1
    page = client.get(reverse("signataires", args=[demarche.uuid])).content.decode()
    assert "Préfète de la Dordogne" in page
    assert "Mobiliser ses services." in page


@pytest.mark.parametrize("role", list(Role.values))
def test_seuls_les_pilotes_designent(client, au_plan, role):
    demarche, structure, elu = au_plan
    client.force_login(MandatFactory(demarche=demarche, role=role).utilisateur)
    attendu = 302 if role in {Role.COORDINATION, Role.CO_PORTEUR} else 403
    reponse = client.post(reverse("signataire_ajouter", args=[demarche.uuid]), saisie(structure, elu))
    assert reponse.status_code == attendu
    assert Signataire.objects.count() == (attendu == 302)


def test_le_rang_pris_la_structure_etrangere_et_l_etape_passee_sont_refuses(client, au_plan):
    demarche, structure, elu = au_plan
    client.force_login(coordination_de(demarche))
    SignataireFactory(demarche=demarche, ordre=1)
    adresse = reverse("signataire_ajouter", args=[demarche.uuid])
    pris = client.post(adresse, saisie(structure, elu))
    assert pris.status_code == 422
    assert "Deux signataires ne peuvent pas avoir le même rang." in pris.content.decode()
    ailleurs = client.post(adresse, saisie(StructureFactory(), elu, ordre=2))
    assert ailleurs.status_code == 422
    sans_mandat = client.post(adresse, saisie(structure, UtilisateurFactory(), ordre=2))
    assert sans_mandat.status_code == 422
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.SOUMISE, soumise_le="2026-01-01T00:00Z")
    tard = client.post(adresse, saisie(structure, elu, ordre=2))
    assert tard.status_code == 422
    assert "On ne peut plus désigner les signataires" in tard.content.decode()
    assert Signataire.objects.count() == 1


def test_modifier_ou_retirer_un_signataire(client, au_plan):
    demarche, structure, elu = au_plan
    client.force_login(coordination_de(demarche))
    signataire = SignataireFactory(demarche=demarche, structure=structure)
    adresse = reverse("signataire_modifier", args=[demarche.uuid, signataire.uuid])
    assert client.post(adresse, saisie(structure, elu, version=1)).status_code == 302
    conflit = client.post(adresse, saisie(structure, elu, version=1, nom="Le préfet"))
    assert conflit.status_code == 409
    assert "Le préfet" in conflit.content.decode()
    retirer = reverse("signataire_retirer", args=[demarche.uuid, signataire.uuid])
    assert client.get(retirer).status_code == 405
    assert client.post(retirer).status_code == 302
    assert not Signataire.objects.exists()
    assert Evenement.objects.filter(action="supprimer").exists()


def test_ce_que_la_soumission_demande_ne_se_dit_pas_facultatif(client, au_plan):
    demarche, _, _ = au_plan
    client.force_login(coordination_de(demarche))
    page = client.get(reverse("signataire_ajouter", args=[demarche.uuid])).content.decode()
    for champ in ("Qualité (demandée pour soumettre)", "Engagement (demandé pour soumettre)"):
        assert champ in page
        assert f"{champ} (facultatif)" not in page


def test_ce_qui_manque_avant_de_soumettre_puis_de_signer(au_plan):
    demarche, structure, _ = au_plan
    assert [m.texte for m in signatures.manques(demarche)] == ["Désigner au moins un signataire."]
    SignataireFactory(demarche=demarche, structure=structure, nom="Le maire", qualite="", engagement="")
    textes = {m.texte: m.bloquant for m in signatures.manques(demarche)}
    assert textes == {
        "Donner la qualité de Le maire.": True,
        "Écrire l’engagement de Le maire.": True,
        "Aucun compte ne signera pour Le maire.": False,
    }
    assert all(m.bloquant for m in signatures.manques_ouverture(demarche))


def test_le_compte_qui_signe_se_choisit_encore_une_fois_la_version_validee(client, au_plan):
    """Sans cela, une démarche validée dont un signataire n'a pas de compte n'aurait plus d'issue."""
    demarche, structure, elu = au_plan
    signataire = SignataireFactory(demarche=demarche, structure=structure, utilisateur=None, nom="Le maire")
    fixes = {"soumise_le": "2026-01-01T00:00Z", "validee_le": "2026-01-02T00:00Z"}
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.VALIDEE, **fixes)
    client.force_login(coordination_de(demarche))
    page = client.get(reverse("signataires", args=[demarche.uuid])).content.decode()
    assert "Choisir le compte qui signe" in page
    assert "Bloque le passage" in page
    adresse = reverse("signataire_modifier", args=[demarche.uuid, signataire.uuid])
    ailleurs = client.post(adresse, {"utilisateur": UtilisateurFactory().pk, "version": 1})
    assert ailleurs.status_code == 422
    envoi = {"utilisateur": elu.pk, "version": 1, "nom": "Un autre", "engagement": "Autre chose."}
    assert client.post(adresse, envoi).status_code == 302
    signataire.refresh_from_db()
    assert (signataire.utilisateur, signataire.nom) == (elu, "Le maire")
    client.force_login(elu)
    assert client.post(adresse, {**envoi, "version": 2}).status_code == 403
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.EN_SIGNATURE)
    client.force_login(coordination_de(demarche))
    assert client.post(adresse, {**envoi, "version": 2}).status_code == 422


def test_la_base_refuse_une_signature_sans_date_ou_un_refus_sans_motif(demarche):
    for valeurs, contrainte in (
        ({"etat": EtatSignature.CONSENTIE}, "signature_consentie_datee"),
        ({"etat": EtatSignature.REFUSEE}, "signature_refusee_motivee"),
        ({"etat": "autre"}, "signature_etat_connu"),
    ):
        with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
            Signature.objects.filter(ordre=1).update(**valeurs)


def test_une_signature_n_est_pas_redonnee_apres_scellement():
    demarche = demarche_signee(1)
    signature = document_de(demarche).signatures.get()
    with pytest.raises(ValidationError, match=r"déjà «\\xa0Apposée\\xa0»"):
        signatures.consentir(
            signature.pk, par=signature.signataire.utilisateur, empreinte_vue=document_de(demarche).empreinte
        )
