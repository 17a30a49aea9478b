"""Dire ce qu'une saisie change : pour le journal, et pour la page de conflit."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Model, QuerySet
from django.forms import Field

TECHNIQUES = frozenset({"version", "jeton", "lu", "id", "fiche", "DELETE"})
RIEN = "–"


class Ecart(NamedTuple):
    libelle: str
    avant: str
    apres: str


def dire(champ: Field, valeur) -> str:
    """La valeur telle que la page la montre : libellé d'un choix, date et nombre à la française."""
    if valeur is None or valeur == "":
        return RIEN
    if isinstance(valeur, list | tuple | QuerySet):
        return ", ".join(dire(champ, v) for v in valeur) or RIEN
    if isinstance(valeur, Model):
        return str(valeur)
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    if isinstance(valeur, Decimal):
        return f"{valeur:,f}".replace(",", "\u202f").replace(".", ",")
    return _libelle_du_choix(champ, valeur)


def _libelle_du_choix(champ: Field, valeur) -> str:
    for cle, libelle in getattr(champ, "choices", ()):
        if str(cle) == str(valeur):
            return str(libelle)
    return str(valeur)


def du_formulaire(formulaire, prefixe: str = "") -> list[Ecart]:
    """Un écart par champ changé d'un formulaire valide."""
    noms = [nom for nom in formulaire.changed_data if nom not in TECHNIQUES]
    return [
        Ecart(
            prefixe + (formulaire[nom].label or nom),
            dire(formulaire.fields[nom], formulaire.get_initial_for_field(formulaire.fields[nom], nom)),
            dire(formulaire.fields[nom], formulaire.cleaned_data.get(nom)),
        )
        for nom in noms
    ]


def de_la_serie(serie) -> list[Ecart]:
    """Lignes supprimées, ajoutées ou changées d'une série valide."""
    ecarts, supprimees = [], serie.deleted_forms
    for rang, ligne in enumerate(serie.forms, start=1):
        if ligne in supprimees:
            if ligne.instance.pk:
                ecarts.append(Ecart(f"{serie.titre}, ligne supprimée", resume(ligne, initial=True), RIEN))
        elif not ligne.has_changed():
            continue
        elif ligne.instance.pk:
            ecarts += du_formulaire(ligne, f"{serie.titre}, ligne {rang}, ")
        else:
            ecarts.append(Ecart(f"{serie.titre}, ligne ajoutée", RIEN, resume(ligne)))
    return ecarts


def resume(ligne, *, initial: bool = False) -> str:
    """Les valeurs d'une ligne, bout à bout ; `initial` : celles d'avant la saisie."""
    morceaux = []
    for nom, champ in ligne.fields.items():
        if nom in TECHNIQUES:
            continue
        valeur = ligne.get_initial_for_field(champ, nom) if initial else ligne.cleaned_data.get(nom)
        if (texte := dire(champ, valeur)) != RIEN:
            morceaux.append(texte)
    return " ; ".join(morceaux)


def de_la_saisie(formulaire) -> list[Ecart]:
    """Tout ce que change une section de fiche : ses champs, puis ses séries."""
    ecarts = du_formulaire(formulaire)
    for serie in formulaire.series:
        ecarts += de_la_serie(serie)
    return ecarts
