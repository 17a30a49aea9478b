"""La fiche action : son identité, son sens, ses acteurs, son temps, son pilotage ; partenaires et étapes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ateliers.models import ChantierCle, Contribution
from diagnostic.models import Enjeu
from feuille_de_route.models.axes import Axe
from feuille_de_route.models.choix import (
    Competence,
    EtatFiche,
    EtatRealisation,
    Meteo,
    NatureFiche,
    OrigineFiche,
    Priorite,
    Public,
    Service,
)
from gouvernance.models import Decision, Demarche, Epci, Instance, Mandat, Personne, Role, Structure
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class FicheActionQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur):
        """Celles de sa structure, celles que l'on coordonne, et les autres une fois proposées."""
        if utilisateur.is_superuser:
            return self
        mandats = Mandat.objects.filter(utilisateur=utilisateur).order_by()
        encadrees = mandats.filter(role__in=[Role.COORDINATION, Role.CO_PORTEUR, Role.PORTEUR_EPCI])
        proposees = ~Q(etat=EtatFiche.BROUILLON)
        if utilisateur.administration:
            return self.filter(proposees)
        siennes = Q(structure_porteuse=utilisateur.structure_id) if utilisateur.structure_id else Q(pk__in=[])
        return self.filter(
            Q(demarche__in=encadrees.values("demarche"))
            | Q(demarche__in=mandats.values("demarche")) & (proposees | siennes)
        )


