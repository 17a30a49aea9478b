"""Formulaires d'une fiche action : la créer, puis l'écrire section par section."""

from django import forms
from django.db.models import Q

from ateliers.models import Contribution
from diagnostic.models import EtatEnjeu
from feuille_de_route.forms.choix import (
    CasesACocher,
    Structures,
    lire_une_fois,
    nommer_le_vide,
    regler_les_axes,
)
from feuille_de_route.forms.section import Section
from feuille_de_route.forms.series import (
    SerieBudget,
    SerieEtapes,
    SerieFinancements,
    SerieIndicateurs,
    SeriePartenaires,
)
from feuille_de_route.models import Competence, FicheAction, Public, Service
from feuille_de_route.redaction.completude import TITRES
from gouvernance.models import Demarche, Epci, Perimetre, Personne, Qualite
from gouvernance.permissions import DROITS, Acces
from gouvernance.socle.formulaires import AvecJeton, ModelFormulaireDsfr

LONG = forms.Textarea(attrs={"rows": 5})
COURT = forms.Textarea(attrs={"rows": 3})
CASES = forms.CheckboxSelectMultiple


class NouvelleFiche(AvecJeton, ModelFormulaireDsfr):
    """Le strict nécessaire pour ouvrir une fiche ; le reste s'écrit section par section."""

    bouton = "Créer la fiche"

    class Meta:
        model = FicheAction
        fields = ["titre", "axe", "nature", "structure_porteuse"]
        help_texts = {
            "titre": "Court et concret : « Permanences itinérantes en camping-car ».",
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


class SectionIdentite(Section):
    titre = TITRES["identite"]
    aide = "Ce qu’est l’action, et d’où elle vient."

    class Meta:
        model = FicheAction
        fields = [
            "titre", "axe", "nature", "priorite", "gain_rapide", "origine", "chantier", "contribution",
        ]  # fmt: skip
        labels = {
            "nature": "Cette action existe-t-elle déjà ?",
            "origine": "D’où vient l’idée",
            "gain_rapide": "Un premier résultat sera visible en moins de six mois",
        }
        help_texts = {
            "titre": "Court et concret : « Permanences itinérantes en camping-car ».",
            "axe": "L’axe de la stratégie que l’action fait avancer.",
            "nature": "Existante : elle tourne. Renforcée : elle grandit. Nouvelle : elle reste à créer.",
            "priorite": "Aide le comité de pilotage à trier quand les moyens manquent.",
            "gain_rapide": "Par exemple : ouvrir une permanence dans un lieu qui existe déjà.",
            "chantier": "Si l’action prolonge un chantier clé.",
            "contribution": "Si l’action est née d’une contribution notée en atelier.",
        }

    def preparer(self):
        regler_les_axes(self.fields["axe"], self.demarche)
        lire_une_fois(self.fields["chantier"], self.demarche.chantiers.all())
        contributions = Contribution.objects.filter(atelier__demarche=self.demarche)
        lire_une_fois(self.fields["contribution"], contributions)
        if getattr(self.acces, "sans_compte", False):  # ce que d'autres ont dit n'est pas à montrer
            del self.fields["contribution"]


class SectionSens(Section):
    titre = TITRES["sens"]
    aide = "Pourquoi l’action existe, ce qu’elle vise, comment elle se passe."

    class Meta:
        model = FicheAction
        fields = ["contexte", "besoins", "objectifs", "description"]
        labels = {"contexte": "Contexte"}
        help_texts = {
            "contexte": "Ce que l’on constate, et ce qui existe déjà : « Trois permanences dans les bourgs, "
            "aucune au nord du canton ».",
            "besoins": "Ce qu’attendent les habitants : « Être aidés près de chez eux, sans rendez-vous ».",
            "objectifs": "Ce qui aura changé : « 400 personnes accompagnées par an dans 12 communes ».",
            "description": "Comment cela se passe concrètement, du premier jour au dernier.",
        }
        widgets = {"contexte": COURT, "besoins": COURT, "objectifs": COURT, "description": LONG}


class SectionPublics(Section):
    titre = TITRES["publics"]
    aide = "À quoi l’action répond, pour qui et où."
    publics = forms.MultipleChoiceField(choices=Public, required=False, widget=CASES, label="Publics visés")
    services = forms.MultipleChoiceField(
        choices=Service, required=False, widget=CASES, label="Services rendus"
    )
    competences = forms.MultipleChoiceField(
        choices=Competence, required=False, widget=CASES, label="Compétences développées",
        help_text="Le socle dont chaque habitant a besoin.",
    )  # fmt: skip

    class Meta:
        model = FicheAction
        fields = ["enjeux", "publics", "services", "competences", "territoires"]
        help_texts = {
            "enjeux": "Les questions du diagnostic auxquelles l’action répond.",
            "territoires": "Ne cochez rien si l’action couvre tout le périmètre.",
        }
        widgets = {"enjeux": CASES, "territoires": CASES}
        field_classes = {"enjeux": CasesACocher, "territoires": CasesACocher}

    def preparer(self):
        demarche = self.demarche
        for nom in self._meta.field_classes:
            self.fields[nom].cochees = self.initial[nom]
        self.fields["enjeux"].queryset = demarche.enjeux.exclude(etat=EtatEnjeu.ECARTE)
        if demarche.perimetre == Perimetre.GROUPEMENT:
            epcis = demarche.epcis.all()
        else:
            epcis = Epci.objects.filter(departements__contains=[demarche.gouvernance.departement_id])
        self.fields["territoires"].queryset = epcis


class SectionActeurs(Section):
    titre = TITRES["acteurs"]
    aide = "Qui porte l’action, qui la conduit, qui la suit, qui y participe."
    SERIES = (SeriePartenaires,)

    class Meta:
        model = FicheAction
        fields = ["structure_porteuse", "pilote", "copilotes", "elu_referent", "instance_suivi"]
        help_texts = {
            "structure_porteuse": "Parmi les membres de la gouvernance.",
            "pilote": "La personne qui conduit l’action, et sa fonction : « A. Roy, cheffe de projet ».",
            "copilotes": "Celles qui conduisent l’action avec la porteuse. Souvent aucune.",
            "elu_referent": "L’élu qui présente l’action au COPIL.",
            "instance_suivi": "Celle devant qui l’on dira où en est l’action.",
        }
        widgets = {"copilotes": CASES}
        field_classes = {"copilotes": CasesACocher}

    def preparer(self):
        self.structures = Structures(self.demarche, self.instance)
        elus = Personne.objects.filter(gouvernance=self.demarche.gouvernance_id, qualite=Qualite.ELU)
        lire_une_fois(self.fields["elu_referent"], elus)
        actives = Q(dissoute_le=None) | Q(pk=self.instance.instance_suivi_id)
        lire_une_fois(self.fields["instance_suivi"], self.demarche.instances.filter(actives))
        self.fields["copilotes"].cochees = self.initial["copilotes"]
        self.structures.regler_les_cases(self.fields["copilotes"])
        if self.acces.autorise(DROITS["editer_fiches"]):
            self.structures.regler(self.fields["structure_porteuse"])
        else:  # un partenaire ne confie pas sa fiche à un autre
            del self.fields["structure_porteuse"]

    def options_des_lignes(self):
        return {"structures": self.structures}


class SectionTemps(Section):
    titre = TITRES["temps"]
    aide = "Quand l’action commence, ce qui la jalonne, quand elle finit."
    SERIES = (SerieEtapes,)

    class Meta:
        model = FicheAction
        fields = ["debut", "fin", "premiere_annee"]
        help_texts = {
            "debut": "Même approximatif : le premier jour du mois suffit.",
            "fin": "Laissez vide si l’action est appelée à durer.",
            "premiere_annee": "D’ici douze mois : « Recruter, équiper le bus, ouvrir 4 arrêts ».",
        }
        widgets = {"premiere_annee": COURT}

    def clean(self):
        """Dit sous la case « Fin » ce que la base refuserait sans nommer de case."""
        donnees = super().clean()
        debut, fin = donnees.get("debut"), donnees.get("fin")
        if debut and fin and fin < debut:
            self.add_error("fin", "La fin de l’action précède son début.")
        return donnees


class SectionMesure(Section):
    titre = TITRES["mesure"]
    aide = "Ce que l’on comptera pour justifier le travail fait."
    SERIES = (SerieIndicateurs,)

    class Meta:
        model = FicheAction
        fields = []


class SectionMoyens(Section):
    titre = TITRES["moyens"]
    aide = "Ce que l’action demande, ce qu’elle coûte, qui paie."
    SERIES = (SerieBudget, SerieFinancements)

    class Meta:
        model = FicheAction
        fields = ["moyens_humains", "moyens_materiels"]
        help_texts = {
            "moyens_humains": "Deux médiateurs à mi-temps, une coordinatrice…",
            "moyens_materiels": "Un véhicule, dix ordinateurs, une salle…",
        }
        widgets = dict.fromkeys(fields, COURT)


SECTIONS = {
    "identite": SectionIdentite,
    "sens": SectionSens,
    "publics": SectionPublics,
    "acteurs": SectionActeurs,
    "temps": SectionTemps,
    "mesure": SectionMesure,
    "moyens": SectionMoyens,
}
