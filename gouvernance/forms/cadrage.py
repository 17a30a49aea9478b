"""Cahier des charges, définition commune, calendrier des jalons."""

from django import forms

from gouvernance.cadre import cadrage
from gouvernance.cadre.cadrage import dire_jalon
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.forms.demarches import structures_membres
from gouvernance.models import (
    CahierDesCharges,
    DefinitionCommune,
    Instance,
    Jalon,
    Limite,
    LimiteDAction,
    Structure,
    Terme,
)
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr, SaisieDate

TEXTE = forms.Textarea(attrs={"rows": 6})


AIDES = {
    "contexte": "Pourquoi maintenant, et ce qui existe déjà sur le territoire.",
    "objectifs": "Ce que la démarche doit produire, et pour qui.",
    "perimetre": "Le territoire et les publics visés ; ce qui n’en est pas, par exemple « ni la fibre, ni "
    "l’équipement des écoles ».",
    "methode": "Les étapes, les ateliers, les moments de validation.",
    "moyens": "Les personnes, le temps et l’argent dont la démarche dispose.",
    "vigilance": "Ce que les parties veulent éviter.",
}


class AvecPortee(forms.Form):
    """Quand des structures ont déjà adhéré : la coordination dit ce que vaut le changement."""

    portee = forms.ChoiceField(
        label="Ce que vaut ce changement", choices=cadrage.Portee.choices, initial=cadrage.Portee.FOND,
        widget=forms.RadioSelect,
        help_text="Une correction mineure ne change pas ce à quoi les structures ont adhéré : une faute, une "
        "date. Votre choix est inscrit au journal.",
    )  # fmt: skip

    def __init__(self, *args, choix_de_portee: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if not choix_de_portee:
            del self.fields["portee"]


class TexteAttendu(forms.CharField):
    """Ni obligatoire (un brouillon s'enregistre), ni facultatif : l'étape suivante le demandera."""

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "required": True})

    def validate(self, value):
        """Vide, il s'enregistre."""

    def widget_attrs(self, widget):
        widget.use_required_attribute = lambda _: False
        return super().widget_attrs(widget)


LIBELLES = {"objectifs": "Objectifs (demandés pour ouvrir le diagnostic)"}


class FormulaireCahier(AvecPortee, AvecVersion, FormulaireRattache):
    class Meta:
        model = CahierDesCharges
        fields = list(cadrage.SECTIONS)
        help_texts = AIDES
        labels = LIBELLES
        field_classes = {"objectifs": TexteAttendu}
        widgets = dict.fromkeys(fields, TEXTE)


class _Section(AvecPortee, FormulaireRattache):
    """Une section du cahier ; `empreinte` : le texte lu, pour prévenir si un autre l'a changé."""

    section: str
    empreinte = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["empreinte"] = cadrage.empreinte_de(getattr(self.instance, self.section))


def _pour_la_section(section: str) -> type[_Section]:
    meta = type("Meta", (), {
        "model": CahierDesCharges, "fields": [section], "help_texts": AIDES, "labels": LIBELLES,
        "field_classes": {"objectifs": TexteAttendu},
        "widgets": {section: forms.Textarea(attrs={"rows": 12})},
    })  # fmt: skip
    return type(f"FormulaireSection{section.title()}", (_Section,), {"Meta": meta, "section": section})


SECTIONS = {section: _pour_la_section(section) for section in cadrage.SECTIONS}


class FormulaireDefinition(AvecVersion, FormulaireRattache):
    class Meta:
        model = DefinitionCommune
        fields = ["texte"]
        help_texts = {"texte": "Deux ou trois phrases que toutes les parties reprennent à leur compte."}
        widgets = {"texte": TEXTE}


class _Terme(FormulaireRattache):
    rattaches = ("demarche",)

    class Meta:
        model = Terme
        fields = ["terme", "definition"]
        help_texts = {
            "terme": "Par exemple « Illectronisme ».",
            "definition": "Ce que les parties entendent par là, en une ou deux phrases.",
        }
        widgets = {"definition": forms.Textarea(attrs={"rows": 4})}


class FormulaireAjoutTerme(AvecJeton, _Terme):
    bouton = "Ajouter ce terme"
    encore = "Ajouter et continuer"

    class Meta(_Terme.Meta):
        pass


class FormulaireTerme(AvecVersion, _Terme):
    class Meta(_Terme.Meta):
        pass


class FormulairePropositions(AvecJeton, FormulaireDsfr):
    """Des termes de départ, à choisir ; chacun se modifie ensuite."""

    bouton = "Ajouter les termes cochés"
    termes = forms.MultipleChoiceField(
        label="Termes proposés", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins un terme."},
    )  # fmt: skip

    def __init__(self, *args, propositions: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["termes"].choices = [
            (terme, f"{terme} : {definition}") for terme, definition in propositions
        ]


class _Limite(FormulaireRattache):
    class Meta:
        model = LimiteDAction
        fields = ["categorie", "libelle", "explication", "responsable", "echeance"]
        labels = {"categorie": "De quoi s’agit-il ?", "responsable": "Structure qui s’en charge"}
        help_texts = {
            "libelle": "Par exemple « Ouvrir un lieu d’accueil dans chaque EPCI ».",
            "explication": "Ce qui le permet, ou ce qui l’empêche : moyens, compétence, calendrier.",
            "echeance": "Surtout pour ce que l’on va faire.",
        }
        widgets = {"categorie": forms.RadioSelect, "explication": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["categorie"].choices = Limite.choices
        self.fields["responsable"].queryset = structures_membres(gouvernance)


class FormulaireAjoutLimite(AvecJeton, _Limite):
    bouton = "Ajouter cette ligne"
    encore = "Ajouter et continuer"

    class Meta(_Limite.Meta):
        pass


class FormulaireLimite(AvecVersion, _Limite):
    class Meta(_Limite.Meta):
        pass


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
                label=f"Échéance de « {jalon} »", required=False, disabled=jalon.acquis,
                initial=jalon.echeance, widget=SaisieDate(attrs={"aria-label": f"Échéance de « {jalon} »"}),
            )  # fmt: skip
            ancienne = (
                [(str(jalon.instance.uuid), str(jalon.instance))] if jalon.acquis and jalon.instance else []
            )
            self.base_fields[f"{jalon.code}_instance"] = forms.ChoiceField(
                label=f"Qui valide « {jalon} »", required=False, disabled=jalon.acquis,
                choices=ancienne or choix,
                initial=str(jalon.instance.uuid) if jalon.instance else seule,
                widget=forms.Select(attrs={"aria-label": f"Qui valide « {jalon} »"}),
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
