"""Les papiers d’une séance et du cadrage : demandés d’un clic, faits par le travailleur, gardés au coffre."""

from django.db import models
from django.db.models import Q

from gouvernance.models import Demarche, Seance
from gouvernance.socle.modeles import Suivi, contrainte_parmi
from gouvernance.socle.travaux import Travail, TravailQuerySet


class NaturePapier(models.TextChoices):
    ORDRE_DU_JOUR = "ordre_du_jour", "Ordre du jour"
    EMARGEMENT = "emargement", "Feuille d’émargement"
    RELEVE = "releve", "Relevé de décisions"
    PROCES_VERBAL = "proces_verbal", "Procès-verbal"
    CAHIER = "cahier", "Cahier des charges"
    REVUE = "revue", "Revue de la feuille de route"
    BILAN = "bilan", "Bilan annuel"


class FormatPapier(models.TextChoices):
    PDF = "pdf", "PDF"
    DOCX = "docx", "Word (DOCX)"


class EtatPapier(models.TextChoices):
    EN_FILE = "en_file", "En préparation"
    PRET = "pret", "Prêt"
    ECHEC = "echec", "Échec"


class Papier(Suivi, Travail):
    """`seance` : toujours, sauf pour le cahier des charges et le bilan, qui porte une `annee`."""

    A_FAIRE = (EtatPapier.EN_FILE,)

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="papiers", verbose_name="démarche")
    seance = models.ForeignKey(
        Seance, models.PROTECT, null=True, related_name="papiers", verbose_name="séance"
    )
    nature = models.CharField("nature", max_length=14, choices=NaturePapier)
    annee = models.PositiveSmallIntegerField("année", null=True)
    format = models.CharField("format", max_length=4, choices=FormatPapier, default=FormatPapier.PDF)
    etat = models.CharField("état", max_length=8, choices=EtatPapier, default=EtatPapier.EN_FILE)
    empreinte = models.CharField("SHA-256", max_length=64, blank=True)
    taille = models.PositiveIntegerField("taille en octets", null=True)
    sha_contenu = models.CharField("SHA-256 de ce qu’il imprime", max_length=64, blank=True)
    pret_le = models.DateTimeField("prêt le", null=True)

    objects = TravailQuerySet.as_manager()

    class Meta:
        verbose_name = "papier"
        ordering = ["-pk"]
        constraints = [
            contrainte_parmi("nature", NaturePapier, "papier_nature_connue"),
            contrainte_parmi("format", FormatPapier, "papier_format_connu"),
            contrainte_parmi("etat", EtatPapier, "papier_etat_connu"),
            models.CheckConstraint(
                name="papier_pret_a_un_fichier",
                condition=Q(etat="pret", pret_le__isnull=False) & ~Q(empreinte="")
                | ~Q(etat="pret") & Q(pret_le=None),
                violation_error_message="Un papier prêt a un fichier.",
            ),
            models.UniqueConstraint(
                fields=["demarche", "seance", "annee", "nature", "format"],
                condition=Q(etat="en_file"),
                nulls_distinct=False,
                name="papier_en_file_unique",
                violation_error_message="Ce papier est déjà en préparation.",
            ),
            models.CheckConstraint(
                name="papier_de_seance",
                condition=Q(nature="cahier", seance=None, annee=None)
                | Q(nature="bilan", seance=None, annee__gte=2000, annee__lte=2100)
                | ~Q(nature__in=["cahier", "bilan"]) & Q(seance__isnull=False, annee=None),
                violation_error_message="Un papier de séance désigne sa séance, un bilan son année.",
            ),
        ]

    def __str__(self):
        return f"{self.get_nature_display()} ({self.get_format_display()})"
