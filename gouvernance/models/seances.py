"""Séances : ordre du jour, documents joints, présences, décisions."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from gouvernance.models.cadrage import Jalon
from gouvernance.models.instances import Instance, Siege
from gouvernance.socle.modeles import PieceAuCoffre, Suivi, contrainte_parmi


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
    duree = models.PositiveSmallIntegerField("durée en minutes", default=120)
    lieu = models.CharField("lieu", max_length=200, blank=True)
    visioconference = models.URLField("lien de visioconférence", blank=True)
    sequence = models.PositiveSmallIntegerField("révision de la convocation", default=0, editable=False)
    convoquee_le = models.DateTimeField("convoquée le", null=True, editable=False)
    etat = models.CharField(
        "état", max_length=10, choices=EtatSeance, default=EtatSeance.PLANIFIEE, editable=False
    )
    ouverte_le = models.DateTimeField("ouverte le", null=True, editable=False)
    close_le = models.DateTimeField("close le", null=True, editable=False)
    compte_rendu = models.TextField("compte rendu", blank=True)
    approbation = models.ForeignKey(
        "gouvernance.Decision",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="comptes_rendus_approuves",
        verbose_name="décision qui approuve le compte rendu",
    )

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


class PieceDeSeance(PieceAuCoffre):
    """Un document joint à la convocation ; son contenu est au coffre, désigné par son empreinte."""

    seance = models.ForeignKey(Seance, models.PROTECT, related_name="pieces", verbose_name="séance")

    class Meta(PieceAuCoffre.Meta):
        verbose_name = "document de séance"
        verbose_name_plural = "documents de séance"
        constraints = [
            models.UniqueConstraint(
                fields=["seance", "empreinte"],
                name="piece_de_seance_unique",
                violation_error_message="Ce fichier est déjà joint à la séance.",
            )
        ]


class Cible(models.TextChoices):
    """Ce dont on parle ou sur quoi l'on décide ; l'identifiant public de l'objet l'accompagne."""

    AUCUNE = "", "Aucun objet particulier"
    JALON = "jalon", "Jalon"
    ENJEU = "enjeu", "Enjeu"
    AXE = "axe", "Axe"
    FICHE = "fiche", "Fiche action"
    CHANTIER = "chantier", "Chantier clé"
    DEFINITION = "definition", "Définition commune"
    LIMITE = "limite", "On peut, on va, on ne peut pas"
    SEANCE = "seance", "Compte rendu d’une séance"


class AvecCible(models.Model):
    """Désigne un objet d'une couche du dessus sans l'importer, comme le journal."""

    cible_type = models.CharField("porte sur", max_length=10, choices=Cible, blank=True)
    cible = models.UUIDField("identifiant de l’objet", null=True, blank=True, editable=False)
    cible_libelle = models.CharField("objet visé", max_length=250, blank=True, editable=False)

    class Meta:
        abstract = True


class PointOrdreDuJour(AvecCible):
    uuid = models.UUIDField("identifiant public", default=uuid.uuid4, unique=True, editable=False)
    seance = models.ForeignKey(Seance, models.CASCADE, related_name="points")
    ordre = models.PositiveSmallIntegerField("ordre")
    objet = models.CharField("objet", max_length=250)
    duree = models.PositiveSmallIntegerField("durée en minutes", null=True, blank=True)
    rapporteur = models.CharField("rapporteur", max_length=150, blank=True)
    jalon = models.ForeignKey(Jalon, models.PROTECT, null=True, blank=True, related_name="points")
    echanges = models.TextField("ce qui s’est dit", blank=True)

    class Meta:
        verbose_name = "point à l’ordre du jour"
        verbose_name_plural = "points à l’ordre du jour"
        ordering = ["ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["seance", "ordre"], name="point_ordre_unique", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                name="point_cible_entiere",
                condition=Q(cible_type="", cible=None) | ~Q(cible_type="") & Q(cible__isnull=False),
                violation_error_message="Choisissez l’objet sur lequel porte ce point.",
            ),
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


class Decision(Suivi, AvecCible):
    """Ce qu'une instance décide en séance. La base interdit de la modifier une fois la séance close."""

    seance = models.ForeignKey(Seance, models.PROTECT, related_name="decisions")
    point = models.ForeignKey(
        PointOrdreDuJour, models.SET_NULL, null=True, blank=True, related_name="decisions"
    )
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
            models.CheckConstraint(
                name="decision_cible_entiere",
                condition=Q(cible_type="", cible=None) | ~Q(cible_type="") & Q(cible__isnull=False),
                violation_error_message="Choisissez l’objet sur lequel porte cette décision.",
            ),
        ]

    def __str__(self):
        return f"{self.numero} – {self.objet}"

    @property
    def numero(self) -> str:
        """Par exemple « 2026-COPIL-02-D3 »."""
        return f"{self.seance.reference}-D{self.ordre}"
