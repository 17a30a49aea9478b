"""Instances (COPIL, COTECH, comité partenarial…) et leurs sièges."""

from django.db import models
from django.db.models import Q

from gouvernance.models.acteurs import Personne, Structure
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


class InstanceQuerySet(models.QuerySet):
    def actives(self):
        """Celles qui se réunissent encore ; une instance remplacée garde son histoire, et c'est tout."""
        return self.filter(dissoute_le=None)


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
    dissoute_le = models.DateTimeField("remplacée ou dissoute le", null=True, editable=False)

    objects = InstanceQuerySet.as_manager()

    class Meta:
        verbose_name = "instance"
        ordering = ["type", "pk"]
        constraints = [
            contrainte_parmi("type", TypeInstance, "instance_type_connu"),
            models.CheckConstraint(
                name="instance_frequence_connue", condition=Q(frequence__in=["", *Frequence.values])
            ),
            models.CheckConstraint(
                name="instance_existante_nommee",
                condition=~Q(type="existante") | ~Q(instance_hote=""),
                violation_error_message="Nommez l’instance existante que la démarche reprend.",
            ),
            models.CheckConstraint(
                name="instance_moteur_d_un_epci",
                condition=~Q(type="groupe_moteur") | Q(epci__isnull=False),
                violation_error_message="Un groupe moteur est celui d’un EPCI : choisissez-le.",
            ),
        ]

    def __str__(self):
        return self.nom or self.get_type_display()

    @property
    def sigle(self) -> str:
        """Ce qui entre dans le numéro d'une décision : COPIL, COTECH, PARTENARIAL…"""
        return self.type.replace("_", "-").upper()


class SiegeQuerySet(models.QuerySet):
    def ouverts(self):
        """Ceux que l'on convoque."""
        return self.filter(clos_le=None)

    def de_la_seance(self, seance):
        """Ceux que l'on convoque, et ceux qui, clos depuis, figurent aux présences de cette séance."""
        notes = Siege.objects.filter(presences__seance=seance)
        return self.filter(Q(clos_le=None) | Q(pk__in=notes.values("pk")))


class Siege(Suivi):
    """Une place dans une instance. Quand son titulaire change après une séance, on le clôt et un autre
    s'ouvre : les présences passées gardent le nom de qui y était.
    """

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="sieges")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="sieges")
    personne = models.ForeignKey(
        Personne, models.PROTECT, null=True, blank=True, related_name="sieges", verbose_name="titulaire"
    )
    president = models.BooleanField("préside ou co-préside", default=False)
    ordre = models.PositiveSmallIntegerField("ordre", default=0, editable=False)
    clos_le = models.DateTimeField("clos le", null=True, editable=False)

    objects = SiegeQuerySet.as_manager()

    class Meta:
        verbose_name = "siège"
        ordering = ["-president", "ordre", "structure__nom"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "structure", "personne"],
                name="siege_unique",
                condition=Q(clos_le=None),
                nulls_distinct=False,
                violation_error_message="Ce siège existe déjà dans l’instance.",
            )
        ]

    def __str__(self):
        return f"{self.structure} – {self.personne}" if self.personne else str(self.structure)
