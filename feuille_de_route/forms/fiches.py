"""Formulaires d'une fiche action : la créer, puis l'écrire section par section."""

from django import forms

from diagnostic.models import EtatEnjeu
from feuille_de_route import ecarts
from feuille_de_route.completude import OBLIGATOIRES
from feuille_de_route.forms.choix import CasesACocher, Structures, nommer_le_vide, regler_les_axes
from feuille_de_route.forms.series import (
    SerieBudget,
    SerieEtapes,
    SerieFinancements,
    SerieIndicateurs,
    SeriePartenaires,
)
from feuille_de_route.models import FicheAction, Public, Service
from gouvernance.models import Demarche, Epci, Perimetre, Personne, Qualite
from gouvernance.permissions import DROITS, Acces
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, ModelFormulaireDsfr

LONG = forms.Textarea(attrs={"rows": 5})
CASES = forms.CheckboxSelectMultiple
A_PROPOSER = {champ.removesuffix("_id") for champ in OBLIGATOIRES}
LIGNES_A_REVOIR = "Des lignes sont à revoir dans « {} » : l’erreur est écrite sous chaque case."


class NouvelleFiche(AvecJeton, ModelFormulaireDsfr):
    """Le strict nécessaire pour ouvrir une fiche ; le reste s'écrit section par section."""

    bouton = "Créer la fiche"

    class Meta:
        model = FicheAction
        fields = ["titre", "axe", "nature", "structure_porteuse"]
        help_texts = {
            "titre": "Court et concret : « Permanences itinérantes en camping-car ».",
            "nature": "Agréger l’existant ne suffit pas : le territoire attend aussi des réponses nouvelles.",
            "structure_porteuse": "Celle qui conduit l’action et en répond.",
        }

    def __init__(self, *args, demarche: Demarche, acces: Acces, **kwargs):
        super().__init__(*args, **kwargs)
        regler_les_axes(self.fields["axe"], demarche)
        if acces.autorise(DROITS["editer_fiches"]):
            Structures(demarche).regler(self.fields["structure_porteuse"])
        else:
            del self.fields["structure_porteuse"]
        nommer_le_vide(self)


