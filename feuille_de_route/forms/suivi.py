"""Faire le point d'une fiche, noter un relevé, filtrer le suivi."""

from uuid import UUID

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from feuille_de_route.financement import montant
from feuille_de_route.mise_en_oeuvre.suivi import SaisieDePoint
from feuille_de_route.mise_en_oeuvre.tableau_de_suivi import MAUVAIS_TEMPS, court
from feuille_de_route.models import Axe, EtatRealisation, FicheAction, Meteo, PointDeSuivi, Releve
from feuille_de_route.redaction.ecarts import dire
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr, ModelFormulaireDsfr
from gouvernance.templatetags.feuille import date_longue, nombre

FREINS = "Quand la météo est mauvaise, dites ce qui freine."
A_VENIR = "On note ce qui a eu lieu : cette date est à venir."
SANS = "sans"  # dans un filtre : rien n'en est dit


def refuser_l_avenir(jour) -> None:
    if jour and jour > timezone.localdate():
        raise ValidationError(A_VENIR)


def lire_vu(texte: str) -> UUID | None:
    """Le point lu à l'ouverture de la page ; une valeur falsifiée ne désigne aucun point."""
    try:
        return UUID(texte) if texte else None
    except ValueError:
        return UUID(int=0)


class FormulairePoint(AvecJeton, ModelFormulaireDsfr):
    """L'état de l'action, et ce qui l'accompagne : étapes faites, relevés, réalisé.

    `vu` : le dernier point connu à l'ouverture ; s'il a changé à l'envoi, c'est un conflit (page 409).
    """

    bouton = "Enregistrer le point"
    vu = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    class Meta:
        model = PointDeSuivi
        fields = ["le", "etat", "meteo", "fait", "freins", "a_decider"]
        widgets = {nom: forms.Textarea(attrs={"rows": 3}) for nom in ("fait", "freins", "a_decider")}
        labels = {"a_decider": "Ce que l’instance doit décider"}
        help_texts = {
            "meteo": "Comment l’action se porte, dit par qui la conduit.",
            "fait": "Par exemple « Deux médiateurs recrutés, les permanences ouvrent le 3 mars ».",
            "freins": "« Pas de local dans deux communes ». À dire par mauvais temps.",
            "a_decider": "Proposé à l’ordre du jour du prochain comité : « Financer un second poste ? ».",
        }

    def __init__(self, *args, fiche: FicheAction, **kwargs):
        self.fiche, self.dernier = fiche, fiche.points_de_suivi.first()
        self.groupes = {
            "Étapes faites": self._etapes(),
            "Indicateurs, à la même date": self._releves(),
            "Dépenses réalisées": self._realises(),
        }
        # Déclarés avant l'ouverture : ces champs reçoivent le même habillage que les autres.
        self.base_fields = self.base_fields | {n: c for g in self.groupes.values() for n, c in g.items()}
        super().__init__(*args, **kwargs)
        self.fields["le"].validators.append(refuser_l_avenir)
        self._partir_du_dernier()

    def disposition(self):
        suites = [Fieldset(legende, *champs) for legende, champs in self.groupes.items() if champs]
        return Layout(Fieldset("Où en est l’action", *self._meta.fields), *suites)

    def _partir_du_dernier(self) -> None:
        dernier = self.dernier
        self.initial |= {"le": timezone.localdate(), "vu": str(dernier.uuid) if dernier else ""}
        if dernier:
            self.initial |= {"etat": dernier.etat, "meteo": dernier.meteo, "freins": dernier.freins}

    def _etapes(self) -> dict[str, forms.Field]:
        return {
            f"etape_{etape.pk}": forms.DateField(
                label=f"{etape} : faite le", required=False, validators=[refuser_l_avenir],
                help_text=f"Attendue le {date_longue(etape.echeance)}." if etape.echeance else "",
                initial=etape.faite_le, show_hidden_initial=True,
            )
            for etape in self.fiche.etapes.all()
        }  # fmt: skip

    def _releves(self) -> dict[str, forms.Field]:
        champs = {}
        for indicateur in self.fiche.indicateurs.all():
            bornes = (("départ", indicateur.reference), ("cible", indicateur.cible))
            dits = [f"{mot} {nombre(valeur)}" for mot, valeur in bornes if valeur is not None]
            unite = f" ({indicateur.unite})" if indicateur.unite else ""
            champs[f"releve_{indicateur.pk}"] = forms.DecimalField(
                label=f"{indicateur}{unite}", required=False, max_digits=14, decimal_places=2,
                help_text=(", ".join(dits)).capitalize() + "." if dits else "",
            )  # fmt: skip
        return champs

    def _realises(self) -> dict[str, forms.Field]:
        return {
            f"realise_{ligne.pk}": forms.DecimalField(
                label=f"{ligne} : réalisé (€)", required=False, max_digits=12, decimal_places=2, min_value=0,
                help_text=f"Prévu : {montant(ligne.montant)}.", initial=ligne.realise,
                show_hidden_initial=True,
                error_messages={"min_value": "Le montant ne peut pas être négatif."},
            )
            for ligne in self.fiche.lignes_budget.all()
        }  # fmt: skip

    def clean(self):
        donnees = super().clean()
        mauvais = donnees.get("meteo") in MAUVAIS_TEMPS
        if mauvais and not donnees.get("freins", "").strip() and "freins" not in self.errors:
            self.add_error("freins", FREINS)
        return donnees

    @property
    def saisie(self) -> SaisieDePoint:
        return SaisieDePoint(
            point=self.instance, vu=lire_vu(self.cleaned_data["vu"]), etapes=self._changes("etape_"),
            realises=self._changes("realise_"), releves=self._changes("releve_"),
        )  # fmt: skip

    def _changes(self, prefixe: str) -> dict:
        noms = [nom for nom in self.changed_data if nom.startswith(prefixe)]
        return {int(nom.removeprefix(prefixe)): self.cleaned_data[nom] for nom in noms}

    def differences(self) -> list[tuple]:
        """(libellé, saisi, ce que dit le point noté entre-temps), pour la page de conflit."""
        enregistre = self.fiche.points_de_suivi.first()
        lignes = []
        for nom in self.changed_data:
            if nom in {"vu", "jeton"}:
                continue
            connu = getattr(enregistre, nom, None) if nom in self._meta.fields else self.initial_de(nom)
            champ = self.fields[nom]
            lignes.append((self[nom].label, dire(champ, self.cleaned_data.get(nom)), dire(champ, connu)))
        return lignes

    def initial_de(self, nom: str):
        return self.get_initial_for_field(self.fields[nom], nom)


