"""Ce que l'on compte : les indicateurs d'une fiche et leurs relevés datés."""

from django.db import models

from feuille_de_route.models.fiches import FicheAction
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class TypeIndicateur(models.TextChoices):
    REALISATION = "realisation", "Réalisation"
    RESULTAT = "resultat", "Résultat"
    IMPACT = "impact", "Impact"


class Indicateur(models.Model):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="indicateurs")
    libelle = models.CharField("indicateur", max_length=200)
    type = models.CharField("type", max_length=12, choices=TypeIndicateur, default=TypeIndicateur.REALISATION)
    unite = models.CharField("unité", max_length=30, blank=True)
    reference = models.DecimalField(
        "valeur de départ", max_digits=14, decimal_places=2, null=True, blank=True
    )
    cible = models.DecimalField("cible", max_digits=14, decimal_places=2, null=True, blank=True)
    echeance = models.DateField("échéance", null=True, blank=True)
    source = models.CharField("source", max_length=200, blank=True)

    class Meta:
        verbose_name = "indicateur"
        ordering = ["pk"]
        constraints = [contrainte_parmi("type", TypeIndicateur, "indicateur_type_connu")]

    def __str__(self):
        return self.libelle


class Releve(Suivi):
    """La valeur d'un indicateur à une date ; une valeur absente n'est pas zéro : elle ne s'écrit pas."""

    indicateur = models.ForeignKey(Indicateur, models.CASCADE, related_name="releves")
    le = models.DateField("date du relevé")
    valeur = models.DecimalField("valeur", max_digits=14, decimal_places=2)
    commentaire = models.CharField("commentaire", max_length=250, blank=True)

    class Meta:
        verbose_name = "relevé"
        ordering = ["le", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicateur", "le"],
                name="releve_unique",
                violation_error_message="Cet indicateur a déjà un relevé à cette date : corrigez-le.",
            )
        ]

    def __str__(self):
        return f"{self.indicateur} au {self.le:%d/%m/%Y}"
