"""La fiche action et ce qui la compose : partenaires, étapes, indicateurs, budget, financements."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from ateliers.models import ChantierCle
from diagnostic.models import Enjeu
from feuille_de_route.models.axes import Axe
from gouvernance.models import Decision, Demarche, Epci, Mandat, Personne, Role, Structure
from gouvernance.socle.modeles import Suivi, contrainte_parmi

POSITIF = [MinValueValidator(Decimal("0"), "Le montant ne peut pas être négatif.")]


class EtatFiche(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    PROPOSEE = "proposee", "Proposée"
    A_COMPLETER = "a_completer", "À compléter"
    RETENUE = "retenue", "Retenue"
    ECARTEE = "ecartee", "Écartée"


class NatureFiche(models.TextChoices):
    EXISTANTE = "existante", "Existante"
    RENFORCEE = "renforcee", "Renforcée"
    NOUVELLE = "nouvelle", "Nouvelle"


class Priorite(models.IntegerChoices):
    HAUTE = 1, "Haute"
    MOYENNE = 2, "Moyenne"
    BASSE = 3, "Basse"


class Service(models.TextChoices):
    """Services du schéma national des lieux de médiation numérique."""

    DEMARCHES = "demarches", "Aide aux démarches administratives"
    QUOTIDIEN = "quotidien", "Maîtrise des outils numériques du quotidien"
    INSERTION = "insertion", "Insertion professionnelle via le numérique"
    SECURITE = "securite", "Utilisation sécurisée du numérique"
    PARENTALITE = "parentalite", "Parentalité et éducation avec le numérique"
    LOISIRS = "loisirs", "Loisirs et créations numériques"
    COMPREHENSION = "comprehension", "Compréhension du monde numérique"
    ACCES = "acces", "Accès internet et matériel informatique"
    MATERIEL = "materiel", "Acquisition de matériel informatique à prix solidaire"


class Public(models.TextChoices):
    """Publics du schéma national, et « tous »."""

    TOUS = "tous", "Tous publics"
    JEUNES = "jeunes", "Jeunes"
    ETUDIANTS = "etudiants", "Étudiants"
    FAMILLES = "familles", "Familles et enfants"
    SENIORS = "seniors", "Seniors"
    FEMMES = "femmes", "Femmes"
    HANDICAP = "handicap", "Personnes en situation de handicap"
    ILLETTRISME = "illettrisme", "Personnes en situation d’illettrisme"
    LANGUES = "langues", "Personnes parlant une langue étrangère"
    EMPLOI = "emploi", "Demandeurs d’emploi"


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
    contexte = models.TextField("contexte et besoin", blank=True)
    objectifs = models.TextField("objectifs", blank=True)
    description = models.TextField("description", blank=True)
    enjeux = models.ManyToManyField(Enjeu, blank=True, related_name="fiches", verbose_name="enjeux")
    services = ArrayField(models.CharField(max_length=14, choices=Service), default=list, blank=True)
    publics = ArrayField(models.CharField(max_length=14, choices=Public), default=list, blank=True)
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
    debut = models.DateField("début", null=True, blank=True)
    fin = models.DateField("fin", null=True, blank=True)
    moyens_humains = models.TextField("moyens humains", blank=True)
    moyens_materiels = models.TextField("moyens matériels", blank=True)
    priorite = models.PositiveSmallIntegerField("priorité", choices=Priorite, null=True, blank=True)
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

    class Meta:
        verbose_name = "étape"
        ordering = ["echeance", "pk"]

    def __str__(self):
        return self.libelle


class TypeIndicateur(models.TextChoices):
    REALISATION = "realisation", "Réalisation"
    RESULTAT = "resultat", "Résultat"
    IMPACT = "impact", "Impact"


class Indicateur(models.Model):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="indicateurs")
    libelle = models.CharField("indicateur", max_length=200)
    type = models.CharField("type", max_length=12, choices=TypeIndicateur, default=TypeIndicateur.REALISATION)
    unite = models.CharField("unité", max_length=30, blank=True)
    reference = models.DecimalField(
        "valeur de départ", max_digits=14, decimal_places=2, null=True, blank=True
    )
    cible = models.DecimalField("cible", max_digits=14, decimal_places=2, null=True, blank=True)
    echeance = models.DateField("échéance", null=True, blank=True)
    source = models.CharField("source", max_length=200, blank=True)

    class Meta:
        verbose_name = "indicateur"
        ordering = ["pk"]
        constraints = [contrainte_parmi("type", TypeIndicateur, "indicateur_type_connu")]

    def __str__(self):
        return self.libelle


class NatureDepense(models.TextChoices):
    FONCTIONNEMENT = "fonctionnement", "Fonctionnement"
    INVESTISSEMENT = "investissement", "Investissement"
    RH = "rh", "Ressources humaines"


class LigneBudget(models.Model):
    """Une dépense prévue, en euros, pour une année civile."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="lignes_budget")
    annee = models.PositiveSmallIntegerField("année")
    nature = models.CharField("nature", max_length=14, choices=NatureDepense)
    libelle = models.CharField("libellé", max_length=200, blank=True)
    montant = models.DecimalField("montant prévu", max_digits=12, decimal_places=2, validators=POSITIF)
    etp = models.DecimalField(
        "ETP", max_digits=5, decimal_places=2, null=True, blank=True, validators=POSITIF
    )

    class Meta:
        verbose_name = "ligne de budget"
        verbose_name_plural = "lignes de budget"
        ordering = ["annee", "pk"]
        constraints = [
            contrainte_parmi("nature", NatureDepense, "ligne_budget_nature_connue"),
            models.CheckConstraint(
                name="ligne_budget_positive",
                condition=Q(montant__gte=0),
                violation_error_message="Le montant ne peut pas être négatif.",
            ),
            models.CheckConstraint(
                name="ligne_budget_annee",
                condition=Q(annee__gte=2000, annee__lte=2100),
                violation_error_message="L’année s’écrit en quatre chiffres, entre 2000 et 2100.",
            ),
        ]

    def __str__(self):
        return f"{self.annee} – {self.libelle or self.get_nature_display()}"


