"""Fabriques des partenaires : lien de fiche, remarque, avis ; et lire un lien dans son courriel."""

import re
from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from feuille_de_route.models import Avis, LienDeFiche, Remarque, SensAvis
from gouvernance.socle import secrets
from tests.comptes.fabriques import courriel_recu
from tests.feuille_de_route.fabriques import FicheFactory
from tests.gouvernance.fabriques import StructureFactory

JETON, CODE = "j" * 43, "123456"
CAMILLE = "camille.durand@asso.example"
AUTEUR = "Camille Durand (lien envoyé à c…@asso.example)"  # comme le journal la nomme


class LienDeFicheFactory(DjangoModelFactory):
    """Un lien envoyé, pas encore ouvert ; `secret="…"` choisit son jeton."""

    class Meta:
        model = LienDeFiche

    class Params:
        secret = factory.Sequence(lambda n: f"{n:0>43}")

    fiche = factory.SubFactory(FicheFactory, structure_porteuse=factory.SubFactory(StructureFactory))
    structure = factory.SelfAttribute("fiche.structure_porteuse")
    email = factory.Sequence(lambda n: f"partenaire{n}@asso.example")
    empreinte = factory.LazyAttribute(lambda o: secrets.empreinte(o.secret))
    empreinte_code = factory.LazyAttribute(lambda o: secrets.empreinte_code(CODE, o.email))
    expire_le = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    envoye_le = factory.LazyFunction(timezone.now)


class RemarqueFactory(DjangoModelFactory):
    class Meta:
        model = Remarque

    fiche = factory.SubFactory(FicheFactory)
    champ = "objectifs"
    texte = "Dire combien de personnes."


class AvisFactory(DjangoModelFactory):
    class Meta:
        model = Avis

    fiche = factory.SubFactory(FicheFactory)
    sens = SensAvis.FAVORABLE


def lien_recu(adresse: str) -> tuple[str, str]:
    """Le chemin du lien et le code que porte le dernier courriel reçu à cette adresse."""
    corps = courriel_recu(adresse).body
    lien = re.search(r"https?://[^/\s]+(/fiche-partagee/lien/[\w-]{43}/)", corps)
    return lien[1], re.search(r"^ {4}(\d{6})$", corps, re.MULTILINE)[1]
