"""La grille des élus : chercher, inscrire, modifier."""

from django import forms

from gouvernance.acteurs import elus
from gouvernance.acteurs.couverture import communes_de, epcis_de
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.forms.demarches import structures_membres
from gouvernance.models import Delegation, Demarche, Elu, Epci, Personne, Qualite, Sensibilite, Structure
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr
from gouvernance.socle.tri import cle_francaise

OPINION = "Visible de la coordination et des co-porteurs seuls ; absente du journal, des exports et des PDF."


def ranger(champ: forms.ModelChoiceField, objets, nommer=str, vide: str = "Choisir") -> None:
    """Les choix d'un champ, dans l'ordre français ; la validation reste celle de son queryset."""
    choix = sorted(((objet.pk, nommer(objet)) for objet in objets), key=lambda c: cle_francaise(c[1]))
    champ.choices = choix if isinstance(champ, forms.ModelMultipleChoiceField) else [("", vide), *choix]


class FormulaireFiltreElus(FormulaireDsfr):
    """Les filtres de la liste, gardés dans l'adresse ; une valeur inconnue ne filtre rien."""

    bouton = ""
    delegation = forms.ChoiceField(
        required=False, label="Délégation", choices=[("", "Toutes"), *Delegation.choices]
    )
    epci = forms.ChoiceField(required=False, label="Territoire")
    contact = forms.ChoiceField(
        required=False, label="Dernier contact",
        choices=[("", "Tous"), ("ancien", "Plus de trois mois, ou jamais"), ("jamais", "Jamais")],
    )  # fmt: skip
    sensibilite = forms.ChoiceField(
        required=False, label="Sensibilité", choices=[("", "Toutes"), *Sensibilite.choices]
    )
    decideur = forms.BooleanField(required=False, label="Décideurs seulement")

    def __init__(self, *args, epcis: list[Epci], opinion: bool, **kwargs):
        super().__init__(*args, **kwargs)
        territoires = [(e.pk, e.nom) for e in epcis]
        self.fields["epci"].choices = [("", "Tous"), *territoires, ("sans", elus.HORS_EPCI)]
        if not opinion:
            del self.fields["sensibilite"]

    @property
    def critere(self) -> elus.Critere:
        self.is_valid()
        return elus.Critere(**{nom: valeur for nom, valeur in self.cleaned_data.items() if valeur})


class _Elu(FormulaireRattache):
    confidentiels = frozenset({"sensibilite"})

    class Meta:
        model = Elu
        fields = [
            "mandat", "delegation", "epci", "commune", "decideur", "role", "sensibilite", "dernier_contact",
        ]  # fmt: skip
        help_texts = {
            "mandat": "Par exemple « Maire de Nontron, vice-présidente de la communauté de communes ».",
            "epci": "Vide pour un conseiller départemental ou régional.",
            "commune": "L’EPCI est alors celui de la commune.",
            "decideur": "Sa parole engage sa collectivité.",
            "role": "Naturel : donner l’impulsion. Complémentaire : agir avec les équipes.",
            "sensibilite": OPINION,
            "dernier_contact": "Se met à jour tout seul quand une rencontre est notée.",
        }

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, **kwargs)
        epcis, communes = epcis_de(demarche), communes_de(demarche)
        self.fields["epci"].queryset = Epci.objects.filter(pk__in=[e.pk for e in epcis])
        ranger(self.fields["epci"], epcis, vide="Aucun")
        self.fields["commune"].queryset = communes
        ranger(self.fields["commune"], communes.only("code", "nom"), lambda c: c.nom, vide="Aucune")


class FormulaireElu(AvecVersion, _Elu):
    class Meta(_Elu.Meta):
        pass


class FormulaireAjoutElu(AvecJeton, _Elu):
    """Une personne du carnet, ou une nouvelle que l'on y inscrit du même geste."""

    bouton = "Ajouter cet élu"
    encore = "Ajouter et continuer"
    personne = forms.ModelChoiceField(
        Personne.objects.none(), label="Élu déjà au carnet", required=False,
        help_text="Laissez vide s’il n’y est pas, et présentez-le ci-dessous.",
    )  # fmt: skip
    prenom = forms.CharField(label="Prénom", max_length=100, required=False)
    nom = forms.CharField(label="Nom", max_length=100, required=False)
    structure = forms.ModelChoiceField(
        Structure.objects.none(), label="Collectivité", required=False,
        help_text="Parmi les membres de la gouvernance.",
    )  # fmt: skip
    fonction = forms.CharField(
        label="Fonction", max_length=200, required=False,
        help_text="Par exemple « Vice-présidente chargée du numérique ».",
    )  # fmt: skip
    email = forms.EmailField(label="Adresse électronique", required=False)

    field_order = ["personne", "prenom", "nom", "structure", "fonction", "email"]

    class Meta(_Elu.Meta):
        pass

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, demarche=demarche, **kwargs)
        connues = elus.personnes_a_inscrire(demarche)
        self.fields["personne"].queryset = connues
        ranger(self.fields["personne"], connues, lambda p: f"{p.nom} {p.prenom} ({p.structure})".strip())
        structures = structures_membres(demarche.gouvernance)
        self.fields["structure"].queryset = structures
        ranger(self.fields["structure"], structures, lambda s: s.nom)

    def clean(self):
        donnees = super().clean()
        if donnees.get("personne"):
            return donnees
        if not donnees.get("nom"):
            self.add_error("personne", "Choisissez un élu du carnet, ou donnez le nom d’un nouveau.")
        elif not donnees.get("structure"):
            self.add_error("structure", "Dites de quelle collectivité il est l’élu.")
        return donnees

    def personne_voulue(self) -> Personne:
        """Celle du carnet, ou une neuve (non enregistrée)."""
        donnees = self.cleaned_data
        champs = ("prenom", "nom", "structure", "fonction", "email")
        return donnees["personne"] or Personne(
            qualite=Qualite.ELU, **{champ: donnees[champ] for champ in champs}
        )
