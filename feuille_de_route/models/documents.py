"""Le document : une ligne qui est à la fois le suivi montré et le travail durable que fait le travailleur
Celery.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from feuille_de_route.models.versions import VersionFigee
from gouvernance.models import Demarche
from gouvernance.socle.modeles import Suivi, contrainte_parmi
from gouvernance.socle.travaux import Travail, TravailQuerySet


class NatureDocument(models.TextChoices):
    PROJET = "projet", "Projet (document de travail)"
    SOUMIS = "soumis", "Version soumise à la validation"
    A_SIGNER = "a_signer", "Feuille de route à signer"


class EtatDocument(models.TextChoices):
    EN_FILE = "en_file", "En file"
    MISE_EN_PAGE = "mise_en_page", "Mise en page"
    SIGNATURE = "signature", "Apposition de la signature"
    PRET = "pret", "Prêt"
    ECHEC = "echec", "Échec"


class Document(Suivi, Travail):
    A_FAIRE = (EtatDocument.EN_FILE, EtatDocument.MISE_EN_PAGE, EtatDocument.SIGNATURE)

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="documents", verbose_name="démarche")
    version_figee = models.ForeignKey(
        VersionFigee, models.PROTECT, null=True, related_name="documents", verbose_name="version figée"
    )
    nature = models.CharField("nature", max_length=10, choices=NatureDocument)
    etat = models.CharField("état", max_length=14, choices=EtatDocument, default=EtatDocument.EN_FILE)
    empreinte = models.CharField("SHA-256 du PDF courant", max_length=64, blank=True)
    pages = models.PositiveSmallIntegerField("pages", null=True)
    taille = models.PositiveIntegerField("taille en octets", null=True)
    pret_le = models.DateTimeField("prêt le", null=True)
    scelle_le = models.DateTimeField("scellé le", null=True)

    objects = TravailQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        ordering = ["-pk"]
        constraints = [
            contrainte_parmi("nature", NatureDocument, "document_nature_connue"),
            contrainte_parmi("etat", EtatDocument, "document_etat_connu"),
            models.CheckConstraint(
                name="document_pret_a_un_fichier",
                condition=~Q(etat__in=["pret", "signature"]) | Q(pret_le__isnull=False) & ~Q(empreinte=""),
                violation_error_message="Un document prêt a un fichier.",
            ),
            models.CheckConstraint(
                name="document_fige_sauf_projet",
                condition=Q(nature="projet", version_figee=None)
                | ~Q(nature="projet") & Q(version_figee__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["version_figee", "nature"],
                name="document_unique_par_version",
                condition=~Q(nature="projet"),
            ),
        ]

    def __str__(self):
        return f"{self.get_nature_display()} – {self.demarche}"


class Empreinte(models.Model):
    """Registre des PDF émis : chaque état scellé d'un document, par son SHA-256. On y ajoute, on n'y
    touche plus.
    """

    empreinte = models.CharField("SHA-256", max_length=64, unique=True)
    document = models.ForeignKey(Document, models.PROTECT, related_name="empreintes")
    signatures = models.PositiveSmallIntegerField("signatures apposées", default=0)
    scelle = models.BooleanField("feuille de route complète et scellée", default=False)
    le = models.DateTimeField("le", auto_now_add=True)

    class Meta:
        verbose_name = "empreinte émise"
        verbose_name_plural = "empreintes émises"
        ordering = ["pk"]

    def __str__(self):
        return self.empreinte


class EtatTransmission(models.TextChoices):
    EN_FILE = "en_file", "En file"
    ENVOYEE = "envoyee", "Envoyée"
    ACCUSEE = "accusee", "Accusée"
    COMPLEMENT = "complement", "Complément demandé"
    ECHEC = "echec", "Échec"


class Transmission(Suivi, Travail):
    """L'envoi à l'ANCT : exactement une fois, par le canal des réglages ; reprise avec un délai croissant."""

    A_FAIRE = (EtatTransmission.EN_FILE,)

    demarche = models.ForeignKey(
        Demarche, models.PROTECT, related_name="transmissions", verbose_name="démarche"
    )
    document = models.ForeignKey(Document, models.PROTECT, related_name="transmissions")
    reference = models.CharField("référence", max_length=80, unique=True)
    canal = models.CharField("canal", max_length=10)
    etat = models.CharField("état", max_length=12, choices=EtatTransmission, default=EtatTransmission.EN_FILE)
    empreinte = models.CharField("SHA-256 du paquet", max_length=64, blank=True)
    motif = models.TextField("motif d’une transmission sans signature complète", blank=True)
    envoyee_le = models.DateTimeField("envoyée le", null=True)
    accusee_le = models.DateTimeField("accusée le", null=True)
    reference_accuse = models.CharField("référence de l’accusé", max_length=80, blank=True)
    complement = models.TextField("complément demandé", blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = TravailQuerySet.as_manager()

    class Meta:
        verbose_name = "transmission"
        ordering = ["-pk"]
        constraints = [
            contrainte_parmi("etat", EtatTransmission, "transmission_etat_connu"),
            models.UniqueConstraint(
                fields=["document"],
                name="transmission_unique",
                condition=~Q(etat="complement"),
                violation_error_message="Cette feuille de route est déjà transmise.",
            ),
            models.CheckConstraint(
                name="transmission_envoyee_datee",
                condition=Q(etat__in=["envoyee", "accusee", "complement"], envoyee_le__isnull=False)
                & ~Q(empreinte="")
                | Q(etat__in=["en_file", "echec"], envoyee_le=None),
            ),
            models.CheckConstraint(
                name="transmission_accusee_referencee",
                condition=Q(etat="accusee", accusee_le__isnull=False) & ~Q(reference_accuse="")
                | ~Q(etat="accusee") & Q(accusee_le=None),
                violation_error_message="Un accusé de réception porte sa date et sa référence.",
            ),
        ]

    def __str__(self):
        return self.reference
