"""La stratégie : axes et sous-axes."""

from django.db import models
from django.db.models import F, Q

from diagnostic.models import Enjeu
from feuille_de_route.models.choix import Public
from gouvernance.models import Demarche
from gouvernance.socle.modeles import Suivi


class AxeFNE(models.IntegerChoices):
    """Les quatre axes nationaux de France Numérique Ensemble (2023-2027)."""

    TERRITORIALISER = 1, "1. Territorialiser la politique et accompagner les acteurs locaux"
    OUTILLER = 2, "2. Des outils numériques accessibles à tous les médiateurs"
    STRUCTURER = 3, "3. Structurer la filière professionnelle"
    DONNEES = 4, "4. Collecter et partager des données structurées"


class GenreAxe(models.TextChoices):
    """Ce que rassemble un axe : une feuille de route s'organise par thème ou par public."""

    THEME = "theme", "Un thème"
    PUBLIC = "public", "Un public"


class Axe(Suivi):
    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="axes", verbose_name="démarche")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="sous_axes", verbose_name="axe parent"
    )
    ordre = models.PositiveSmallIntegerField("ordre", default=1)
    intitule = models.CharField("intitulé", max_length=250, help_text="Un verbe d’action à l’infinitif.")
    genre = models.CharField("ce que l’axe rassemble", max_length=6, choices=GenreAxe, default=GenreAxe.THEME)
    public = models.CharField("public visé", max_length=14, choices=Public, blank=True)
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
                name="axe_public_nomme",
                condition=Q(genre="theme", public="") | Q(genre="public", public__in=Public.values),
                violation_error_message="Un axe par public dit lequel, un axe par thème n’en nomme pas.",
            ),
            models.CheckConstraint(
                name="axe_fne_connu", condition=Q(axe_fne=None) | Q(axe_fne__in=AxeFNE.values)
            ),
            models.CheckConstraint(name="axe_parent_autre", condition=Q(parent=None) | ~Q(parent=F("id"))),
        ]

    def __str__(self):
        return self.intitule
