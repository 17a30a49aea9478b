"""Instances (COPIL, COTECH, comité partenarial…), sièges, séances et décisions."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from gouvernance.models.acteurs import Personne, Structure
from gouvernance.models.cadrage import Jalon
from gouvernance.models.demarche import Demarche
from gouvernance.models.territoires import Epci
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class TypeInstance(models.TextChoices):
    COPIL = "copil", "Comité de pilotage (COPIL)"
    COTECH = "cotech", "Comité technique (COTECH)"
    PARTENARIAL = "partenarial", "Comité partenarial"
    GROUPE_PROJET = "groupe_projet", "Groupe projet"
    GROUPE_PILOTE = "groupe_pilote", "Groupe pilote"
    GROUPE_MOTEUR = "groupe_moteur", "Groupe moteur d’un EPCI"
    CONSORTIUM = "consortium", "Consortium"
    EXISTANTE = "existante", "Instance existante"


class Frequence(models.TextChoices):
    MENSUELLE = "mensuelle", "Mensuelle"
    TRIMESTRIELLE = "trimestrielle", "Trimestrielle"
    SEMESTRIELLE = "semestrielle", "Semestrielle"
    ANNUELLE = "annuelle", "Annuelle"
    AUTRE = "autre", "Autre"


class Instance(Suivi):
    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="instances", verbose_name="démarche")
    type = models.CharField("type", max_length=14, choices=TypeInstance)
    nom = models.CharField(
        "nom", max_length=200, blank=True, help_text="Laissez vide pour le nom usuel du type."
    )
    mandat = models.TextField("mandat", blank=True, help_text="Ce qu’elle décide, prépare ou nourrit.")
    frequence = models.CharField("fréquence", max_length=14, choices=Frequence, blank=True)
    quorum = models.PositiveSmallIntegerField(
        "quorum", default=0, help_text="Nombre de sièges présents ou représentés ; 0 : pas de quorum."
    )
    epci = models.ForeignKey(
        Epci, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="EPCI"
    )
    instance_hote = models.CharField("instance existante reprise", max_length=200, blank=True)
    succede_a = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="successeurs")

    class Meta:
        verbose_name = "instance"
        ordering = ["type", "pk"]
        constraints = [
            contrainte_parmi("type", TypeInstance, "instance_type_connu"),
            models.CheckConstraint(
                name="instance_frequence_connue", condition=Q(frequence__in=["", *Frequence.values])
            ),
        ]

    def __str__(self):
        return self.nom or self.get_type_display()

    @property
    def sigle(self) -> str:
        """Ce qui entre dans le numéro d'une décision : COPIL, COTECH, PARTENARIAL…"""
        return self.type.replace("_", "-").upper()


class Siege(Suivi):
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="sieges")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="sieges")
    personne = models.ForeignKey(
        Personne, models.PROTECT, null=True, blank=True, related_name="sieges", verbose_name="titulaire"
    )
    president = models.BooleanField("préside ou co-préside", default=False)

    class Meta:
        verbose_name = "siège"
        ordering = ["-president", "structure__nom"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "structure", "personne"],
                name="siege_unique",
                nulls_distinct=False,
                violation_error_message="Ce siège existe déjà dans l’instance.",
            )
        ]

    def __str__(self):
        return f"{self.structure} – {self.personne}" if self.personne else str(self.structure)


class EtatSeance(models.TextChoices):
    PLANIFIEE = "planifiee", "Planifiée"
    CONVOQUEE = "convoquee", "Convoquée"
    OUVERTE = "ouverte", "Ouverte"
    CLOSE = "close", "Close"
    ANNULEE = "annulee", "Annulée"


class Seance(Suivi):
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="seances")
    numero = models.PositiveSmallIntegerField("numéro dans l’année", editable=False)
    debut = models.DateTimeField("date et heure")
    lieu = models.CharField("lieu", max_length=200, blank=True)
    etat = models.CharField(
        "état", max_length=10, choices=EtatSeance, default=EtatSeance.PLANIFIEE, editable=False
    )
    ouverte_le = models.DateTimeField("ouverte le", null=True, editable=False)
    close_le = models.DateTimeField("close le", null=True, editable=False)
    compte_rendu = models.TextField("compte rendu", blank=True)

    class Meta:
        verbose_name = "séance"
        ordering = ["debut"]
        constraints = [
            contrainte_parmi("etat", EtatSeance, "seance_etat_connu"),
            models.CheckConstraint(
                name="seance_ouverte_datee",
                condition=Q(etat__in=["ouverte", "close"], ouverte_le__isnull=False)
                | ~Q(etat__in=["ouverte", "close"]) & Q(ouverte_le=None),
                violation_error_message="Une séance tenue porte la date de son ouverture, une autre non.",
            ),
            models.CheckConstraint(
                name="seance_close_datee",
                condition=Q(etat="close", close_le__isnull=False) | ~Q(etat="close") & Q(close_le=None),
                violation_error_message="Une séance close porte la date de sa clôture, une autre non.",
            ),
        ]

    def __str__(self):
        return f"{self.instance} du {timezone.localtime(self.debut):%d/%m/%Y}"

    @property
    def reference(self) -> str:
        """Par exemple « 2026-COPIL-02 »."""
        return f"{timezone.localtime(self.debut):%Y}-{self.instance.sigle}-{self.numero:02d}"