class TypeFinanceur(models.TextChoices):
    ETAT = "etat", "État"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "EPCI"
    COMMUNE = "commune", "Commune"
    CAF = "caf", "CAF"
    EUROPE = "europe", "Europe"
    PRIVE = "prive", "Fonds privés"
    AUTOFINANCEMENT = "autofinancement", "Autofinancement"
    VALORISATION = "valorisation", "Valorisation"


class EtatFinancement(models.TextChoices):
    ENVISAGE = "envisage", "Envisagé"
    SOLLICITE = "sollicite", "Sollicité"
    ACQUIS = "acquis", "Acquis"
    REFUSE = "refuse", "Refusé"


class Financement(models.Model):
    """La part d'un financeur, en euros. Un financement refusé ne compte plus dans l'équilibre."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="financements")
    financeur = models.CharField("financeur", max_length=150)
    type = models.CharField("type", max_length=16, choices=TypeFinanceur)
    dispositif = models.CharField("dispositif", max_length=150, blank=True)
    demande = models.DecimalField("montant demandé", max_digits=12, decimal_places=2, validators=POSITIF)
    obtenu = models.DecimalField(
        "montant obtenu", max_digits=12, decimal_places=2, null=True, blank=True, validators=POSITIF
    )
    etat = models.CharField("état", max_length=10, choices=EtatFinancement, default=EtatFinancement.ENVISAGE)

    class Meta:
        verbose_name = "financement"
        ordering = ["pk"]
        constraints = [
            contrainte_parmi("type", TypeFinanceur, "financement_type_connu"),
            contrainte_parmi("etat", EtatFinancement, "financement_etat_connu"),
            models.CheckConstraint(
                name="financement_positif",
                condition=Q(demande__gte=0) & (Q(obtenu=None) | Q(obtenu__gte=0)),
                violation_error_message="Le montant ne peut pas être négatif.",
            ),
            models.CheckConstraint(
                name="financement_acquis_chiffre",
                condition=~Q(etat="acquis") | Q(obtenu__isnull=False),
                violation_error_message="Un financement acquis dit le montant obtenu.",
            ),
        ]

    def __str__(self):
        return f"{self.financeur} ({self.get_etat_display()})"


class CodeBesoin(models.TextChoices):
    """Codes de l'ANCT pour les besoins en ingénierie, repris tels quels dans les exports."""

    ANIMER = "animer_la_gouvernance", "Animer la gouvernance et la feuille de route"
    JURIDIQUE = "appui_juridique", "Appui juridique dédié à la gouvernance"
    QUALIOPI = "appuyer_la_certification_qualiopi", "Appuyer la certification Qualiopi"
    COCONSTRUIRE = "co_construire_la_feuille_de_route", "Co-construire la feuille de route avec les acteurs"
    DONNEES = "collecter_des_donnees_territoriales", "Collecter des données territoriales"
    DIAGNOSTIC = "etablir_un_diagnostic_territorial", "Établir un diagnostic territorial"
    SUBVENTION = "monter_dossiers_de_subvention", "Monter des dossiers de subvention complexes"
    REDIGER = "rediger_la_feuille_de_route", "Rédiger la feuille de route"
    SENSIBILISER = (
        "sensibiliser_les_acteurs_aux_outils_existants",
        "Sensibiliser les acteurs aux outils existants",
    )
    FONDS = "structurer_un_fonds", "Structurer un fonds local"
    RECONDITIONNEMENT = (
        "structurer_une_filiere_de_reconditionnement",
        "Structurer une filière de reconditionnement",
    )


class BesoinIngenierie(models.Model):
    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="besoins", verbose_name="démarche")
    code = models.CharField("besoin", max_length=50, choices=CodeBesoin)
    rang = models.PositiveSmallIntegerField("rang")
    precision = models.CharField("précision", max_length=300, blank=True)

    class Meta:
        verbose_name = "besoin en ingénierie"
        verbose_name_plural = "besoins en ingénierie"
        ordering = ["rang"]
        constraints = [
            contrainte_parmi("code", CodeBesoin, "besoin_code_connu"),
            models.UniqueConstraint(fields=["demarche", "code"], name="besoin_unique"),
            models.UniqueConstraint(fields=["demarche", "rang"], name="besoin_rang_unique"),
        ]

    def __str__(self):
        return self.get_code_display()
