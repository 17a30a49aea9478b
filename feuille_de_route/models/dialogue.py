"""Ce qui se dit autour d'une fiche : commentaires, remarques, avis, pièces jointes, liens des partenaires."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from feuille_de_route.models.fiches import FicheAction
from gouvernance.models import Cle, Instance, Seance, Structure
from gouvernance.socle.modeles import PieceAuCoffre, Suivi, contrainte_parmi
from gouvernance.socle.mots import adresse_voilee


class DitSansCompte(Suivi):
    """Ce qu'un compte écrit (`cree_par`), ou une personne sans compte, par le `lien` qu'elle a reçu."""

    lien = models.ForeignKey(
        "feuille_de_route.LienDeFiche",
        models.RESTRICT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="écrit par le lien",
    )

    class Meta:
        abstract = True

    @property
    def auteur(self) -> str:
        """Comme le journal le nomme ; vide si personne n'est connu. Lire avec `lien__structure`."""
        return self.lien.auteur if self.lien else self.nomme

    @property
    def nomme(self) -> str:
        """Le nom seul, pour s'adresser à la personne ; vide si personne n'est connu."""
        return (self.lien.nom or str(self.lien.structure)) if self.lien else str(self.cree_par or "")


def contrainte_un_auteur(nom: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=nom,
        condition=Q(lien=None) | Q(cree_par=None),
        violation_error_message="Ceci est écrit par un compte ou par un lien, pas par les deux.",
    )


class Commentaire(DitSansCompte):
    """Un mot laissé sur une fiche, ou la réponse à un mot ; `mentions` : ceux que l'on prévient."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="commentaires")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="reponses")
    texte = models.TextField("commentaire")
    mentions = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="Mention",
        blank=True,
        related_name="+",
        verbose_name="personnes prévenues",
    )
    resolu_le = models.DateTimeField("résolu le", null=True, editable=False)
    resolu_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = "commentaire"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="commentaire_resolu_date",
                condition=Q(resolu_le=None, resolu_par=None)
                | Q(resolu_le__isnull=False, resolu_par__isnull=False),
                violation_error_message="Un commentaire résolu dit quand et par qui.",
            ),
            models.CheckConstraint(
                name="commentaire_ecrit",
                condition=~Q(texte=""),
                violation_error_message="Écrivez votre commentaire.",
            ),
            contrainte_un_auteur("commentaire_un_auteur"),
        ]

    def __str__(self):
        return self.texte[:80]


class Mention(models.Model):
    """Une personne citée dans un commentaire, et quand le courriel du jour l'en a prévenue."""

    commentaire = models.ForeignKey(Commentaire, models.CASCADE, related_name="appels")
    utilisateur = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mentions")
    prevenue_le = models.DateTimeField("prévenue le", null=True, editable=False)

    class Meta:
        verbose_name = "mention"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["commentaire", "utilisateur"],
                name="mention_unique",
                violation_error_message="Cette personne est déjà citée dans ce commentaire.",
            )
        ]
        indexes = [models.Index(fields=["utilisateur"], condition=Q(prevenue_le=None), name="mention_a_dire")]

    def __str__(self):
        return str(self.utilisateur)


class Remarque(Suivi):
    """Ce que l'instruction demande de revoir sur un champ précis d'une fiche ; levée quand c'est fait."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="remarques")
    champ = models.SlugField("champ", max_length=40)
    texte = models.TextField("remarque")
    levee_le = models.DateTimeField("levée le", null=True, editable=False)

    class Meta:
        verbose_name = "remarque"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="remarque_ecrite",
                condition=~Q(texte="") & ~Q(champ=""),
                violation_error_message="Dites ce qu’il faut revoir.",
            )
        ]

    def __str__(self):
        return self.texte[:80]


class SensAvis(models.TextChoices):
    FAVORABLE = "favorable", "Favorable"
    RESERVES = "reserves", "Favorable avec réserves"
    DEFAVORABLE = "defavorable", "Défavorable"


class Avis(Suivi):
    """L'avis d'une instance d'instruction (COTECH) sur une fiche, avant que le COPIL ne la retienne."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="avis")
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="avis")
    seance = models.ForeignKey(
        Seance, models.PROTECT, null=True, blank=True, related_name="avis", verbose_name="séance"
    )
    sens = models.CharField("avis", max_length=12, choices=SensAvis)
    texte = models.TextField("motivation", blank=True)

    class Meta:
        verbose_name = "avis"
        verbose_name_plural = "avis"
        ordering = ["-pk"]
        constraints = [
            contrainte_parmi("sens", SensAvis, "avis_sens_connu"),
            models.CheckConstraint(
                name="avis_motive",
                condition=Q(sens="favorable") | ~Q(texte=""),
                violation_error_message="Un avis avec réserves ou défavorable dit pourquoi.",
            ),
        ]

    def __str__(self):
        return f"{self.instance} : {self.get_sens_display()}"


class PieceDeFiche(PieceAuCoffre, DitSansCompte):
    """Un fichier joint à une fiche (devis, convention, photo) ; son contenu est au coffre."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="pieces")

    class Meta(PieceAuCoffre.Meta):
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        constraints = [
            models.UniqueConstraint(
                fields=["fiche", "empreinte"],
                name="piece_de_fiche_unique",
                violation_error_message="Ce fichier est déjà joint à la fiche.",
            ),
            contrainte_un_auteur("piece_de_fiche_un_auteur"),
        ]


class LienDeFiche(Suivi, Cle):
    """Un lien envoyé par courriel, qui ouvre cette fiche et rien d'autre, sans compte."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="liens")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+")
    email = models.EmailField("adresse électronique")
    nom = models.CharField("nom de la personne", max_length=150, blank=True)
    message = models.TextField("mot d’accompagnement", blank=True)
    envoye_le = models.DateTimeField("envoyé le", editable=False)
    ouvert_le = models.DateTimeField("ouvert la première fois le", null=True, editable=False)
    vu_le = models.DateTimeField("ouvert la dernière fois le", null=True, editable=False)
    ecrit_le = models.DateTimeField("dernière écriture le", null=True, editable=False)
    revoque_le = models.DateTimeField("révoqué le", null=True, editable=False)

    class Meta:
        verbose_name = "lien de fiche"
        verbose_name_plural = "liens de fiche"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="lien_de_fiche_ouvert",
                condition=Q(ouvert_le=None, vu_le=None, ecrit_le=None)
                | Q(ouvert_le__isnull=False, vu_le__isnull=False),
                violation_error_message="Un lien ouvert porte la date de sa première ouverture.",
            ),
            models.UniqueConstraint(
                fields=["fiche", "email"],
                condition=Q(revoque_le=None),
                name="lien_de_fiche_unique",
                violation_error_message="Cette adresse a déjà un lien vers cette fiche : renvoyez-le.",
            ),
        ]

    def __str__(self):
        return f"{self.nom or adresse_voilee(self.email)} – {self.fiche}"

    @property
    def auteur(self) -> str:
        """Comment le journal, que tous les membres lisent, nomme qui écrit par ce lien."""
        return f"{self.nom or self.structure} (lien envoyé à {adresse_voilee(self.email)})"

    @property
    def expire(self) -> bool:
        return self.expire_le <= timezone.now()
