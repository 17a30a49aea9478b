"""Le fil d'or imprimé : des constats aux enjeux, aux axes et aux fiches ; les liens qui manquent."""

from feuille_de_route.axes import fil_d_or
from feuille_de_route.axes.fil_d_or import Fil, Genre, Maillon, Validation
from feuille_de_route.documents.contenu.graphiques import abreger
from feuille_de_route.documents.contenu.lecture import INSECABLE, Dossier, jour

GENRES = {Genre.CONSTAT: "Constats", Genre.ENJEU: "Enjeux", Genre.AXE: "Axes"}


def fil(dossier: Dossier, codes: dict[str, str]) -> dict | None:
    """Une ligne par enjeu : les constats dont il suit, les fiches qui y répondent sous chaque axe."""
    lu = fil_d_or.de_l_export(dossier.donnees)
    enjeux = {e.cle: e for e in lu.enjeux}
    if not (enjeux and lu.axes):
        return None
    return {
        "axes": [axe.numero for axe in lu.racines],
        "lignes": [_ligne(lu, enjeux[ref], code) for ref, code in codes.items() if ref in enjeux],
        "validations": [_validation(g, lu.validations[g]) for g in GENRES if g in lu.validations],
        "manques": [orphelin.phrase for orphelin in fil_d_or.orphelins(lu)],
    }


def _ligne(lu: Fil, enjeu: Maillon, code: str) -> dict:
    return {
        "code": code,
        "question": enjeu.libelle,
        "constats": [abreger(c.libelle, 62) for c in enjeu.constats],
        "cellules": [_croisement(lu, enjeu, axe) for axe in lu.racines],
    }


def _croisement(lu: Fil, enjeu: Maillon, axe: Maillon) -> dict:
    """`citent` : les fiches qui citent l'enjeu ; `par_l_axe` : celles qui le servent par leur axe seulement ;
    `vise` : l'axe y répond, sans fiche encore.
    """
    lignee = [axe, *lu.sous_axes(axe)]
    fiches = [f for a in lignee for f in a.fiches]
    citent = [f for f in fiches if enjeu in f.enjeux]
    par_l_axe = [f for f in fiches if not f.enjeux and enjeu in lu.enjeux_par_l_axe(f)]
    vise = any(enjeu in a.enjeux for a in lignee)
    return {"citent": _numeros(citent), "par_l_axe": _numeros(par_l_axe), "vise": vise}


def _numeros(fiches: list[Maillon]) -> str:
    return ", ".join(f.numero for f in sorted(fiches, key=lambda f: int(f.numero or 0)))


def _validation(genre: Genre, validation: Validation) -> str:
    """« Enjeux : Comité partenarial, le 3 mars 2026 (2026-PART-01-D1) »."""
    le = jour(validation.le)
    qui = ", le ".join(filter(None, (validation.instance, le)))
    return f"{GENRES[genre]}{INSECABLE}: {qui} ({validation.numero})"
