"""L'empreinte de ce qu'une page a montré : champ par champ et ligne par ligne.

Elle dit, quand deux personnes écrivent la même section, qui a changé quoi depuis la lecture : les champs que
chacune a touchés s'ajoutent, et seuls ceux que les deux ont touchés sont en conflit.
"""

import hashlib
import json
from datetime import date
from decimal import Decimal

from django.db.models import Model, QuerySet

from feuille_de_route.redaction.ecarts import TECHNIQUES

ILLISIBLE = "illisible"  # une saisie que son champ refuse : elle diffère de toute valeur enregistrée


def empreinte(valeur) -> str:
    """Douze signes ; vide pour une valeur vide, quelle que soit son espèce."""
    texte = _texte(valeur)
    return hashlib.blake2s(texte.encode(), digest_size=6).hexdigest() if texte else ""


def _texte(valeur) -> str:
    if isinstance(valeur, list | tuple | QuerySet):
        return "|".join(sorted(_texte(v) for v in valeur))
    if isinstance(valeur, Model):
        return str(valeur.pk)
    if isinstance(valeur, date):
        return valeur.isoformat()
    if isinstance(valeur, Decimal):
        return f"{valeur:.4f}"
    if valeur is None or valeur is False:
        return ""
    return str(valeur).replace("\r\n", "\n").strip()


def noms(formulaire) -> list[str]:
    return [nom for nom in formulaire.fields if nom not in TECHNIQUES]


def enregistree(ligne) -> str:
    """L'empreinte d'une ligne telle que la base la porte."""
    valeurs = [ligne.get_initial_for_field(ligne.fields[nom], nom) for nom in noms(ligne)]
    return "-".join(map(empreinte, valeurs))


def saisie(ligne) -> str:
    """L'empreinte d'une ligne telle que tapée ; une ligne cochée pour être retirée n'en a pas."""
    if ligne.cleaned_data.get("DELETE"):
        return ""
    if set(ligne.errors) - {"id"}:  # une ligne que l'autre a retirée n'est pas pour autant illisible
        return ILLISIBLE
    return "-".join(empreinte(ligne.cleaned_data.get(nom)) for nom in noms(ligne))


def du_formulaire(section) -> dict[str, str]:
    """Champ, ou « série:clé » → empreinte de ce que la base porte."""
    etat = {}
    for nom in noms(section):
        etat[nom] = empreinte(section.get_initial_for_field(section.fields[nom], nom))
    for serie in section.series:
        for ligne in serie.initial_forms:
            if ligne.instance.pk:
                etat[f"{serie.prefix}:{ligne.instance.pk}"] = enregistree(ligne)
    return etat


def tape(section, nom: str) -> str:
    """L'empreinte d'un champ tel que tapé."""
    return ILLISIBLE if nom in section.errors else empreinte(section.cleaned_data.get(nom))


def decoder(texte: str) -> dict[str, str]:
    """Ce que la page avait noté ; rien si ce n'est pas lisible : tout ce qui diffère est alors en conflit."""
    try:
        lu = json.loads(texte or "{}")
    except ValueError:
        return {}
    return {str(cle): str(valeur) for cle, valeur in lu.items()} if isinstance(lu, dict) else {}