class Section(AvecJeton, AvecVersion, ModelFormulaireDsfr):
    """Une section de la fiche : des champs, et des séries de lignes, enregistrés ensemble.

    `sans_controle` : on remontre la saisie telle quelle (« Ajouter une ligne »).
    """

    titre = aide = bouton = ""
    SERIES: tuple = ()

    def __init__(self, *args, acces: Acces, sans_controle: bool = False, **kwargs):
        self.acces, self.sans_controle = acces, sans_controle
        super().__init__(*args, **kwargs)
        self.demarche = acces.demarche
        self.preparer()
        nommer_le_vide(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.series = [
            classe(
                self.data if self.is_bound else None,
                instance=self.instance,
                prefix=classe.get_default_prefix(),
                form_kwargs=self.options_des_lignes(),
                sans_controle=sans_controle,
            )
            for classe in self.SERIES
        ]
        if not self.is_bound:
            self._montrer_ce_qui_est_attendu()

    def preparer(self) -> None:
        """Restreint les choix à ce qui appartient à la démarche."""

    def options_des_lignes(self) -> dict:
        return {}

    def full_clean(self):
        if self.sans_controle:
            self._errors = forms.utils.ErrorDict()
        else:
            super().full_clean()
        self._montrer_ce_qui_est_attendu()

    def _montrer_ce_qui_est_attendu(self) -> None:
        """Un champ attendu pour proposer la fiche ne se dit pas « optionnel » ; un brouillon s'en passe."""
        for nom in A_PROPOSER & set(self.fields):
            self.fields[nom].required = True

    def _get_validation_exclusions(self):
        """Ce qui vient d'une liste est déjà jugé par son champ : la base n'a pas à le chercher de nouveau."""
        choisis = {nom for nom, champ in self.fields.items() if isinstance(champ, forms.ChoiceField)}
        return super()._get_validation_exclusions() | choisis

    def is_valid(self):
        valide = super().is_valid()
        for serie in self.series:
            phrase = LIGNES_A_REVOIR.format(serie.titre)
            if not serie.is_valid():
                valide = False
                if phrase not in self.non_field_errors():
                    self.add_error(None, phrase)
        return valide

    def valeurs(self) -> dict:
        """Les seuls champs de la section : un état changé au même moment ne sera pas écrasé."""
        simples = {champ.name for champ in self.instance._meta.concrete_fields} & set(self._meta.fields)
        return {nom: getattr(self.instance, nom) for nom in simples & set(self.fields)}

    def enregistrer_les_listes(self) -> None:
        """Ce qui ne tient pas dans la ligne de la fiche : enjeux et territoires s'ils changent, séries."""
        for champ in self.instance._meta.many_to_many:
            if champ.name in self.changed_data:
                champ.save_form_data(self.instance, self.cleaned_data[champ.name])
        for serie in self.series:
            serie.save()

    def differences(self) -> list[ecarts.Ecart]:
        """Ce qui a été saisi en face de ce qui est maintenant enregistré (page de conflit)."""
        actuelle = type(self)(
            self.data, instance=FicheAction.objects.get(pk=self.instance.pk), acces=self.acces
        )
        actuelle.is_valid()
        return [(e.libelle, e.apres, e.avant) for e in ecarts.de_la_saisie(actuelle)]


class SectionIdentite(Section):
    titre = "Identité et sens"
    aide = "Ce qu’est l’action, pourquoi elle existe, pour qui et où."
    services = forms.MultipleChoiceField(choices=Service, required=False, widget=CASES, label="Services")
    publics = forms.MultipleChoiceField(choices=Public, required=False, widget=CASES, label="Publics visés")

    class Meta:
        model = FicheAction
        fields = [
            "titre", "axe", "nature", "priorite", "chantier", "contexte", "objectifs", "description",
            "enjeux", "publics", "services", "territoires",
        ]  # fmt: skip
        help_texts = {
            "contexte": "Le besoin constaté, et ce qui existe déjà.",
            "objectifs": "Ce qui aura changé : « 400 personnes accompagnées par an dans 12 communes ».",
            "description": "Comment cela se passe concrètement, du premier jour au dernier.",
            "chantier": "Si l’action prolonge un chantier clé.",
            "territoires": "Ne cochez rien si l’action couvre tout le périmètre.",
        }
        widgets = {
            "contexte": LONG, "objectifs": LONG, "description": LONG, "enjeux": CASES, "territoires": CASES,
        }  # fmt: skip
        field_classes = {"enjeux": CasesACocher, "territoires": CasesACocher}

    def preparer(self):
        demarche = self.demarche
        for nom in self._meta.field_classes:
            self.fields[nom].cochees = self.initial[nom]
        regler_les_axes(self.fields["axe"], demarche)
        self.fields["chantier"].queryset = demarche.chantiers.all()
        self.fields["enjeux"].queryset = demarche.enjeux.exclude(etat=EtatEnjeu.ECARTE)
        if demarche.perimetre == Perimetre.GROUPEMENT:
            epcis = demarche.epcis.all()
        else:
            epcis = Epci.objects.filter(departements__contains=[demarche.gouvernance.departement_id])
        self.fields["territoires"].queryset = epcis


class SectionActeurs(Section):
    titre = "Acteurs"
    aide = "Qui porte l’action, qui la conduit, qui y participe."
    SERIES = (SeriePartenaires,)

    class Meta:
        model = FicheAction
        fields = ["structure_porteuse", "pilote", "elu_referent"]
        help_texts = {
            "structure_porteuse": "Parmi les membres de la gouvernance.",
            "pilote": "La personne qui conduit l’action, avec sa fonction.",
            "elu_referent": "L’élu qui présente l’action au COPIL.",
        }

    def preparer(self):
        self.structures = Structures(self.demarche, self.instance)
        self.fields["elu_referent"].queryset = Personne.objects.filter(
            gouvernance=self.demarche.gouvernance_id, qualite=Qualite.ELU
        )
        if self.acces.autorise(DROITS["editer_fiches"]):
            self.structures.regler(self.fields["structure_porteuse"])
        else:  # un partenaire ne confie pas sa fiche à un autre
            del self.fields["structure_porteuse"]

    def options_des_lignes(self):
        return {"structures": self.structures}


class SectionTemps(Section):
    titre = "Temps et étapes"
    aide = "Quand l’action commence, ce qui la jalonne, quand elle finit."
    SERIES = (SerieEtapes,)

    class Meta:
        model = FicheAction
        fields = ["debut", "fin"]
        help_texts = {"fin": "Laissez vide si l’action est appelée à durer."}

    def clean(self):
        """Dit sous la case « Fin » ce que la base refuserait sans nommer de case."""
        donnees = super().clean()
        debut, fin = donnees.get("debut"), donnees.get("fin")
        if debut and fin and fin < debut:
            self.add_error("fin", "La fin de l’action précède son début.")
        return donnees


class SectionMesure(Section):
    titre = "Indicateurs"
    aide = "Ce que l’on comptera pour justifier le travail fait."
    SERIES = (SerieIndicateurs,)

    class Meta:
        model = FicheAction
        fields = []


class SectionMoyens(Section):
    titre = "Budget et financements"
    aide = "Ce que l’action demande, ce qu’elle coûte, qui paie."
    SERIES = (SerieBudget, SerieFinancements)

    class Meta:
        model = FicheAction
        fields = ["moyens_humains", "moyens_materiels"]
        help_texts = {
            "moyens_humains": "Deux médiateurs à mi-temps, une coordinatrice…",
            "moyens_materiels": "Un véhicule, dix ordinateurs, une salle…",
        }
        widgets = {champ: forms.Textarea(attrs={"rows": 3}) for champ in fields}


SECTIONS = {
    "identite": SectionIdentite,
    "acteurs": SectionActeurs,
    "temps": SectionTemps,
    "mesure": SectionMesure,
    "moyens": SectionMoyens,
}
