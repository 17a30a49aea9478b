"""Ce qui ouvre la porte : invitations, liens de connexion, tentatives comptées, sessions ouvertes.

Aucun secret n'est gardé en clair : un lien et son code à six chiffres n'existent ici que par leur empreinte.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from gouvernance.models.acteurs import Structure
from gouvernance.models.demarche import Demarche, Role
from gouvernance.socle.modeles import Suivi, contrainte_parmi
from gouvernance.socle.mots import adresse_voilee


class Cle(models.Model):
    """Un secret à usage unique : l'empreinte du lien, celle du code, l'échéance, les essais manqués."""

    empreinte = models.CharField("empreinte du lien", max_length=64, unique=True, editable=False)
    empreinte_code = models.CharField("empreinte du code", max_length=128, editable=False)
    expire_le = models.DateTimeField("expire le", editable=False)
    essais = models.PositiveSmallIntegerField("codes faux", default=0, editable=False)

    class Meta:
        abstract = True


class Invitation(Suivi, Cle):
    """L'invitation d'une adresse à tenir un rôle dans une démarche ; quatorze jours pour répondre."""

    demarche = models.ForeignKey(
        Demarche, models.PROTECT, related_name="invitations", verbose_name="démarche"
    )
    email = models.EmailField("adresse électronique")
    prenom = models.CharField("prénom", max_length=100, blank=True)
    nom = models.CharField("nom", max_length=100, blank=True)
    structure = models.ForeignKey(Structure, models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField("rôle", max_length=14, choices=Role)
    message = models.TextField("mot d’accompagnement", blank=True)
    acceptee_le = models.DateTimeField("acceptée le", null=True, editable=False)
    annulee_le = models.DateTimeField("annulée le", null=True, editable=False)
    utilisateur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="invitations_acceptees",
        verbose_name="compte",
    )

    class Meta:
        verbose_name = "invitation"
        ordering = ["-pk"]
        constraints = [
            contrainte_parmi("role", Role, "invitation_role_connu"),
            models.CheckConstraint(
                name="invitation_acceptee_par_un_compte",
                condition=Q(acceptee_le=None, utilisateur=None)
                | Q(acceptee_le__isnull=False, utilisateur__isnull=False),
                violation_error_message="Une invitation acceptée porte sa date et le compte qui l’accepte.",
            ),
            models.CheckConstraint(
                name="invitation_acceptee_ou_annulee",
                condition=Q(acceptee_le=None) | Q(annulee_le=None),
                violation_error_message="Une invitation acceptée ne s’annule plus.",
            ),
            models.UniqueConstraint(
                "demarche",
                Lower("email"),
                "role",
                name="invitation_en_cours_unique",
                condition=Q(acceptee_le=None, annulee_le=None),
                violation_error_message="Cette adresse est déjà invitée à ce rôle.",
            ),
        ]

    def __str__(self):
        qui = f"{self.prenom} {self.nom}".strip() or adresse_voilee(self.email)
        return f"{qui} – {self.get_role_display()}"

    @property
    def expiree(self):
        return self.expire_le <= timezone.now()


class LienDeConnexion(Cle):
    """Un lien de connexion envoyé par courriel : quinze minutes, une seule fois, sur POST."""

    utilisateur = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="liens")
    cree_le = models.DateTimeField("créé le", auto_now_add=True)
    consomme_le = models.DateTimeField("consommé le", null=True, editable=False)

    class Meta:
        verbose_name = "lien de connexion"
        verbose_name_plural = "liens de connexion"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.utilisateur} ({self.cree_le:%d/%m/%Y %H:%M})"


class TentativeDeConnexion(models.Model):
    """Une tentative évaluée, comptée par clé (adresse ou origine, en empreinte) sur une fenêtre glissante."""

    cle = models.CharField("clé", max_length=64)
    le = models.DateTimeField("le", auto_now_add=True)

    class Meta:
        verbose_name = "tentative de connexion"
        verbose_name_plural = "tentatives de connexion"
        indexes = [models.Index(fields=["cle", "le"], name="tentative_cle_le")]

    def __str__(self):
        return f"{self.cle[:8]}… {self.le}"


class Moyen(models.TextChoices):
    MOT_DE_PASSE = "mot_de_passe", "Mot de passe"
    LIEN = "lien", "Lien reçu par courriel"
    PROCONNECT = "proconnect", "ProConnect"


class SessionOuverte(models.Model):
    """Une session d'un compte : ce que montre « Mes sessions », et ce que l'on ferme d'un coup."""

    utilisateur = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions")
    cle = models.CharField("clé de session", max_length=40, unique=True, editable=False)
    moyen = models.CharField("moyen", max_length=12, choices=Moyen, default=Moyen.MOT_DE_PASSE)
    navigateur = models.CharField("navigateur", max_length=200, blank=True)
    ouverte_le = models.DateTimeField("ouverte le", auto_now_add=True)
    vue_le = models.DateTimeField("vue le", auto_now_add=True)
    authentifiee_le = models.DateTimeField("identité vérifiée le", auto_now_add=True)

    class Meta:
        verbose_name = "session ouverte"
        verbose_name_plural = "sessions ouvertes"
        ordering = ["-vue_le"]
        constraints = [contrainte_parmi("moyen", Moyen, "session_moyen_connu")]

    def __str__(self):
        return f"{self.utilisateur} – {self.ouverte_le:%d/%m/%Y %H:%M}"
