"""Points de blocage : les signaler, les modifier, dire comment on en est sorti."""

from django import forms

from gouvernance.forms.commun import FormulaireRattache
from gouvernance.forms.demarches import structures_membres
from gouvernance.models import Gouvernance, PointDeBlocage
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr


class _Blocage(FormulaireRattache):
    class Meta:
        model = PointDeBlocage
        fields = ["libelle", "responsable", "echeance"]
        labels = {"responsable": "Structure qui s’en charge"}
        help_texts = {
            "libelle": "Ce qui gêne l’avancée, par exemple « Aucun local chauffé l’hiver dans le nord ».",
            "echeance": "Le jour où l’on regardera si le point est levé.",
        }
        widgets = {"libelle": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, gouvernance: Gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["responsable"].queryset = structures_membres(gouvernance)


class FormulaireBlocage(AvecJeton, _Blocage):
    bouton = "Signaler ce point"

    class Meta(_Blocage.Meta):
        pass


class FormulaireBlocageModifie(AvecVersion, _Blocage):
    class Meta(_Blocage.Meta):
        pass


class FormulaireLevee(FormulaireDsfr):
    bouton = "Lever ce point de blocage"
    resolution = forms.CharField(
        label="Comment a-t-il été levé ?", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple « La commune prête la salle des fêtes les mardis ».",
        error_messages={"required": "Dites en une phrase comment ce point a été levé."},
    )  # fmt: skip
