"""Ce que toutes les sections d'une fiche ont en commun : des champs et des séries, enregistrés ensemble."""

import json

from django import forms

from feuille_de_route.forms import lectures
from feuille_de_route.forms.choix import nommer_le_vide
from feuille_de_route.models import FicheAction
from feuille_de_route.redaction import ecarts
from feuille_de_route.redaction.completude import OBLIGATOIRES
from gouvernance.permissions import Acces
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, ModelFormulaireDsfr

A_PROPOSER = {champ.removesuffix("_id") for champ in OBLIGATOIRES}
LIGNES_A_REVOIR = "Des lignes sont à revoir dans « {} » : l’erreur est écrite sous chaque case."


class Section(AvecJeton, AvecVersion, ModelFormulaireDsfr):
    """Une section de la fiche : des champs, et des séries de lignes, enregistrés ensemble.

    `acces` : Acces, ou views.redaction.SansCompte ; `lu` : ce que la page a montré (forms/lectures.py) ;
    `sans_controle` : on remontre la saisie telle quelle (« Ajouter une ligne »).
    """

    titre = aide = bouton = ""
    SERIES: tuple = ()
    lu = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20_000)

    def __init__(self, *args, acces: Acces, sans_controle: bool = False, **kwargs):
        self.acces, self.sans_controle = acces, sans_controle
        super().__init__(*args, **kwargs)
        self.demarche = acces.demarche
        self.preparer()
        nommer_le_vide(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.series = [
            classe(
                self.data if self.is_bound else None,
                instance=self.instance,
                prefix=classe.get_default_prefix(),
                form_kwargs=self.options_des_lignes(),
                sans_controle=sans_controle,
            )
            for classe in self.SERIES
        ]
        if not self.is_bound:
            self._montrer_ce_qui_est_attendu()
            self.initial["lu"] = json.dumps(lectures.du_formulaire(self), separators=(",", ":"))

    def preparer(self) -> None:
        """Restreint les choix à ce qui appartient à la démarche."""

    def options_des_lignes(self) -> dict:
        return {}

    def full_clean(self):
        if self.sans_controle:
            self._errors = forms.utils.ErrorDict()
        else:
            super().full_clean()
        self._montrer_ce_qui_est_attendu()

    def _montrer_ce_qui_est_attendu(self) -> None:
        """Un champ attendu pour proposer la fiche ne se dit pas « optionnel » ; un brouillon s'en passe."""
        for nom in A_PROPOSER & set(self.fields):
            self.fields[nom].required = True

    def _get_validation_exclusions(self):
        """Ce qui vient d'une liste est déjà jugé par son champ : la base n'a pas à le chercher de nouveau."""
        choisis = {nom for nom, champ in self.fields.items() if isinstance(champ, forms.ChoiceField)}
        return super()._get_validation_exclusions() | choisis

    def is_valid(self):
        valide = super().is_valid()
        for serie in self.series:
            phrase = LIGNES_A_REVOIR.format(serie.titre)
            if not serie.is_valid():
                valide = False
                if phrase not in self.non_field_errors():
                    self.add_error(None, phrase)
        return valide

    def valeurs(self) -> dict:
        """Les seuls champs de la section : un état changé au même moment ne sera pas écrasé."""
        simples = {champ.name for champ in self.instance._meta.concrete_fields} & set(self._meta.fields)
        return {nom: getattr(self.instance, nom) for nom in simples & set(self.fields)}

    def enregistrer_les_listes(self) -> None:
        """Ce qui ne tient pas dans la ligne de la fiche : listes cochées si elles changent, séries."""
        for champ in self.instance._meta.many_to_many:
            if champ.name in self.changed_data:
                champ.save_form_data(self.instance, self.cleaned_data[champ.name])
        for serie in self.series:
            serie.save()

    def differences(self) -> list[ecarts.Ecart]:
        """Ce qui a été saisi en face de ce qui est maintenant enregistré."""
        actuelle = type(self)(
            self.data, instance=FicheAction.objects.get(pk=self.instance.pk), acces=self.acces
        )
        actuelle.is_valid()
        return [(e.libelle, e.apres, e.avant) for e in ecarts.de_la_saisie(actuelle)]
