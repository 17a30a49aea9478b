"""Constats, chiffres et regards."""

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from diagnostic.indicateurs import SaisieMesure, Territoire
from diagnostic.models import Constat, Mesure, Regard, SerieIndicateur
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr
from gouvernance.templatetags.feuille import nombre

ACCORDS = [
    (2, "Tout à fait d’accord avec ce constat"),
    (1, "Plutôt d’accord"),
    (0, "Partagé"),
    (-1, "Plutôt pas d’accord"),
    (-2, "Pas du tout d’accord"),
]


class _Constat(FormulaireRattache):
    class Meta:
        model = Constat
        fields = [
            "intitule",
            "nature",
            "thematique",
            "tendance",
            "description",
            "trajectoire",
            "singularite",
            "sources",
        ]
        help_texts = {
            "intitule": "Une phrase qui se discute, par exemple « Un habitant sur six renonce à une démarche "
            "en ligne ».",
            "thematique": "Croiser plusieurs thématiques aidera à formuler des enjeux.",
            "tendance": "Comment la situation évolue depuis quelques années.",
            "trajectoire": "D’où l’on vient, où l’on va si rien ne change. Ce n’est pas une photo.",
            "singularite": "Ce qui distingue le territoire de ses voisins ou du reste du pays.",
            "sources": "Études, entretiens, visites… Les chiffres, eux, portent chacun leur source.",
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "trajectoire": forms.Textarea(attrs={"rows": 3}),
            "singularite": forms.Textarea(attrs={"rows": 3}),
            "sources": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["thematique"].empty_label = "Aucune pour l’instant"
        self.fields["tendance"].choices = [
            ("", "Non renseignée"),
            *((valeur, libelle) for valeur, libelle in self.fields["tendance"].choices if valeur),
        ]


class FormulaireConstat(AvecJeton, _Constat):
    bouton = "Ajouter le constat"


class FormulaireConstatModifie(AvecVersion, _Constat):
    pass


class FormulaireRegard(AvecJeton, FormulaireRattache):
    bouton = "Donner ce regard"
    accord = forms.TypedChoiceField(
        label="Ce que l’on pense du constat", choices=ACCORDS, coerce=int, widget=forms.RadioSelect
    )

    class Meta:
        model = Regard
        fields = ["auteur", "posture", "accord", "texte"]
        help_texts = {
            "auteur": "Par exemple « Maire d’une commune rurale » ou votre nom.",
            "posture": "D’où l’on parle : c’est la diversité des postures qui croise les regards.",
            "texte": "Ce que l’on voit, vit ou conteste, en quelques phrases.",
        }
        widgets = {"texte": forms.Textarea(attrs={"rows": 4})}


class ChampMesures(forms.ModelMultipleChoiceField):
    """Un chiffre par case ; le nom du territoire vient du code officiel géographique quand il est connu."""

    noms: dict[tuple[str, str], str] = {}

    def label_from_instance(self, mesure: Mesure) -> str:
        lieu = self.noms.get((mesure.echelle, mesure.territoire), mesure.territoire_nom)
        valeur = "non disponible"
        if mesure.valeur is not None:
            valeur = f"{nombre(mesure.valeur)} {mesure.serie.unite}".strip()
        marque = " (donnée de démonstration)" if mesure.serie.demonstration else ""
        return f"{mesure.serie.libelle} : {valeur} – {lieu}, {mesure.annee}{marque}"


class FormulaireChoixMesures(FormulaireDsfr):
    """Les chiffres déjà enregistrés, à cocher."""

    bouton = "Rattacher les chiffres cochés"
    mesures = ChampMesures(
        Mesure.objects.none(), label="Chiffres enregistrés", required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Ceux qui concernent vos territoires. Décocher détache le chiffre sans l’effacer.",
    )  # fmt: skip

    def __init__(self, *args, mesures, territoires: list[Territoire], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mesures"].noms = {(t.echelle, t.code): t.nom for t in territoires}
        self.fields["mesures"].queryset = mesures


class FormulaireMesure(AvecJeton, FormulaireDsfr):
    """Un chiffre nouveau : d'un indicateur enregistré, ou d'un indicateur nommé ici avec sa source."""

    bouton = "Ajouter ce chiffre"
    serie = forms.ModelChoiceField(
        SerieIndicateur.objects.none(), label="Indicateur enregistré", required=False,
        empty_label="Un nouvel indicateur, nommé ci-dessous",
    )  # fmt: skip
    libelle = forms.CharField(
        label="Nom du nouvel indicateur", required=False, max_length=200,
        help_text="Par exemple « Ménages sans connexion fixe ».",
    )  # fmt: skip
    unite = forms.CharField(
        label="Unité", required=False, max_length=30, help_text="Par exemple « % », « lieux », « habitants »."
    )
    source = forms.CharField(
        label="Source", required=False, max_length=250,
        help_text="À donner pour tout nouvel indicateur. Par exemple « Insee, recensement 2021 ».",
    )  # fmt: skip
    demonstration = forms.BooleanField(
        label="Donnée de démonstration",
        required=False,
        help_text="À cocher si le chiffre est inventé pour essayer : il sera marqué comme tel partout.",
    )
    territoire = forms.ChoiceField(label="Territoire")
    annee = forms.IntegerField(
        label="Année", validators=[MinValueValidator(1990), MaxValueValidator(2100)],
        help_text="Celle que décrit le chiffre, par exemple 2021.",
    )  # fmt: skip
    valeur = forms.DecimalField(
        label="Valeur", required=False, max_digits=16, decimal_places=4,
        help_text="Par exemple « 12,5 ». Laissée vide, elle se lira « non disponible », jamais zéro.",
    )  # fmt: skip

    def __init__(self, *args, series, territoires: list[Territoire], **kwargs):
        super().__init__(*args, **kwargs)
        self.territoires = {t.cle: t for t in territoires}
        self.fields["serie"].queryset = series
        self.fields["territoire"].choices = [(t.cle, f"{t.nom} ({t.echelle.label})") for t in territoires]

    def disposition(self):
        return Layout(
            "jeton",
            Fieldset("De quoi parle le chiffre", "serie", "libelle", "unite", "source", "demonstration"),
            Fieldset("Le chiffre", "territoire", "annee", "valeur"),
        )

    def clean(self):
        donnees = super().clean()
        if donnees.get("serie") and donnees.get("libelle"):
            self.add_error(
                "libelle", "Choisissez un indicateur enregistré ou nommez-en un nouveau, pas les deux."
            )
        return donnees

    def saisie(self) -> SaisieMesure:
        donnees = {nom: self.cleaned_data[nom] for nom in SaisieMesure._fields if nom != "territoire"}
        return SaisieMesure(territoire=self.territoires[self.cleaned_data["territoire"]], **donnees)
