"""La décision prise en séance, quand elle porte aussi sur des fiches actions."""

from django import forms

from feuille_de_route.models import EtatFiche, FicheAction
from gouvernance.forms.seances import FormulaireDecision
from gouvernance.models import Demarche


class FormulaireDecisionEtFiches(FormulaireDecision):
    """`retenir`, `ecarter` : parmi les fiches proposées ; absents s'il n'y en a pas."""

    retenir = forms.ModelMultipleChoiceField(
        FicheAction.objects.none(), label="Fiches actions retenues", required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    ecarter = forms.ModelMultipleChoiceField(
        FicheAction.objects.none(), label="Fiches actions écartées", required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Le texte de la décision en sera le motif, lu par leurs porteurs.",
    )  # fmt: skip

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, **kwargs)
        proposees = FicheAction.objects.filter(demarche=demarche, etat=EtatFiche.PROPOSEE)
        for nom in ("retenir", "ecarter"):
            self.fields[nom].queryset = proposees
        if not proposees.exists():
            del self.fields["retenir"], self.fields["ecarter"]

    def clean(self):
        donnees = super().clean()
        doubles = set(donnees.get("retenir") or ()) & set(donnees.get("ecarter") or ())
        if doubles:
            noms = ", ".join(f"« {fiche} »" for fiche in doubles)
            self.add_error("ecarter", f"On ne peut pas à la fois retenir et écarter {noms}.")
        return donnees

    def fiches(self, nom: str) -> list[int]:
        return [fiche.pk for fiche in self.cleaned_data.get(nom) or ()]
