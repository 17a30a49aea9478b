"""Se porter candidat, et refuser une candidature."""

from crispy_forms.layout import Field, Layout
from django import forms

from gouvernance.acteurs.membres import candidats
from gouvernance.arrivees.candidatures import Candidature
from gouvernance.models import College, Gouvernance, Membre
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr
from gouvernance.socle.identifiants import verifier_siret_de


class FormulaireCandidature(AvecJeton, FormulaireDsfr):
    """`site_internet` est un piège : personne ne le voit, seul un robot le remplit."""

    bouton = "Présenter ma structure"
    structure = forms.CharField(
        label="Nom de la structure", max_length=200, help_text="Par exemple « Centre social du Val »."
    )
    siret = forms.CharField(
        label="SIRET", max_length=20, required=False,
        help_text="Quatorze chiffres, espaces acceptés. Laissez vide si vous n’en avez pas, par exemple pour "
        "un collectif d’habitants.",
    )  # fmt: skip
    college = forms.ModelChoiceField(
        College.objects.all(), label="Famille d’acteurs", empty_label="Choisir",
        help_text="Celle qui vous ressemble le plus ; la coordination pourra la corriger.",
    )  # fmt: skip
    message = forms.CharField(
        label="Ce que vous apportez", max_length=3000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Ce que vous faites, où, pour qui, et ce que vous attendez de la gouvernance.",
    )  # fmt: skip
    nom = forms.CharField(
        label="Votre nom et votre fonction", max_length=200,
        help_text="Par exemple « Camille Durand, directrice ».",
    )  # fmt: skip
    email = forms.EmailField(
        label="Votre adresse électronique",
        help_text="La réponse y sera envoyée, par exemple prenom.nom@structure.example.",
    )
    contact_politique = forms.CharField(
        label="Contact politique", max_length=200, required=False,
        help_text="L’élu, la présidente ou le dirigeant qui engage la structure.",
    )  # fmt: skip
    contact_technique = forms.CharField(
        label="Contact technique", max_length=200, required=False,
        help_text="La personne qui suivra le dossier, si ce n’est pas vous.",
    )  # fmt: skip
    site_internet = forms.CharField(
        label="Laissez ce champ vide", required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )  # fmt: skip

    def __init__(self, *args, departement: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.departement = departement
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def clean_siret(self):
        siret = "".join(self.cleaned_data["siret"].split())
        if siret:
            verifier_siret_de(siret, self.departement)
        return siret or None

    def disposition(self):
        visibles = [nom for nom in self.fields if nom not in {"jeton", "site_internet"}]
        return Layout(*visibles, Field("site_internet", wrapper_class="piege"))

    @property
    def robot(self) -> bool:
        return bool(self.data.get("site_internet"))

    @property
    def candidature(self) -> Candidature:
        return Candidature(**{champ: self.cleaned_data[champ] for champ in Candidature._fields})


class FormulaireConfirmation(AvecJeton, FormulaireDsfr):
    """Les candidats, à confirmer ensemble ; cochés d'avance, ceux que la coordination a inscrits. Qui n'est
    plus candidat, la règle le dit : ici, tout membre passe.
    """

    bouton = "Confirmer les structures cochées"
    membres = forms.ModelMultipleChoiceField(
        Membre.objects.none(), label="Structures à confirmer", to_field_name="uuid",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Cochez au moins une structure.",
            "invalid_choice": "Cette liste vient de changer : vérifiez vos choix, puis recommencez.",
        },
    )  # fmt: skip

    def __init__(self, *args, gouvernance: Gouvernance, **kwargs):
        self.candidats = list(candidats(gouvernance))
        self.bouton = self.bouton if self.candidats else ""
        super().__init__(*args, **kwargs)
        choix = self.fields["membres"]
        choix.queryset = Membre.objects.filter(gouvernance=gouvernance)
        choix.choices = [(m.uuid, _dire(m)) for m in self.candidats]
        choix.initial = [m.uuid for m in self.candidats if not m.candidature_email]

    def disposition(self):
        return None if self.candidats else Layout()


def _dire(membre: Membre) -> str:
    qui = "s’est présentée" if membre.candidature_email else "inscrite par la coordination"
    return f"{membre.structure.nom} ({membre.structure.college}) – {qui}"


class FormulaireRefus(FormulaireDsfr):
    bouton = "Refuser cette candidature"
    motif = forms.CharField(
        label="Motif du refus", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Le candidat le recevra tel quel, par exemple « Votre réseau est déjà représenté par… ».",
    )  # fmt: skip
