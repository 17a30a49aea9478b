"""Formulaires du parcours."""

from django import forms

from gouvernance.socle.formulaires import FormulaireDsfr


class FormulaireMotif(FormulaireDsfr):
    bouton = "Confirmer"
    motif = forms.CharField(
        label="Motif", widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Dites pourquoi : le motif est lu par tous les membres."},
    )  # fmt: skip
