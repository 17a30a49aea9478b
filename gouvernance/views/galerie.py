"""La galerie : chaque composant dans chacune de ses variantes. Cible de l'accessibilité ; sans base."""

import uuid
from datetime import date
from decimal import Decimal

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Fieldset, Layout, Row, Submit
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.shortcuts import render

from gouvernance.socle.comparaison import comparer
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr
from gouvernance.socle.vues import lecture_seule

PRIORITES = [("haute", "Haute"), ("moyenne", "Moyenne"), ("basse", "Basse")]
ETAPES = [
    ("cadrage", "Cahier des charges"), ("diagnostic", "Diagnostic"), ("enjeux", "Enjeux"),
    ("strategie", "Stratégie"), ("plan_actions", "Plan d’actions"), ("soumise", "Soumission"),
    ("validee", "Validation"), ("en_signature", "Signature"), ("transmise", "Transmission"),
]  # fmt: skip


ETATS = [
    ("a_venir", "À venir"), ("en_cours", "En cours"), ("valide", "Validé"),
    ("valide_avec_reserves", "Validé avec réserves"), ("renvoye", "Renvoyé"), ("echec", "Échec"),
    ("sans_couleur", "Sans couleur"),
]  # fmt: skip


class FormulaireDeGalerie(AvecJeton, FormulaireDsfr):
    intitule = forms.CharField(
        label="Intitulé", max_length=200, help_text="Commencez par un verbe à l’infinitif."
    )
    courriel = forms.EmailField(label="Adresse électronique", required=False)
    echeance = forms.DateField(label="Échéance")
    montant = forms.DecimalField(
        label="Montant demandé", max_digits=12, decimal_places=2, help_text="En euros, par exemple 12 000,50."
    )
    etp = forms.IntegerField(label="Nombre d’agents", min_value=0, required=False)
    priorite = forms.ChoiceField(label="Priorité", choices=PRIORITES)
    nature = forms.ChoiceField(
        label="Nature de l’action",
        choices=[("existante", "Existante"), ("renforcee", "Renforcée"), ("nouvelle", "Nouvelle")],
        widget=forms.RadioSelect,
        help_text="Agréger l’existant ne suffit pas.",
    )
    publics = forms.MultipleChoiceField(
        label="Publics",
        choices=[("jeunes", "Jeunes"), ("seniors", "Seniors"), ("familles", "Familles et enfants")],
        widget=forms.CheckboxSelectMultiple,
    )
    contexte = forms.CharField(label="Contexte", widget=forms.Textarea(attrs={"rows": 4}), required=False)
    accord = forms.BooleanField(label="La structure porteuse a donné son accord")
    piece = forms.FileField(label="Pièce jointe", required=False, help_text="PDF ou image, 10 Mo au plus.")

    def disposition(self):
        return Layout(
            Fieldset(
                "Identité",
                "intitule",
                Row(Column("priorite"), Column("echeance")),
                "nature",
            ),
            Fieldset("Moyens", Row(Column("montant"), Column("etp")), "publics", "contexte"),
            "courriel",
            "accord",
            "piece",
        )

    def clean(self):
        donnees = super().clean()
        if self.data.get("intitule") == "":
            raise forms.ValidationError("La fiche ne peut pas être proposée tant qu’elle n’a pas d’intitulé.")
        return donnees


class LigneDeGalerie(FormulaireDsfr):
    annee = forms.IntegerField(label="Année", min_value=2023)
    prevu = forms.DecimalField(label="Prévu", max_digits=12, decimal_places=2)
    realise = forms.DecimalField(label="Réalisé", max_digits=12, decimal_places=2, required=False)


def _serie():
    lignes = forms.formset_factory(LigneDeGalerie, extra=0)
    initial = [{"annee": 2026, "prevu": Decimal("12000.50")}, {"annee": 2027, "prevu": Decimal("8000")}]
    aide = FormHelper()
    aide.template = "dsfr/table_inline_formset.html"
    aide.add_input(Submit("lignes", "Enregistrer les lignes"))
    return lignes(initial=initial, prefix="lignes"), aide


def _faux():
    """Une saisie pleine d'erreurs : ce qui a été tapé doit rester à l'écran."""
    saisie = {
        "intitule": "",
        "montant": "12 00O,5",
        "echeance": "2026-02-30",
        "etp": "-3",
        "priorite": "haute",
    }
    formulaire = FormulaireDeGalerie({**saisie, "jeton": uuid.uuid4()}, auto_id="faux_%s")
    formulaire.is_valid()
    return formulaire


def _graphiques():
    return {
        "releves": [
            (date(2026, 1, 15), Decimal("42")),
            (date(2026, 6, 30), Decimal("188.5")),
            (date(2026, 12, 31), Decimal("310")),
        ],
        "morceaux": comparer("Deux ateliers par an, au siège.", "Trois ateliers par an, dans les communes."),
        "parts": [("realisee", "Réalisée", 4), ("en_cours", "En cours", 3), ("", "Pas encore de point", 1)],
        "barres": [
            ("Habitants éloignés du numérique", Decimal("28.4"), "%"),
            ("Communes sans lieu de médiation", Decimal("61"), "%"),
            ("Foyers sans abonnement fixe", None, "%"),
            ("Structures labellisées", Decimal("12.75"), "%"),
        ],
        "jalons": [
            ("Cahier des charges accepté", date(2025, 10, 1), "valide", "validé"),
            ("Diagnostic partagé", date(2026, 1, 15), "valide_avec_reserves", "validé avec réserves"),
            ("Enjeux hiérarchisés", date(2026, 4, 2), "en_cours", "en cours"),
            ("Feuille de route validée en COPIL", date(2026, 9, 30), "a_venir", "à venir"),
            ("Transmission à l’ANCT", None, "a_venir", "à venir"),
        ],
    }


@login_not_required
@lecture_seule
def galerie(request):
    serie, aide_serie = _serie()
    contexte = {
        "etats": ETATS,
        "genres": ["info", "success", "warning", "error"],
        "etapes_demarche": ETAPES,
        "formulaire": FormulaireDeGalerie(),
        "formulaire_faux": _faux(),
        "serie": serie,
        "aide_serie": aide_serie,
        "colonnes": ["Fiche", "Porteur", "Budget", "Première année"],
        "lignes": [
            ["Former les aidants", "Département", "12 000 €", 2026],
            [
                "Équiper les lieux de médiation",
                "Communauté de communes du Périgord ribéracois",
                "48 500,50 €",
                2027,
            ],
            ["Ouvrir un guichet itinérant", "CAF", None, 2026],
        ],
        "bloquants": [
            ("Donner une échéance au jalon «\u00a0Diagnostic\u00a0»", "#tableaux"),
            "Inscrire au moins un enjeu",
        ],
        "avertissements": [("Aucun élu dans le groupe projet", "#tableaux")],
        "elements": [("Porteur", "Département"), ("Budget prévu", "48 500 €"), ("Élu référent", "")],
        "page": Paginator(range(200), 10).page(5),
        **_graphiques(),
    }
    return render(request, "composants/galerie.html", contexte)
