"""L'avis d'un comité technique sur une fiche."""

from django import forms

from feuille_de_route.dialogue import avis
from feuille_de_route.models import Avis, SensAvis
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.models import Demarche, EtatSeance, Seance
from gouvernance.socle.formulaires import AvecJeton, AvecVersion


class FormulaireAvis(AvecJeton, AvecVersion, FormulaireRattache):
    """Une instance, un sens, une motivation ; la séance si l'avis y a été pris."""

    bouton = "Enregistrer l’avis"
    sens = forms.ChoiceField(label="Avis", choices=SensAvis.choices, widget=forms.RadioSelect)

    class Meta:
        model = Avis
        fields = ["instance", "seance", "sens", "texte"]
        labels = {"instance": "Comité", "seance": "Séance"}
        widgets = {"texte": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "seance": "Si l’avis a été rendu en séance.",
            "texte": "Dites pourquoi, sauf pour un avis favorable : « Le budget 2027 n’est pas financé. »",
        }

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, **kwargs)
        comites = avis.instances(demarche)
        self.fields["instance"].queryset = comites
        seances = Seance.objects.filter(instance__in=comites).exclude(etat=EtatSeance.ANNULEE)
        self.fields["seance"].queryset = seances.select_related("instance").order_by("-debut")
        if self.instance.pk is None and len(comites) == 1:
            self.initial["instance"] = comites[0].pk

    def clean(self):
        donnees = super().clean()
        seance, instance = donnees.get("seance"), donnees.get("instance")
        if seance and instance and seance.instance_id != instance.pk:
            self.add_error("seance", f"Cette séance n’est pas celle de « {instance} ».")
        sans_motif = not donnees.get("texte", "").strip()
        if donnees.get("sens", SensAvis.FAVORABLE) != SensAvis.FAVORABLE and sans_motif:
            self.add_error("texte", "Un avis avec réserves ou défavorable dit pourquoi.")
        return donnees
