"""Les champs d'une fiche que l'on peut commenter, le renvoi qui les commente, la remarque près du champ."""

from typing import NamedTuple

from django import forms
from django.utils.html import format_html
from django.utils.text import Truncator

from feuille_de_route.dialogue.remarques import Demande
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import FicheAction, Remarque
from feuille_de_route.redaction import ecarts
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr

TEXTE_MAX = 2000


class Champ(NamedTuple):
    """Un champ, ou une série de lignes, d'une section."""

    nom: str
    libelle: str
    section: str
    ancre: str
    champ: forms.Field | None = None


def _champs() -> dict[str, Champ]:
    trouves = {}
    for code, classe in SECTIONS.items():
        for nom, champ in classe.base_fields.items():
            if not isinstance(champ.widget, forms.HiddenInput):
                libelle = str(champ.label or nom)
                trouves[nom] = Champ(nom, libelle[:1].upper() + libelle[1:], code, f"id_{nom}", champ)
        for serie in classe.SERIES:
            prefixe = serie.get_default_prefix()
            trouves[prefixe] = Champ(prefixe, serie.titre, code, f"serie-{prefixe}")
    return trouves


CHAMPS = _champs()


class Placee(NamedTuple):
    """Une remarque, le nom de son champ et l'adresse où la corriger."""

    remarque: Remarque
    libelle: str
    section: str
    adresse: str

    @property
    def levee(self) -> bool:
        return self.remarque.levee_le is not None


def placer(remarques, adresses: dict[str, str]) -> list[Placee]:
    """Les remarques d'une fiche, celles à revoir d'abord. `adresses` : code de section → sa page."""
    placees = []
    for remarque in remarques:
        champ = CHAMPS.get(remarque.champ, Champ(remarque.champ, "Toute la fiche", "", ""))
        adresse = f"{adresses[champ.section]}#{champ.ancre}" if champ.section in adresses else ""
        placees.append(Placee(remarque, champ.libelle, champ.section, adresse))
    return sorted(placees, key=lambda placee: placee.levee)


def annoter(formulaire, code: str) -> list[Placee]:
    """Écrit chaque remarque à revoir dans l'aide de son champ ; rend celles de cette section."""
    ouvertes = formulaire.instance.remarques.filter(levee_le=None)
    siennes = [placee for placee in placer(ouvertes, {code: ""}) if placee.section == code]
    series = {serie.get_default_prefix(): serie for serie in formulaire.series}
    for placee in siennes:
        cible = formulaire.fields.get(placee.remarque.champ)
        dit = format_html('<span class="remarque">À revoir : {}</span>', placee.remarque.texte)
        if cible is not None:
            cible.help_text = format_html("{} {}", cible.help_text, dit) if cible.help_text else dit
            formulaire[placee.remarque.champ].help_text = cible.help_text  # déjà lié, peut-être
        elif serie := series.get(placee.remarque.champ):
            serie.aide = format_html("{} {}", serie.aide, dit)
    return siennes


class Groupe(NamedTuple):
    """Les champs d'une section, à commenter."""

    titre: str
    champs: list
    ouvert: bool


class FormulaireRenvoi(AvecJeton, FormulaireDsfr):
    """Le motif, et une remarque par champ si l'on veut."""

    bouton = "Renvoyer la fiche"
    motif = forms.CharField(
        label="Ce qui est demandé, en général",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Le porteur lira ce texte en haut de sa fiche et dans son courriel. Par exemple "
        "« Belle action ; il manque les publics visés et un budget pour 2027. »",
    )

    def __init__(self, *args, fiche: FicheAction, **kwargs):
        super().__init__(*args, **kwargs)
        self.fiche = fiche
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.inputs = []
        for nom, champ in CHAMPS.items():
            self.fields[f"remarque_{nom}"] = forms.CharField(
                label=champ.libelle, required=False, max_length=TEXTE_MAX, help_text=self._valeur(champ),
                widget=forms.Textarea(attrs={"rows": 2, "class": "fr-input"}),
            )  # fmt: skip

    def groupes(self) -> list[Groupe]:
        """Section par section, ce qui est écrit et la place de la remarque."""
        groupes = []
        for code, classe in SECTIONS.items():
            champs = [self[f"remarque_{champ.nom}"] for champ in CHAMPS.values() if champ.section == code]
            groupes.append(Groupe(classe.titre, champs, any(c.value() or c.errors for c in champs)))
        return groupes

    def _valeur(self, champ: Champ) -> str:
        """Ce que la fiche dit aujourd'hui ; vide pour une série ou une liste, que la fiche montre mieux."""
        relation = isinstance(champ.champ, forms.ModelChoiceField)  # ModelMultipleChoiceField en est un
        if champ.champ is None or relation or not hasattr(self.fiche, champ.nom):
            return ""
        valeur = getattr(self.fiche, champ.nom)
        if isinstance(champ.champ, forms.BooleanField):
            return "Aujourd’hui : oui." if valeur else "Aujourd’hui : non."
        dit = Truncator(ecarts.dire(champ.champ, valeur)).chars(400)
        if dit == ecarts.RIEN:
            return "Rien n’est écrit."
        return format_html("Aujourd’hui : « {} »", dit)  # une aide est du HTML : le texte du porteur, non

    def demandes(self) -> list[Demande]:
        return [
            Demande(nom, champ.libelle, texte)
            for nom, champ in CHAMPS.items()
            if (texte := self.cleaned_data.get(f"remarque_{nom}", "").strip())
        ]