class FicheAction(Suivi):
    """Une action de la feuille de route. `etat` ne s'écrit que par feuille_de_route.fiches."""

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="fiches", verbose_name="démarche")
    axe = models.ForeignKey(
        Axe, models.PROTECT, null=True, blank=True, related_name="fiches", verbose_name="axe"
    )
    numero = models.PositiveSmallIntegerField("numéro", editable=False)
    titre = models.CharField("titre", max_length=200)
    nature = models.CharField("nature", max_length=10, choices=NatureFiche, blank=True)
    chantier = models.ForeignKey(
        ChantierCle,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches",
        verbose_name="chantier clé d’origine",
    )
    origine = models.CharField("origine", max_length=12, choices=OrigineFiche, blank=True)
    contribution = models.ForeignKey(
        Contribution,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches",
        verbose_name="contribution d’origine",
    )
    reprise_de = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="reprises",
        verbose_name="reprise de la fiche",
    )
    source = models.CharField("source citée", max_length=300, blank=True, editable=False)
    contexte = models.TextField("contexte et besoin", blank=True)
    besoins = models.TextField("besoins auxquels l’action répond", blank=True)
    objectifs = models.TextField("objectifs", blank=True)
    description = models.TextField("description", blank=True)
    enjeux = models.ManyToManyField(Enjeu, blank=True, related_name="fiches", verbose_name="enjeux")
    services = ArrayField(models.CharField(max_length=14, choices=Service), default=list, blank=True)
    publics = ArrayField(models.CharField(max_length=14, choices=Public), default=list, blank=True)
    competences = ArrayField(models.CharField(max_length=14, choices=Competence), default=list, blank=True)
    territoires = models.ManyToManyField(
        Epci,
        blank=True,
        related_name="fiches",
        verbose_name="EPCI concernés",
        help_text="Aucun : tout le périmètre.",
    )
    structure_porteuse = models.ForeignKey(
        Structure,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_portees",
        verbose_name="structure porteuse",
    )
    copilotes = models.ManyToManyField(
        Structure, blank=True, related_name="fiches_copilotees", verbose_name="structures co-pilotes"
    )
    pilote = models.CharField(
        "pilote", max_length=150, blank=True, help_text="La personne qui conduit l’action."
    )
    elu_referent = models.ForeignKey(
        Personne,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_suivies",
        verbose_name="élu référent",
    )
    instance_suivi = models.ForeignKey(
        Instance,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_suivies",
        verbose_name="instance de suivi",
    )
    debut = models.DateField("début", null=True, blank=True)
    fin = models.DateField("fin", null=True, blank=True)
    moyens_humains = models.TextField("moyens humains", blank=True)
    moyens_materiels = models.TextField("moyens matériels", blank=True)
    priorite = models.PositiveSmallIntegerField("priorité", choices=Priorite, null=True, blank=True)
    gain_rapide = models.BooleanField(
        "premier résultat rapide", default=False, help_text="Visible en moins de six mois."
    )
    premiere_annee = models.TextField("ce qui se fait la première année", blank=True)
    etat_realisation = models.CharField(
        "état de réalisation", max_length=12, choices=EtatRealisation, blank=True, editable=False
    )
    meteo = models.CharField("météo", max_length=8, choices=Meteo, blank=True, editable=False)
    freins = models.TextField("freins rencontrés", blank=True, editable=False)
    suivie_le = models.DateTimeField("dernier point de suivi", null=True, editable=False)
    etat = models.CharField(
        "état", max_length=12, choices=EtatFiche, default=EtatFiche.BROUILLON, editable=False
    )
    proposee_le = models.DateTimeField("proposée le", null=True, editable=False)
    retenue_le = models.DateTimeField("retenue le", null=True, editable=False)
    motif = models.TextField("motif ou remarques", blank=True, editable=False)
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, editable=False, related_name="fiches")

    objects = FicheActionQuerySet.as_manager()

    class Meta:
        verbose_name = "fiche action"
        verbose_name_plural = "fiches actions"
        ordering = ["numero"]
        constraints = [
            contrainte_parmi("etat", EtatFiche, "fiche_etat_connu"),
            models.CheckConstraint(
                name="fiche_nature_connue", condition=Q(nature__in=["", *NatureFiche.values])
            ),
            models.CheckConstraint(
                name="fiche_priorite_connue", condition=Q(priorite=None) | Q(priorite__in=Priorite.values)
            ),
            models.CheckConstraint(
                name="fiche_origine_connue", condition=Q(origine__in=["", *OrigineFiche.values])
            ),
            models.CheckConstraint(
                name="fiche_realisation_connue",
                condition=Q(etat_realisation__in=["", *EtatRealisation.values])
                & Q(meteo__in=["", *Meteo.values]),
            ),
            models.CheckConstraint(
                name="fiche_suivie_datee",
                condition=Q(etat_realisation="", suivie_le=None)
                | ~Q(etat_realisation="") & Q(suivie_le__isnull=False),
                violation_error_message="Une fiche suivie porte la date de son dernier point de suivi.",
            ),
            models.UniqueConstraint(fields=["demarche", "numero"], name="fiche_numero_unique"),
            models.CheckConstraint(
                name="fiche_dates_ordonnees",
                condition=Q(debut=None) | Q(fin=None) | Q(fin__gte=F("debut")),
                violation_error_message="La fin de l’action précède son début.",
            ),
            models.CheckConstraint(
                name="fiche_proposee_datee",
                condition=~Q(etat="proposee") | Q(proposee_le__isnull=False),
                violation_error_message="Une fiche proposée porte la date de sa proposition.",
            ),
            models.CheckConstraint(
                name="fiche_retenue_datee",
                condition=Q(etat="retenue", retenue_le__isnull=False)
                | ~Q(etat="retenue") & Q(retenue_le=None),
                violation_error_message="Une fiche retenue porte la date de cette décision, une autre non.",
            ),
            models.CheckConstraint(
                name="fiche_ecartee_motivee",
                condition=~Q(etat__in=["ecartee", "a_completer"]) | ~Q(motif=""),
                violation_error_message="Une fiche écartée ou à compléter dit pourquoi.",
            ),
        ]

    def __str__(self):
        return f"{self.numero}. {self.titre}"


class Partenariat(models.Model):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="partenariats")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="partenariats")
    apport = models.CharField("apport", max_length=250, blank=True)

    class Meta:
        verbose_name = "partenaire de l’action"
        verbose_name_plural = "partenaires de l’action"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fiche", "structure"],
                name="partenariat_unique",
                violation_error_message="Cette structure est déjà partenaire de l’action.",
            )
        ]

    def __str__(self):
        return str(self.structure)


class EtapeFiche(models.Model):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="etapes")
    libelle = models.CharField("étape", max_length=200)
    echeance = models.DateField("échéance", null=True, blank=True)
    faite_le = models.DateField("faite le", null=True, blank=True)

    class Meta:
        verbose_name = "étape"
        ordering = ["echeance", "pk"]

    def __str__(self):
        return self.libelle
