"""Cahier des charges, définition commune, calendrier des jalons."""

from django import forms

from gouvernance.cadrage import dire_jalon
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.models import CahierDesCharges, DefinitionCommune, Instance, Jalon, Structure
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr, SaisieDate

TEXTE = forms.Textarea(attrs={"rows": 6})


class FormulaireCahier(AvecVersion, FormulaireRattache):
    class Meta:
        model = CahierDesCharges
        fields = ["contexte", "objectifs", "methode", "moyens", "vigilance"]
        help_texts = {
            "contexte": "Pourquoi maintenant, et ce qui existe déjà sur le territoire.",
            "moyens": "Les personnes, le temps et l’argent dont la démarche dispose.",
            "vigilance": "Ce que les parties veulent éviter.",
        }
        widgets = dict.fromkeys(fields, TEXTE)


class FormulaireDefinition(AvecVersion, FormulaireRattache):
    class Meta:
        model = DefinitionCommune
        fields = ["texte"]
        help_texts = {"texte": "Deux ou trois phrases que toutes les parties reprennent à leur compte."}
        widgets = {"texte": TEXTE}


class FormulaireAdhesion(AvecJeton, FormulaireDsfr):
    """La coordination consigne l'accord d'une structure qui n'a pas de compte."""

    bouton = "Consigner cet accord"
    structure = forms.ModelChoiceField(
        Structure.objects.none(), label="Structure qui adhère",
        help_text="Vous attestez avoir reçu son accord, par écrit ou en séance.",
    )  # fmt: skip

    def __init__(self, *args, structures, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["structure"].queryset = structures


class FormulaireJalons(FormulaireDsfr):
    """Échéance et instance de chaque jalon, une ligne chacun ; `version` : la somme de leurs versions."""

    bouton = ""
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, jalons: list[Jalon], instances: list[Instance], **kwargs):
        self.jalons = jalons
        self.instances = {str(i.uuid): i for i in instances}
        seule = next(iter(self.instances), "") if len(instances) == 1 else ""  # rien d'autre à choisir
        choix = [("", "À désigner"), *((cle, str(i)) for cle, i in self.instances.items())]
        self.base_fields = {"version": self.base_fields["version"]}
        for jalon in jalons:
            self.base_fields[jalon.code] = forms.DateField(
                label=f"Échéance de « {jalon} »", required=False, disabled=jalon.acquis,
                initial=jalon.echeance, widget=SaisieDate(attrs={"aria-label": f"Échéance de « {jalon} »"}),
            )  # fmt: skip
            self.base_fields[f"{jalon.code}_instance"] = forms.ChoiceField(
                label=f"Qui valide « {jalon} »", required=False, choices=choix, disabled=jalon.acquis,
                initial=str(jalon.instance.uuid) if jalon.instance else seule,
                widget=forms.Select(attrs={"aria-label": f"Qui valide « {jalon} »"}),
            )  # fmt: skip
        super().__init__(*args, initial={"version": sum(j.version for j in jalons)}, **kwargs)

    @property
    def lignes(self):
        """(jalon, champ de l'échéance, champ de l'instance)."""
        return [(j, self[j.code], self[f"{j.code}_instance"]) for j in self.jalons]

    def saisies(self) -> dict:
        """Code du jalon → (échéance, instance)."""
        donnees = self.cleaned_data
        return {
            j.code: (donnees[j.code], self.instances.get(donnees[f"{j.code}_instance"])) for j in self.jalons
        }

    def differences(self) -> list[tuple]:
        """Ce qui a été saisi en face de ce qui est enregistré, pour la page de conflit."""
        saisies = self.saisies()
        enregistres = Jalon.objects.filter(pk__in=[j.pk for j in self.jalons]).select_related("instance")
        return [
            (str(j), dire_jalon(*saisies[j.code]), dire_jalon(j.echeance, j.instance))
            for j in enregistres
            if saisies[j.code] != (j.echeance, j.instance)
        ]
