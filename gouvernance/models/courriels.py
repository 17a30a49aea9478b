"""Les courriels à envoyer : une ligne par courriel et par personne, écrite avec l'acte qui le motive.

La ligne est la vérité : un travailleur l'envoie, la reprend s'il échoue, et la clé unique
empêche qu'un rappel parte deux fois.
"""

import uuid

from django.db import models
from django.db.models import Q

from gouvernance.models.demarche import Demarche
from gouvernance.socle.modeles import contrainte_parmi
from gouvernance.socle.travaux import Travail, TravailQuerySet


class EtatCourriel(models.TextChoices):
    EN_FILE = "en_file", "En file"
    ENVOYE = "envoye", "Envoyé"
    ECHEC = "echec", "Échec"


class Courriel(Travail):
    """`cle` : genre, objet, destinataire et période ; deux fois la même clé, un seul courriel."""

    A_FAIRE = (EtatCourriel.EN_FILE,)

    uuid = models.UUIDField("identifiant public", default=uuid.uuid4, unique=True, editable=False)
    cle = models.CharField("clé", max_length=250, unique=True, editable=False)
    genre = models.SlugField("genre", max_length=30)
    objet_lie = models.UUIDField("objet lié", null=True, db_index=True, editable=False)
    demarche = models.ForeignKey(
        Demarche, models.PROTECT, null=True, related_name="courriels", verbose_name="démarche"
    )
    destinataire = models.EmailField("destinataire")
    sujet = models.CharField("sujet", max_length=200)
    corps = models.TextField("corps", blank=True)
    etat = models.CharField("état", max_length=8, choices=EtatCourriel, default=EtatCourriel.EN_FILE)
    cree_le = models.DateTimeField("créé le", auto_now_add=True)
    envoye_le = models.DateTimeField("envoyé le", null=True, editable=False)

    objects = TravailQuerySet.as_manager()

    class Meta:
        verbose_name = "courriel"
        ordering = ["-pk"]
        constraints = [
            contrainte_parmi("etat", EtatCourriel, "courriel_etat_connu"),
            models.CheckConstraint(
                name="courriel_envoye_date",
                condition=Q(etat="envoye", envoye_le__isnull=False) | ~Q(etat="envoye") & Q(envoye_le=None),
                violation_error_message="Un courriel envoyé porte la date de son envoi.",
            ),
        ]

    def __str__(self):
        return f"{self.sujet} → {self.destinataire}"


class PieceDeCourriel(models.Model):
    """Une pièce jointe : un calendrier .ics dans la ligne, un fichier du coffre par son empreinte."""

    courriel = models.ForeignKey(Courriel, models.CASCADE, related_name="pieces")
    nom = models.CharField("nom", max_length=150)
    type_mime = models.CharField("type", max_length=100)
    contenu = models.TextField("contenu", blank=True)
    empreinte = models.CharField("empreinte au coffre", max_length=64, blank=True)

    class Meta:
        verbose_name = "pièce d’un courriel"
        verbose_name_plural = "pièces d’un courriel"
        constraints = [
            models.CheckConstraint(
                name="piece_contenu_ou_coffre",
                condition=Q(contenu="") & ~Q(empreinte="") | ~Q(contenu="") & Q(empreinte=""),
                violation_error_message="Une pièce a un contenu, ou un fichier au coffre.",
            )
        ]

    def __str__(self):
        return self.nom
