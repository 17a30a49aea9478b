"""Formulaires de la mise en commun : partager une fiche, chercher dans la bibliothèque."""

from django import forms

from feuille_de_route.echelles import bibliotheque, partages
from feuille_de_route.models import FicheAction, Public, Service
from gouvernance.models import Demarche
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr


class FormulairePartage(AvecJeton, FormulaireDsfr):
    """La démarche de la gouvernance qui accueille la fiche, et pourquoi."""

    bouton = "Partager la fiche"
    demarche = forms.ModelChoiceField(
        Demarche.objects.none(), label="Démarche avec laquelle la partager",
        help_text="Ses membres liront la fiche dans leur plan d’actions.",
        error_messages={"required": "Choisissez la démarche qui accueillera la fiche."},
    )  # fmt: skip
    mot = forms.CharField(
        required=False, max_length=300, label="Pourquoi la partager",
        help_text="Par exemple « le bus s’arrête dans vos trois communes ».",
    )  # fmt: skip

    def __init__(self, *args, fiche: FicheAction, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["demarche"].queryset = partages.destinations(fiche)


class FormulaireBibliotheque(FormulaireDsfr):
    """La recherche, gardée dans l'adresse ; une valeur inconnue ne filtre rien."""

    bouton = ""
    q = forms.CharField(required=False, label="Chercher des mots", max_length=100)
    public = forms.ChoiceField(required=False, label="Public visé", choices=[("", "Tous"), *Public.choices])
    service = forms.ChoiceField(required=False, label="Service", choices=[("", "Tous"), *Service.choices])
    departement = forms.ModelChoiceField(
        None, required=False, label="Département", empty_label="Tous", to_field_name="code"
    )

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["departement"].queryset = bibliotheque.departements(demarche)

    @property
    def criteres(self) -> dict:
        """Les filtres posés et reconnus."""
        self.is_valid()
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if valeur}
