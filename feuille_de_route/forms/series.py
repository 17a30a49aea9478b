"""Les séries de lignes d'une fiche : partenaires, étapes, indicateurs, budget, financements.

Une série marche sans JavaScript : une ligne vide attend toujours, « Ajouter une ligne » rend la page avec ce
qui est tapé et une ligne de plus, une case supprime une ligne enregistrée.
"""

from django.core.exceptions import ValidationError
from django.forms import HiddenInput, ModelChoiceField
from django.forms.models import BaseInlineFormSet, inlineformset_factory
from django.forms.utils import ErrorDict
from django.utils import timezone

from feuille_de_route.forms.choix import ChoixDeStructure, nommer_le_vide
from feuille_de_route.models import (
    EtapeFiche,
    EtatFinancement,
    FicheAction,
    Financement,
    Indicateur,
    LigneBudget,
    Partenariat,
)
from gouvernance.socle.formulaires import ModelFormulaireDsfr

MAXIMUM = 50  # deux séries entières tiennent sous la limite de mille champs de Django


class Ligne(ModelFormulaireDsfr):
    """Une ligne ; `sans_controle` : on la remontre telle que tapée, sans la juger."""

    bouton = ""
    sans_controle = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        nommer_le_vide(self)

    def has_changed(self):
        """Une ligne neuve laissée vide ne compte pas, même si l'année proposée en a été effacée."""
        if self.instance.pk:
            return super().has_changed()
        return any(self[nom].data not in (None, "", False) for nom in self.changed_data)

    def full_clean(self):
        if self.sans_controle:
            self._errors = ErrorDict()
            return
        super().full_clean()

    def _post_clean(self):
        """Une ligne enregistrée à laquelle on n'a pas touché n'a pas à être jugée de nouveau par la base :
        on enregistre à chaque pause de la saisie.
        """
        if self.instance.pk is None or self.has_changed():
            super()._post_clean()


