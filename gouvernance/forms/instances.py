"""Instances, sièges et personnes."""

from django import forms

from gouvernance.forms.commun import FormulaireRattache
from gouvernance.forms.demarches import structures_membres
from gouvernance.models import Epci, Instance, Personne, Siege
from gouvernance.socle.formulaires import AvecJeton, AvecVersion


class _Instance(FormulaireRattache):
    class Meta:
        model = Instance
        fields = ["type", "nom", "mandat", "frequence", "quorum", "epci", "instance_hote"]
        help_texts = {
            "mandat": "Ce qu’elle décide, prépare ou nourrit, en une phrase.",
            "epci": "Seulement pour le groupe moteur d’un EPCI.",
            "instance_hote": "Seulement si l’on reprend une instance qui se réunit déjà ; donnez son nom.",
        }
        widgets = {"mandat": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, departement, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["epci"].queryset = Epci.objects.actuels().filter(departements__contains=[departement])


class FormulaireAjoutInstance(AvecJeton, _Instance):
    bouton = "Créer l’instance"

    class Meta(_Instance.Meta):
        pass


class FormulaireInstance(AvecVersion, _Instance):
    class Meta(_Instance.Meta):
        pass


class _Siege(FormulaireRattache):
    rattaches = ("instance",)

    class Meta:
        model = Siege
        fields = ["structure", "personne", "president"]
        help_texts = {
            "structure": "Parmi les membres de la gouvernance.",
            "personne": "Qui siège ; laissez vide si la structure désignera quelqu’un plus tard.",
        }

    def __init__(self, *args, gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        membres = structures_membres(gouvernance)
        self.fields["structure"].queryset = membres
        self.fields["personne"].queryset = Personne.objects.filter(gouvernance=gouvernance).select_related(
            "structure"
        )
        self.fields["personne"].label_from_instance = lambda p: f"{p} ({p.structure})"

    def clean(self):
        donnees = super().clean()
        personne, structure = donnees.get("personne"), donnees.get("structure")
        if personne and structure and personne.structure_id != structure.pk:
            self.add_error(
                "personne", f"{personne} appartient à « {personne.structure} », pas à « {structure} »."
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


class _Personne(FormulaireRattache):
    class Meta:
        model = Personne
        fields = ["structure", "prenom", "nom", "fonction", "qualite", "email"]
        help_texts = {
            "fonction": "Par exemple « Vice-présidente chargée du numérique ».",
            "qualite": "Le groupe projet réunit au moins un élu et un technicien.",
        }

    def __init__(self, *args, gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["structure"].queryset = structures_membres(gouvernance)
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
