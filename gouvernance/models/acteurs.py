"""Les gens et les organismes : comptes, structures, collèges, personnes, gouvernance et ses membres."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from gouvernance.models.territoires import Departement, Epci
from gouvernance.socle.identifiants import verifier_siret
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class UtilisateurManager(BaseUserManager):
    def create_user(self, email, password=None, **champs):
        utilisateur = self.model(email=self.normalize_email(email).lower(), **champs)
        utilisateur.set_password(password)
        utilisateur.save(using=self._db)
        return utilisateur

    def create_superuser(self, email, password=None, **champs):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **champs)


class Utilisateur(AbstractBaseUser, PermissionsMixin):
    """Un compte : on se connecte par son adresse électronique."""

    email = models.EmailField("adresse électronique", unique=True)
    prenom = models.CharField("prénom", max_length=100, blank=True)
    nom = models.CharField("nom", max_length=100, blank=True)
    structure = models.ForeignKey(
        "gouvernance.Structure", models.PROTECT, null=True, blank=True, related_name="utilisateurs"
    )
    administration = models.BooleanField(
        "administration nationale (ANCT)",
        default=False,
        help_text="Lit toutes les gouvernances, accuse réception.",
    )
    sub_proconnect = models.CharField(
        "identifiant ProConnect", max_length=200, unique=True, null=True, blank=True, editable=False
    )
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("accède à l’administration du site", default=False)
    date_joined = models.DateTimeField("créé le", auto_now_add=True)

    objects = UtilisateurManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = "utilisateur"
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="utilisateur_email_unique",
                violation_error_message="Un compte existe déjà pour cette adresse.",
            )
        ]

    def __str__(self):
        return self.nom_complet

    def clean(self):
        """On se connecte, et l'on reçoit ses liens, par l'adresse en minuscules."""
        super().clean()
        self.email = self.email.strip().lower()

    @property
    def nom_complet(self):
        return f"{self.prenom} {self.nom}".strip() or self.email

    def get_full_name(self):
        return self.nom_complet

    def get_short_name(self):
        return self.prenom or self.email


class College(models.Model):
    """Famille d'acteurs dont on attend la présence autour de la table (douze par défaut)."""

    code = models.SlugField("code", primary_key=True)
    libelle = models.CharField("libellé", max_length=120)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)
    attendu = models.BooleanField("attendu dans une gouvernance", default=True)
    minimum = models.PositiveSmallIntegerField("nombre minimal de membres", default=1)

    class Meta:
        verbose_name = "collège"
        ordering = ["ordre"]

    def __str__(self):
        return self.libelle


class Structure(Suivi):
    nom = models.CharField("nom", max_length=200)
    sigle = models.CharField("sigle", max_length=30, blank=True)
    siret = models.CharField(
        "SIRET", max_length=14, blank=True, null=True, validators=[verifier_siret], unique=True
    )
    college = models.ForeignKey(College, models.PROTECT, verbose_name="collège", related_name="structures")
    departement = models.ForeignKey(
        Departement,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="département",
        related_name="structures",
    )
    epci = models.ForeignKey(
        Epci, models.PROTECT, null=True, blank=True, verbose_name="EPCI", related_name="structures"
    )

    class Meta:
        verbose_name = "structure"
        ordering = ["nom"]

    def __str__(self):
        return self.sigle or self.nom


class Gouvernance(Suivi):
    departement = models.OneToOneField(
        Departement,
        models.PROTECT,
        verbose_name="département",
        related_name="gouvernance",
        error_messages={"unique": "Ce département a déjà une gouvernance."},
    )
    sous_prefet_referent = models.CharField("sous-préfet référent", max_length=200, blank=True)
    note_contexte = models.TextField(
        "note de contexte", blank=True, help_text="Partagée avec tous les membres."
    )
    note_privee = models.TextField(
        "note privée", blank=True, help_text="Lue par l’équipe de la préfecture seule."
    )
    prefecture_seule = models.BooleanField("portée par la préfecture seule", default=False)
    candidatures_ouvertes = models.BooleanField(
        "candidatures ouvertes",
        default=False,
        help_text="Une page publique permet alors à une structure de se porter candidate.",
    )

    class Meta:
        verbose_name = "gouvernance"
        ordering = ["departement"]

    def __str__(self):
        return f"Gouvernance {self.departement}"


