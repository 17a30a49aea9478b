"""Les enveloppes de l'État, leur plafond par département, et les demandes de subvention d'une démarche."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from feuille_de_route.models.budget import POSITIF
from feuille_de_route.models.fiches import FicheAction
from gouvernance.models import Demarche, Departement, Mandat, Role, Structure
from gouvernance.socle.modeles import Suivi, contrainte_annee, contrainte_parmi


class Enveloppe(Suivi):
    """Une dotation de l'État répartie entre les départements, par exemple « Ingénierie FNE 2024 »."""

    nom = models.CharField("nom", max_length=150, unique=True)
    dispositif = models.CharField("dispositif", max_length=150, blank=True)
    annee = models.PositiveSmallIntegerField("année")
    ouverte_le = models.DateField("ouverte le", null=True, blank=True)
    close_le = models.DateField("close le", null=True, blank=True)
    source = models.CharField("source", max_length=300, blank=True)

    class Meta:
        verbose_name = "enveloppe"
        ordering = ["-annee", "nom"]
        constraints = [
            contrainte_annee("enveloppe_annee"),
            models.CheckConstraint(
                name="enveloppe_dates_ordonnees",
                condition=Q(ouverte_le=None) | Q(close_le=None) | Q(close_le__gte=F("ouverte_le")),
                violation_error_message="L’enveloppe se clôt avant d’ouvrir.",
            ),
        ]

    def __str__(self):
        return self.nom


class Plafond(models.Model):
    """La part d'une enveloppe qui revient à un département, en euros."""

    enveloppe = models.ForeignKey(Enveloppe, models.CASCADE, related_name="plafonds")
    departement = models.ForeignKey(
        Departement, models.PROTECT, related_name="plafonds", verbose_name="département"
    )
    montant = models.DecimalField("plafond", max_digits=12, decimal_places=2, validators=POSITIF)

    class Meta:
        verbose_name = "plafond"
        ordering = ["departement"]
        constraints = [
            models.UniqueConstraint(
                fields=["enveloppe", "departement"],
                name="plafond_unique",
                violation_error_message="Ce département a déjà un plafond dans cette enveloppe.",
            ),
            models.CheckConstraint(
                name="plafond_positif",
                condition=Q(montant__gte=0),
                violation_error_message="Le plafond ne peut pas être négatif.",
            ),
        ]

    def __str__(self):
        return f"{self.enveloppe} – {self.departement}"


class EtatDemande(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    DEPOSEE = "deposee", "Déposée"
    EN_COURS = "en_cours", "En cours d’instruction"
    A_MODIFIER = "a_modifier", "À modifier"
    ACCEPTEE = "acceptee", "Acceptée"
    REFUSEE = "refusee", "Refusée"


class DemandeQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur):
        """Celles des démarches que l’on pilote ; ailleurs, les déposées ; au partenaire, les siennes."""
        if utilisateur.is_superuser:
            return self
        deposees = ~Q(etat=EtatDemande.BROUILLON)
        if utilisateur.administration:
            return self.filter(deposees)
        mandats = Mandat.objects.filter(utilisateur=utilisateur).order_by()
        pilotees = mandats.filter(role__in=[Role.COORDINATION, Role.CO_PORTEUR])
        suivies = mandats.exclude(role=Role.PARTENAIRE)
        structure = utilisateur.structure_id
        siennes = (
            Q(fiche__structure_porteuse=structure) | Q(beneficiaire=structure) if structure else Q(pk__in=[])
        )
        return self.filter(
            Q(demarche__in=pilotees.values("demarche"))
            | deposees & Q(demarche__in=suivies.values("demarche"))
            | deposees & siennes & Q(demarche__in=mandats.values("demarche"))
        )


