"""La stratégie : axes et sous-axes."""

from django.db import models
from django.db.models import F, Q

from diagnostic.models import Enjeu
from gouvernance.models import Demarche
from gouvernance.socle.modeles import Suivi


class AxeFNE(models.IntegerChoices):
    """Les quatre axes nationaux de France Numérique Ensemble (2023-2027)."""

    TERRITORIALISER = 1, "1. Territorialiser la politique et accompagner les acteurs locaux"
    OUTILLER = 2, "2. Des outils numériques accessibles à tous les médiateurs"
    STRUCTURER = 3, "3. Structurer la filière professionnelle"
    DONNEES = 4, "4. Collecter et partager des données structurées"


class Axe(Suivi):
    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="axes", verbose_name="démarche")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="sous_axes", verbose_name="axe parent"
    )
    ordre = models.PositiveSmallIntegerField("ordre", default=1)
    intitule = models.CharField("intitulé", max_length=250, help_text="Un verbe d’action à l’infinitif.")
    objectif = models.TextField("objectif", blank=True)
    enjeux = models.ManyToManyField(Enjeu, blank=True, related_name="axes", verbose_name="enjeux")
    axe_fne = models.PositiveSmallIntegerField("axe national FNE", choices=AxeFNE, null=True, blank=True)
    axe_departemental = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="declinaisons",
        verbose_name="axe départemental servi",
    )

    class Meta:
        verbose_name = "axe"
        verbose_name_plural = "axes"
        ordering = ["ordre", "pk"]
        constraints = [
            models.CheckConstraint(
                name="axe_fne_connu", condition=Q(axe_fne=None) | Q(axe_fne__in=AxeFNE.values)
            ),
            models.CheckConstraint(name="axe_parent_autre", condition=Q(parent=None) | ~Q(parent=F("id"))),
        ]

    def __str__(self):
        return self.intitule
