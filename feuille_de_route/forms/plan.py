"""Formulaires du plan d'actions : y inscrire un besoin en ingénierie."""

from feuille_de_route.models import BesoinIngenierie
from gouvernance.socle.formulaires import AvecJeton, ModelFormulaireDsfr


class FormulaireBesoin(AvecJeton, ModelFormulaireDsfr):
    """Un besoin, par son code de l'ANCT."""

    bouton = "Ajouter ce besoin"

    class Meta:
        model = BesoinIngenierie
        fields = ["code", "precision"]
        help_texts = {"precision": "Ce qu’il faudrait, en une phrase : « dix jours d’animation »."}
