"""Choisir la séance où un objet sera décidé."""

from django import forms

from gouvernance.models import Seance
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr


class FormulaireInscription(AvecJeton, FormulaireDsfr):
    bouton = "Inscrire à l’ordre du jour"
    seance = forms.ModelChoiceField(
        Seance.objects.none(), label="Séance", empty_label=None,
        help_text="Les séances qui ne sont pas encore tenues.",
    )  # fmt: skip

    def __init__(self, *args, seances, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["seance"].queryset = seances
