"""Version figée (immuable), signataires, signatures."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from gouvernance.models import Demarche, Structure
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class VersionFigee(models.Model):
    """Le contenu d'une feuille de route au moment où elle est soumise. UPDATE et DELETE sont refusés par
    la base.

    `canonique` : le JSON canonique (docs/format-echange.md), octet pour octet ce que le PDF porte en pièce
    jointe ;
    `empreinte` : son SHA-256 en hexadécimal ; `precedente` : l'empreinte de la version d'avant, vide pour
    la première.
    `scelle` : SHA-256 de « scellé d'avant + empreinte + démarche + numéro + date », le maillon de la chaîne.
    """

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="versions", verbose_name="démarche")
    numero = models.PositiveSmallIntegerField("numéro")
    canonique = models.TextField("JSON canonique")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    precedente = models.CharField("empreinte de la version précédente", max_length=64, blank=True)
    scelle = models.CharField("scellé", max_length=64)
    figee_le = models.DateTimeField("figée le")
    figee_par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "version figée"
        verbose_name_plural = "versions figées"
        ordering = ["demarche", "numero"]
        constraints = [
            models.UniqueConstraint(fields=["demarche", "numero"], name="version_numero_unique"),
            models.CheckConstraint(
                name="version_empreinte_hexa", condition=Q(empreinte__regex=r"^[0-9a-f]{64}$")
            ),
        ]

    def __str__(self):
        return f"{self.demarche} – version {self.numero}"


class Signataire(Suivi):
    """Celle ou celui qui signera, dans l'ordre, et l'engagement que sa structure prend."""

    demarche = models.ForeignKey(
        Demarche, models.PROTECT, related_name="signataires", verbose_name="démarche"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+")
    nom = models.CharField("nom du signataire", max_length=150)
    qualite = models.CharField(
        "qualité", max_length=200, blank=True, help_text="Par exemple « Préfète de la Dordogne »."
    )
    engagement = models.TextField("engagement", blank=True)
    utilisateur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures_attendues",
        verbose_name="compte qui signe",
    )

    class Meta:
        verbose_name = "signataire"
        ordering = ["ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["demarche", "ordre"],
                name="signataire_ordre_unique",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Deux signataires ne peuvent pas avoir le même rang.",
            )
        ]

    def __str__(self):
        return f"{self.nom}, {self.qualite}" if self.qualite else self.nom


class EtatSignature(models.TextChoices):
    ATTENDUE = "attendue", "Attendue"
    CONSENTIE = "consentie", "En cours d’apposition"
    APPOSEE = "apposee", "Apposée"
    REFUSEE = "refusee", "Refusée"


class Signature(models.Model):
    """L'acte d'un signataire sur un document : il consent (ou refuse), puis le cachet est apposé dans le
    PDF.
    """

    document = models.ForeignKey("feuille_de_route.Document", models.PROTECT, related_name="signatures")
    signataire = models.ForeignKey(Signataire, models.PROTECT, related_name="signatures")
    ordre = models.PositiveSmallIntegerField("ordre")
    etat = models.CharField("état", max_length=10, choices=EtatSignature, default=EtatSignature.ATTENDUE)
    empreinte_vue = models.CharField("empreinte du PDF que le signataire a vu", max_length=64, blank=True)
    reserves = models.TextField("réserves", blank=True)
    motif = models.TextField("motif du refus", blank=True)
    consentie_le = models.DateTimeField("consentie le", null=True)
    apposee_le = models.DateTimeField("apposée le", null=True)
    refusee_le = models.DateTimeField("refusée le", null=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "signature"
        ordering = ["document", "ordre"]
        constraints = [
            contrainte_parmi("etat", EtatSignature, "signature_etat_connu"),
            models.UniqueConstraint(fields=["document", "ordre"], name="signature_ordre_unique"),
            models.UniqueConstraint(fields=["document", "signataire"], name="signature_unique"),
            models.CheckConstraint(
                name="signature_consentie_datee",
                condition=Q(etat__in=["consentie", "apposee"], consentie_le__isnull=False)
                & ~Q(empreinte_vue="")
                | ~Q(etat__in=["consentie", "apposee"]) & Q(consentie_le=None),
                violation_error_message="Une signature donnée porte sa date et l’empreinte du document vu.",
            ),
            models.CheckConstraint(
                name="signature_apposee_datee",
                condition=Q(etat="apposee", apposee_le__isnull=False)
                | ~Q(etat="apposee") & Q(apposee_le=None),
                violation_error_message="Une signature apposée porte la date de son apposition.",
            ),
            models.CheckConstraint(
                name="signature_refusee_motivee",
                condition=Q(etat="refusee", refusee_le__isnull=False) & ~Q(motif="")
                | ~Q(etat="refusee") & Q(refusee_le=None),
                violation_error_message="Un refus porte sa date et son motif.",
            ),
        ]

    def __str__(self):
        return f"{self.signataire} : {self.get_etat_display()}"
