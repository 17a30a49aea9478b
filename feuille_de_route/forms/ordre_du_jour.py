"""Un point de l'ordre du jour, avec l'objet de la démarche dont il parle."""

from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from feuille_de_route.arbitrages import cibles
from feuille_de_route.arbitrages.cibles import Objet
from feuille_de_route.models import EtatFiche
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
        if not donnees.get("objet") and "objet" not in self.errors and not self.en_nombre:
            self.add_error("objet", "Dites de quoi il s’agit, ou choisissez sur quoi porte ce point.")
        if objet and not donnees.get("rapporteur"):
            donnees["rapporteur"] = objet.presente_par[:150]
        return donnees

    @property
    def en_nombre(self) -> bool:
        """Plusieurs points d'un coup : celui que décrit le formulaire ne s'inscrit pas."""
        return bool(self.cleaned_data.get("fiches"))

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
    """`fiches` : les fiches proposées qui ne sont pas encore à l'ordre du jour, chacune son point."""

    bouton = "Inscrire ce point"
    encore = "Inscrire et continuer"
    field_order = ["fiches", *FormulairePoint.field_order]

    def __init__(self, *args, inscrites: set[UUID], **kwargs):
        super().__init__(*args, **kwargs)
        self.a_trancher = [
            o for o in self.objets.values()
            if (o.type, o.etat) == (Cible.FICHE, EtatFiche.PROPOSEE) and o.cible not in inscrites
        ]  # fmt: skip
        nombre = len(self.a_trancher)
        if nombre > 1 or "fiches" in self.data:  # un second clic envoie ce que le premier a déjà inscrit
            compte = f"{nombre} " if nombre else ""
            self.fields["fiches"] = forms.BooleanField(
                label=f"Inscrire d’un coup les {compte}fiches proposées", required=False,
                help_text="Un point par fiche, dans leur ordre. Laissez alors vide tout ce qui suit.",
            )  # fmt: skip
            self.order_fields(self.field_order)

    def points(self) -> list[PointOrdreDuJour]:
        """Ce qu'il faut inscrire : le point décrit, ou un par fiche proposée."""
        if not self.en_nombre:
            return [self.instance]
        return [
            PointOrdreDuJour(
                objet=self._nommer(o), rapporteur=o.presente_par[:150], cible_type=o.type, cible=o.cible,
                cible_libelle=o.libelle,
            )
            for o in self.a_trancher
        ]  # fmt: skip
