"""Le diagnostic : données sourcées, constats, regards croisés ; puis les enjeux et leur priorisation."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from gouvernance.models import Demarche, Structure
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class Thematique(models.Model):
    code = models.SlugField("code", primary_key=True)
    libelle = models.CharField("libellé", max_length=120)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "thématique"
        ordering = ["ordre"]

    def __str__(self):
        return self.libelle


class Echelle(models.TextChoices):
    COMMUNE = "commune", "Commune"
    EPCI = "epci", "EPCI"
    DEPARTEMENT = "departement", "Département"
    REGION = "region", "Région"
    FRANCE = "france", "France"


class SerieIndicateur(Suivi):
    """Un indicateur publié : on cite toujours sa source et sa licence."""

    code = models.SlugField("code", max_length=60, unique=True)
    libelle = models.CharField("libellé", max_length=200)
    unite = models.CharField("unité", max_length=30, blank=True)
    source = models.CharField("source", max_length=250)
    licence = models.CharField("licence", max_length=120, blank=True)
    demonstration = models.BooleanField("donnée de démonstration", default=False)

    class Meta:
        verbose_name = "série d’indicateur"
        verbose_name_plural = "séries d’indicateurs"
        ordering = ["libelle"]

    def __str__(self):
        return self.libelle


class Mesure(models.Model):
    """La valeur d'une série pour un territoire et une année. `valeur` nulle : non disponible, ce n'est pas
    zéro.
    """

    serie = models.ForeignKey(SerieIndicateur, models.PROTECT, related_name="mesures", verbose_name="série")
    echelle = models.CharField("échelle", max_length=12, choices=Echelle)
    territoire = models.CharField(
        "code du territoire", max_length=9, help_text="Code COG ou SIREN ; « FR » pour la France."
    )
    territoire_nom = models.CharField("territoire", max_length=200)
    annee = models.PositiveSmallIntegerField(
        "année", validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    valeur = models.DecimalField("valeur", max_digits=16, decimal_places=4, null=True, blank=True)

    class Meta:
        verbose_name = "mesure"
        ordering = ["serie", "echelle", "territoire", "annee"]
        constraints = [
            contrainte_parmi("echelle", Echelle, "mesure_echelle_connue"),
            models.UniqueConstraint(
                fields=["serie", "echelle", "territoire", "annee"],
                name="mesure_unique",
                violation_error_message="Cette série a déjà une valeur pour ce territoire et cette année.",
            ),
        ]

    def __str__(self):
        return f"{self.serie} – {self.territoire_nom} ({self.annee})"


class NatureConstat(models.TextChoices):
    ATOUT = "atout", "Atout"
    FREIN = "frein", "Frein"
    MANQUE = "manque", "Manque"
    OPPORTUNITE = "opportunite", "Opportunité"
    MENACE = "menace", "Menace"
    CONSTAT = "constat", "Constat"


class Tendance(models.TextChoices):
    HAUSSE = "hausse", "En hausse"
    STABLE = "stable", "Stable"
    BAISSE = "baisse", "En baisse"
    INCONNUE = "", "Non renseignée"


class Constat(Suivi):
    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="constats", verbose_name="démarche")
    ordre = models.PositiveSmallIntegerField("ordre", default=0, editable=False)
    nature = models.CharField("nature", max_length=12, choices=NatureConstat)
    thematique = models.ForeignKey(
        Thematique, models.PROTECT, null=True, blank=True, related_name="constats", verbose_name="thématique"
    )
    intitule = models.CharField("constat", max_length=250)
    description = models.TextField("description", blank=True)
    tendance = models.CharField("tendance", max_length=8, choices=Tendance, blank=True)
    trajectoire = models.TextField(
        "trajectoire", blank=True, help_text="D’où l’on vient, où l’on va si rien ne change."
    )
    singularite = models.TextField(
        "singularité", blank=True, help_text="Ce qui distingue le territoire de ses voisins."
    )
    sources = models.TextField("sources", blank=True)
    mesures = models.ManyToManyField(Mesure, blank=True, related_name="constats", verbose_name="mesures")

    class Meta:
        verbose_name = "constat"
        ordering = ["ordre", "pk"]
        constraints = [
            contrainte_parmi("nature", NatureConstat, "constat_nature_connue"),
            models.CheckConstraint(name="constat_tendance_connue", condition=Q(tendance__in=Tendance.values)),
        ]

    def __str__(self):
        return self.intitule


class Posture(models.TextChoices):
    ELU = "elu", "Élu"
    ACTEUR = "acteur", "Acteur"
    TECHNICIEN = "technicien", "Technicien"
    HABITANT = "habitant", "Habitant"


class Regard(Suivi):
    """Un point de vue sur un constat : -2 « pas du tout d'accord » à +2 « tout à fait d'accord »."""

    constat = models.ForeignKey(Constat, models.PROTECT, related_name="regards")
    auteur = models.CharField("qui parle", max_length=150)
    posture = models.CharField("posture", max_length=10, choices=Posture)
    texte = models.TextField("regard")
    accord = models.SmallIntegerField(
        "accord",
        default=0,
        validators=[MinValueValidator(-2), MaxValueValidator(2)],
    )

    class Meta:
        verbose_name = "regard"
        ordering = ["pk"]
        constraints = [
            contrainte_parmi("posture", Posture, "regard_posture_connue"),
            models.CheckConstraint(name="regard_accord_borne", condition=Q(accord__gte=-2, accord__lte=2)),
        ]

    def __str__(self):
        return f"{self.auteur} : {self.texte[:60]}"


class EtatEnjeu(models.TextChoices):
    PROPOSE = "propose", "Proposé"
    RETENU = "retenu", "Retenu"
    ECARTE = "ecarte", "Écarté"


class Enjeu(Suivi):
    """Une question transversale qui suit du diagnostic."""

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="enjeux", verbose_name="démarche")
    ordre = models.PositiveSmallIntegerField("ordre", default=0, editable=False)
    question = models.CharField("question", max_length=300, help_text="« Comment … ? »")
    precision = models.TextField("précision", blank=True)
    constats = models.ManyToManyField(Constat, blank=True, related_name="enjeux", verbose_name="constats")
    rang = models.PositiveSmallIntegerField("rang", null=True, editable=False)
    etat = models.CharField(
        "état", max_length=8, choices=EtatEnjeu, default=EtatEnjeu.PROPOSE, editable=False
    )
    motif = models.TextField("motif", blank=True, editable=False)

    class Meta:
        verbose_name = "enjeu"
        verbose_name_plural = "enjeux"
        ordering = ["rang", "ordre", "pk"]
        constraints = [
            contrainte_parmi("etat", EtatEnjeu, "enjeu_etat_connu"),
            models.CheckConstraint(
                name="enjeu_ecarte_motive",
                condition=~Q(etat="ecarte") | ~Q(motif=""),
                violation_error_message="Un enjeu écarté dit pourquoi.",
            ),
        ]

    def __str__(self):
        return self.question


class SessionPriorisation(Suivi):
    """Le classement collectif des enjeux : chaque structure membre répartit ses points."""

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="sessions", verbose_name="démarche")
    points_par_structure = models.PositiveSmallIntegerField("points par structure", default=10)
    close_le = models.DateTimeField("close le", null=True, editable=False)

    class Meta:
        verbose_name = "session de priorisation"
        verbose_name_plural = "sessions de priorisation"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["demarche"],
                name="session_ouverte_unique",
                condition=Q(close_le=None),
                violation_error_message="Une session de priorisation est déjà ouverte.",
            )
        ]

    def __str__(self):
        return f"Priorisation – {self.demarche}"


class Vote(models.Model):
    session = models.ForeignKey(SessionPriorisation, models.PROTECT, related_name="votes")
    enjeu = models.ForeignKey(Enjeu, models.PROTECT, related_name="votes")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField("points")
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "vote"
        constraints = [
            models.UniqueConstraint(
                fields=["session", "enjeu", "structure"],
                name="vote_unique",
                violation_error_message="Cette structure a déjà voté pour cet enjeu.",
            ),
            models.CheckConstraint(name="vote_points_positifs", condition=Q(points__gt=0)),
        ]

    def __str__(self):
        return f"{self.structure} : {self.points}"
