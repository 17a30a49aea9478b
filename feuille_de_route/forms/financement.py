"""Filtres du plan de financement, gardés dans l'adresse."""

from django import forms

from feuille_de_route.models import Axe
from gouvernance.socle.formulaires import FormulaireDsfr

TOUTES, RETENUES = "", "retenues"


class FormulaireFinancement(FormulaireDsfr):
    """Une valeur inconnue ne filtre rien."""

    bouton = ""
    fiches = forms.ChoiceField(
        required=False,
        label="Fiches comptées",
        choices=[(TOUTES, "Toutes, sauf les écartées"), (RETENUES, "Retenues seulement")],
    )
    axe = forms.ChoiceField(required=False, label="Axe")

    def __init__(self, *args, axes: list[Axe], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["axe"].choices = [("", "Tous"), *((str(a.uuid), str(a)) for a in axes)]

    @property
    def criteres(self) -> dict:
        """Les filtres posés et reconnus."""
        self.is_valid()
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if valeur}

    @property
    def phrase(self) -> str:
        """Ce que le filtre retient, en mots."""
        fiches = "Fiches retenues" if self.criteres.get("fiches") else "Toutes les fiches, sauf les écartées"
        axe = self.criteres.get("axe")
        return f"{fiches}, axe « {dict(self.fields['axe'].choices)[axe]} »" if axe else fiches