class PointOrdreDuJour(models.Model):
    seance = models.ForeignKey(Seance, models.CASCADE, related_name="points")
    ordre = models.PositiveSmallIntegerField("ordre")
    objet = models.CharField("objet", max_length=250)
    duree = models.PositiveSmallIntegerField("durée en minutes", null=True, blank=True)
    rapporteur = models.CharField("rapporteur", max_length=150, blank=True)
    jalon = models.ForeignKey(Jalon, models.PROTECT, null=True, blank=True, related_name="points")

    class Meta:
        verbose_name = "point à l’ordre du jour"
        verbose_name_plural = "points à l’ordre du jour"
        ordering = ["ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["seance", "ordre"], name="point_ordre_unique", deferrable=models.Deferrable.DEFERRED
            )
        ]

    def __str__(self):
        return self.objet


class EtatPresence(models.TextChoices):
    PRESENT = "present", "Présent"
    EXCUSE = "excuse", "Excusé"
    REPRESENTE = "represente", "Représenté (pouvoir)"


class Presence(models.Model):
    seance = models.ForeignKey(Seance, models.CASCADE, related_name="presences")
    siege = models.ForeignKey(Siege, models.PROTECT, related_name="presences", verbose_name="siège")
    etat = models.CharField("présence", max_length=10, choices=EtatPresence)
    pouvoir_a = models.ForeignKey(
        Siege, models.PROTECT, null=True, blank=True, related_name="pouvoirs", verbose_name="pouvoir donné à"
    )

    class Meta:
        verbose_name = "présence"
        constraints = [
            contrainte_parmi("etat", EtatPresence, "presence_etat_connu"),
            models.UniqueConstraint(fields=["seance", "siege"], name="presence_unique"),
            models.CheckConstraint(
                name="presence_pouvoir_nomme",
                condition=Q(etat="represente", pouvoir_a__isnull=False)
                | ~Q(etat="represente") & Q(pouvoir_a=None),
                violation_error_message="Un siège représenté nomme celui qui porte son pouvoir.",
            ),
            models.CheckConstraint(
                name="presence_pouvoir_a_un_autre",
                condition=Q(pouvoir_a=None) | ~Q(pouvoir_a=F("siege")),
                violation_error_message="On ne se donne pas pouvoir à soi-même.",
            ),
        ]

    def __str__(self):
        return f"{self.siege} : {self.get_etat_display()}"


class NatureDecision(models.TextChoices):
    VALIDATION = "validation", "Validation"
    VALIDATION_RESERVES = "validation_reserves", "Validation avec réserves"
    AJOURNEMENT = "ajournement", "Ajournement"
    REJET = "rejet", "Rejet"
    ORIENTATION = "orientation", "Orientation"
    INFORMATION = "information", "Information"


class Decision(Suivi):
    """Ce qu'une instance décide en séance. La base interdit de la modifier une fois la séance close."""

    seance = models.ForeignKey(Seance, models.PROTECT, related_name="decisions")
    ordre = models.PositiveSmallIntegerField("ordre", editable=False)
    nature = models.CharField("nature", max_length=20, choices=NatureDecision)
    objet = models.CharField("objet", max_length=250)
    texte = models.TextField("texte", blank=True)
    reserves = models.TextField("réserves", blank=True)
    jalon = models.ForeignKey(Jalon, models.PROTECT, null=True, blank=True, related_name="decisions")

    class Meta:
        verbose_name = "décision"
        ordering = ["seance", "ordre"]
        constraints = [
            contrainte_parmi("nature", NatureDecision, "decision_nature_connue"),
            models.UniqueConstraint(fields=["seance", "ordre"], name="decision_numero_unique"),
            models.CheckConstraint(
                name="decision_reserves_dites",
                condition=Q(nature="validation_reserves") & ~Q(reserves="")
                | ~Q(nature="validation_reserves") & Q(reserves=""),
                violation_error_message="Une validation avec réserves énonce ses réserves, "
                "les autres n’en ont pas.",
            ),
        ]

    def __str__(self):
        return f"{self.numero} – {self.objet}"

    @property
    def numero(self) -> str:
        """Par exemple « 2026-COPIL-02-D3 »."""
        return f"{self.seance.reference}-D{self.ordre}"
