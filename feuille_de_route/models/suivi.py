"""Après la signature : les points de suivi d'une fiche ; et les fiches partagées entre démarches."""

from django.db import models
from django.db.models import Q

from feuille_de_route.models.choix import EtatRealisation, Meteo
from feuille_de_route.models.fiches import FicheAction
from gouvernance.models import Demarche
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class PointDeSuivi(Suivi):
    """Où en était l'action à une date : on en ajoute un, on ne récrit pas l'ancien."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="points_de_suivi")
    le = models.DateField("à la date du")
    etat = models.CharField("état de réalisation", max_length=12, choices=EtatRealisation)
    meteo = models.CharField("météo", max_length=8, choices=Meteo, blank=True)
    fait = models.TextField("ce qui a avancé", blank=True)
    freins = models.TextField("freins rencontrés", blank=True)
    a_decider = models.TextField("ce que l’instance doit décider", blank=True)

    class Meta:
        verbose_name = "point de suivi"
        verbose_name_plural = "points de suivi"
        ordering = ["-le", "-pk"]
        constraints = [
            contrainte_parmi("etat", EtatRealisation, "point_de_suivi_etat_connu"),
            models.CheckConstraint(
                name="point_de_suivi_meteo_connue", condition=Q(meteo__in=["", *Meteo.values])
            ),
            models.CheckConstraint(
                name="point_de_suivi_freins_dits",
                condition=~Q(meteo__in=["pluie", "orage"]) | ~Q(freins=""),
                violation_error_message="Quand la météo est mauvaise, dites ce qui freine.",
            ),
        ]

    def __str__(self):
        return f"{self.fiche.titre} au {self.le:%d/%m/%Y}"


class PartageDeFiche(Suivi):
    """Une fiche d'une démarche que l'autre échelle (EPCI ou département) reconnaît aussi comme sienne."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="partages")
    demarche = models.ForeignKey(
        Demarche, models.PROTECT, related_name="fiches_partagees", verbose_name="démarche qui l’accueille"
    )
    mot = models.CharField("pourquoi la partager", max_length=300, blank=True)

    class Meta:
        verbose_name = "fiche partagée"
        verbose_name_plural = "fiches partagées"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fiche", "demarche"],
                name="partage_unique",
                violation_error_message="Cette fiche est déjà partagée avec cette démarche.",
            )
        ]

    def __str__(self):
        return f"{self.fiche} → {self.demarche}"
