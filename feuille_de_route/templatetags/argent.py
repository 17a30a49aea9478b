"""Le dessin du plan de financement : des barres empilées, doublées d'un tableau."""

from decimal import Decimal

from django import template

from feuille_de_route.argent.consolidation import LigneAnnee
from feuille_de_route.financement import Compte, comptes_annuels
from feuille_de_route.models import FicheAction

register = template.Library()

LARGEUR = 420
PAS = 60


@register.inclusion_tag("feuille_de_route/financement_barres.html")
def barres_financement(lignes: list[LigneAnnee], titre: str) -> dict:
    """Une barre par année : acquis, espéré, reste à trouver ; à la même échelle pour toutes."""
    maximum = max((max(li.compte.budget, li.compte.finance) for li in lignes), default=Decimal(0))
    dessin = [_barre(ligne, rang, maximum) for rang, ligne in enumerate(lignes) if maximum]
    return {"lignes": dessin, "titre": titre, "largeur": LARGEUR, "hauteur": PAS * len(dessin) + 4}


def _barre(ligne: LigneAnnee, rang: int, maximum: Decimal) -> dict:
    compte, haut = ligne.compte, 4 + rang * PAS
    acquis, espere = _long(compte.acquis, maximum), _long(compte.espere, maximum)
    reste = _long(max(compte.solde, Decimal(0)), maximum)
    return {
        "annee": ligne.annee,
        "compte": compte,
        "y_texte": haut + 16,
        "y": haut + 24,
        "acquis": acquis,
        "espere": espere,
        "x_reste": acquis + espere,
        "reste": reste,
        "budget": _long(compte.budget, maximum) if compte.solde < 0 else 0,
    }


def _long(somme: Decimal, maximum: Decimal) -> int:
    return round(somme / maximum * LARGEUR)


@register.inclusion_tag("feuille_de_route/solde.html")
def solde(compte: Compte, court: bool = False) -> dict:
    """Le solde en mots, en couleur et en icône."""
    return {"sens": compte.sens, "phrase": compte.phrase_courte if court else compte.phrase}


@register.inclusion_tag("feuille_de_route/fiche_annees.html")
def equilibre_annuel(fiche: FicheAction) -> dict:
    """L'équilibre d'une fiche, année par année ; rien à dire si elle ne tient que sur une."""
    comptes = comptes_annuels(fiche)
    sans_annee = comptes.pop(None, Compte())
    return {"annees": list(comptes.items()) if len(comptes) > 1 else [], "sans_annee": sans_annee}
