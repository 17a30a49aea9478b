"""Chantiers clés."""

from django import forms

from ateliers.models import ChantierCle
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.models import StatutMembre, Structure
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr


class _Chantier(FormulaireRattache):
    class Meta:
        model = ChantierCle
        fields = ["question", "origine", "moyens", "pilote", "echeance"]
        help_texts = {
            "question": "Par exemple « Peut-on mutualiser les salles équipées des collèges ? ».",
            "origine": "Le débat ou l’atelier qui l’a fait naître.",
            "moyens": "Ce qu’il faut pour investiguer : expertise, prestation, acteurs à réunir.",
            "pilote": "La structure membre qui mène l’investigation.",
            "echeance": "Quand on veut savoir.",
        }
        widgets = {
            "question": forms.Textarea(attrs={"rows": 2}),
            "origine": forms.Textarea(attrs={"rows": 3}),
            "moyens": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["pilote"].queryset = Structure.objects.filter(
            adhesions_gouvernance__gouvernance=self.instance.demarche.gouvernance_id,
            adhesions_gouvernance__statut=StatutMembre.CONFIRME,
        )
        self.fields["pilote"].empty_label = "À désigner"


class FormulaireChantier(AvecJeton, _Chantier):
    bouton = "Signaler ce chantier"


class FormulaireChantierModifie(AvecVersion, _Chantier):
    pass


class FormulaireConclusion(FormulaireDsfr):
    bouton = "Enregistrer la conclusion"
    conclusion = forms.CharField(
        label="Ce que l’investigation a montré", widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Ce que l’on sait maintenant, et l’action qui devient possible, ou pourquoi elle ne l’est "
        "pas.",
    )  # fmt: skip