class LignePartenaire(Ligne):
    class Meta:
        model = Partenariat
        fields = ["structure", "apport"]
        field_classes = {"structure": ChoixDeStructure}
        labels = {"structure": "Structure partenaire", "apport": "Ce qu’elle apporte"}
        help_texts = {"apport": "Une salle, un demi-poste, un fichier de contacts…"}

    def __init__(self, *args, structures, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["structure"].structures = structures
        structures.regler(self.fields["structure"])


class LigneEtape(Ligne):
    class Meta:
        model = EtapeFiche
        fields = ["libelle", "echeance", "faite_le"]


class LigneIndicateur(Ligne):
    class Meta:
        model = Indicateur
        fields = ["libelle", "type", "unite", "reference", "cible", "echeance", "source"]
        help_texts = {"unite": "Personnes, lieux, %…"}


class LigneDeBudget(Ligne):
    class Meta:
        model = LigneBudget
        fields = ["annee", "nature", "libelle", "montant", "etp", "realise"]
        labels = {"libelle": "Dépense", "montant": "Montant prévu (€)", "realise": "Montant réalisé (€)"}
        help_texts = {
            "libelle": "« Un médiateur »", "etp": "Temps plein : 1", "realise": "Une fois dépensé",
        }  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields["annee"].initial = timezone.localdate().year


class LigneFinancement(Ligne):
    class Meta:
        model = Financement
        fields = ["financeur", "type", "dispositif", "annee", "etat", "demande", "obtenu"]
        labels = {"demande": "Montant demandé (€)", "obtenu": "Montant obtenu (€)"}
        help_texts = {
            "annee": "Vide : toute la durée", "demande": "Vide : pas encore connu",
            "obtenu": "Une fois acquis", "dispositif": "« Feder », « Fonds d’ingénierie »…",
        }  # fmt: skip

    def clean(self):
        donnees = super().clean()
        acquis = donnees.get("etat") == EtatFinancement.ACQUIS
        if acquis and donnees.get("obtenu") is None and "obtenu" not in self.errors:
            self.add_error("obtenu", "Un financement acquis dit le montant obtenu.")
        return donnees


class CleDeLigne(ModelChoiceField):
    """La clé cachée d'une ligne : celle de l'objet déjà lu ne se cherche pas une fois de plus en base."""

    ligne = None

    def to_python(self, value):
        if self.ligne.pk is not None and str(value) == str(self.ligne.pk):
            return self.ligne
        return super().to_python(value)


class Serie(BaseInlineFormSet):
    """Les lignes d'une fiche. `titre`, `aide`, `une` : les mots de la page."""

    titre = aide = une = ""
    default_error_messages = {
        **BaseInlineFormSet.default_error_messages,
        "missing_management_form": "Les lignes sont arrivées incomplètes : rouvrez cette section.",
    }

    def __init__(self, *args, sans_controle: bool = False, **kwargs):
        self.sans_controle = sans_controle
        super().__init__(*args, **kwargs)

    def _construct_form(self, i, **kwargs):
        ligne = super()._construct_form(i, **kwargs)
        ligne.sans_controle = self.sans_controle
        return ligne

    def add_fields(self, form, index):
        super().add_fields(form, index)
        cle = form.fields["id"]
        form.fields["id"] = CleDeLigne(cle.queryset, initial=cle.initial, required=False, widget=HiddenInput)
        form.fields["id"].ligne = form.instance
        if (case := form.fields.get("DELETE")) is not None:
            case.label = f"Supprimer {self.une}"

    def clean(self):
        """Une ligne annoncée comme enregistrée et introuvable serait perdue sans un mot : on le dit."""
        super().clean()
        if any(ligne.instance.pk is None for ligne in self.initial_forms):
            raise ValidationError("Une ligne que vous modifiez n’existe plus : rouvrez cette section.")

    def full_clean(self):
        if self.sans_controle:
            self._errors, self._non_form_errors = [{} for _ in self.forms], self.error_class()
            return
        super().full_clean()


def _garder_les_releves(self, indicateur, commit=True):
    """L'avenant n'efface pas, avec une ligne, ce que l'on a mesuré. Appelé sous le verrou de la fiche."""
    if indicateur.releves.exists():
        raise ValidationError(
            f"« {indicateur} » a des relevés, que sa suppression effacerait : retirez-les d’abord depuis le "
            "suivi de la fiche, ou gardez l’indicateur."
        )
    indicateur.delete()


def _serie(modele, ligne, **mots):
    classe = inlineformset_factory(
        FicheAction, modele, form=ligne, formset=Serie, extra=1, max_num=MAXIMUM, validate_max=True,
        absolute_max=MAXIMUM + 1, can_delete_extra=True,
    )  # fmt: skip
    return type(f"Serie{modele.__name__}", (classe,), mots)


SeriePartenaires = _serie(
    Partenariat, LignePartenaire, titre="Partenaires", une="ce partenaire",
    aide="Les structures qui participent à l’action, et ce que chacune apporte.",
)  # fmt: skip
SerieEtapes = _serie(
    EtapeFiche, LigneEtape, titre="Étapes", une="cette étape",
    aide="Les moments qui comptent, dans l’ordre : « Recruter deux médiateurs », « Ouvrir le premier lieu ».",
)  # fmt: skip
SerieIndicateurs = _serie(
    Indicateur, LigneIndicateur, titre="Indicateurs", une="cet indicateur",
    delete_existing=_garder_les_releves,
    aide="Comment on saura que l’action avance : « Personnes accompagnées », d’où l’on part, où l’on va.",
)  # fmt: skip
SerieBudget = _serie(
    LigneBudget, LigneDeBudget, titre="Budget", une="cette dépense",
    aide="Une dépense par ligne et par année. Si l’action ne coûte rien, une ligne à 0 € le dit.",
)  # fmt: skip
SerieFinancements = _serie(
    Financement, LigneFinancement, titre="Financements", une="ce financement",
    aide="Un financeur par ligne. Un financement refusé reste écrit, mais ne compte plus.",
)  # fmt: skip
