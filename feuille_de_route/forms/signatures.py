"""Formulaires de la signature : signataires, consentement, refus."""

from django import forms

from feuille_de_route.models import Signataire
from gouvernance.forms.cadrage import TexteAttendu
from gouvernance.models import Demarche, StatutMembre, Structure, Utilisateur
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr, ModelFormulaireDsfr

COMPTE = (
    "Le compte qui signera ici. Il n’est pas dans la liste ? Invitez d’abord cette personne, page "
    "« Gouvernance »."
)


def comptes_de(demarche: Demarche):
    """Les comptes actifs qui ont un rôle dans la démarche."""
    return Utilisateur.objects.filter(mandats__demarche=demarche, is_active=True).distinct()


class FormulaireSignataire(ModelFormulaireDsfr):
    class Meta:
        model = Signataire
        fields = ["ordre", "structure", "nom", "qualite", "engagement", "utilisateur"]
        widgets = {"engagement": forms.Textarea(attrs={"rows": 5})}
        labels = {
            "qualite": "Qualité (demandée pour soumettre)",
            "engagement": "Engagement (demandé pour soumettre)",
        }
        field_classes = {"qualite": TexteAttendu, "engagement": TexteAttendu}
        help_texts = {
            "ordre": "Le rang dans le tour de signature : 1 signe en premier.",
            "engagement": "Ce à quoi la structure s’engage, à la première personne du pluriel.",
            "utilisateur": COMPTE,
        }

    def __init__(self, *args, demarche, **kwargs):
        super().__init__(*args, **kwargs)
        membres = {
            "adhesions_gouvernance__gouvernance": demarche.gouvernance_id,
            "adhesions_gouvernance__statut": StatutMembre.CONFIRME,
        }
        self.fields["structure"].queryset = Structure.objects.filter(**membres)
        self.fields["utilisateur"].queryset = comptes_de(demarche)
        self.instance.demarche = demarche


class NouveauSignataire(AvecJeton, FormulaireSignataire):
    bouton = "Ajouter le signataire"


class SignataireExistant(AvecVersion, FormulaireSignataire):
    pass


class CompteDuSignataire(AvecVersion, ModelFormulaireDsfr):
    """Une fois la version figée, seul le compte se choisit encore : il n'est pas dans le document."""

    class Meta:
        model = Signataire
        fields = ["utilisateur"]
        help_texts = {"utilisateur": COMPTE}

    def __init__(self, *args, demarche, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["utilisateur"].queryset = comptes_de(demarche)


class FormulaireSignature(FormulaireDsfr):
    bouton = "Signer la feuille de route"
    empreinte = forms.CharField(widget=forms.HiddenInput)
    lu = forms.BooleanField(
        label="J’ai lu le document ci-dessus et je le signe au nom de ma structure.",
        error_messages={"required": "Cochez la case : on ne signe que ce que l’on a lu."},
    )
    reserves = forms.CharField(
        label="Réserves",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Elles paraîtront dans le cartouche de votre signature.",
    )


class FormulaireRefus(FormulaireDsfr):
    bouton = "Refuser de signer"
    motif = forms.CharField(
        label="Motif du refus",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites pourquoi vous refusez de signer."},
    )
