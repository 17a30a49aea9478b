"""Mettre à jour plusieurs fiches en une page : état, météo et une ligne par fiche."""

from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from feuille_de_route.forms.suivi import FREINS, lire_vu
from feuille_de_route.mise_en_oeuvre.suivi import PointsRefuses, SaisieDePoint
from feuille_de_route.mise_en_oeuvre.tableau_de_suivi import MAUVAIS_TEMPS, court
from feuille_de_route.models import EtatRealisation, FicheAction, Meteo, PointDeSuivi
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr

PAR_PAGE = 40  # trois champs et un témoin par fiche : loin de la limite de mille champs de Django
ETATS = [("", "À dire"), *EtatRealisation.choices]
METEOS = [("", "Sans météo"), *((m.value, court(m.label)) for m in Meteo)]


class Rang(NamedTuple):
    """Une fiche et ses champs, pour le gabarit."""

    fiche: FicheAction
    etat: forms.BoundField
    meteo: forms.BoundField
    mot: forms.BoundField
    vu: forms.BoundField


class FormulaireRapide(AvecJeton, FormulaireDsfr):
    """Une ligne par fiche ; une ligne laissée telle quelle n'écrit rien.

    `fiches` : annotées de `dernier_point` (l'identifiant public de leur dernier point, ou None).
    """

    bouton = ""

    def __init__(self, *args, fiches: list[FicheAction], **kwargs):
        self.fiches = fiches
        for fiche in fiches:
            self.base_fields = self.base_fields | self._champs(fiche)
        super().__init__(*args, **kwargs)

    @staticmethod
    def _champs(fiche: FicheAction) -> dict[str, forms.Field]:
        titre = str(fiche)
        champs = {
            "etat": forms.ChoiceField(
                choices=ETATS, required=False, initial=fiche.etat_realisation, label=f"État de « {titre} »",
            ),
            "meteo": forms.ChoiceField(
                choices=METEOS, required=False, initial=fiche.meteo, label=f"Météo de « {titre} »",
            ),
            "mot": forms.CharField(
                required=False, max_length=300, label=f"En une ligne, « {titre} »",
            ),
            "vu": forms.CharField(
                required=False, max_length=40, widget=forms.HiddenInput,
                initial=str(fiche.dernier_point or ""),),
        }  # fmt: skip
        return {f"{nom}_{fiche.pk}": champ for nom, champ in champs.items()}

    @property
    def rangs(self) -> list[Rang]:
        return [
            Rang(fiche, *(self[f"{nom}_{fiche.pk}"] for nom in ("etat", "meteo", "mot", "vu")))
            for fiche in self.fiches
        ]

    def changees(self) -> list[FicheAction]:
        changes = set(self.changed_data)
        return [f for f in self.fiches if changes & {f"{nom}_{f.pk}" for nom in ("etat", "meteo", "mot")}]

    def clean(self):
        donnees = super().clean()
        changees = self.changees()
        for fiche in changees:
            self._verifier(fiche)
        if self.is_bound and not changees and not self.errors:
            self.add_error(None, "Rien n’a changé : choisissez un état, une météo, ou écrivez une ligne.")
        return donnees

    def _verifier(self, fiche: FicheAction) -> None:
        etat, meteo, mot = self._dit(fiche)
        if not etat and f"etat_{fiche.pk}" not in self.errors:
            self.add_error(f"etat_{fiche.pk}", "Dites où en est l’action.")
        if meteo in MAUVAIS_TEMPS and not mot and not fiche.freins.strip():
            self.add_error(f"mot_{fiche.pk}", FREINS)

    def _dit(self, fiche: FicheAction) -> tuple[str, str, str]:
        return tuple(
            self.cleaned_data.get(f"{nom}_{fiche.pk}", "").strip() for nom in ("etat", "meteo", "mot")
        )

    @property
    def saisies(self) -> dict[int, SaisieDePoint]:
        """Par mauvais temps, la ligne dit ce qui freine ; sinon, ce qui a avancé."""
        return {fiche.pk: self._saisie(fiche) for fiche in self.changees()}

    def _saisie(self, fiche: FicheAction) -> SaisieDePoint:
        etat, meteo, mot = self._dit(fiche)
        mauvais = meteo in MAUVAIS_TEMPS
        point = PointDeSuivi(
            le=timezone.localdate(), etat=etat, meteo=meteo, fait="" if mauvais else mot,
            freins=(mot or fiche.freins) if mauvais else "",
        )  # fmt: skip
        return SaisieDePoint(point, vu=lire_vu(self.cleaned_data.get(f"vu_{fiche.pk}", "")))

    def refuser(self, refus: PointsRefuses) -> ValidationError:
        """Chaque faute à sa ligne. Une ligne dépassée se remontre avec le point que l'on vient d'y noter : la
        renvoyer, c'est l'avoir lu.
        """
        self.data = self.data.copy()
        for pk, point in refus.depasses.items():
            self.data[f"vu_{pk}"] = str(point.uuid)
        return ValidationError({f"etat_{pk}": phrases for pk, phrases in refus.fautes.items()})