class Qualite(models.TextChoices):
    ELU = "elu", "Élu"
    TECHNICIEN = "technicien", "Technicien"
    ACTEUR = "acteur", "Acteur de terrain"
    HABITANT = "habitant", "Habitant, usager"
    ETAT = "etat", "Agent de l’État"


class Personne(Suivi):
    """Quelqu'un que connaît une gouvernance ; une autre, où siège la même structure, ne le voit pas."""

    gouvernance = models.ForeignKey(Gouvernance, models.PROTECT, related_name="personnes")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="personnes")
    prenom = models.CharField("prénom", max_length=100, blank=True)
    nom = models.CharField("nom", max_length=100)
    fonction = models.CharField("fonction", max_length=200, blank=True)
    qualite = models.CharField("qualité", max_length=12, choices=Qualite)
    email = models.EmailField("adresse électronique", blank=True)
    utilisateur = models.ForeignKey(
        Utilisateur, models.PROTECT, null=True, blank=True, related_name="personnes", verbose_name="compte"
    )

    class Meta:
        verbose_name = "personne"
        ordering = ["nom", "prenom"]
        constraints = [contrainte_parmi("qualite", Qualite, "personne_qualite_connue")]

    def __str__(self):
        return f"{self.prenom} {self.nom}".strip()


class StatutMembre(models.TextChoices):
    CANDIDAT = "candidat", "Candidat"
    CONFIRME = "confirme", "Confirmé"
    RETIRE = "retire", "Retiré"
    REFUSE = "refuse", "Refusé"


class Membre(Suivi):
    gouvernance = models.ForeignKey(Gouvernance, models.PROTECT, related_name="membres")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="adhesions_gouvernance")
    statut = models.CharField("statut", max_length=10, choices=StatutMembre, default=StatutMembre.CANDIDAT)
    confirme_le = models.DateTimeField("confirmé le", null=True, editable=False)
    co_porteur = models.BooleanField("co-porteur", default=False)
    contact_politique = models.CharField("contact politique", max_length=200, blank=True)
    contact_technique = models.CharField("contact technique", max_length=200, blank=True)
    referent_fne = models.CharField("référent FNE", max_length=200, blank=True)
    motif_refus = models.TextField("motif du refus", blank=True, editable=False)
    candidature_nom = models.CharField("candidature présentée par", max_length=200, blank=True)
    candidature_email = models.EmailField("adresse du candidat", blank=True)
    candidature_message = models.TextField("ce que le candidat apporte", blank=True)

    class Meta:
        verbose_name = "membre"
        ordering = ["structure__nom"]
        constraints = [
            contrainte_parmi("statut", StatutMembre, "membre_statut_connu"),
            models.UniqueConstraint(
                fields=["gouvernance", "structure"],
                name="membre_unique",
                violation_error_message="Cette structure est déjà membre de la gouvernance.",
            ),
            models.CheckConstraint(
                name="membre_confirme_date",
                condition=Q(statut="confirme", confirme_le__isnull=False)
                | ~Q(statut="confirme") & Q(confirme_le=None),
                violation_error_message="Un membre confirmé porte la date de sa confirmation, les autres "
                "non.",
            ),
            models.CheckConstraint(
                name="membre_refus_motive",
                condition=Q(statut="refuse") & ~Q(motif_refus="") | ~Q(statut="refuse") & Q(motif_refus=""),
                violation_error_message="Un refus porte son motif, dit au candidat.",
            ),
        ]

    def __str__(self):
        return str(self.structure)
