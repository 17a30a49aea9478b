"""Ateliers, sous-groupes, contributions."""

from django import forms

from ateliers.models import Atelier, Contribution, SousGroupe
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr


class _Atelier(FormulaireRattache):
    class Meta:
        model = Atelier
        fields = ["titre", "type", "date", "lieu", "participants", "synthese"]
        help_texts = {
            "titre": "Par exemple « Atelier 1 : quels enjeux pour notre territoire ? ».",
            "type": "La méthode en prévoit deux, à deux mois d’écart : les enjeux, puis les chantiers clés.",
            "lieu": "Par exemple « Périgueux, salle de la Filature ».",
            "participants": "Par exemple 48. Vide si l’on n’a pas compté.",
            "synthese": "Ce que l’on retient, à écrire après l’atelier.",
        }
        widgets = {"synthese": forms.Textarea(attrs={"rows": 6})}


class FormulaireAtelier(AvecJeton, _Atelier):
    bouton = "Ajouter l’atelier"


class FormulaireAtelierModifie(AvecVersion, _Atelier):
    pass


class FormulaireSousGroupe(AvecJeton, FormulaireRattache):
    bouton = "Ajouter le sous-groupe"
    rattaches = ("atelier",)

    class Meta:
        model = SousGroupe
        fields = ["nom", "animateur"]
        help_texts = {
            "nom": "Par exemple « Table 3 : jeunesse ».",
            "animateur": "La personne qui anime et rapporte.",
        }


class FormulaireContribution(AvecJeton, FormulaireRattache):
    bouton = "Apporter cette contribution"
    encore = "Apporter et continuer"

    class Meta:
        model = Contribution
        fields = ["texte", "sous_groupe", "auteur"]
        help_texts = {
            "texte": "Une idée par contribution : elle pourra devenir un enjeu ou un chantier clé.",
            "auteur": "Facultatif : une personne, un métier, un groupe.",
        }
        widgets = {"texte": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sous_groupe"].queryset = SousGroupe.objects.filter(atelier=self.instance.atelier_id)
        self.fields["sous_groupe"].empty_label = "Tout l’atelier"


class FormulaireConversion(AvecJeton, FormulaireDsfr):
    """La contribution, à reformuler."""

    bouton = "Convertir"
    question = forms.CharField(label="Question", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, aide: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["question"].help_text = aide
