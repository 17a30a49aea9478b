"""Instances, sièges et personnes."""

from django import forms

from gouvernance.forms.commun import FormulaireRattache
from gouvernance.forms.demarches import nom_complet, structures_membres
from gouvernance.models import Epci, Instance, Personne, Qualite, Siege, TypeInstance
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr

HOTE = "Nommez l’instance existante que la démarche reprend."
MOTEUR = "Un groupe moteur est celui d’un EPCI : choisissez-le."
TYPE_FIGE = (
    "Cette instance a déjà des séances, numérotées d’après son type : créez plutôt celle qui lui succède."
)


class ChampsInstance(FormulaireRattache):
    """Les champs d'une instance, et ce que chaque type exige, dit à côté du champ."""

    class Meta:
        model = Instance
        fields = ["type", "nom", "mandat", "frequence", "quorum", "epci", "instance_hote"]
        help_texts = {
            "nom": "Laissez vide pour le nom usuel, par exemple « Comité de pilotage (COPIL) ».",
            "mandat": "Ce qu’elle décide, prépare ou nourrit, en une phrase.",
            "epci": "Seulement pour le groupe moteur d’un EPCI ; il est alors obligatoire.",
            "instance_hote": "Seulement pour une instance existante, alors nommée ; par exemple « Comité de "
            "pilotage de la CTG ».",
        }
        widgets = {"mandat": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, departement, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["epci"].queryset = Epci.objects.actuels().filter(departements__contains=[departement])

    def clean(self):
        donnees = super().clean()
        if donnees.get("type") == TypeInstance.EXISTANTE and not donnees.get("instance_hote"):
            self.add_error("instance_hote", HOTE)
        if donnees.get("type") == TypeInstance.GROUPE_MOTEUR and not donnees.get("epci"):
            self.add_error("epci", MOTEUR)
        return donnees


class FormulaireAjoutInstance(AvecJeton, ChampsInstance):
    bouton = "Créer l’instance"

    class Meta(ChampsInstance.Meta):
        pass


class FormulaireInstance(AvecVersion, ChampsInstance):
    class Meta(ChampsInstance.Meta):
        pass

    def clean_type(self):
        type_ = self.cleaned_data["type"]
        if type_ != self.initial.get("type") and self.instance.seances.exists():
            raise forms.ValidationError(TYPE_FIGE)
        return type_


def nommer_titulaire(personne: Personne, structure: bool = True) -> str:
    """« Référente n° 1, vice-présidente (CC du Val) » : de quoi ne pas se tromper dans une liste."""
    fonction = f", {personne.fonction[:1].lower()}{personne.fonction[1:]}" if personne.fonction else ""
    return f"{personne}{fonction}" + (f" ({personne.structure})" if structure else "")


class _Siege(FormulaireRattache):
    rattaches = ("instance", "clos_le")

    class Meta:
        model = Siege
        fields = ["structure", "personne", "president"]
        help_texts = {
            "structure": "Parmi les membres de la gouvernance.",
            "personne": "Qui siège ; laissez vide si la structure désignera quelqu’un plus tard.",
            "president": "Plusieurs sièges peuvent présider : l’instance est alors co-présidée.",
        }

    def __init__(self, *args, gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        membres = structures_membres(gouvernance)
        self.fields["structure"].queryset = membres
        self.fields["structure"].label_from_instance = nom_complet
        self.fields["personne"].queryset = Personne.objects.filter(gouvernance=gouvernance).select_related(
            "structure"
        )
        self.fields["personne"].label_from_instance = nommer_titulaire

    def clean(self):
        donnees = super().clean()
        personne, structure = donnees.get("personne"), donnees.get("structure")
        if personne and structure and personne.structure_id != structure.pk:
            self.add_error(
                "personne", f"{personne} appartient à « {personne.structure} », pas à « {structure} »."
            )
        return donnees


class FormulaireAjoutSiege(AvecJeton, _Siege):
    bouton = "Ajouter ce siège"
    encore = "Ajouter et continuer"

    class Meta(_Siege.Meta):
        pass


class FormulaireSiege(AvecVersion, _Siege):
    class Meta(_Siege.Meta):
        pass


class FormulaireTitulaire(AvecJeton, AvecVersion, FormulaireDsfr):
    """Qui occupe désormais le siège : une personne connue, une nouvelle, ou personne encore."""

    bouton = "Remplacer le titulaire"
    personne = forms.ModelChoiceField(
        Personne.objects.none(), label="Nouveau titulaire", required=False,
        empty_label="À désigner, ou une personne décrite plus bas",
        help_text="Parmi les personnes connues de la structure.",
    )  # fmt: skip
    prenom = forms.CharField(label="Prénom", max_length=100, required=False)
    nom = forms.CharField(
        label="Nom", max_length=100, required=False,
        help_text="Seulement pour une personne qui n’est pas dans la liste.",
    )  # fmt: skip
    fonction = forms.CharField(
        label="Fonction", max_length=200, required=False,
        help_text="Par exemple « Vice-présidente chargée du numérique ».",
    )  # fmt: skip
    qualite = forms.ChoiceField(
        label="Qualité", choices=[("", "À choisir"), *Qualite.choices], required=False
    )
    email = forms.EmailField(label="Adresse électronique", required=False)

    def __init__(self, *args, siege: Siege, gouvernance, **kwargs):
        super().__init__(*args, initial={"version": siege.version}, **kwargs)
        self.siege = siege
        self.fields["personne"].queryset = Personne.objects.filter(
            gouvernance=gouvernance, structure=siege.structure_id
        ).exclude(pk=siege.personne_id)

    def clean(self):
        donnees = super().clean()
        if donnees.get("nom") and donnees.get("personne"):
            self.add_error("nom", "Choisissez dans la liste ou décrivez une nouvelle personne, pas les deux.")
        if donnees.get("nom") and not donnees.get("qualite"):
            self.add_error("qualite", "Dites à quel titre cette personne siège.")
        decrite = any(donnees.get(champ) for champ in ("prenom", "fonction", "qualite", "email"))
        if decrite and not donnees.get("nom") and not donnees.get("personne"):
            self.add_error("nom", "Donnez au moins le nom de cette personne.")
        return donnees

    def titulaire(self) -> Personne | None:
        """La personne choisie, une personne neuve (non enregistrée), ou None."""
        donnees = self.cleaned_data
        if donnees["personne"] or not donnees["nom"]:
            return donnees["personne"]
        champs = ("prenom", "nom", "fonction", "qualite", "email")
        return Personne(**{champ: donnees[champ] for champ in champs})

    def differences(self) -> list[tuple]:
        """Ce qui a été saisi en face de ce qui est enregistré, pour la page de conflit."""
        enregistre = Siege.objects.select_related("personne").get(pk=self.siege.pk).personne
        return [("Titulaire", self.titulaire() or "à désigner", enregistre or "à désigner")]


class _Personne(FormulaireRattache):
    class Meta:
        model = Personne
        fields = ["structure", "prenom", "nom", "fonction", "qualite", "email"]
        help_texts = {
            "fonction": "Par exemple « Vice-présidente chargée du numérique ».",
            "qualite": "Le groupe projet réunit au moins un élu et un technicien.",
        }

    def __init__(self, *args, gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["structure"].queryset = structures_membres(gouvernance)
        self.fields["structure"].label_from_instance = nom_complet
        if self.instance.pk is None:
            self.instance.gouvernance = gouvernance


class FormulaireAjoutPersonne(AvecJeton, _Personne):
    bouton = "Ajouter cette personne"
    encore = "Ajouter et continuer"

    class Meta(_Personne.Meta):
        pass


class FormulairePersonne(AvecVersion, _Personne):
    class Meta(_Personne.Meta):
        pass
