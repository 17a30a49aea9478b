"""Les ateliers : sous-groupes, contributions ; les chantiers clés et leur investigation."""

from django.db import models
from django.db.models import Q

from diagnostic.models import Enjeu
from gouvernance.models import Demarche, Structure
from gouvernance.socle.modeles import Suivi, contrainte_parmi


class TypeAtelier(models.TextChoices):
    ENJEUX = "enjeux", "Atelier sur les enjeux"
    CHANTIERS = "chantiers", "Atelier sur les chantiers clés"
    AUTRE = "autre", "Autre atelier"


class Atelier(Suivi):
    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="ateliers", verbose_name="démarche")
    type = models.CharField("type", max_length=10, choices=TypeAtelier)
    titre = models.CharField("titre", max_length=200)
    date = models.DateField("date", null=True, blank=True)
    lieu = models.CharField("lieu", max_length=200, blank=True)
    participants = models.PositiveSmallIntegerField("nombre de participants", null=True, blank=True)
    synthese = models.TextField("synthèse", blank=True)

    class Meta:
        verbose_name = "atelier"
        ordering = ["date", "pk"]
        constraints = [contrainte_parmi("type", TypeAtelier, "atelier_type_connu")]

    def __str__(self):
        return self.titre


class SousGroupe(Suivi):
    atelier = models.ForeignKey(Atelier, models.PROTECT, related_name="sous_groupes")
    nom = models.CharField("nom", max_length=120)
    animateur = models.CharField("animateur", max_length=150, blank=True)

    class Meta:
        verbose_name = "sous-groupe"
        ordering = ["nom"]
        constraints = [
            models.UniqueConstraint(
                fields=["atelier", "nom"],
                name="sous_groupe_unique",
                violation_error_message="Ce sous-groupe existe déjà dans l’atelier.",
            )
        ]

    def __str__(self):
        return self.nom


class EtatChantier(models.TextChoices):
    SIGNALE = "signale", "Signalé"
    EN_INVESTIGATION = "en_investigation", "En investigation"
    CONCLUANT = "concluant", "Concluant"
    ABANDONNE = "abandonne", "Abandonné"


class ChantierCle(Suivi):
    """Un sujet que le diagnostic ne montrait pas et qui mérite d'être investigué avec des moyens."""

    demarche = models.ForeignKey(Demarche, models.PROTECT, related_name="chantiers", verbose_name="démarche")
    ordre = models.PositiveSmallIntegerField("ordre", default=0, editable=False)
    question = models.CharField("question à investiguer", max_length=300)
    origine = models.TextField("origine", blank=True, help_text="Le débat ou l’atelier qui l’a fait naître.")
    moyens = models.TextField(
        "moyens d’investigation", blank=True, help_text="Expertise, prestation, acteurs."
    )
    pilote = models.ForeignKey(Structure, models.PROTECT, null=True, blank=True, related_name="chantiers")
    echeance = models.DateField("échéance", null=True, blank=True)
    etat = models.CharField(
        "état", max_length=16, choices=EtatChantier, default=EtatChantier.SIGNALE, editable=False
    )
    conclusion = models.TextField("conclusion", blank=True, editable=False)
    conclu_le = models.DateTimeField("conclu le", null=True, editable=False)

    class Meta:
        verbose_name = "chantier clé"
        verbose_name_plural = "chantiers clés"
        ordering = ["ordre", "pk"]
        constraints = [
            contrainte_parmi("etat", EtatChantier, "chantier_etat_connu"),
            models.CheckConstraint(
                name="chantier_conclu_date",
                condition=Q(etat__in=["concluant", "abandonne"], conclu_le__isnull=False) & ~Q(conclusion="")
                | ~Q(etat__in=["concluant", "abandonne"]) & Q(conclu_le=None),
                violation_error_message="Un chantier conclu ou abandonné porte sa conclusion et sa date.",
            ),
        ]

    def __str__(self):
        return self.question


class Contribution(Suivi):
    atelier = models.ForeignKey(Atelier, models.PROTECT, related_name="contributions")
    sous_groupe = models.ForeignKey(
        SousGroupe,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contributions",
        verbose_name="sous-groupe",
    )
    auteur = models.CharField("auteur", max_length=150, blank=True)
    texte = models.TextField("contribution")
    enjeu = models.ForeignKey(Enjeu, models.PROTECT, null=True, editable=False, related_name="contributions")
    chantier = models.ForeignKey(
        ChantierCle, models.PROTECT, null=True, editable=False, related_name="contributions"
    )

    class Meta:
        verbose_name = "contribution"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="contribution_convertie_une_fois",
                condition=Q(enjeu=None) | Q(chantier=None),
                violation_error_message="Une contribution se convertit en un enjeu ou en un chantier clé, "
                "pas les deux.",
            )
        ]

    def __str__(self):
        return self.texte[:80]
