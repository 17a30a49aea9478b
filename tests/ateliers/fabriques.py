"""Fabriques des ateliers : atelier, sous-groupe, contribution, chantier clé."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from ateliers.models import Atelier, ChantierCle, Contribution, EtatChantier, SousGroupe, TypeAtelier
from tests.gouvernance.fabriques import DemarcheFactory


class AtelierFactory(DjangoModelFactory):
    class Meta:
        model = Atelier

    demarche = factory.SubFactory(DemarcheFactory)
    type = TypeAtelier.ENJEUX
    titre = factory.Sequence(lambda n: f"Atelier n° {n}")


class SousGroupeFactory(DjangoModelFactory):
    class Meta:
        model = SousGroupe

    atelier = factory.SubFactory(AtelierFactory)
    nom = factory.Sequence(lambda n: f"Table {n}")


class ChantierFactory(DjangoModelFactory):
    """Un chantier signalé ; trait `concluant`."""

    class Meta:
        model = ChantierCle

    class Params:
        concluant = factory.Trait(
            etat=EtatChantier.CONCLUANT,
            conclusion="L’action est possible avec deux partenaires.",
            conclu_le=factory.LazyFunction(timezone.now),
        )

    demarche = factory.SubFactory(DemarcheFactory)
    ordre = factory.LazyAttribute(lambda o: o.demarche.chantiers.count() + 1)
    question = factory.Sequence(lambda n: f"Peut-on mutualiser les salles ({n}) ?")


class ContributionFactory(DjangoModelFactory):
    class Meta:
        model = Contribution

    atelier = factory.SubFactory(AtelierFactory)
    auteur = "Médiatrice numérique"
    texte = "Tenir la permanence le jour du marché."
