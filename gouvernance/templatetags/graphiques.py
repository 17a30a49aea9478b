"""Graphiques SVG calculés côté serveur : la même image dans la page et dans le PDF.

Les couleurs sont des attributs de présentation (`fill="#…"`), lus par le navigateur et WeasyPrint.
"""

from decimal import Decimal

from django import template
from django.utils.text import Truncator

from gouvernance.templatetags.feuille import nombre

register = template.Library()

LARGEUR = 420
BARRE = 290
COULEURS_JALON = {
    "valide": "#1f7a4d",
    "valide_avec_reserves": "#8a5a00",
    "valide_reserves": "#8a5a00",
    "en_cours": "#1b4965",
    "soumis": "#1b4965",
    "renvoye": "#b3261e",
}
GRIS = "#6b7280"


@register.inclusion_tag("composants/barres.html")
def barres(lignes, titre, identifiant="barres"):
    """`lignes` : (libellé, valeur ou None, unité). Une valeur absente se dit « non disponible »."""
    connues = [Decimal(str(valeur)) for _, valeur, _ in lignes if valeur is not None]
    maximum = max(connues, default=Decimal(0))
    dessin = []
    for rang, (libelle, valeur, unite) in enumerate(lignes):
        haut = 6 + rang * 58
        part = Decimal(str(valeur)) / maximum if valeur is not None and maximum > 0 else Decimal(0)
        dessin.append(
            {
                "libelle": libelle,
                "court": Truncator(libelle).chars(50),
                "valeur": "non disponible" if valeur is None else f"{nombre(valeur)}\u00a0{unite}",
                "absente": valeur is None,
                "longueur": max(0, round(part * BARRE)),
                "y_texte": haut + 14,
                "y_barre": haut + 22,
                "y_valeur": haut + 38,
            }
        )
    return {
        "lignes": dessin,
        "titre": titre,
        "identifiant": identifiant,
        "largeur": LARGEUR,
        "barre": BARRE,
        "hauteur": 6 + len(dessin) * 58,
    }


@register.inclusion_tag("composants/frise.html")
def frise_jalons(jalons, titre="Calendrier des jalons", identifiant="frise"):
    """`jalons` : (libellé, date ou None, état) ou (…, état, libellé de l'état), dans l'ordre à montrer."""
    dessin = []
    for rang, (libelle, jour, etat, *libelle_etat) in enumerate(jalons):
        code = str(getattr(etat, "value", etat))
        dessin.append(
            {
                "libelle": libelle,
                "court": Truncator(libelle).chars(44),
                "date": jour,
                "code": code,
                "etat_texte": next(iter(libelle_etat), None) or getattr(etat, "label", None) or code,
                "couleur": COULEURS_JALON.get(code, GRIS),
                "plein": code in COULEURS_JALON,
                "cy": 24 + rang * 56,
                "y_libelle": 22 + rang * 56,
                "y_date": 42 + rang * 56,
            }
        )
    fin = dessin[-1]["cy"] if dessin else 24
    return {
        "lignes": dessin,
        "titre": titre,
        "identifiant": identifiant,
        "largeur": LARGEUR,
        "hauteur": fin + 34,
        "fin": fin,
    }


PAS_MIN, PAS_MAX = 52, 96  # entre deux moments, selon les jours qui les séparent


@register.inclusion_tag("composants/retroplanning.html")
def retroplanning(moments, titre="Rétroplanning", identifiant="retroplanning"):
    """`moments` : ceux de gouvernance.conduite.retroplanning, dans l'ordre du temps ; le temps descend."""
    dessin, y, precedent = [], 24, None
    for moment in moments:
        if precedent:
            y += min(PAS_MAX, max(PAS_MIN, (moment.jour - precedent).days // 2))
        precedent = moment.jour
        code = str(moment.etat)
        dessin.append(
            {
                "genre": moment.genre,
                "libelle": moment.libelle,
                "court": Truncator(moment.libelle).chars(40),
                "jour": moment.jour,
                "precision": moment.precision,
                "couleur": COULEURS_JALON.get(code, GRIS),
                "plein": code in COULEURS_JALON,
                "y": y,
                "y_libelle": y - 2,
                "y_date": y + 18,
            }
        )
    return {
        "moments": dessin,
        "titre": titre,
        "identifiant": identifiant,
        "largeur": LARGEUR,
        "hauteur": y + 34,
        "fin": y,
    }
