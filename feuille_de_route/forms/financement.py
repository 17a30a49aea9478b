"""Filtres du plan de financement, gardés dans l'adresse."""

from django import forms

from feuille_de_route.argent.consolidation import Financeur
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
    financeur = forms.ChoiceField(required=False, label="Financées ou espérées par")

    def __init__(self, *args, axes: list[Axe], financeurs: list[Financeur], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["axe"].choices = [("", "Tous"), *((str(a.uuid), str(a)) for a in axes)]
        self.fields["financeur"].choices = [("", "Tous"), *((f.valeur, str(f)) for f in financeurs)]

    @property
    def criteres(self) -> dict:
        """Les filtres posés et reconnus."""
        self.is_valid()
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if valeur}

    @property
    def phrase(self) -> str:
        """Ce que le filtre retient, en mots."""
        fiches = "Fiches retenues" if self.criteres.get("fiches") else "Toutes les fiches, sauf les écartées"
        choisis = ((nom, self.criteres.get(nom)) for nom in ("axe", "financeur"))
        dits = (f", {nom} « {dict(self.fields[nom].choices)[valeur]} »" for nom, valeur in choisis if valeur)
        return fiches + "".join(dits)
