"""Fabriques du diagnostic : séries, mesures, constats, regards, enjeux, votes."""

from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from diagnostic.models import (
    Constat,
    Echelle,
    Enjeu,
    EtatEnjeu,
    Mesure,
    NatureConstat,
    Posture,
    Regard,
    SerieIndicateur,
    SessionPriorisation,
    Thematique,
    Vote,
)
from tests.gouvernance.fabriques import DemarcheFactory, StructureFactory


class ThematiqueFactory(DjangoModelFactory):
    class Meta:
        model = Thematique
        django_get_or_create = ("code",)

    code = "mediation"
    libelle = factory.LazyAttribute(lambda o: o.code.capitalize())


class SerieFactory(DjangoModelFactory):
    class Meta:
        model = SerieIndicateur

    code = factory.Sequence(lambda n: f"serie-{n}")
    libelle = factory.Sequence(lambda n: f"Part de la population éloignée, série {n}")
    unite = "%"
    source = "Insee"
    licence = "Licence Ouverte 2.0"


class MesureFactory(DjangoModelFactory):
    class Meta:
        model = Mesure

    serie = factory.SubFactory(SerieFactory)
    echelle = Echelle.DEPARTEMENT
    territoire = "24"
    territoire_nom = "Dordogne"
    annee = factory.Sequence(lambda n: 1990 + n % 110)
    valeur = Decimal("17.2")


class ConstatFactory(DjangoModelFactory):
    class Meta:
        model = Constat
        skip_postgeneration_save = True

    demarche = factory.SubFactory(DemarcheFactory)
    ordre = factory.LazyAttribute(lambda o: o.demarche.constats.count() + 1)
    nature = NatureConstat.FREIN
    intitule = factory.Sequence(lambda n: f"Les guichets s’éloignent, constat {n}")

    @factory.post_generation
    def mesures(self, create, extracted, **kwargs):
        if extracted:
            self.mesures.set(extracted)


class RegardFactory(DjangoModelFactory):
    class Meta:
        model = Regard

    constat = factory.SubFactory(ConstatFactory)
    auteur = "Maire d’une commune rurale"
    posture = Posture.ELU
    texte = "On le voit chaque semaine en mairie."
    accord = 2


class EnjeuFactory(DjangoModelFactory):
    """Un enjeu proposé ; traits `retenu` et `ecarte`."""

    class Meta:
        model = Enjeu
        skip_postgeneration_save = True

    class Params:
        retenu = factory.Trait(etat=EtatEnjeu.RETENU, rang=factory.SelfAttribute("ordre"))
        ecarte = factory.Trait(etat=EtatEnjeu.ECARTE, motif="Hors de portée du territoire.")

    demarche = factory.SubFactory(DemarcheFactory)
    ordre = factory.LazyAttribute(lambda o: o.demarche.enjeux.count() + 1)
    question = factory.Sequence(lambda n: f"Comment rapprocher l’aide de chacun ({n}) ?")

    @factory.post_generation
    def constats(self, create, extracted, **kwargs):
        if extracted:
            self.constats.set(extracted)


class SessionFactory(DjangoModelFactory):
    class Meta:
        model = SessionPriorisation

    demarche = factory.SubFactory(DemarcheFactory)


class VoteFactory(DjangoModelFactory):
    class Meta:
        model = Vote

    session = factory.SubFactory(SessionFactory)
    enjeu = factory.SubFactory(EnjeuFactory, demarche=factory.SelfAttribute("..session.demarche"))
    structure = factory.SubFactory(StructureFactory)
    points = 3
