"""La gouvernance : notes, membres, mandats, points de blocage."""

from django import forms
from django.db.models import Q

from gouvernance.forms.commun import FormulaireRattache
from gouvernance.models import (
    College,
    Epci,
    Gouvernance,
    Mandat,
    Membre,
    Role,
    StatutMembre,
    Structure,
    Utilisateur,
)
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr
from gouvernance.socle.identifiants import verifier_siret_de


class FormulaireGouvernance(AvecVersion, FormulaireRattache):
    class Meta:
        model = Gouvernance
        fields = ["sous_prefet_referent", "note_contexte", "prefecture_seule", "candidatures_ouvertes"]
        help_texts = {
            "sous_prefet_referent": "Prénom, nom et arrondissement.",
            "prefecture_seule": "À cocher quand aucune collectivité ne porte la démarche avec l’État : on ne "
            "demande alors ni co-porteur, ni membre du collège Département.",
            "candidatures_ouvertes": "Une page publique permet à une structure de se présenter ; vous "
            "confirmez ou refusez. Elle ne montre que le département et le nom de la démarche.",
        }
        widgets = {"note_contexte": forms.Textarea(attrs={"rows": 8})}


class FormulaireNotePrivee(AvecVersion, FormulaireRattache):
    confidentiels = frozenset({"note_privee"})

    class Meta:
        model = Gouvernance
        fields = ["note_privee"]
        widgets = {"note_privee": forms.Textarea(attrs={"rows": 8})}


class FormulaireAjoutMembre(AvecJeton, FormulaireDsfr):
    """Une structure déjà connue, ou une nouvelle."""

    bouton = "Ajouter ce membre"
    encore = "Ajouter et continuer"
    structure = forms.ModelChoiceField(
        Structure.objects.none(), label="Structure déjà connue", required=False,
        empty_label="Aucune de cette liste",
        help_text="Laissez vide si la structure n’est pas dans la liste, et décrivez-la plus bas.",
    )  # fmt: skip
    nom = forms.CharField(
        label="Nom de la nouvelle structure", max_length=200, required=False,
        help_text="Par exemple « Communauté de communes du Val ».",
    )  # fmt: skip
    sigle = forms.CharField(label="Sigle", max_length=30, required=False, help_text="Par exemple « CCV ».")
    siret = forms.CharField(
        label="SIRET", max_length=20, required=False,
        help_text="Quatorze chiffres, espaces acceptés ; il évite d’inscrire deux fois la même structure.",
    )  # fmt: skip
    college = forms.ModelChoiceField(
        College.objects.all(), label="Collège", required=False, help_text="La famille d’acteurs représentée."
    )
    epci = forms.ModelChoiceField(
        Epci.objects.none(), label="EPCI", required=False, empty_label="Aucun",
        help_text="Seulement si la structure est une intercommunalité, ou n’agit que dans l’une d’elles.",
    )  # fmt: skip
    co_porteur = forms.BooleanField(label="Co-porteur de la démarche", required=False)
    contact_politique = forms.CharField(
        label="Contact politique", max_length=200, required=False, help_text="L’élu ou le dirigeant référent."
    )
    contact_technique = forms.CharField(
        label="Contact technique",
        max_length=200,
        required=False,
        help_text="La personne qui suit le dossier.",
    )

    def __init__(self, *args, gouvernance: Gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        self.departement = gouvernance.departement_id
        if gouvernance.prefecture_seule:
            del self.fields["co_porteur"]
        inscrites = Membre.objects.filter(
            gouvernance=gouvernance, statut__in=[StatutMembre.CANDIDAT, StatutMembre.CONFIRME]
        )
        self.fields["structure"].queryset = Structure.objects.filter(
            Q(departement=gouvernance.departement_id) | Q(departement=None)
        ).exclude(pk__in=inscrites.values("structure"))
        self.fields["epci"].queryset = Epci.objects.actuels().filter(
            departements__contains=[gouvernance.departement_id]
        )

    def clean_siret(self):
        siret = "".join(self.cleaned_data["siret"].split())
        if siret:
            verifier_siret_de(siret, self.departement)
        return siret or None

    def clean(self):
        donnees = super().clean()
        if donnees.get("structure"):
            return donnees
        if not donnees.get("nom"):
            self.add_error("structure", "Choisissez une structure de la liste, ou nommez-en une nouvelle.")
        elif not donnees.get("college"):
            self.add_error("college", "Dites quel collège cette nouvelle structure représente.")
        return donnees

    def structure_voulue(self, departement) -> Structure:
        """Celle de la liste, celle qui porte déjà ce SIRET, ou une neuve (non enregistrée)."""
        donnees = self.cleaned_data
        if donnees["structure"]:
            return donnees["structure"]
        connue = donnees.get("siret") and Structure.objects.filter(siret=donnees["siret"]).first()
        return connue or Structure(
            nom=donnees["nom"], sigle=donnees["sigle"], siret=donnees["siret"], college=donnees["college"],
            departement=departement,
        )  # fmt: skip


class FormulaireMembre(AvecVersion, FormulaireRattache):
    class Meta:
        model = Membre
        fields = ["co_porteur", "contact_politique", "contact_technique", "referent_fne"]
        help_texts = {
            "co_porteur": "Porte la gouvernance avec la préfecture.",
            "contact_politique": "L’élu ou le dirigeant référent.",
            "contact_technique": "La personne qui suit le dossier.",
            "referent_fne": "La personne référente pour France Numérique Ensemble.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.gouvernance.prefecture_seule and not self.instance.co_porteur:
            del self.fields["co_porteur"]


class FormulaireStructure(AvecVersion, FormulaireRattache):
    siret = forms.CharField(
        label="SIRET", max_length=20, required=False, help_text="Quatorze chiffres, espaces acceptés."
    )

    class Meta:
        model = Structure
        fields = ["nom", "sigle", "siret", "college", "epci"]
        help_texts = {
            "college": "La famille d’acteurs qu’elle représente autour de la table.",
            "epci": "Seulement si la structure est une intercommunalité, ou n’agit que dans l’une d’elles.",
        }

    def __init__(self, *args, departement: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.departement = departement
        self.fields["epci"].queryset = Epci.objects.actuels().filter(departements__contains=[departement])

    def clean_siret(self):
        siret = "".join(self.cleaned_data["siret"].split())
        if siret:
            verifier_siret_de(siret, self.departement)
        return siret or None


class FormulaireMandat(AvecJeton, FormulaireDsfr):
    bouton = "Donner ce rôle"
    email = forms.EmailField(
        label="Adresse électronique du compte", help_text="Par exemple prenom.nom@structure.example."
    )
    role = forms.ChoiceField(
        label="Rôle", choices=Mandat._meta.get_field("role").choices, initial=Role.LECTURE
    )

    def __init__(self, *args, gouvernance: Gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        if gouvernance.prefecture_seule:
            choix = self.fields["role"].choices
            self.fields["role"].choices = [(cle, nom) for cle, nom in choix if cle != Role.CO_PORTEUR]

    def clean_email(self):
        email = self.cleaned_data["email"].lower()
        compte = Utilisateur.objects.filter(email=email, is_active=True).first()
        if compte is None:
            raise forms.ValidationError(
                "Aucun compte actif n’a cette adresse : demandez à l’administration du site de le créer."
            )
        return compte
