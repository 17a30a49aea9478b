"""Remplir un formulaire des écrans comme le ferait une personne, et refuser une saisie invalide."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model


def _tape(valeur: Any) -> Any:
    """Ce que le navigateur enverrait : des clés à la place des objets."""
    if isinstance(valeur, Model):
        return valeur.pk
    if isinstance(valeur, list | tuple):
        return [_tape(v) for v in valeur]
    return "" if valeur is None else valeur


def remplir(classe, instance: Model, champs: dict, *, lignes: dict | None = None, **options):
    """Le formulaire `classe` valide, prêt pour la règle qui l'enregistre.

    `champs` : ce que l'on change, le reste gardant sa valeur ; `lignes` : nom de série → lignes (sections
    de fiche). Lève ValidationError avec les phrases de l'écran.
    """
    vide = classe(instance=instance, **options)
    saisie = {
        nom: _tape(vide.get_initial_for_field(champ, nom))
        for nom, champ in vide.fields.items()
        if nom not in {"jeton", "version"}
    }
    if inconnus := set(champs) - set(saisie):
        raise ValueError(f"{classe.__name__} n’a pas de champ {', '.join(sorted(inconnus))}.")
    saisie |= {nom: _tape(valeur) for nom, valeur in champs.items()}
    saisie |= {"jeton": uuid.uuid4(), "version": getattr(instance, "version", None)}
    for prefixe, valeurs in (lignes or {}).items():
        saisie |= _serie(prefixe, valeurs)
    # Django annonce la soumission par la présence des données : un dictionnaire suffit, sans requête HTTP.
    formulaire = classe(saisie, instance=instance, **options)
    if not formulaire.is_valid():
        raise ValidationError([f"{classe.__name__} : {formulaire.errors.as_text()}", *_fautes(formulaire)])
    return formulaire


def _serie(prefixe: str, valeurs: list[dict]) -> dict:
    donnees = {f"{prefixe}-TOTAL_FORMS": len(valeurs), f"{prefixe}-INITIAL_FORMS": 0}
    for rang, ligne in enumerate(valeurs):
        donnees |= {f"{prefixe}-{rang}-{nom}": _tape(valeur) for nom, valeur in ligne.items()}
    return donnees


def _fautes(formulaire) -> list[str]:
    lignes = [ligne for serie in getattr(formulaire, "series", ()) for ligne in serie if ligne.errors]
    return [ligne.errors.as_text() for ligne in lignes]
