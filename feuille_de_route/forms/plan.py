"""Formulaires du plan d'actions : y inscrire un besoin en ingénierie."""

from django import forms

from feuille_de_route.models import BesoinIngenierie
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr, ModelFormulaireDsfr


class FormulaireBesoin(AvecJeton, ModelFormulaireDsfr):
    """Un besoin, par son code de l'ANCT."""

    bouton = "Ajouter ce besoin"

    class Meta:
        model = BesoinIngenierie
        fields = ["code", "precision"]
        help_texts = {"precision": "Ce qu’il faudrait, en une phrase : « dix jours d’animation »."}


class FormulairePrecision(FormulaireDsfr):
    """La précision d'un besoin ; `lue` : celle qu'on avait sous les yeux."""

    bouton = "Enregistrer"
    precision = forms.CharField(
        label="Précision", max_length=300, required=False,
        help_text="Ce qu’il faudrait, en une phrase : « dix jours d’animation ».",
    )  # fmt: skip
    lue = forms.CharField(required=False, widget=forms.HiddenInput, max_length=300, strip=False)
