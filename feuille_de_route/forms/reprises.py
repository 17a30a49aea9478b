"""Reprendre une fiche : où, pour quand, sous quel titre."""

from django import forms

from feuille_de_route.echelles.reprises import Reprise
from feuille_de_route.models import FicheAction
from gouvernance.models import Demarche, Etape
from gouvernance.permissions import DROITS, motif_d_etape
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr

QUAND = [
    (1, "L’année suivante : les dates, le budget et les financements avancent d’un an"),
    (0, "Une variante : les dates et les années restent les mêmes"),
]


class Demarches(forms.ModelChoiceField):
    def label_from_instance(self, obj: Demarche) -> str:
        ferme = motif_d_etape(obj, DROITS["creer_fiche"])
        return f"{obj} (fermée aux fiches neuves : {obj.get_etape_display().lower()})" if ferme else str(obj)


class FormulaireReprise(AvecJeton, FormulaireDsfr):
    bouton = "Créer le brouillon"
    titre = forms.CharField(
        label="Titre de la nouvelle fiche", max_length=200,
        help_text="Distinguez-la de celle que vous reprenez : « Permanences itinérantes, 2028 ».",
    )  # fmt: skip
    annees = forms.TypedChoiceField(label="Pour quand ?", choices=QUAND, coerce=int, widget=forms.RadioSelect)
    vers = Demarches(Demarche.objects.none(), label="Dans quelle démarche ?", empty_label=None)

    def __init__(self, *args, fiche: FicheAction, accueil: list[Demarche], voulue: str = "", **kwargs):
        """`accueil` : les démarches où l'on peut créer une fiche ; `voulue` : l'identifiant public de celle
        d'où l'on vient.
        """
        super().__init__(*args, **kwargs)
        self.fiche = fiche
        self.fields["vers"].queryset = Demarche.objects.filter(pk__in=[d.pk for d in accueil])
        self.fields["titre"].initial = fiche.titre
        self.fields["annees"].initial = int(Etape(fiche.demarche.etape).rang >= Etape.SIGNEE.rang)
        ouvertes = [d for d in accueil if not motif_d_etape(d, DROITS["creer_fiche"])]
        preferees = [
            *(d for d in accueil if str(d.uuid) == voulue),
            *(d for d in ouvertes if d.pk == fiche.demarche_id),
            *ouvertes,
            *accueil,
        ]
        self.fields["vers"].initial = preferees[0].pk

    @property
    def reprise(self) -> Reprise:
        lu = self.cleaned_data
        return Reprise(self.fiche, lu["vers"], lu["annees"], lu["titre"])
