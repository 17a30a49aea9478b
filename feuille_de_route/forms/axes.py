"""Formulaires de la stratégie : axes et sous-axes."""

from django import forms

from diagnostic.models import Enjeu, EtatEnjeu
from feuille_de_route.axes import strategie
from feuille_de_route.models import Axe, GenreAxe, Public
from gouvernance.models import Demarche
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, ModelFormulaireDsfr


class FormulaireAxe(ModelFormulaireDsfr):
    """Un axe ou un sous-axe de la démarche ; les choix ne montrent que ce qui lui appartient."""

    enjeux = forms.ModelMultipleChoiceField(
        Enjeu.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        label="Enjeux auxquels cet axe répond", help_text="Chaque axe répond à au moins un enjeu.",
    )  # fmt: skip

    public = forms.ChoiceField(
        label="Ce que l’axe rassemble", required=False,
        choices=[("", "Un thème"), *((p.value, f"Un public : {p.label.lower()}") for p in Public)],
        help_text="Une feuille de route s’organise par thème, ou par public : « Accompagner les seniors ».",
    )  # fmt: skip

    class Meta:
        model = Axe
        fields = [
            "intitule", "parent", "objectif", "public", "enjeux", "axe_fne", "axe_departemental",
        ]  # fmt: skip
        labels = {"intitule": "Intitulé de l’axe", "parent": "Rattaché à l’axe"}
        help_texts = {
            "intitule": "Un verbe d’action à l’infinitif : « Rapprocher l’aide numérique des habitants ».",
            "parent": "Laissez vide pour un axe ; choisissez un axe pour en faire un sous-axe.",
            "objectif": "Ce qui aura changé dans trois ans si l’axe réussit.",
            "axe_fne": "Celui de France Numérique Ensemble dont cet axe relève.",
            "axe_departemental": "Une feuille de route locale reste cohérente avec celle du département.",
        }
        widgets = {"objectif": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["enjeux"].queryset = demarche.enjeux.exclude(etat=EtatEnjeu.ECARTE)
        self.fields["parent"].queryset = demarche.axes.filter(parent=None).exclude(pk=self.instance.pk)
        servables = strategie.axes_departementaux(demarche)
        self.fields["axe_departemental"].queryset = servables
        if not servables.exists():
            del self.fields["axe_departemental"]

    def clean_public(self):
        """Nommer un public, c'est dire que l'axe en rassemble un."""
        public = self.cleaned_data["public"]
        self.instance.genre = GenreAxe.PUBLIC if public else GenreAxe.THEME
        return public


class NouvelAxe(AvecJeton, FormulaireAxe):
    bouton = "Ajouter à la stratégie"


class AxeExistant(AvecVersion, FormulaireAxe):
    bouton = "Enregistrer"
