"""Connexion et mot de passe."""

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

from gouvernance.socle.formulaires import FormulaireDsfr

REFUS = "L’adresse électronique ou le mot de passe ne correspond pas. Vérifiez-les et recommencez."


class FormulaireConnexion(FormulaireDsfr, AuthenticationForm):
    """Une même phrase, que l'adresse soit inconnue, le compte inactif ou le mot de passe faux."""

    bouton = "Se connecter"
    error_messages = {"invalid_login": REFUS, "inactive": REFUS}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Adresse électronique"
        self.fields["username"].help_text = "Par exemple prenom.nom@structure.example."
        self.fields["username"].error_messages = {"required": "Donnez votre adresse électronique."}
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].error_messages = {"required": "Donnez votre mot de passe."}

    def clean_username(self):
        return self.cleaned_data["username"].strip().lower()


class FormulaireMotDePasse(FormulaireDsfr, PasswordChangeForm):
    bouton = "Changer le mot de passe"
