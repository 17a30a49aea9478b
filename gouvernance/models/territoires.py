"""Régions, départements, EPCI et communes du code officiel géographique (INSEE, COG 2026)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class TerritoireQuerySet(models.QuerySet):
    def actuels(self):
        """Ceux du COG en vigueur ; un territoire retiré reste lisible là où l'on s'y réfère déjà."""
        return self.filter(retire_le=None)


class Region(models.Model):
    code = models.CharField("code", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=100)

    class Meta:
        verbose_name = "région"
        verbose_name_plural = "régions"
        ordering = ["nom"]

    def __str__(self):
        return self.nom


class Departement(models.Model):
    code = models.CharField("code", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=100)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région", related_name="departements")
    population = models.PositiveIntegerField("population municipale", null=True)
    nb_communes = models.PositiveIntegerField("nombre de communes", null=True)

    class Meta:
        verbose_name = "département"
        ordering = ["code"]

    def __str__(self):
        return f"{self.nom} ({self.code})"


class Epci(models.Model):
    """Intercommunalité à fiscalité propre. 89 d'entre elles ont des communes dans plusieurs départements."""

    siren = models.CharField("SIREN", max_length=9, primary_key=True)
    nom = models.CharField("nom", max_length=200)
    type = models.CharField("type", max_length=6)
    departement = models.ForeignKey(
        Departement, models.PROTECT, verbose_name="département principal", related_name="epcis_principaux"
    )
    departements = ArrayField(models.CharField(max_length=3), verbose_name="départements de ses communes")
    population = models.PositiveIntegerField("population municipale", null=True)
    nb_communes = models.PositiveIntegerField("nombre de communes", null=True)
    retire_le = models.DateField("retiré du COG le", null=True, editable=False)

    objects = TerritoireQuerySet.as_manager()

    class Meta:
        verbose_name = "EPCI"
        verbose_name_plural = "EPCI"
        ordering = ["nom"]

    def __str__(self):
        return self.nom


class Commune(models.Model):
    code = models.CharField("code INSEE", max_length=5, primary_key=True)
    nom = models.CharField("nom", max_length=100)
    departement = models.ForeignKey(
        Departement, models.PROTECT, verbose_name="département", related_name="communes"
    )
    epci = models.ForeignKey(
        Epci, models.PROTECT, null=True, blank=True, verbose_name="EPCI", related_name="communes"
    )
    population = models.PositiveIntegerField("population municipale", null=True)
    codes_postaux = ArrayField(models.CharField(max_length=5), default=list, verbose_name="codes postaux")
    retire_le = models.DateField("retirée du COG le", null=True, editable=False)

    objects = TerritoireQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        ordering = ["nom"]

    def __str__(self):
        return f"{self.nom} ({self.code})"
