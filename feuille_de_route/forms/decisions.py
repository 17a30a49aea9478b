"""La décision prise en séance : nature, objet visé, texte, réserves ; et sa correction, séance ouverte."""

from typing import NamedTuple
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from feuille_de_route.arbitrages import cibles, effets
from feuille_de_route.arbitrages.cibles import Objet
from feuille_de_route.models import EtatFiche
from gouvernance.decisions import DELAI_RESERVES, SaisieDecision
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.models import (
    Cible,
    Decision,
    Demarche,
    NatureDecision,
    PointOrdreDuJour,
    StatutMembre,
    Structure,
)
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr


class Propos(NamedTuple):
    """Ce dont on décide : l'objet visé, le point, la décision sur laquelle on revient, et tous les objets."""

    objet: Objet | None
    objets: list[Objet]
    point: PointOrdreDuJour | None = None
    revient_sur: Decision | None = None


def membres(demarche: Demarche):
    return Structure.objects.filter(
        adhesions_gouvernance__gouvernance=demarche.gouvernance_id,
        adhesions_gouvernance__statut=StatutMembre.CONFIRME,
    ).order_by("nom")


class FormulaireDecision(AvecJeton, FormulaireDsfr):
    """`cible` ne se change pas ici : les phrases qui disent l'effet de chaque nature portent sur elle.

    `retenir`, `ecarter` : des fiches proposées, pour une décision qui n'en vise pas une seule.
    """

    bouton = "Consigner la décision"
    nature = forms.ChoiceField(label="Nature", choices=NatureDecision.choices, widget=forms.RadioSelect)
    objet = forms.CharField(
        label="Objet", max_length=250, help_text="Par exemple « Validation du diagnostic territorial »."
    )
    texte = forms.CharField(
        label="Texte de la décision", required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Tel qu’il figurera au relevé ; c’est le motif, si la décision écarte ou ajourne.",
    )  # fmt: skip
    reserves = forms.CharField(
        label="Réserves", required=False, widget=forms.Textarea(attrs={"rows": 3, "placeholder": " "}),
        help_text="Pour une validation avec réserves ; elles deviennent un point de blocage à lever.",
    )  # fmt: skip
    responsable = forms.ModelChoiceField(
        Structure.objects.none(), label="Qui lève les réserves", required=False, empty_label="À désigner"
    )
    echeance = forms.DateField(
        label="Échéance des réserves", required=False,
        help_text=f"Sans date, elles sont à lever sous {DELAI_RESERVES.days} jours.",
    )  # fmt: skip
    retenir = forms.MultipleChoiceField(
        label="Fiches actions retenues", required=False, widget=forms.CheckboxSelectMultiple
    )
    ecarter = forms.MultipleChoiceField(
        label="Fiches actions écartées", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Le texte de la décision en sera le motif, lu par leurs porteurs.",
    )  # fmt: skip
    cible = forms.CharField(required=False, widget=forms.HiddenInput)
    etat_vu = forms.CharField(required=False, widget=forms.HiddenInput)
    remplace = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, demarche: Demarche, propos: Propos, **kwargs):
        super().__init__(*args, **kwargs)
        self.propos = propos
        self.fields["responsable"].queryset = membres(demarche)
        self.fields["nature"].choices = [(nature.value, self._dire(nature)) for nature in NatureDecision]
        self.initial |= self._depart()
        self._proposer_les_fiches()

    def _dire(self, nature: NatureDecision) -> str:
        phrase = effets.phrase(self.propos.objet, nature)
        return format_html('{}<span class="fr-hint-text">{}</span>', nature.label, phrase)

    def _depart(self) -> dict:
        objet, point, avant = self.propos.objet, self.propos.point, self.propos.revient_sur
        dit = avant.objet if avant else point.objet if point else ""
        if not dit and objet:
            dit = f"Validation du jalon « {objet.libelle} »" if objet.type == Cible.JALON else objet.libelle
        return {
            "objet": dit[:250],
            "cible": objet.valeur if objet else "",
            "etat_vu": objet.etat if objet else "",
            "remplace": avant.uuid if avant else None,
            "texte": f"Cette décision remplace {avant.numero}. " if avant else "",
        }

    def _proposer_les_fiches(self) -> None:
        proposees = [
            (str(o.cible), o.libelle) for o in self.propos.objets
            if o.type == Cible.FICHE and o.etat == EtatFiche.PROPOSEE
        ]  # fmt: skip
        visee = self.propos.objet and self.propos.objet.type == Cible.FICHE
        for nom in ("retenir", "ecarter"):
            if proposees and not visee:
                self.fields[nom].choices = proposees
            else:
                del self.fields[nom]

    def clean_cible(self) -> Objet | None:
        type_, cible = cibles.lire_valeur(self.cleaned_data["cible"])
        objet = next((o for o in self.propos.objets if o.type == type_ and o.cible == cible), None)
        if type_ and objet is None:
            raise ValidationError("Cet objet n’est pas, ou n’est plus, à décider dans cette démarche.")
        return objet

    def clean(self):
        donnees = super().clean()
        doubles = set(donnees.get("retenir") or ()) & set(donnees.get("ecarter") or ())
        if doubles:
            noms = ", ".join(f"« {dit} »" for cle, dit in self.fields["ecarter"].choices if cle in doubles)
            self.add_error("ecarter", f"On ne peut pas à la fois retenir et écarter {noms}.")
        return donnees

    def saisie(self) -> SaisieDecision:
        donnees, objet = self.cleaned_data, self.cleaned_data["cible"]
        champs = ("nature", "objet", "texte", "reserves", "echeance", "responsable", "remplace", "etat_vu")
        return SaisieDecision(
            **{nom: donnees[nom] for nom in champs}, point=self.propos.point,
            cible_type=objet.type if objet else "", cible=objet.cible if objet else None,
            cible_libelle=objet.libelle if objet else "",
        )  # fmt: skip

    def fiches(self, nom: str) -> list[int]:
        """Les clés des fiches cochées."""
        cochees = {UUID(valeur) for valeur in self.cleaned_data.get(nom) or ()}
        return [o.cle for o in self.propos.objets if o.type == Cible.FICHE and o.cible in cochees]


class FormulaireCorrection(AvecVersion, FormulaireRattache):
    """Les mots d'une décision ; sa nature et ce qu'elle vise ne changent pas."""

    bouton = "Corriger la décision"

    class Meta:
        model = Decision
        fields = ["objet", "texte", "reserves"]
        widgets = {
            "texte": forms.Textarea(attrs={"rows": 4}),
            "reserves": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.nature != NatureDecision.VALIDATION_RESERVES:
            del self.fields["reserves"]
        else:
            self.fields["reserves"].required = True
