"""Les choix que plusieurs formulaires partagent : structures de la gouvernance, axes de la stratégie."""

from functools import cache, cached_property, partial

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.forms import ChoiceField, ModelChoiceField, ModelMultipleChoiceField

from feuille_de_route.axes.strategie import numerotes
from gouvernance.models import Demarche, Membre, StatutMembre, Structure


class Structures:
    """Les structures que l'on peut choisir : les membres de la gouvernance, plus celles que la fiche cite
    déjà. Lues une seule fois, et seulement si l'on s'en sert.
    """

    def __init__(self, demarche: Demarche, fiche=None):
        membres = Membre.objects.filter(
            structure=OuterRef("pk"), gouvernance=demarche.gouvernance_id,
            statut__in=[StatutMembre.CONFIRME, StatutMembre.CANDIDAT],
        )  # fmt: skip
        choisies = Q(Exists(membres))
        if fiche is not None:
            choisies |= Q(pk=fiche.structure_porteuse_id) | Q(pk__in=fiche.partenariats.values("structure"))
            choisies |= Q(pk__in=fiche.copilotes.order_by().values("pk"))
        self.queryset = Structure.objects.filter(choisies).order_by("nom")

    @cached_property
    def par_cle(self) -> dict[str, Structure]:
        return {str(structure.pk): structure for structure in self.queryset}

    def choix(self) -> list[tuple]:
        return [("", "Choisir une structure"), *((s.pk, str(s)) for s in self.par_cle.values())]

    def regler(self, champ: ModelChoiceField) -> None:
        """Le champ ne propose, et n'accepte, que ces structures."""
        champ.queryset, champ.choices = self.queryset, self.choix

    def regler_les_cases(self, champ: ModelMultipleChoiceField) -> None:
        """La même liste, à cocher."""
        champ.queryset, champ.choices = self.queryset, lambda: self.choix()[1:]


class ChoixDeStructure(ModelChoiceField):
    """Une structure, cherchée parmi celles déjà lues : cinquante lignes ne font pas cinquante requêtes."""

    structures: Structures

    def to_python(self, value):
        if value in self.empty_values:
            return None
        structure = self.structures.par_cle.get(str(value))
        if structure is None:
            faute = self.error_messages["invalid_choice"]
            raise ValidationError(faute, code="invalid_choice", params={"value": value})
        return structure


class CasesACocher(ModelMultipleChoiceField):
    """Une saisie qui n'y change rien ne fait rien relire. `cochees` : ce que l'objet portait déjà."""

    cochees: list = []

    def clean(self, value):
        if self.cochees and {str(cle) for cle in value or ()} == {str(objet.pk) for objet in self.cochees}:
            return self.cochees
        return super().clean(value)


def lire_une_fois(champ: ModelChoiceField, queryset) -> None:
    """Le champ ne propose, et n'accepte, que ces objets ; la liste est lue si elle se montre, et une fois."""

    def choix() -> list[tuple]:
        return [("", champ.empty_label), *((objet.pk, str(objet)) for objet in queryset)]

    champ.queryset, champ.choices = queryset, cache(choix)


def regler_les_axes(champ: ModelChoiceField, demarche: Demarche) -> None:
    """Le champ ne propose, et n'accepte, que les axes de la démarche ; la liste n'est lue que montrée."""
    champ.queryset, champ.choices = demarche.axes.all(), cache(partial(choix_des_axes, demarche))


def choix_des_axes(demarche: Demarche) -> list[tuple]:
    """Les axes dans l'ordre de la stratégie, sous-axes en retrait."""
    axes = numerotes(list(demarche.axes.all()))
    choix = [(axe.pk, f"{'— ' if axe.parent_id else ''}{rang}. {axe}") for rang, axe in axes]
    return [("", "Choisir un axe"), *choix]


def nommer_le_vide(formulaire) -> None:
    """Remplace « --------- » par des mots, dans les listes qui ont un choix vide."""
    for champ in formulaire.fields.values():
        mots = "Choisir" if champ.required else "Non précisé"
        if isinstance(champ, ModelChoiceField):
            if not isinstance(champ, ModelMultipleChoiceField) and champ.empty_label == "---------":
                champ.empty_label = mots
        elif isinstance(champ, ChoiceField) and (choix := list(champ.choices)) and choix[0][0] == "":
            champ.choices = [("", mots if "---" in str(choix[0][1]) else choix[0][1]), *choix[1:]]
