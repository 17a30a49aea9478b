"""Confier des fiches : plusieurs fiches et plusieurs adresses d'un coup, une faute dite sur sa ligne."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from feuille_de_route.dialogue.liens_de_fiche import Envoi
from feuille_de_route.forms.choix import Structures
from feuille_de_route.models import FicheAction
from gouvernance.models import Demarche
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr

ADRESSES_MAX = 10  # par fiche
MESSAGE_MAX = 1000
SEPARATEURS = re.compile(r"[\s,;]+")


class FormulaireConfirmation(AvecJeton, FormulaireDsfr):
    """Rien à saisir : une liste lue, un bouton."""

    def __init__(self, *args, bouton: str, **kwargs):
        self.bouton = bouton
        super().__init__(*args, **kwargs)


class ChampAdresses(forms.CharField):
    """Une ou plusieurs adresses, séparées par une virgule, une espace ou un retour à la ligne."""

    def clean(self, value):
        adresses = [a for a in SEPARATEURS.split(super().clean(value)) if a]
        if len(adresses) > ADRESSES_MAX:
            raise ValidationError(f"Dix adresses au plus par fiche ; vous en donnez {len(adresses)}.")
        for adresse in adresses:
            try:
                forms.EmailField(max_length=254).clean(adresse)
            except ValidationError as faute:
                raise ValidationError(f"« {adresse[:80]} » n’est pas une adresse électronique.") from faute
        return list(dict.fromkeys(adresse.lower() for adresse in adresses))


class FormulaireConfier(AvecJeton, FormulaireDsfr):
    """Une ligne par fiche : à quelle structure, à quelles adresses ; un mot pour tous."""

    bouton = ""
    message = forms.CharField(
        label="Mot d’accompagnement", required=False, max_length=MESSAGE_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Il paraît dans chaque courriel : « Merci de l’écrire avant le COTECH du 12 mars. »",
    )  # fmt: skip

    def __init__(self, *args, demarche: Demarche, fiches: list[FicheAction], **kwargs):
        super().__init__(*args, **kwargs)
        self.fiches, self.structures = fiches, Structures(demarche)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        for fiche in fiches:
            self._ajouter_la_ligne(fiche)

    def _ajouter_la_ligne(self, fiche: FicheAction) -> None:
        n = fiche.numero
        if fiche.structure_porteuse_id is None:
            libelle = "Structure qui porte l’action"
            champ = forms.ModelChoiceField(queryset=None, required=False, label=libelle)
            self.structures.regler(champ)
            self.fields[f"structure_{n}"] = champ
        self.fields[f"adresses_{n}"] = ChampAdresses(
            label="Adresses électroniques", required=False, max_length=2600,
            widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
        )  # fmt: skip
        self.fields[f"nom_{n}"] = forms.CharField(
            label="Nom de la personne", required=False, max_length=150,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )  # fmt: skip

    def lignes(self) -> list[tuple[FicheAction, list[BoundField]]]:
        """(fiche, ses champs), dans l'ordre de la page."""
        return [
            (fiche, [self[nom] for nom in self._noms(fiche) if nom in self.fields]) for fiche in self.fiches
        ]

    def _noms(self, fiche: FicheAction) -> list[str]:
        return [f"{nom}_{fiche.numero}" for nom in ("structure", "adresses", "nom")]

    def clean(self):
        donnees = super().clean()
        remplies = 0
        for fiche in self.fiches:
            structure, adresses, nom = (donnees.get(cle) for cle in self._noms(fiche))
            remplies += bool(adresses)
            self._juger(fiche, structure or fiche.structure_porteuse, adresses, nom)
        if not remplies and not self.errors:
            self.add_error(None, "Donnez au moins une adresse : rien n’a été envoyé.")
        return donnees

    def _juger(self, fiche: FicheAction, structure, adresses, nom) -> None:
        champ_structure, champ_adresses, champ_nom = self._noms(fiche)
        if adresses and structure is None and champ_structure not in self.errors:
            self.add_error(champ_structure, "Choisissez la structure à qui la fiche est confiée.")
        if nom and not adresses and champ_adresses not in self.errors:
            self.add_error(champ_adresses, "Donnez l’adresse de cette personne.")
        if nom and adresses and len(adresses) > 1:
            self.add_error(champ_nom, "Un nom ne vaut que pour une adresse : laissez-le vide.")

    def envois(self) -> list[Envoi]:
        donnees = self.cleaned_data
        return [
            Envoi(
                fiche, donnees.get(f"structure_{fiche.numero}") or fiche.structure_porteuse, adresse,
                donnees.get(f"nom_{fiche.numero}", ""), f"adresses_{fiche.numero}",
            )
            for fiche in self.fiches
            for adresse in donnees.get(f"adresses_{fiche.numero}") or []
        ]  # fmt: skip
