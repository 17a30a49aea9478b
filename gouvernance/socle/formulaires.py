"""Formulaires au système de design, saisie à la française, et accroches contre les doubles envois.

Usage : hériter de `FormulaireDsfr` ou `ModelFormulaireDsfr`, écrire `{% crispy formulaire %}`.
Choix : la balise `<form>` fait partie du rendu (`form_tag=True`), avec le jeton CSRF, le résumé des erreurs
et le bouton `bouton` ; `novalidate` laisse les messages au serveur, en français et liés aux champs.
Une page qui réunit plusieurs formulaires sous un bouton passe `helper.form_tag = False` et écrit la balise.
"""

import re
import uuid
from datetime import date
from decimal import Decimal

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from dsfr.forms import DsfrBaseForm, DsfrBoundField, DsfrDjangoTemplates

ESPACES = str.maketrans("", "", " \u00a0\u202f\u2009€%")
CHIFFRES = re.compile(r"[+-]?(?=\.?[0-9])[0-9]{0,40}(\.[0-9]{0,20})?\Z")  # ni exposant, ni infini
ANNEES = (1990, 2100)
TIRETS = "---------"
RENDU = DsfrDjangoTemplates()  # une seule instance : ses gabarits ne sont compilés qu'une fois


def parse_date_sure(texte: str):
    try:
        return parse_date(texte)
    except ValueError:
        return None


class SaisieDate(forms.DateInput):
    """Le sélecteur de date du navigateur ; la valeur circule au format ISO."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")

    def get_context(self, name, value, attrs):
        """Une valeur que le sélecteur ne saurait montrer reste visible, dans une saisie de texte."""
        contexte = super().get_context(name, value, attrs)
        montree = contexte["widget"]["value"]
        if montree and parse_date_sure(montree) is None:
            contexte["widget"]["type"] = "text"
        return contexte


class SaisieDateHeure(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class SaisieDecimale(forms.TextInput):
    """Accepte « 12 000,50 », « 12000.5 » ou « 12 000,50 € » ; le reste revient tel que tapé."""

    def __init__(self, attrs=None):
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def value_from_datadict(self, data, files, name):
        tape = super().value_from_datadict(data, files, name)
        return tape if tape is None else normaliser_decimal(tape)

    def format_value(self, value):
        texte = str(value)
        if not CHIFFRES.match(texte):
            return value
        return f"{Decimal(texte):,f}".replace(",", "\u00a0").replace(".", ",")


def normaliser_decimal(tape: str) -> str:
    """« 12 000,50 » devient « 12000.50 » ; un texte qui n'est pas un nombre revient inchangé."""
    candidat = str(tape).translate(ESPACES).replace(",", ".")
    return candidat if CHIFFRES.match(candidat) else tape


def refuser_hors_du_siecle(jour: date) -> None:
    """Une faute de frappe (« 0206 », « 20266 ») ne se verrait plus, une fois enregistrée."""
    if not ANNEES[0] <= jour.year <= ANNEES[1]:
        raise ValidationError(f"Donnez une date entre {ANNEES[0]} et {ANNEES[1]}.")


def refuser_exposant(nombre: Decimal) -> None:
    """« 1e999999999 » tient en onze signes et un gigaoctet : un montant s'écrit avec ses chiffres."""
    if nombre.as_tuple().exponent > 0:
        raise ValidationError("Écrivez ce nombre avec tous ses chiffres, par exemple 12 000.")


class ChampDsfr(DsfrBoundField):
    """Un champ dont l'aide et l'erreur sont toutes deux annoncées par les lecteurs d'écran."""

    def build_widget_attrs(self, attrs, widget=None):
        attrs = super().build_widget_attrs(attrs, widget)
        ids = []
        if self.help_text and not self.is_hidden:
            ids.append(f"{self.auto_id}_helptext")
        if self.errors and not self.is_hidden:
            ids.append(f"{self.auto_id}-desc-error")
        if ids:
            attrs["aria-describedby"] = " ".join(ids)
        return attrs


