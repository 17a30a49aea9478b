"""Écrire un commentaire, et dire qui prévenir : par des cases, ou en écrivant « @nom »."""

from functools import cached_property

from django import forms

from feuille_de_route.dialogue.echanges import Mot, appeles, lecteurs
from feuille_de_route.dialogue.liens_de_fiche import DROIT, liens_vivants
from feuille_de_route.models import Commentaire, FicheAction
from gouvernance.models import Utilisateur
from gouvernance.permissions import Acces
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr

LONGUEUR = 10_000


class Personnes(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Utilisateur) -> str:
        return f"{obj} ({obj.structure})" if obj.structure else str(obj)


def zone(libelle: str) -> forms.CharField:
    return forms.CharField(
        label=libelle, max_length=LONGUEUR, widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Écrivez votre commentaire."},
    )  # fmt: skip


class FormulaireMot(FormulaireDsfr):
    """`inconnus` : les « @nom » qui ne désignent personne, pour le dire une fois le mot enregistré."""

    bouton = ""
    texte = zone("Votre commentaire")
    mentions = Personnes(
        Utilisateur.objects.none(), label="Prévenir par courriel", required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args, fiche: FicheAction, acces: Acces, **kwargs):
        super().__init__(*args, **kwargs)
        self.inconnus: list[str] = []
        autres = lecteurs(fiche).exclude(pk=acces.utilisateur.pk).select_related("structure")
        personnes = self.fields["mentions"]
        personnes.queryset = autres
        personnes.choices = lambda: [(p.pk, personnes.label_from_instance(p)) for p in self.gens]

    @cached_property
    def gens(self) -> list[Utilisateur]:
        return list(self.fields["mentions"].queryset)

    def clean(self):
        donnees = super().clean()
        self.cites: list[Utilisateur] = []
        if texte := donnees.get("texte"):
            try:
                self.cites, self.inconnus = appeles(texte, self.gens, list(donnees.get("mentions") or []))
            except forms.ValidationError as erreur:
                self.add_error("texte", erreur)
        return donnees

    @property
    def mot(self) -> Mot:
        return Mot(self.cleaned_data["texte"], [*self.cleaned_data["mentions"], *self.cites])


class FormulaireCommentaire(AvecJeton, FormulaireMot):
    """Un commentaire qui ouvre un fil. Qui confie les fiches peut aussi s'adresser à qui les écrit par un
    lien : `partenaires`, ceux que l'on peut prévenir.
    """

    liens = forms.MultipleChoiceField(
        label="Prévenir qui écrit la fiche par un lien", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, fiche: FicheAction, acces: Acces, **kwargs):
        super().__init__(*args, fiche=fiche, acces=acces, **kwargs)
        self.partenaires = list(liens_vivants(fiche)) if acces.autorise_nom(DROIT) else []
        self.fields["liens"].choices = [
            (str(lien.uuid), f"{lien.nom or lien.structure} ({lien.email})") for lien in self.partenaires
        ]

    @property
    def mot(self) -> Mot:
        cochees = self.cleaned_data["liens"]
        return super().mot._replace(liens=[p for p in self.partenaires if str(p.uuid) in cochees])


class FormulaireParLien(AvecJeton, FormulaireDsfr):
    """Le mot de qui vient par un lien : la plateforme choisit qui prévenir, aucun nom n'est proposé."""

    bouton = ""
    gens: tuple = ()
    partenaires: tuple = ()
    texte = zone("Votre commentaire")


class FormulaireReponseParLien(FormulaireParLien):
    texte = zone("Votre réponse")


class FormulaireReponse(FormulaireCommentaire):
    texte = zone("Votre réponse")


class SonMot(AvecVersion):
    """Son propre commentaire, à corriger."""

    partenaires: tuple = ()

    def __init__(self, *args, commentaire: Commentaire, **kwargs):
        self.commentaire = commentaire
        initial = {
            "texte": commentaire.texte, "version": commentaire.version,
            "mentions": [personne.pk for personne in commentaire.mentions.all()],
        }  # fmt: skip
        super().__init__(*args, initial=initial, **kwargs)

    def differences(self) -> list[tuple]:
        """Ce qui a été saisi et ce qui est enregistré, pour la page qui montre les deux textes."""
        actuel = Commentaire.objects.get(pk=self.commentaire.pk)
        return [(self.fields["texte"].label, self.cleaned_data["texte"], actuel.texte)]


class FormulaireCorrection(SonMot, FormulaireMot):
    pass


class FormulaireCorrectionParLien(SonMot, FormulaireDsfr):
    bouton = ""
    gens: tuple = ()
    texte = zone("Votre commentaire")
