"""Les élus et ce qui les engage : délégation, rôle, sensibilité ; les rencontres de terrain."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from gouvernance.models.acteurs import Personne
from gouvernance.models.demarche import Demarche
from gouvernance.models.territoires import Commune, Epci
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class Delegation(models.TextChoices):
    NUMERIQUE = "numerique", "Numérique"
    SOCIAL = "social", "Social"
    ENTREPRISES = "entreprises", "Entreprises"
    ASSOCIATIONS = "associations", "Associations"
    EDUCATION = "education", "Éducation"
    AUTRE = "autre", "Autre"


class RoleElu(models.TextChoices):
    NATUREL = "naturel", "Naturel : donner l’impulsion"
    COMPLEMENTAIRE = "complementaire", "Complémentaire : agir avec les équipes"


class Sensibilite(models.IntegerChoices):
    A_CONVAINCRE = 0, "À convaincre"
    INFORME = 1, "Informé"
    INTERESSE = 2, "Intéressé"
    MOTEUR = 3, "Moteur"


class Elu(Suivi):
    """Ce que la coordination sait d'un élu ; la personne, elle, est dans le carnet de la gouvernance."""

    personne = models.OneToOneField(
        Personne,
        models.PROTECT,
        related_name="elu",
        error_messages={"unique": "Cet élu est déjà dans la grille."},
    )
    mandat = models.CharField("mandat", max_length=200, blank=True)
    delegation = models.CharField(
        "délégation", max_length=12, choices=Delegation, default=Delegation.NUMERIQUE
    )
    epci = models.ForeignKey(
        Epci, models.PROTECT, null=True, blank=True, verbose_name="EPCI", related_name="+"
    )
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, related_name="+")
    decideur = models.BooleanField("décideur", default=False)
    role = models.CharField("rôle", max_length=14, choices=RoleElu, blank=True)
    sensibilite = models.PositiveSmallIntegerField(
        "sensibilité", choices=Sensibilite, null=True, blank=True, validators=[MaxValueValidator(3)]
    )
    dernier_contact = models.DateField("dernier contact", null=True, blank=True)

    class Meta:
        verbose_name = "élu"
        ordering = ["personne__nom", "personne__prenom"]
        constraints = [
            contrainte_parmi("delegation", Delegation, "elu_delegation_connue"),
            models.CheckConstraint(
                name="elu_role_connu",
                condition=Q(role__in=["", *RoleElu.values]),
                violation_error_message="Choisissez une valeur de la liste pour « rôle ».",
            ),
            models.CheckConstraint(
                name="elu_sensibilite_bornee",
                condition=Q(sensibilite=None) | Q(sensibilite__lte=3),
                violation_error_message="La sensibilité va de 0 à 3.",
            ),
        ]

    def __str__(self):
        return str(self.personne)


class TypeRencontre(models.TextChoices):
    VISITE = "visite", "Visite de commune"
    CONFERENCE = "conference", "Conférence des maires"
    ENTRETIEN = "entretien", "Entretien"


class EtatRencontre(models.TextChoices):
    PREVUE = "prevue", "Prévue"
    TENUE = "tenue", "Tenue"
    ANNULEE = "annulee", "Annulée"


class Rencontre(Suivi):
    """Une visite de commune à un ou deux référents, une conférence des maires : prévue, tenue, suivie."""

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="rencontres", verbose_name="démarche")
    type = models.CharField("type", max_length=10, choices=TypeRencontre)
    date = models.DateField("date")
    lieu = models.CharField("lieu", max_length=200, blank=True)
    epci = models.ForeignKey(
        Epci, models.PROTECT, null=True, blank=True, verbose_name="EPCI", related_name="+"
    )
    communes = models.ManyToManyField(Commune, blank=True, related_name="+", verbose_name="communes")
    referents = models.ManyToManyField(
        Personne, blank=True, related_name="rencontres_menees", verbose_name="référents"
    )
    elus = models.ManyToManyField(Elu, blank=True, related_name="rencontres", verbose_name="élus rencontrés")
    etat = models.CharField(
        "état", max_length=8, choices=EtatRencontre, default=EtatRencontre.PREVUE, editable=False
    )
    tenue_le = models.DateTimeField("notée tenue le", null=True, editable=False)
    suites = models.TextField("ce qui en est sorti", blank=True)

    class Meta:
        verbose_name = "rencontre"
        ordering = ["-date", "-pk"]
        constraints = [
            contrainte_parmi("type", TypeRencontre, "rencontre_type_connu"),
            contrainte_parmi("etat", EtatRencontre, "rencontre_etat_connu"),
            models.CheckConstraint(
                name="rencontre_tenue_datee",
                condition=Q(etat="tenue", tenue_le__isnull=False) | ~Q(etat="tenue") & Q(tenue_le=None),
                violation_error_message="Une rencontre tenue porte la date où on l’a notée.",
            ),
        ]

    def __str__(self):
        return f"{self.get_type_display()} du {self.date:%d/%m/%Y}"
