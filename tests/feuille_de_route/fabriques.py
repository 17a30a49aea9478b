"""Fabriques de la feuille de route : axes, fiches et ce qui les compose, besoins, signataires."""

from datetime import date
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from feuille_de_route.models import (
    Axe,
    BesoinIngenierie,
    CodeBesoin,
    Commentaire,
    DemandeSubvention,
    Enveloppe,
    EtapeFiche,
    EtatDemande,
    EtatFiche,
    FicheAction,
    Financement,
    Indicateur,
    LigneBudget,
    NatureDepense,
    NatureFiche,
    Partenariat,
    PieceDeFiche,
    Plafond,
    PointDeSuivi,
    Releve,
    Signataire,
    TypeFinanceur,
)
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    DepartementFactory,
    StructureFactory,
    UtilisateurFactory,
)


class AxeFactory(DjangoModelFactory):
    class Meta:
        model = Axe
        skip_postgeneration_save = True

    demarche = factory.SubFactory(DemarcheFactory)
    ordre = factory.LazyAttribute(lambda o: o.demarche.axes.filter(parent=None).count() + 1)
    intitule = factory.Sequence(lambda n: f"Rapprocher l’aide des habitants ({n})")

    @factory.post_generation
    def enjeux(self, create, extracted, **kwargs):
        if extracted:
            self.enjeux.set(extracted)


class FicheFactory(DjangoModelFactory):
    """Un brouillon ; traits `proposee`, `retenue`, `ecartee`.

    `complete=True` : rien ne manque pour la proposer.
    """

    class Meta:
        model = FicheAction
        skip_postgeneration_save = True

    class Params:
        proposee = factory.Trait(etat=EtatFiche.PROPOSEE, proposee_le=factory.LazyFunction(timezone.now))
        retenue = factory.Trait(etat=EtatFiche.RETENUE, retenue_le=factory.LazyFunction(timezone.now))
        ecartee = factory.Trait(etat=EtatFiche.ECARTEE, motif="Trop coûteuse pour le territoire.")

    demarche = factory.SubFactory(DemarcheFactory)
    numero = factory.LazyAttribute(lambda o: o.demarche.fiches.count() + 1)
    titre = factory.Sequence(lambda n: f"Permanences itinérantes ({n})")

    @factory.post_generation
    def complete(self, create, extracted, **kwargs):
        if not extracted:
            return
        self.axe = self.axe or AxeFactory(demarche=self.demarche)
        self.nature = self.nature or NatureFiche.NOUVELLE
        self.objectifs, self.description = "Aider 400 personnes par an.", "Un bus, deux médiateurs."
        self.structure_porteuse = self.structure_porteuse or StructureFactory()
        self.pilote, self.debut = "Chargée de mission", date(2026, 9, 1)
        self.save()
        IndicateurFactory(fiche=self)
        LigneBudgetFactory(fiche=self)


class PartenariatFactory(DjangoModelFactory):
    class Meta:
        model = Partenariat

    fiche = factory.SubFactory(FicheFactory)
    structure = factory.SubFactory(StructureFactory)
    apport = "Une salle"


class EtapeFicheFactory(DjangoModelFactory):
    class Meta:
        model = EtapeFiche

    fiche = factory.SubFactory(FicheFactory)
    libelle = "Recruter"


class IndicateurFactory(DjangoModelFactory):
    class Meta:
        model = Indicateur

    fiche = factory.SubFactory(FicheFactory)
    libelle = "Personnes accompagnées"
    reference = Decimal("0.00")
    cible = Decimal("400.00")


class LigneBudgetFactory(DjangoModelFactory):
    class Meta:
        model = LigneBudget

    fiche = factory.SubFactory(FicheFactory)
    annee = 2026
    nature = NatureDepense.FONCTIONNEMENT
    montant = Decimal("10000.00")


class FinancementFactory(DjangoModelFactory):
    class Meta:
        model = Financement

    fiche = factory.SubFactory(FicheFactory)
    financeur = "État"
    type = TypeFinanceur.ETAT
    demande = Decimal("5000.00")


