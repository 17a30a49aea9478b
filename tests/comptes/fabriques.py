"""Fabriques des accès : invitation, lien de connexion, session ; et lire un secret dans son courriel."""

import re
from datetime import timedelta

import factory
from django.core import mail
from django.utils import timezone
from factory.django import DjangoModelFactory

from gouvernance import courriels
from gouvernance.models import Courriel, Invitation, LienDeConnexion, Role, SessionOuverte
from tests.gouvernance.fabriques import DemarcheFactory, UtilisateurFactory


class InvitationFactory(DjangoModelFactory):
    class Meta:
        model = Invitation

    demarche = factory.SubFactory(DemarcheFactory)
    email = factory.Sequence(lambda n: f"invitee{n}@essais.example")
    role = Role.PARTENAIRE
    empreinte = factory.Sequence(lambda n: f"lien-{n}")
    empreinte_code = factory.Sequence(lambda n: f"code-{n}")
    expire_le = factory.LazyFunction(lambda: timezone.now() + timedelta(days=14))


class LienFactory(DjangoModelFactory):
    class Meta:
        model = LienDeConnexion

    utilisateur = factory.SubFactory(UtilisateurFactory)
    empreinte = factory.Sequence(lambda n: f"lien-{n}")
    empreinte_code = factory.Sequence(lambda n: f"code-{n}")
    expire_le = factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=15))


class SessionOuverteFactory(DjangoModelFactory):
    class Meta:
        model = SessionOuverte

    utilisateur = factory.SubFactory(UtilisateurFactory)
    cle = factory.Sequence(lambda n: f"session-{n}")


def courriel_recu(destinataire: str) -> mail.EmailMessage:
    """Envoie ce qui attend pour cette adresse et rend le dernier message."""
    for pk in (
        Courriel.objects.filter(destinataire=destinataire, etat="en_file")
        .order_by("pk")
        .values_list("pk", flat=True)
    ):
        assert courriels.envoyer(pk)
    return [m for m in mail.outbox if m.to == [destinataire]][-1]


def lien_et_code(destinataire: str) -> tuple[str, str]:
    """Le chemin du lien et le code que porte le dernier courriel reçu."""
    corps = courriel_recu(destinataire).body
    lien = re.search(r"https?://[^/\s]+(/(?:connexion/lien|invitation)/[\w-]{43}/\S*)", corps)
    return lien[1], re.search(r"^ {4}(\d{6})$", corps, re.MULTILINE)[1]
