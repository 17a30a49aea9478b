"""Confirmer un geste sur plusieurs fiches : l'acte, sa valeur, et les fiches telles qu'on les a vues."""

import re

from django import forms
from django.core.exceptions import ValidationError

from feuille_de_route.plan_d_actions.lots import ACTES, AU_PLUS
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr

VUE = re.compile(r"([0-9]{1,5})\.([0-9]{1,9})")
NUMERO_MAX = 32_767


class ChampFiches(forms.Field):
    """« 12.3 » : la fiche n° 12, vue dans sa version 3. Rend {numéro: version}."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {
        "required": "Cochez au moins une fiche dans le plan d’actions.",
        "illisible": "La liste des fiches est illisible : revenez au plan et cochez-les de nouveau.",
        "trop": f"Agissez sur {AU_PLUS} fiches au plus à la fois.",
    }

    def to_python(self, value):
        lues = [VUE.fullmatch(str(mot)) for mot in value or []]
        if not all(lues):
            raise ValidationError(self.error_messages["illisible"], code="illisible")
        return {int(lue[1]): int(lue[2]) for lue in lues}

    def validate(self, value):
        super().validate(value)
        if len(value) > AU_PLUS:
            raise ValidationError(self.error_messages["trop"], code="trop")
        if any(numero > NUMERO_MAX for numero in value):
            raise ValidationError(self.error_messages["illisible"], code="illisible")


class FormulaireLot(AvecJeton, FormulaireDsfr):
    """Tout est caché : la page a déjà tout dit, il ne reste qu'à confirmer."""

    bouton = ""
    acte = forms.ChoiceField(choices=[(code, acte.libelle) for code, acte in ACTES.items()])
    valeur = forms.CharField(required=False, max_length=60)
    v = ChampFiches()
    retour = forms.CharField(required=False, max_length=2000)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for nom in ("acte", "valeur", "retour"):
            self.fields[nom].widget = forms.HiddenInput()