class DemandeSubvention(Suivi):
    """Ce qu'une structure demande à une enveloppe de l'État pour une action, en euros.

    Figée dès qu'elle est déposée ; la somme des demandes vivantes d'un département ne dépasse pas son plafond
    (règle tenue sous verrou par feuille_de_route.argent.subventions).
    """

    demarche = models.ForeignKey(
        Demarche, models.PROTECT, related_name="demandes_subvention", verbose_name="démarche"
    )
    fiche = models.ForeignKey(
        FicheAction, models.PROTECT, related_name="demandes_subvention", verbose_name="fiche action"
    )
    enveloppe = models.ForeignKey(Enveloppe, models.PROTECT, related_name="demandes")
    beneficiaire = models.ForeignKey(
        Structure, models.PROTECT, related_name="demandes_subvention", verbose_name="bénéficiaire"
    )
    budget = models.DecimalField(
        "budget global de l’action", max_digits=12, decimal_places=2, validators=POSITIF
    )
    montant_etp = models.DecimalField(
        "demandé pour des postes (ETP)", max_digits=12, decimal_places=2, default=Decimal("0"),
        validators=POSITIF,
    )  # fmt: skip
    montant_prestation = models.DecimalField(
        "demandé pour des prestations", max_digits=12, decimal_places=2, default=Decimal("0"),
        validators=POSITIF,
    )  # fmt: skip
    accorde = models.DecimalField(
        "montant accordé", max_digits=12, decimal_places=2, null=True, editable=False, validators=POSITIF
    )
    objet = models.TextField("ce que la subvention permettra", blank=True)
    etat = models.CharField(
        "état", max_length=10, choices=EtatDemande, default=EtatDemande.BROUILLON, editable=False
    )
    deposee_le = models.DateTimeField("déposée le", null=True, editable=False)
    decidee_le = models.DateTimeField("décidée le", null=True, editable=False)
    motif = models.TextField("motif ou remarques de l’instruction", blank=True, editable=False)

    objects = DemandeQuerySet.as_manager()

    class Meta:
        verbose_name = "demande de subvention"
        verbose_name_plural = "demandes de subvention"
        ordering = ["pk"]
        constraints = [
            contrainte_parmi("etat", EtatDemande, "demande_etat_connu"),
            models.CheckConstraint(
                name="demande_positive",
                condition=Q(budget__gte=0, montant_etp__gte=0, montant_prestation__gte=0)
                & (Q(accorde=None) | Q(accorde__gte=0)),
                violation_error_message="Le montant ne peut pas être négatif.",
            ),
            models.CheckConstraint(
                name="demande_sous_le_budget",
                condition=Q(budget__gte=F("montant_etp") + F("montant_prestation")),
                violation_error_message="Postes et prestations demandés dépassent le budget de l’action.",
            ),
            models.CheckConstraint(
                name="demande_deposee_datee",
                condition=Q(etat="brouillon", deposee_le=None)
                | ~Q(etat="brouillon") & Q(deposee_le__isnull=False),
                violation_error_message="Une demande déposée porte la date de son dépôt.",
            ),
            models.CheckConstraint(
                name="demande_decidee_datee",
                condition=Q(etat__in=["acceptee", "refusee"], decidee_le__isnull=False)
                | ~Q(etat__in=["acceptee", "refusee"]) & Q(decidee_le=None),
                violation_error_message="Une demande acceptée ou refusée porte la date de cette décision.",
            ),
            models.CheckConstraint(
                name="demande_acceptee_chiffree",
                condition=Q(etat="acceptee", accorde__isnull=False) | ~Q(etat="acceptee") & Q(accorde=None),
                violation_error_message="Une demande acceptée dit le montant accordé, une autre non.",
            ),
            models.CheckConstraint(
                name="demande_motivee",
                condition=~Q(etat__in=["a_modifier", "refusee"]) | ~Q(motif=""),
                violation_error_message="Une demande refusée ou à modifier dit pourquoi.",
            ),
            models.UniqueConstraint(
                fields=["fiche", "enveloppe", "beneficiaire"],
                condition=~Q(etat="refusee"),
                name="demande_unique",
                violation_error_message="Cette structure a déjà une demande pour cette action.",
            ),
        ]

    def __str__(self):
        return f"{self.beneficiaire} – {self.enveloppe}"

    @property
    def montant(self) -> Decimal:
        """Ce qui est demandé, en euros : postes et prestations."""
        return self.montant_etp + self.montant_prestation