class _BaseDsfr(DsfrBaseForm):
    default_renderer = RENDU
    bound_field_class = ChampDsfr
    bouton = "Enregistrer"
    encore = ""  # libellé d'un second bouton, qui enregistre et rouvre le formulaire vide

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for champ in self.fields.values():
            _saisie_francaise(champ)
            _vide_en_mots(champ)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.render_hidden_fields = True
        self.helper.layout = self.disposition()
        if self.bouton:
            self.helper.add_input(Submit("enregistrer", self.bouton))
        if self.encore:
            self.helper.add_input(Submit("encore", self.encore, css_class="fr-btn--secondary"))

    def disposition(self):
        """Une `Layout` crispy, ou None pour tous les champs dans l'ordre de leur déclaration."""
        return None


class FormulaireDsfr(_BaseDsfr):
    """Formulaire libre."""


class ModelFormulaireDsfr(_BaseDsfr, forms.ModelForm):
    """Formulaire d'un modèle."""


class AvecJeton(forms.Form):
    """Jeton unique d'envoi : un double clic ne compte qu'une fois.

    Accroche : la vue passe `cleaned_data["jeton"]` à la règle, qui l'inscrit dans la table des jetons
    (unique) dans la même transaction ; une violation d'unicité signifie « déjà reçu ».
    """

    jeton = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class AvecVersion(forms.Form):
    """Verrou optimiste : la version lue à l'ouverture du formulaire.

    Accroche : la vue donne `initial={"version": objet.version}` ; la règle écrit
    `.filter(pk=…, version=version_lue).update(version=F("version") + 1, …)` et, si rien n'est touché,
    la vue répond 409 avec `409.html` et `differences(formulaire, objet)`.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @property
    def version_lue(self) -> int:
        return self.cleaned_data["version"]


def differences(formulaire, objet) -> list[tuple[str, object, object]]:
    """(libellé, ce qui a été saisi, ce qui est enregistré) pour chaque champ visible qui diffère."""
    lignes = []
    for champ in formulaire.visible_fields():
        saisi = formulaire.cleaned_data.get(champ.name)
        enregistre = getattr(objet, champ.name, None)
        if saisi != enregistre:
            lignes.append((champ.label, saisi, enregistre))
    return lignes


def _vide_en_mots(champ: forms.Field) -> None:
    """« --------- » ne dit rien à qui lit, et se lit tiret à tiret à voix haute."""
    dit = "À choisir" if champ.required else "Non précisé"
    if isinstance(champ, forms.ModelChoiceField):
        if champ.empty_label == TIRETS:
            champ.empty_label = dit
    elif isinstance(champ, forms.TypedChoiceField) and ("", TIRETS) in (choix := list(champ.choices)):
        champ.choices = [("", dit) if c == ("", TIRETS) else c for c in choix]


def _saisie_francaise(champ: forms.Field) -> None:
    """Remplace les saisies par défaut des dates et des nombres décimaux ; respecte un choix explicite."""
    remplacantes = {
        forms.DateInput: SaisieDate,
        forms.DateTimeInput: SaisieDateHeure,
    }
    nouvelle = remplacantes.get(type(champ.widget))
    if isinstance(champ, forms.DateField | forms.DateTimeField):
        champ.validators = [*champ.validators, refuser_hors_du_siecle]
    if isinstance(champ, forms.DecimalField):
        champ.validators = [*champ.validators, refuser_exposant]
        nouvelle = SaisieDecimale if type(champ.widget) is forms.NumberInput else nouvelle
    if nouvelle is None:
        return
    ancien = champ.widget
    attrs = {cle: valeur for cle, valeur in ancien.attrs.items() if cle not in {"min", "max", "step"}}
    champ.widget = nouvelle(attrs)
    champ.widget.is_required = ancien.is_required
