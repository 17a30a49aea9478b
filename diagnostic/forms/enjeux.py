"""Enjeux et priorisation."""

from django import forms

from diagnostic.models import Constat, Enjeu
from diagnostic.priorisation import POINTS_MAX
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr


class ChampConstats(forms.ModelMultipleChoiceField):
    def label_from_instance(self, constat: Constat) -> str:
        thematique = constat.thematique or "sans thématique"
        return f"{constat.get_nature_display()} : {constat} ({thematique})"


class _Enjeu(FormulaireRattache):
    """Les constats s'écrivent ici, hors de Meta.fields : seules les colonnes de l'enjeu y figurent."""

    constats = ChampConstats(
        Constat.objects.none(), label="Constats que cette question relie", required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Au moins deux, si possible de thématiques différentes.",
    )  # fmt: skip

    class Meta:
        model = Enjeu
        fields = ["question", "precision"]
        help_texts = {
            "question": "Une question qui finit par « ? ». Un thème ou une action n’est pas un enjeu : "
            "« Fermeture des guichets » devient « Comment garder un accès humain aux droits quand les "
            "guichets ferment ? ». Un brouillon sans « ? » est accepté, à reformuler ensuite.",
            "precision": "Ce que la question recouvre et ce qu’elle laisse de côté.",
        }
        widgets = {
            "question": forms.Textarea(attrs={"rows": 2}),
            "precision": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["constats"].queryset = Constat.objects.filter(
            demarche=self.instance.demarche_id
        ).select_related("thematique")
        if self.instance.pk:
            self.initial["constats"] = list(self.instance.constats.all())

    def _save_m2m(self):
        super()._save_m2m()
        self.instance.constats.set(self.cleaned_data["constats"])


class FormulaireEnjeu(AvecJeton, _Enjeu):
    bouton = "Ajouter l’enjeu"


class FormulaireEnjeuModifie(AvecVersion, _Enjeu):
    pass


class FormulaireEcarter(FormulaireDsfr):
    bouton = "Écarter cet enjeu"
    motif = forms.CharField(
        label="Motif", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Il sera lu par tous : « Relève de la Région », « Déjà traité par le contrat local de "
        "santé »…",
    )  # fmt: skip


class FormulaireOuvrirSession(AvecJeton, FormulaireDsfr):
    bouton = "Ouvrir la priorisation"
    points = forms.IntegerField(
        label="Points donnés à chaque structure", initial=10, min_value=1, max_value=POINTS_MAX,
        help_text="Chaque structure membre les répartit entre les enjeux. Par exemple 10.",
    )  # fmt: skip


class FormulaireVote(FormulaireDsfr):
    """Un nombre de points par enjeu ; le total est vérifié par la règle."""

    bouton = "Enregistrer le vote"

    def __init__(self, *args, enjeux: list[Enjeu], points: dict[int, int], maximum: int, **kwargs):
        self.enjeux, self.maximum = enjeux, maximum
        self.base_fields = self.declared_fields | {
            self._nom(enjeu): forms.IntegerField(
                label=enjeu.question, required=False, min_value=0, max_value=maximum,
                initial=points.get(enjeu.pk, 0),
            )
            for enjeu in enjeux
        }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.helper.attrs["data-points"] = str(maximum)

    @staticmethod
    def _nom(enjeu: Enjeu) -> str:
        return f"points_{enjeu.uuid}"

    def clean(self):
        donnees = super().clean()
        if not any(self._nom(enjeu) in self.data for enjeu in self.enjeux):
            self.add_error(None, "Le bulletin est arrivé vide : rien n’a été changé.")
        total = sum(donnees.get(self._nom(enjeu)) or 0 for enjeu in self.enjeux)
        if total > self.maximum:
            self.add_error(None, f"Vous avez réparti {total} points ; vous en avez {self.maximum}.")
        return donnees

    def points(self) -> dict[int, int]:
        """Identifiant de l'enjeu → points."""
        return {e.pk: self.cleaned_data.get(self._nom(e)) or 0 for e in self.enjeux}

    @property
    def restants(self) -> int:
        """Ce qu'il reste à répartir, d'après ce que montre le formulaire."""
        montres = (str(self[self._nom(e)].value() or "") for e in self.enjeux)
        return self.maximum - sum(int(v) for v in montres if v.isdecimal() and len(v) < 10)


class FormulaireVotePapier(AvecJeton, FormulaireVote):
    """Le bulletin d'une structure, recopié par la coordination."""

    bouton = "Consigner ce vote"
    encore = "Consigner et continuer"

    def __init__(self, *args, structures, ont_vote: set[int], **kwargs):
        super().__init__(*args, points={}, **kwargs)
        self.fields["structure"] = forms.ModelChoiceField(
            structures, label="Structure qui a voté", empty_label="Choisissez une structure",
            help_text="Celle qui a déjà voté peut seule changer son vote.",
            error_messages={"required": "Choisissez la structure dont vous recopiez le bulletin."},
        )  # fmt: skip
        self.fields["structure"].label_from_instance = lambda s: (
            f"{s}{' (a voté)' if s.pk in ont_vote else ''}"
        )
        self.order_fields(["structure"])
