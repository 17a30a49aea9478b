"""L'élu et le partenaire trouvent dès l'accueil ce que l'on attend d'eux, et y vont d'un clic."""

import pytest
from django.urls import reverse

from feuille_de_route import transmissions
from feuille_de_route.models import EtatFiche, FicheAction, Signataire, Transmission
from gouvernance.models import Demarche, Etape, Role
from tests.feuille_de_route.fabriques import FicheFactory
from tests.feuille_de_route.scenes import (
    anct,
    consentir,
    coordination_de,
    demarche_en_signature,
    demarche_signee,
    document_de,
    travailler,
)
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, StructureFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("petit_document")]
SIGNER = "Lire et signer la feuille de route"


def pages(client, demarche):
    adresses = (reverse("accueil"), reverse("demarche", args=[demarche.uuid]))
    return [client.get(adresse).content.decode() for adresse in adresses]


def test_qui_doit_signer_le_lit_a_son_tour_seulement(client):
    demarche = demarche_en_signature(2)
    travailler()
    lien = reverse("signer", args=[demarche.uuid, document_de(demarche).uuid])
    premier, second = (s.utilisateur for s in Signataire.objects.order_by("ordre"))
    for compte, attendu in ((premier, True), (second, False)):
        client.force_login(compte)
        for page in pages(client, demarche):
            assert (SIGNER in page) is attendu
            assert (lien in page) is attendu
    consentir(demarche)
    travailler()
    client.force_login(second)
    assert all(SIGNER in page for page in pages(client, demarche))
    client.force_login(premier)
    assert not any(SIGNER in page for page in pages(client, demarche))


def test_l_anct_trouve_des_l_accueil_l_envoi_qui_attend_sa_reponse(client):
    """Elle lisait « Rien pour l'instant » ; et rien tant que le paquet n'est pas parti."""
    demarche, phrase = demarche_signee(1), "Accuser réception de la feuille de route"
    transmissions.demander(demarche.pk, par=coordination_de(demarche))
    client.force_login(anct())
    assert not any(phrase in page for page in pages(client, demarche))
    travailler()
    for page in pages(client, demarche):
        assert phrase in page
        assert reverse("transmission", args=[demarche.uuid]) in page
    transmissions.accuser(Transmission.objects.get().pk, par=anct(), reference="ANCT-1")
    assert not any(phrase in page for page in pages(client, demarche))


@pytest.fixture
def fiche():
    demarche = DemarcheFactory()
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.PLAN_ACTIONS)
    return FicheFactory(demarche=demarche, titre="Bus numérique", structure_porteuse=StructureFactory())


def partenaire(fiche, structure=None):
    return MandatFactory(
        demarche=fiche.demarche, role=Role.PARTENAIRE,
        utilisateur__structure=structure or fiche.structure_porteuse,
    ).utilisateur  # fmt: skip


@pytest.mark.parametrize(
    ("etat", "phrase"),
    [
        (EtatFiche.BROUILLON, "Finir et proposer la fiche «\u00a0Bus numérique\u00a0»."),
        (
            EtatFiche.A_COMPLETER,
            "Compléter la fiche «\u00a0Bus numérique\u00a0» : des précisions vous sont demandées.",
        ),
        (EtatFiche.PROPOSEE, ""),
    ],
)
def test_le_partenaire_lit_quelle_fiche_reprendre(client, fiche, etat, phrase):
    proposee_le = None if etat == EtatFiche.BROUILLON else "2026-01-01T00:00Z"
    motif = "À préciser." if etat == EtatFiche.A_COMPLETER else ""
    FicheAction.objects.update(etat=etat, proposee_le=proposee_le, motif=motif)
    client.force_login(partenaire(fiche))
    for page in pages(client, fiche.demarche):
        assert phrase in page
        assert ("Finir et proposer" in page or "Compléter la fiche" in page) == bool(phrase)


def test_la_fiche_d_une_autre_structure_ou_d_un_plan_soumis_n_attend_personne(client, fiche):
    client.force_login(partenaire(fiche, StructureFactory()))
    assert not any("Finir et proposer" in page for page in pages(client, fiche.demarche))
    Demarche.objects.update(etape=Etape.SOUMISE, soumise_le="2026-01-01T00:00Z")
    client.force_login(partenaire(fiche))
    assert not any("Finir et proposer" in page for page in pages(client, fiche.demarche))
