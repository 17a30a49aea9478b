"""Le cadrage : cahier des charges, adhésions, définition commune, jalons, points de blocage."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from gouvernance.models.acteurs import Structure
from gouvernance.models.demarche import Demarche
from gouvernance.socle.durees import par_rapport_a_aujourd_hui
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class CahierDesCharges(Suivi):
    demarche = models.OneToOneField(Demarche, models.PROTECT, related_name="cahier", verbose_name="démarche")
    contexte = models.TextField("contexte", blank=True)
    objectifs = models.TextField(
        "objectifs", blank=True, help_text="Ce que la démarche doit produire, et pour qui."
    )
    methode = models.TextField(
        "méthode", blank=True, help_text="Les étapes, les ateliers, les moments de validation."
    )
    perimetre = models.TextField(
        "périmètre", blank=True, help_text="Le territoire, les publics, ce qui n’en est pas."
    )
    moyens = models.TextField("moyens", blank=True)
    vigilance = models.TextField("points de vigilance", blank=True)
    edition = models.PositiveSmallIntegerField("édition", default=1, editable=False)

    class Meta:
        verbose_name = "cahier des charges"
        verbose_name_plural = "cahiers des charges"

    def __str__(self):
        return f"Cahier des charges – {self.demarche}"


class EditionDuCahier(models.Model):
    """Le texte d'une édition close du cahier des charges, tel que les parties y avaient adhéré. On y ajoute
    seulement.
    """

    cahier = models.ForeignKey(CahierDesCharges, models.PROTECT, related_name="editions")
    edition = models.PositiveSmallIntegerField("édition")
    sections = models.JSONField("sections")
    close_le = models.DateTimeField("close le", auto_now_add=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "édition du cahier des charges"
        verbose_name_plural = "éditions du cahier des charges"
        ordering = ["-edition"]
        constraints = [models.UniqueConstraint(fields=["cahier", "edition"], name="cahier_edition_unique")]

    def __str__(self):
        return f"Cahier des charges, édition {self.edition}"


class Adhesion(models.Model):
    """L'accord explicite d'une structure au cahier des charges, dans une édition donnée."""

    cahier = models.ForeignKey(CahierDesCharges, models.PROTECT, related_name="adhesions")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+")
    edition = models.PositiveSmallIntegerField("édition")
    le = models.DateTimeField("le", auto_now_add=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "adhésion"
        ordering = ["le"]
        constraints = [
            models.UniqueConstraint(
                fields=["cahier", "structure", "edition"],
                name="adhesion_unique",
                violation_error_message="Cette structure a déjà adhéré à cette édition du cahier des "
                "charges.",
            )
        ]

    def __str__(self):
        return f"{self.structure} (édition {self.edition})"


class DefinitionCommune(Suivi):
    """Ce que les parties entendent par « inclusion numérique » ; adoptée par une décision."""

    demarche = models.OneToOneField(
        Demarche, models.PROTECT, related_name="definition", verbose_name="démarche"
    )
    texte = models.TextField("définition commune de l’inclusion numérique", blank=True)
    edition = models.PositiveSmallIntegerField("édition", default=1, editable=False)
    decision = models.ForeignKey(
        "gouvernance.Decision",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="décision",
    )

    class Meta:
        verbose_name = "définition commune"
        verbose_name_plural = "définitions communes"

    def __str__(self):
        return f"Définition commune – {self.demarche}"


class DefinitionAdoptee(models.Model):
    """Une édition de la définition commune, telle qu'une décision l'a adoptée. On y ajoute seulement."""

    demarche = models.ForeignKey(
        Demarche, models.PROTECT, related_name="definitions_adoptees", verbose_name="démarche"
    )
    edition = models.PositiveSmallIntegerField("édition")
    texte = models.TextField("texte adopté")
    decision = models.ForeignKey("gouvernance.Decision", models.PROTECT, related_name="+")
    le = models.DateTimeField("le", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "définition adoptée"
        verbose_name_plural = "définitions adoptées"
        ordering = ["-edition"]
        constraints = [
            models.UniqueConstraint(fields=["demarche", "edition"], name="definition_edition_unique")
        ]

    def __str__(self):
        return f"Définition commune, édition {self.edition}"


class Terme(Suivi):
    """Une entrée du glossaire : un mot que les parties ont décidé d'employer dans le même sens."""

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="glossaire", verbose_name="démarche")
    terme = models.CharField("terme", max_length=100)
    definition = models.TextField("définition")

    class Meta:
        verbose_name = "terme du glossaire"
        verbose_name_plural = "termes du glossaire"
        ordering = [Lower("terme")]
        constraints = [
            models.UniqueConstraint(
                "demarche",
                Lower("terme"),
                name="terme_unique",
                violation_error_message="Ce terme est déjà au glossaire.",
            )
        ]

    def __str__(self):
        return self.terme


class Limite(models.TextChoices):
    ON_PEUT = "on_peut", "On peut faire"
    ON_VA = "on_va", "On va faire"
    ON_NE_PEUT_PAS = "on_ne_peut_pas", "On ne peut pas faire"