class CommentaireFactory(DjangoModelFactory):
    """`mentions=[compte…]` : ceux qu'il cite ; trait `resolu`."""

    class Meta:
        model = Commentaire
        skip_postgeneration_save = True

    class Params:
        resolu = factory.Trait(
            resolu_le=factory.LazyFunction(timezone.now), resolu_par=factory.SubFactory(UtilisateurFactory)
        )

    fiche = factory.SubFactory(FicheFactory)
    texte = factory.Sequence(lambda n: f"Et les communes de montagne ? ({n})")

    @factory.post_generation
    def mentions(self, create, extracted, **kwargs):
        if extracted:
            self.mentions.set(extracted)


class PieceDeFicheFactory(DjangoModelFactory):
    class Meta:
        model = PieceDeFiche

    fiche = factory.SubFactory(FicheFactory)
    nom = factory.Sequence(lambda n: f"Devis {n}.pdf")
    type_mime = "application/pdf"
    taille = 1000
    empreinte = factory.Sequence(lambda n: f"{n:064x}")


class BesoinFactory(DjangoModelFactory):
    class Meta:
        model = BesoinIngenierie

    demarche = factory.SubFactory(DemarcheFactory)
    code = CodeBesoin.ANIMER
    rang = factory.LazyAttribute(lambda o: o.demarche.besoins.count() + 1)


class SignataireFactory(DjangoModelFactory):
    class Meta:
        model = Signataire

    demarche = factory.SubFactory(DemarcheFactory)
    ordre = factory.LazyAttribute(lambda o: o.demarche.signataires.count() + 1)
    structure = factory.SubFactory(StructureFactory)
    nom = factory.Sequence(lambda n: f"Signataire n° {n}")
    qualite = "Présidente"
    engagement = "Tenir les moyens promis."


class PointDeSuiviFactory(DjangoModelFactory):
    """Sans passer par la règle : la fiche n'en est pas mise à jour (mise_en_oeuvre.suivi)."""

    class Meta:
        model = PointDeSuivi

    fiche = factory.SubFactory(FicheFactory, retenue=True)
    le = date(2026, 6, 1)
    etat = "en_cours"


class ReleveFactory(DjangoModelFactory):
    class Meta:
        model = Releve

    indicateur = factory.SubFactory(IndicateurFactory)
    le = date(2026, 6, 1)
    valeur = Decimal("120.00")


class EnveloppeFactory(DjangoModelFactory):
    class Meta:
        model = Enveloppe
        django_get_or_create = ("nom",)

    nom = "Ingénierie FNE 2026"
    annee = 2026


class PlafondFactory(DjangoModelFactory):
    class Meta:
        model = Plafond
        django_get_or_create = ("enveloppe", "departement")

    enveloppe = factory.SubFactory(EnveloppeFactory)
    departement = factory.SubFactory(DepartementFactory)
    montant = Decimal("45000.00")


class DemandeFactory(DjangoModelFactory):
    """Un brouillon de 5 000 € sur une fiche proposée ; traits `deposee`, `en_cours`, `a_modifier`…"""

    class Meta:
        model = DemandeSubvention

    class Params:
        deposee = factory.Trait(etat=EtatDemande.DEPOSEE, deposee_le=factory.LazyFunction(timezone.now))
        en_cours = factory.Trait(etat=EtatDemande.EN_COURS, deposee_le=factory.LazyFunction(timezone.now))
        a_modifier = factory.Trait(
            etat=EtatDemande.A_MODIFIER, deposee_le=factory.LazyFunction(timezone.now), motif="Détaillez."
        )
        acceptee = factory.Trait(
            etat=EtatDemande.ACCEPTEE, deposee_le=factory.LazyFunction(timezone.now),
            decidee_le=factory.LazyFunction(timezone.now), accorde=Decimal("4000.00"),
        )  # fmt: skip

    demarche = factory.SelfAttribute("fiche.demarche")
    fiche = factory.SubFactory(FicheFactory, proposee=True)
    enveloppe = factory.SubFactory(EnveloppeFactory)
    beneficiaire = factory.SubFactory(StructureFactory)
    budget = Decimal("10000.00")
    montant_etp = Decimal("3000.00")
    montant_prestation = Decimal("2000.00")
