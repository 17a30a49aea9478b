"""Formulaires du plan d'actions : le filtrer, y inscrire un besoin en ingénierie."""

from django import forms

from feuille_de_route.models import Axe, BesoinIngenierie, EtatFiche, NatureFiche
from gouvernance.models import Structure
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr, ModelFormulaireDsfr


class FormulaireFiltre(FormulaireDsfr):
    """Les filtres du plan, gardés dans l'adresse ; une valeur inconnue ne filtre rien."""

    bouton = ""
    q = forms.CharField(required=False, label="Chercher un mot", max_length=100)
    etat = forms.ChoiceField(required=False, label="État", choices=[("", "Tous"), *EtatFiche.choices])
    nature = forms.ChoiceField(required=False, label="Nature", choices=[("", "Toutes"), *NatureFiche.choices])
    axe = forms.ChoiceField(required=False, label="Axe")
    porteur = forms.ChoiceField(required=False, label="Structure porteuse")

    def __init__(self, *args, axes: list[Axe], porteurs: list[Structure], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["axe"].choices = [("", "Tous"), *((str(a.uuid), str(a)) for a in axes)]
        self.fields["porteur"].choices = [("", "Toutes"), *((str(s.uuid), str(s)) for s in porteurs)]

    @property
    def criteres(self) -> dict:
        """Les filtres posés et reconnus."""
        self.is_valid()
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if valeur}


class FormulaireBesoin(AvecJeton, ModelFormulaireDsfr):
    """Un besoin, par son code de l'ANCT."""

    bouton = "Ajouter ce besoin"

    class Meta:
        model = BesoinIngenierie
        fields = ["code", "precision"]
        help_texts = {"precision": "Ce qu’il faudrait, en une phrase : « dix jours d’animation »."}
