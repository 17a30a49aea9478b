"""Un point de l'ordre du jour, avec l'objet de la démarche dont il parle."""

from django import forms
from django.core.exceptions import ValidationError

from feuille_de_route.arbitrages import cibles
from feuille_de_route.arbitrages.cibles import Objet
from gouvernance.models import Cible, PointOrdreDuJour
from gouvernance.reunions.ordre_du_jour import cible_de
from gouvernance.socle.formulaires import AvecJeton, ModelFormulaireDsfr

DUREE_MAX = 24 * 60
VIDE = "Aucun objet particulier"


class FormulairePoint(ModelFormulaireDsfr):
    """`porte_sur` : « type:identifiant » d'un objet de cette démarche, et d'elle seule."""

    bouton = "Enregistrer ce point"
    porte_sur = forms.ChoiceField(
        label="Porte sur", required=False,
        help_text="Ce qui sera décidé. Un jalon est soumis à l’instance quand on convoque la séance.",
    )  # fmt: skip

    class Meta:
        model = PointOrdreDuJour
        fields = ["objet", "duree", "rapporteur"]
        help_texts = {
            "objet": "Par exemple « Présentation du diagnostic ». Vide : le nom de l’objet choisi.",
            "duree": "Par exemple 30.",
            "rapporteur": "Qui présente. Vide, pour une fiche action : son élu référent.",
        }

    field_order = ["porte_sur", "objet", "duree", "rapporteur"]

    def __init__(self, *args, objets: list[Objet], **kwargs):
        super().__init__(*args, **kwargs)
        self.objets = {o.valeur: o for o in objets}
        choix = cibles.en_groupes(objets, VIDE)
        type_, cible = cible_de(self.instance)
        actuelle = f"{type_}:{cible}" if type_ else ""
        if actuelle and actuelle not in self.objets:  # l'objet a été tranché depuis : le point le garde
            libelle = self.instance.cible_libelle or str(self.instance.jalon)
            self.objets[actuelle] = Objet(type_, cible, libelle, "", "", 0, None)
            choix.append((Cible(type_).label, [(actuelle, libelle)]))
        self.fields["porte_sur"].choices = choix
        self.fields["objet"].required = False
        if actuelle:
            self.initial["porte_sur"] = actuelle

    def clean_duree(self):
        duree = self.cleaned_data["duree"]
        if duree is not None and not 0 < duree <= DUREE_MAX:
            raise ValidationError("Donnez une durée en minutes, de 1 à 1 440, ou rien.")
        return duree

    def clean(self):
        donnees = super().clean()
        objet = self.objets.get(donnees.get("porte_sur") or "")
        if objet and not donnees.get("objet"):
            donnees["objet"] = self._nommer(objet)
        if not donnees.get("objet") and "objet" not in self.errors:
            self.add_error("objet", "Dites de quoi il s’agit, ou choisissez sur quoi porte ce point.")
        if objet and not donnees.get("rapporteur"):
            donnees["rapporteur"] = objet.presente_par[:150]
        return donnees

    @staticmethod
    def _nommer(objet: Objet) -> str:
        debuts = {
            Cible.JALON: "Validation du jalon « {} »",
            Cible.FICHE: "Présentation de la fiche action {}",
            Cible.SEANCE: "Approbation : {}",
        }
        return debuts.get(objet.type, "{}").format(objet.libelle)[:250]

    def _post_clean(self):
        """La cible suit le choix ; la règle, elle, accorde la clé du jalon."""
        objet = self.objets.get(self.cleaned_data.get("porte_sur") or "")
        self.instance.cible_type = objet.type if objet else ""
        self.instance.cible = objet.cible if objet else None
        self.instance.cible_libelle = objet.libelle if objet else ""
        self.instance.jalon = None
        super()._post_clean()


class NouveauPoint(AvecJeton, FormulairePoint):
    bouton = "Inscrire ce point"
    encore = "Inscrire et continuer"
