"""La démarche de contractualisation, racine de tout : périmètre, cahier des charges, jalons, mandats."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from gouvernance.models.acteurs import Gouvernance, Structure
from gouvernance.models.territoires import Departement, Epci
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class Etape(models.TextChoices):
    CADRAGE = "cadrage", "Cadrage"
    DIAGNOSTIC = "diagnostic", "Diagnostic"
    ENJEUX = "enjeux", "Enjeux"
    STRATEGIE = "strategie", "Stratégie"
    PLAN_ACTIONS = "plan_actions", "Plan d’actions"
    SOUMISE = "soumise", "Soumise"
    VALIDEE = "validee", "Validée"
    EN_SIGNATURE = "en_signature", "En signature"
    SIGNEE = "signee", "Signée"
    TRANSMISE = "transmise", "Transmise"
    MISE_EN_OEUVRE = "mise_en_oeuvre", "Mise en œuvre"
    CLOSE = "close", "Close"
    ABANDONNEE = "abandonnee", "Abandonnée"

    @classmethod
    def fil(cls) -> list["Etape"]:
        """Les étapes dans l'ordre de la méthode, sans l'abandon."""
        return [etape for etape in cls if etape != cls.ABANDONNEE]

    @property
    def rang(self) -> int:
        """Place dans le fil ; l'abandon vaut -1."""
        return RANGS[self]


# Calculés une fois : une page les demande des dizaines de fois.
RANGS = {Etape.ABANDONNEE: -1} | {etape: rang for rang, etape in enumerate(Etape.fil())}


class Perimetre(models.TextChoices):
    DEPARTEMENTAL = "departemental", "Département"
    GROUPEMENT = "groupement", "Groupe d’EPCI"
    REGIONAL = "regional", "Région"


class Contrat(models.TextChoices):
    AUCUN = "aucun", "Aucun"
    CRTE = "crte", "CRTE"
    SDAASAP = "sdaasap", "SDAASaP"
    SDIN = "sdin", "SDIN"
    SDUN = "sdun", "SDUN"
    CTG = "ctg", "Convention territoriale globale"
    CONTRAT_DE_VILLE = "contrat_de_ville", "Contrat de ville"
    PROJET_DE_TERRITOIRE = "projet_de_territoire", "Projet de territoire"
    AUTRE = "autre", "Autre"


class Role(models.TextChoices):
    COORDINATION = "coordination", "Coordination"
    CO_PORTEUR = "co_porteur", "Co-porteur"
    PORTEUR_EPCI = "porteur_epci", "Porteur EPCI"
    ELU = "elu", "Élu, membre du COPIL"
    COTECH = "cotech", "COTECH"
    PARTENAIRE = "partenaire", "Partenaire"
    LECTURE = "lecture", "Lecture"


class DemarcheQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur):
        """Celles où l'on a un mandat ; toutes pour l'administration nationale."""
        if utilisateur.is_superuser or utilisateur.administration:
            return self
        mandats = Mandat.objects.filter(utilisateur=utilisateur).order_by()
        return self.filter(pk__in=mandats.values("demarche"))

    def verrouiller(self, pk: int, *, no_key: bool = False) -> "Demarche":
        """La démarche, relue et tenue jusqu'à la fin de la transaction : son étape ne change plus.

        Ordre des verrous, partout le même : document, puis démarche, puis l'objet qui en dépend (fiche,
        séance, session…). `no_key` : laisse d'autres transactions y rattacher des lignes entre-temps ; c'est
        le verrou de qui n'écrit pas la démarche elle-même.
        """
        return self.select_for_update(of=("self",), no_key=no_key).get(pk=pk)


ETAPES_SOUMISES = ["soumise", "validee", "en_signature", "signee", "transmise", "mise_en_oeuvre", "close"]
ETAPES_VALIDEES = ETAPES_SOUMISES[1:]