class FormulaireReleve(AvecJeton, FormulaireRattache):
    """Un relevé daté d'un indicateur de la fiche."""

    bouton = "Enregistrer le relevé"
    encore = "Enregistrer et noter un autre relevé"
    rattaches = ("indicateur",)

    class Meta:
        model = Releve
        fields = ["indicateur", "le", "valeur", "commentaire"]
        help_texts = {
            "le": "Le jour que décrit la valeur ; un relevé en retard garde sa date.",
            "commentaire": "D’où vient la valeur, ce qui l’explique : « chiffres de la CAF, hors juillet ».",
        }

    def __init__(self, *args, fiche: FicheAction, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["le"].validators.append(refuser_l_avenir)
        self.fields["le"].initial = timezone.localdate()
        if "indicateur" in self.fields:
            self.fields["indicateur"].queryset = fiche.indicateurs.all()


class CorrectionDeReleve(AvecVersion, FormulaireRattache):
    bouton = "Corriger le relevé"
    rattaches = ("indicateur",)

    class Meta:
        model = Releve
        fields = ["le", "valeur", "commentaire"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["le"].validators.append(refuser_l_avenir)


class FiltreDuSuivi(FormulaireDsfr):
    """Les filtres du suivi, gardés dans l'adresse ; une valeur inconnue ne filtre rien."""

    bouton = ""
    etat = forms.ChoiceField(
        required=False, label="État",
        choices=[("", "Tous"), *EtatRealisation.choices, (SANS, "Pas encore de point")],
    )  # fmt: skip
    meteo = forms.ChoiceField(
        required=False, label="Météo",
        choices=[("", "Toutes"), *((m.value, court(m.label)) for m in Meteo), (SANS, "Sans météo")],
    )  # fmt: skip
    axe = forms.ChoiceField(required=False, label="Axe")

    def __init__(self, *args, axes: list[Axe], **kwargs):
        super().__init__(*args, **kwargs)
        self.axes = {str(a.uuid): a for a in axes}
        self.fields["axe"].choices = [("", "Tous"), *((cle, str(a)) for cle, a in self.axes.items())]

    @property
    def criteres(self) -> dict:
        self.is_valid()
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if valeur}

    def retient(self, fiche: FicheAction) -> bool:
        """Vrai si la fiche passe les filtres posés (`fiche.axe` déjà lu)."""
        criteres = self.criteres
        for nom, valeur in (("etat", fiche.etat_realisation), ("meteo", fiche.meteo)):
            if nom in criteres and criteres[nom] != (valeur or SANS):
                return False
        if axe := self.axes.get(criteres.get("axe")):
            return fiche.axe is not None and axe.pk in {fiche.axe_id, fiche.axe.parent_id}
        return True
