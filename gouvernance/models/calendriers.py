"""Les calendriers types : des dates que l’on modifie, car le calendrier national a glissé."""

from django.db import models
from django.db.models import Q

from gouvernance.models.cadrage import CodeJalon
from gouvernance.socle.modeles import contrainte_parmi


class CalendrierType(models.Model):
    """Un calendrier proposé au cadrage, que l'administration du site ajuste."""

    code = models.SlugField("code", primary_key=True)
    nom = models.CharField("nom", max_length=100)
    description = models.TextField("description", blank=True)
    national = models.BooleanField("calendrier national", default=False)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "calendrier type"
        verbose_name_plural = "calendriers types"
        ordering = ["ordre", "nom"]

    def __str__(self):
        return self.nom


class EcheanceType(models.Model):
    """L'échéance d'un jalon dans un calendrier type : une date, ou un nombre de jours après le début."""

    calendrier = models.ForeignKey(CalendrierType, models.CASCADE, related_name="echeances")
    code = models.CharField("jalon", max_length=12, choices=CodeJalon)
    date = models.DateField("date", null=True, blank=True)
    jours = models.PositiveSmallIntegerField("jours après le début", null=True, blank=True)
    libelle = models.CharField("ce qui est attendu", max_length=200, blank=True)

    class Meta:
        verbose_name = "échéance type"
        verbose_name_plural = "échéances types"
        ordering = ["calendrier", "pk"]
        constraints = [
            contrainte_parmi("code", CodeJalon, "echeance_type_code_connu"),
            models.UniqueConstraint(fields=["calendrier", "code"], name="echeance_type_unique"),
            models.CheckConstraint(
                name="echeance_type_date_ou_jours",
                condition=Q(date=None, jours__isnull=False) | Q(date__isnull=False, jours=None),
                violation_error_message="Donnez une date, ou un nombre de jours après le début.",
            ),
        ]

    def __str__(self):
        return f"{self.calendrier} – {self.get_code_display()}"