class Demarche(Suivi):
    """Une contractualisation ; son issue est une feuille de route. `etape` ne s'écrit que par le parcours."""

    gouvernance = models.ForeignKey(Gouvernance, models.PROTECT, related_name="demarches")
    nom = models.CharField("nom", max_length=200)
    identifiant = models.SlugField(
        "identifiant",
        max_length=60,
        unique=True,
        help_text="Court, sans accent, par exemple « 24-dordogne ».",
    )
    porteur = models.ForeignKey(
        Structure,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="demarches_portees",
        verbose_name="porteur",
    )
    perimetre = models.CharField(
        "périmètre", max_length=14, choices=Perimetre, default=Perimetre.DEPARTEMENTAL
    )
    epcis = models.ManyToManyField(
        Epci, through="DemarcheEpci", blank=True, related_name="demarches", verbose_name="EPCI du périmètre"
    )
    parente = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="filles",
        verbose_name="démarche départementale",
    )
    debut = models.DateField("début", null=True, blank=True)
    fin = models.DateField("fin", null=True, blank=True)
    contrat = models.CharField("contrat d’adossement", max_length=22, choices=Contrat, default=Contrat.AUCUN)
    contrat_precision = models.CharField("précision sur le contrat", max_length=200, blank=True)
    etape = models.CharField("étape", max_length=16, choices=Etape, default=Etape.CADRAGE, editable=False)
    soumise_le = models.DateTimeField("soumise le", null=True, editable=False)
    validee_le = models.DateTimeField("validée le", null=True, editable=False)
    signee_le = models.DateTimeField("signée le", null=True, editable=False)
    transmise_le = models.DateTimeField("transmise le", null=True, editable=False)
    abandonnee_le = models.DateTimeField("abandonnée le", null=True, editable=False)
    motif = models.TextField("motif d’abandon ou de renvoi", blank=True, editable=False)

    objects = DemarcheQuerySet.as_manager()

    class Meta:
        verbose_name = "démarche"
        ordering = ["nom"]
        constraints = [
            contrainte_parmi("etape", Etape, "demarche_etape_connue"),
            contrainte_parmi("perimetre", Perimetre, "demarche_perimetre_connu"),
            contrainte_parmi("contrat", Contrat, "demarche_contrat_connu"),
            models.CheckConstraint(
                name="demarche_dates_ordonnees",
                condition=Q(debut=None) | Q(fin=None) | Q(fin__gte=models.F("debut")),
                violation_error_message="La fin de la démarche précède son début.",
            ),
            models.CheckConstraint(
                name="demarche_soumise_datee",
                condition=Q(etape="abandonnee")
                | Q(etape__in=ETAPES_SOUMISES, soumise_le__isnull=False)
                | ~Q(etape__in=ETAPES_SOUMISES) & Q(soumise_le=None),
                violation_error_message="Une démarche soumise porte la date de sa soumission, une autre non.",
            ),
            models.CheckConstraint(
                name="demarche_validee_datee",
                condition=Q(etape="abandonnee")
                | Q(etape__in=ETAPES_VALIDEES, validee_le__isnull=False)
                | ~Q(etape__in=ETAPES_VALIDEES) & Q(validee_le=None),
                violation_error_message="Une démarche validée porte la date de sa validation, une autre non.",
            ),
            models.CheckConstraint(
                name="demarche_signee_datee",
                condition=~Q(etape="signee") | Q(signee_le__isnull=False),
                violation_error_message="Une démarche signée porte la date de sa signature.",
            ),
            models.CheckConstraint(
                name="demarche_transmise_datee",
                condition=~Q(etape__in=["transmise", "mise_en_oeuvre", "close"])
                | Q(transmise_le__isnull=False),
                violation_error_message="Une démarche transmise porte la date de sa transmission.",
            ),
            models.CheckConstraint(
                name="demarche_abandon_motive",
                condition=Q(etape="abandonnee", abandonnee_le__isnull=False) & ~Q(motif="")
                | ~Q(etape="abandonnee") & Q(abandonnee_le=None),
                violation_error_message="Un abandon porte sa date et son motif.",
            ),
            models.UniqueConstraint(
                fields=["gouvernance"],
                name="demarche_departementale_unique",
                condition=Q(perimetre="departemental") & ~Q(etape__in=["close", "abandonnee"]),
                violation_error_message="Une démarche départementale est déjà en cours dans cette "
                "gouvernance.",
            ),
        ]

    def __str__(self):
        return self.nom

    @property
    def departement(self) -> Departement:
        return self.gouvernance.departement


class DemarcheEpci(models.Model):
    """Un EPCI dans le périmètre d'une démarche infra-départementale ; actif tant que la démarche court.

    Source : règle de l'ANCT, deux feuilles de route infra-départementales ne couvrent pas le même territoire.
    """

    demarche = models.ForeignKey(Demarche, models.CASCADE, related_name="perimetres")
    epci = models.ForeignKey(Epci, models.PROTECT, related_name="perimetres", verbose_name="EPCI")
    departement = models.ForeignKey(Departement, models.PROTECT, related_name="+", verbose_name="département")
    actif = models.BooleanField("actif", default=True)

    class Meta:
        verbose_name = "EPCI du périmètre"
        verbose_name_plural = "EPCI du périmètre"
        ordering = ["epci__nom"]
        constraints = [
            models.UniqueConstraint(fields=["demarche", "epci"], name="perimetre_epci_unique"),
            models.UniqueConstraint(
                fields=["epci", "departement"],
                name="perimetre_sans_recouvrement",
                condition=Q(actif=True),
                violation_error_message="Une autre démarche en cours couvre déjà cet EPCI dans ce "
                "département.",
            ),
        ]

    def __str__(self):
        return str(self.epci)


class Mandat(models.Model):
    """Le rôle d'un compte dans une démarche."""

    utilisateur = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mandats")
    demarche = models.ForeignKey(Demarche, models.CASCADE, related_name="mandats", verbose_name="démarche")
    role = models.CharField("rôle", max_length=14, choices=Role)

    class Meta:
        verbose_name = "mandat"
        ordering = ["demarche", "role"]
        constraints = [
            contrainte_parmi("role", Role, "mandat_role_connu"),
            models.UniqueConstraint(
                fields=["utilisateur", "demarche", "role"],
                name="mandat_unique",
                violation_error_message="Cette personne a déjà ce rôle dans la démarche.",
            ),
        ]

    def __str__(self):
        return f"{self.utilisateur} – {self.get_role_display()}"