class LimiteDAction(Suivi):
    """Le consensus dit en clair : ce que l'on peut, ce que l'on va, ce que l'on ne peut pas faire."""

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="limites", verbose_name="démarche")
    categorie = models.CharField("on peut, on va, on ne peut pas", max_length=14, choices=Limite)
    libelle = models.CharField("ce dont il s’agit", max_length=250)
    explication = models.TextField("pourquoi", blank=True)
    responsable = models.ForeignKey(Structure, models.PROTECT, null=True, blank=True, related_name="+")
    echeance = models.DateField("échéance", null=True, blank=True)
    decision = models.ForeignKey(
        "gouvernance.Decision",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="limites",
        verbose_name="décision",
    )
    remplace = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="remplacante",
        verbose_name="remplace",
    )

    class Meta:
        verbose_name = "limite d’action"
        verbose_name_plural = "limites d’action"
        ordering = ["categorie", "pk"]
        constraints = [contrainte_parmi("categorie", Limite, "limite_categorie_connue")]

    def __str__(self):
        return self.libelle


class CodeJalon(models.TextChoices):
    CADRAGE = "cadrage", "Cahier des charges"
    DIAGNOSTIC = "diagnostic", "Diagnostic"
    ENJEUX = "enjeux", "Enjeux"
    STRATEGIE = "strategie", "Stratégie"
    VALIDATION = "validation", "Validation de la feuille de route"


class EtatJalon(models.TextChoices):
    A_VENIR = "a_venir", "À venir"
    EN_COURS = "en_cours", "En cours"
    SOUMIS = "soumis", "Soumis"
    VALIDE = "valide", "Validé"
    VALIDE_AVEC_RESERVES = "valide_reserves", "Validé avec réserves"
    RENVOYE = "renvoye", "Renvoyé"


JALON_ACQUIS = [EtatJalon.VALIDE, EtatJalon.VALIDE_AVEC_RESERVES]


class Jalon(Suivi):
    """Un moment de validation : une échéance, une instance qui décide. L'état ne s'écrit que par une
    décision.
    """

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="jalons", verbose_name="démarche")
    code = models.CharField("code", max_length=12, choices=CodeJalon)
    ordre = models.PositiveSmallIntegerField("ordre")
    echeance = models.DateField("échéance", null=True, blank=True)
    instance = models.ForeignKey(
        "gouvernance.Instance",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="jalons",
        verbose_name="instance qui valide",
    )
    etat = models.CharField(
        "état", max_length=16, choices=EtatJalon, default=EtatJalon.A_VENIR, editable=False
    )
    decision = models.ForeignKey(
        "gouvernance.Decision",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="jalons_acquis",
        verbose_name="décision",
    )

    class Meta:
        verbose_name = "jalon"
        verbose_name_plural = "jalons"
        ordering = ["ordre"]
        constraints = [
            contrainte_parmi("etat", EtatJalon, "jalon_etat_connu"),
            contrainte_parmi("code", CodeJalon, "jalon_code_connu"),
            models.UniqueConstraint(fields=["demarche", "code"], name="jalon_code_unique"),
            models.UniqueConstraint(fields=["demarche", "ordre"], name="jalon_ordre_unique"),
            models.CheckConstraint(
                name="jalon_valide_par_decision",
                condition=~Q(etat__in=["valide", "valide_reserves", "renvoye"]) | Q(decision__isnull=False),
                violation_error_message="Un jalon n’est validé ou renvoyé que par une décision.",
            ),
        ]

    def __str__(self):
        return self.get_code_display()

    @property
    def acquis(self) -> bool:
        return self.etat in JALON_ACQUIS


class PointDeBlocage(Suivi):
    """Ce qui gêne l'avancée ; une réserve du COPIL en devient un, avec une échéance."""

    demarche = models.ForeignKey(
        Demarche, models.PROTECT, related_name="points_de_blocage", verbose_name="démarche"
    )
    libelle = models.TextField("point de blocage")
    responsable = models.ForeignKey(Structure, models.PROTECT, null=True, blank=True, related_name="+")
    echeance = models.DateField("échéance", null=True, blank=True)
    decision = models.ForeignKey(
        "gouvernance.Decision", models.PROTECT, null=True, editable=False, related_name="points_de_blocage"
    )
    leve_le = models.DateTimeField("levé le", null=True, editable=False)
    resolution = models.TextField("comment il a été levé", blank=True)

    class Meta:
        verbose_name = "point de blocage"
        verbose_name_plural = "points de blocage"
        ordering = ["echeance", "pk"]

    def __str__(self):
        return self.libelle[:80]

    @property
    def retard(self) -> str:
        """« en retard de 12 jours » ; vide s'il est levé, sans échéance, ou à l'heure."""
        aujourd_hui = timezone.localdate()
        if self.leve_le or self.echeance is None or self.echeance >= aujourd_hui:
            return ""
        return par_rapport_a_aujourd_hui(self.echeance, aujourd_hui)
