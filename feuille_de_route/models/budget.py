"""Ce que coûte une action et qui la paie ; les besoins en ingénierie. Montants en euros, au centime."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from feuille_de_route.models.fiches import FicheAction
from gouvernance.models import Demarche
from gouvernance.socle.modeles import contrainte_annee, contrainte_parmi

POSITIF = [MinValueValidator(Decimal("0"), "Le montant ne peut pas être négatif.")]


class NatureDepense(models.TextChoices):
    FONCTIONNEMENT = "fonctionnement", "Fonctionnement"
    INVESTISSEMENT = "investissement", "Investissement"
    RH = "rh", "Ressources humaines"


class LigneBudget(models.Model):
    """Une dépense prévue, puis réalisée, en euros, pour une année civile."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="lignes_budget")
    annee = models.PositiveSmallIntegerField("année")
    nature = models.CharField("nature", max_length=14, choices=NatureDepense)
    libelle = models.CharField("libellé", max_length=200, blank=True)
    montant = models.DecimalField("montant prévu", max_digits=12, decimal_places=2, validators=POSITIF)
    realise = models.DecimalField(
        "montant réalisé", max_digits=12, decimal_places=2, null=True, blank=True, validators=POSITIF
    )
    etp = models.DecimalField(
        "ETP", max_digits=5, decimal_places=2, null=True, blank=True, validators=POSITIF
    )

    class Meta:
        verbose_name = "ligne de budget"
        verbose_name_plural = "lignes de budget"
        ordering = ["annee", "pk"]
        constraints = [
            contrainte_parmi("nature", NatureDepense, "ligne_budget_nature_connue"),
            models.CheckConstraint(
                name="ligne_budget_positive",
                condition=Q(montant__gte=0) & (Q(realise=None) | Q(realise__gte=0)),
                violation_error_message="Le montant ne peut pas être négatif.",
            ),
            contrainte_annee("ligne_budget_annee"),
        ]

    def __str__(self):
        return f"{self.annee} – {self.libelle or self.get_nature_display()}"


class TypeFinanceur(models.TextChoices):
    ETAT = "etat", "État"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "EPCI"
    COMMUNE = "commune", "Commune"
    CAF = "caf", "CAF"
    EUROPE = "europe", "Europe"
    PRIVE = "prive", "Fonds privés"
    AUTOFINANCEMENT = "autofinancement", "Autofinancement"
    VALORISATION = "valorisation", "Valorisation"


class EtatFinancement(models.TextChoices):
    ENVISAGE = "envisage", "Envisagé"
    SOLLICITE = "sollicite", "Sollicité"
    ACQUIS = "acquis", "Acquis"
    REFUSE = "refuse", "Refusé"


class Financement(models.Model):
    """La part d'un financeur, en euros, pour une année ou pour toute la durée (`annee` vide).

    Un financement refusé ne compte plus dans l'équilibre ; un montant inconnu n'est pas zéro. Une
    valorisation (bénévolat, locaux prêtés) compte comme les autres, et se dit à part.
    """

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="financements")
    financeur = models.CharField("financeur", max_length=150)
    type = models.CharField("type", max_length=16, choices=TypeFinanceur)
    dispositif = models.CharField("dispositif", max_length=150, blank=True)
    annee = models.PositiveSmallIntegerField("année", null=True, blank=True)
    demande = models.DecimalField(
        "montant demandé", max_digits=12, decimal_places=2, null=True, blank=True, validators=POSITIF
    )
    obtenu = models.DecimalField(
        "montant obtenu", max_digits=12, decimal_places=2, null=True, blank=True, validators=POSITIF
    )
    etat = models.CharField("état", max_length=10, choices=EtatFinancement, default=EtatFinancement.ENVISAGE)

    class Meta:
        verbose_name = "financement"
        ordering = ["pk"]
        constraints = [
            contrainte_parmi("type", TypeFinanceur, "financement_type_connu"),
            contrainte_parmi("etat", EtatFinancement, "financement_etat_connu"),
            models.CheckConstraint(
                name="financement_positif",
                condition=(Q(demande=None) | Q(demande__gte=0)) & (Q(obtenu=None) | Q(obtenu__gte=0)),
                violation_error_message="Le montant ne peut pas être négatif.",
            ),
            models.CheckConstraint(
                name="financement_acquis_chiffre",
                condition=~Q(etat="acquis") | Q(obtenu__isnull=False),
                violation_error_message="Un financement acquis dit le montant obtenu.",
            ),
            contrainte_annee("financement_annee", facultative=True),
        ]

    def __str__(self):
        return f"{self.financeur} ({self.get_etat_display()})"


class CodeBesoin(models.TextChoices):
    """Codes de l'ANCT pour les besoins en ingénierie, repris tels quels dans les exports."""

    ANIMER = "animer_la_gouvernance", "Animer la gouvernance et la feuille de route"
    JURIDIQUE = "appui_juridique", "Appui juridique dédié à la gouvernance"
    QUALIOPI = "appuyer_la_certification_qualiopi", "Appuyer la certification Qualiopi"
    COCONSTRUIRE = "co_construire_la_feuille_de_route", "Co-construire la feuille de route avec les acteurs"
    DONNEES = "collecter_des_donnees_territoriales", "Collecter des données territoriales"
    DIAGNOSTIC = "etablir_un_diagnostic_territorial", "Établir un diagnostic territorial"
    SUBVENTION = "monter_dossiers_de_subvention", "Monter des dossiers de subvention complexes"
    REDIGER = "rediger_la_feuille_de_route", "Rédiger la feuille de route"
    SENSIBILISER = (
        "sensibiliser_les_acteurs_aux_outils_existants",
        "Sensibiliser les acteurs aux outils existants",
    )
    FONDS = "structurer_un_fonds", "Structurer un fonds local"
    RECONDITIONNEMENT = (
        "structurer_une_filiere_de_reconditionnement",
        "Structurer une filière de reconditionnement",
    )


class BesoinIngenierie(models.Model):
    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="besoins", verbose_name="démarche")
    code = models.CharField("besoin", max_length=50, choices=CodeBesoin)
    rang = models.PositiveSmallIntegerField("rang")
    precision = models.CharField("précision", max_length=300, blank=True)

    class Meta:
        verbose_name = "besoin en ingénierie"
        verbose_name_plural = "besoins en ingénierie"
        ordering = ["rang"]
        constraints = [
            contrainte_parmi("code", CodeBesoin, "besoin_code_connu"),
            models.UniqueConstraint(fields=["demarche", "code"], name="besoin_unique"),
            models.UniqueConstraint(fields=["demarche", "rang"], name="besoin_rang_unique"),
        ]

    def __str__(self):
        return self.get_code_display()
