"""Les choix que plusieurs formulaires partagent : structures de la gouvernance, axes de la stratégie."""

from typing import NamedTuple

from django.forms import ChoiceField, ModelChoiceField, ModelMultipleChoiceField

from gouvernance.models import Demarche, StatutMembre, Structure


class Structures(NamedTuple):
    """Les structures que l'on peut choisir, et leurs libellés lus une seule fois."""

    queryset: object
    choix: list

    @classmethod
    def de(cls, demarche: Demarche, *gardees):
        """Les membres de la gouvernance, plus celles que la fiche cite déjà."""
        membres = Structure.objects.filter(
            adhesions_gouvernance__gouvernance=demarche.gouvernance_id,
            adhesions_gouvernance__statut__in=[StatutMembre.CONFIRME, StatutMembre.CANDIDAT],
        )
        pks = {*membres.values_list("pk", flat=True), *(pk for pk in gardees if pk)}
        queryset = Structure.objects.filter(pk__in=pks).order_by("nom")
        return cls(queryset, [("", "Choisir une structure"), *((s.pk, str(s)) for s in queryset)])


def choix_des_axes(demarche: Demarche) -> list[tuple]:
    """Les axes dans l'ordre de la stratégie, sous-axes en retrait."""
    axes = list(demarche.axes.all())
    choix = [("", "Choisir un axe")]
    for rang, axe in enumerate((a for a in axes if a.parent_id is None), start=1):
        choix.append((axe.pk, f"{rang}. {axe}"))
        enfants = (a for a in axes if a.parent_id == axe.pk)
        choix += [(a.pk, f"— {rang}.{i}. {a}") for i, a in enumerate(enfants, start=1)]
    return choix


def nommer_le_vide(formulaire) -> None:
    """Remplace « --------- » par des mots, dans les listes qui ont un choix vide."""
    for champ in formulaire.fields.values():
        mots = "Choisir" if champ.required else "Non précisé"
        if isinstance(champ, ModelChoiceField):
            if not isinstance(champ, ModelMultipleChoiceField) and champ.empty_label == "---------":
                champ.empty_label = mots
        elif isinstance(champ, ChoiceField) and (choix := list(champ.choices)) and choix[0][0] == "":
            champ.choices = [("", mots if "---" in str(choix[0][1]) else choix[0][1]), *choix[1:]]
