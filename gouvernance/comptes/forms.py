"""Connexion, code reçu par courriel, mot de passe, invitation."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.validators import MaxLengthValidator, RegexValidator

from gouvernance.acces import tentatives
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.forms.demarches import nom_complet, structures_membres
from gouvernance.models import Demarche, Invitation, Role, Utilisateur
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr
from gouvernance.socle.vues import origine

REFUS = "L’adresse électronique ou le mot de passe ne correspond pas. Vérifiez-les et recommencez."
MOT_DE_PASSE_FAUX = "Ce n’est pas votre mot de passe. Vérifiez-le et recommencez."
EXEMPLE = "Par exemple prenom.nom@structure.example."


class FormulaireConnexion(FormulaireDsfr, AuthenticationForm):
    """Une même phrase, que l'adresse soit inconnue, le compte inactif ou le mot de passe faux."""

    bouton = "Se connecter"
    error_messages = {"invalid_login": REFUS, "inactive": REFUS}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Adresse électronique"
        self.fields["username"].help_text = EXEMPLE
        self.fields["username"].error_messages = {"required": "Donnez votre adresse électronique."}
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].error_messages = {"required": "Donnez votre mot de passe."}

    def clean_username(self):
        return self.cleaned_data["username"].strip().lower()

    def clean(self):
        """L'essai s'inscrit avant d'être évalué. Lève TropDEssais."""
        email, mot_de_passe = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not (email and mot_de_passe):
            return self.cleaned_data
        essai = tentatives.reserver("mot_de_passe", email, origine(self.request))
        donnees = super().clean()
        tentatives.oublier(essai)
        return donnees


class _MotDePasseActuel(FormulaireDsfr):
    """Vérifie le mot de passe de la personne connectée, en comptant les essais."""

    request = None

    def verifier(self, mot_de_passe: str) -> str:
        compte = self.request.user
        essai = tentatives.reserver("mot_de_passe", compte.email, origine(self.request))
        if not compte.check_password(mot_de_passe):
            raise forms.ValidationError(MOT_DE_PASSE_FAUX)
        tentatives.oublier(essai)
        return mot_de_passe


class FormulaireMotDePasse(_MotDePasseActuel, PasswordChangeForm):
    """Connaissant l'ancien."""

    bouton = "Changer le mot de passe"

    def clean_old_password(self):
        return self.verifier(self.cleaned_data["old_password"])


class FormulaireNouveauMotDePasse(FormulaireDsfr, SetPasswordForm):
    """L'ancien oublié, pour qui vient d'entrer par un lien reçu à son adresse."""

    bouton = "Choisir ce mot de passe"
    request = None


class FormulairePreuve(_MotDePasseActuel):
    bouton = "Confirmer"
    mot_de_passe = forms.CharField(
        label="Votre mot de passe",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Donnez votre mot de passe."},
    )

    def clean_mot_de_passe(self):
        return self.verifier(self.cleaned_data["mot_de_passe"])


class FormulaireLien(FormulaireDsfr):
    bouton = "Recevoir un lien"
    email = forms.EmailField(
        label="Adresse électronique",
        help_text=EXEMPLE,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Donnez votre adresse électronique."},
    )
    next = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def clean_email(self):
        return self.cleaned_data["email"].strip().lower()


def champ_code() -> forms.CharField:
    return forms.CharField(
        label="Code à six chiffres",
        help_text="Celui du courriel que vous venez de recevoir. Cinq essais, puis il faut un nouveau code.",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "Recopiez le code à six chiffres du courriel."},
    )


class FormulaireCodeSeul(FormulaireDsfr):
    bouton = "Confirmer avec ce code"
    code = champ_code()
    six_chiffres = RegexValidator(r"\A[0-9]{6}\Z", "Un code a six chiffres : recopiez-les tous.")

    def clean_code(self):
        code = "".join(self.cleaned_data["code"].split())
        self.six_chiffres(code)
        return code


class FormulaireCode(FormulaireCodeSeul, FormulaireLien):
    bouton = "Continuer avec ce code"
    field_order = ["email", "code"]


class FormulaireInvitation(AvecJeton, FormulaireRattache):
    """Ce que la coordination dit de la personne qu'elle invite."""

    bouton = "Envoyer l’invitation"

    class Meta:
        model = Invitation
        fields = ["email", "role", "prenom", "nom", "structure", "message"]
        help_texts = {
            "email": EXEMPLE,
            "role": "Ce que la personne pourra faire dans cette démarche.",
            "structure": "Celle au nom de laquelle la personne agira ; elle doit être membre.",
            "message": "Par exemple « Comme convenu au COPIL du 3 mars. »",
        }
        widgets = {"message": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, demarche: Demarche, coordination: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["structure"].queryset = structures_membres(demarche.gouvernance)
        self.fields["structure"].label_from_instance = nom_complet
        self.fields["message"].validators.append(MaxLengthValidator(1000))
        self.initial["role"] = Role.LECTURE
        self.fields["role"].choices = [
            (role.value, role.label) for role in Role if coordination or role != Role.COORDINATION
        ]


class FormulaireAcceptation(FormulaireDsfr):
    """Le compte qui s'ouvre : un nom, et un mot de passe si l'on en veut un."""

    bouton = "Accepter et ouvrir mon compte"
    prenom = forms.CharField(label="Prénom", max_length=100)
    nom = forms.CharField(label="Nom", max_length=100)
    mot_de_passe = forms.CharField(
        label="Mot de passe", required=False, strip=False,
        help_text="Huit signes au moins, par exemple quatre mots sans rapport. Laissez vide pour entrer "
        "chaque fois par un lien reçu par courriel.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    confirmation = forms.CharField(
        label="Le même mot de passe", required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args, email: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self):
        donnees = super().clean()
        mot_de_passe = donnees.get("mot_de_passe") or ""
        if mot_de_passe != (donnees.get("confirmation") or ""):
            self.add_error("confirmation", "Les deux mots de passe diffèrent : tapez-les de nouveau.")
        elif mot_de_passe:
            noms = {"prenom": donnees.get("prenom", ""), "nom": donnees.get("nom", "")}
            try:
                validate_password(mot_de_passe, Utilisateur(email=self.email, **noms))
            except forms.ValidationError as erreur:
                self.add_error("mot_de_passe", erreur)
        return donnees


class FormulaireAccord(FormulaireDsfr):
    """Le compte existe déjà : un seul bouton."""

    bouton = "Accepter l’invitation"
