"""Qui ne siège plus ne reçoit plus ni rappel, ni ordre du jour, ni document ; son agenda le sait."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gouvernance.models import Courriel, Demarche, Etape, Evenement, Membre, Seance, Siege
from gouvernance.reunions import convocations, ics, rappels
from tests.gouvernance.fabriques import (
    MembreFactory,
    PersonneFactory,
    PieceDeSeanceFactory,
    PointFactory,
    SeanceFactory,
    SiegeFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
RESTE, PART = "reste@mairie.example", "part@epci.example"


@pytest.fixture
def lieu():
    """Une séance dans cinq jours, convoquée il y a un mois : l’un reste, l’autre perd son siège."""
    trouve = situation()
    for adresse in (RESTE, PART):
        personne = PersonneFactory(gouvernance=trouve.demarche.gouvernance, email=adresse)
        SiegeFactory(instance=trouve.copil, structure=personne.structure, personne=personne)
    debut = timezone.now() + timedelta(days=5)
    trouve.seance = SeanceFactory(instance=trouve.copil, debut=debut, lieu="Préfecture")
    PointFactory(seance=trouve.seance, objet="Point réservé")
    convocations.convoquer(trouve.seance.pk, par=None)
    Courriel.objects.update(cree_le=timezone.now() - timedelta(days=30))
    trouve.siege = Siege.objects.get(personne__email=PART)
    return trouve


def destinataires(genre):
    return set(Courriel.objects.filter(genre=genre).values_list("destinataire", flat=True))


def test_pas_de_rappel_a_qui_n_a_plus_de_siege(lieu):
    Siege.objects.filter(pk=lieu.siege.pk).update(clos_le=timezone.now())
    rappels.rappeler()
    assert destinataires(rappels.RAPPEL) == {RESTE}


def test_pas_de_rappel_pour_une_demarche_abandonnee(lieu):
    Demarche.objects.update(etape=Etape.ABANDONNEE, abandonnee_le=timezone.now(), motif="Sans suite")
    assert rappels.rappeler() == 0


def test_un_changement_retire_le_rendez_vous_de_qui_ne_siege_plus_sans_rien_lui_dire(lieu):
    PieceDeSeanceFactory(seance=lieu.seance)
    Siege.objects.filter(pk=lieu.siege.pk).update(clos_le=timezone.now())
    Seance.objects.filter(pk=lieu.seance.pk).update(visioconference="https://visio.example/secrete")
    convocations.prevenir(lieu.seance.pk, par=None)
    assert destinataires(convocations.CHANGEMENT) == {RESTE}
    lettre = Courriel.objects.get(genre=convocations.ANNULATION)
    assert lettre.destinataire == PART
    assert "Vous ne siégez plus" in lettre.corps
    assert "annulée" not in lettre.sujet + lettre.corps
    assert [p.nom for p in lettre.pieces.all()] == [ics.NOM]
    assert "METHOD:CANCEL" in lettre.pieces.get().contenu
    for secret in ("Point réservé", "secrete"):
        assert secret not in lettre.corps, secret


def test_retirer_un_membre_clot_ses_sieges(client, lieu):
    membre = MembreFactory(
        gouvernance=lieu.demarche.gouvernance, structure=lieu.siege.structure, statut="confirme"
    )
    client.force_login(lieu.gens["coordination"])
    client.post(reverse("membre_statut", args=[lieu.uuid, membre.uuid, "retire"]))
    assert Membre.objects.get(pk=membre.pk).statut == "retire"
    lieu.siege.refresh_from_db()
    assert lieu.siege.clos_le is not None
    assert Siege.objects.ouverts().filter(personne__email=RESTE).exists()
    assert Evenement.objects.filter(action="clore le siège", par=lieu.gens["coordination"]).count() == 1
    rappels.rappeler()
    assert destinataires(rappels.RAPPEL) == {RESTE}
