"""Ce qu'une fiche coûte et qui la paie, en un seul tableau : une ligne par dépense, une par financement."""

from collections.abc import Callable
from typing import Any

from feuille_de_route.documents.contenu import annees, comptes
from feuille_de_route.documents.contenu.annees import Colonnes, Datees, somme
from feuille_de_route.documents.contenu.graphiques import part_financee
from feuille_de_route.documents.contenu.lecture import Lu, libelle, liste, mesure, nombre
from feuille_de_route.models import EtatFinancement, NatureDepense, TypeFinanceur


def finances(fiche: Lu) -> dict | None:
    """None si rien n'y est chiffré."""
    budget, financements = liste(fiche, "budget"), liste(fiche, "financements")
    if not (budget or financements):
        return None
    compte, cols = comptes.compte_de(fiche), _colonnes(fiche)
    return {
        "titres": cols.titres,
        "etendue": len(cols.titres) + 1,
        "depenses": [_depense(g, cols) for g in _grouper(budget, lambda b: (b["libelle"], b["nature"]))],
        "cout": _rangee(annees.depenses_de([fiche]), cols),
        "financements": [_financement(g, cols) for g in _grouper(financements, _meme_financement)],
        "finance": _rangee(annees.financements_de([fiche]), cols),
        "a_trouver": annees.a_trouver([fiche], cols) if compte.solde and _datee(fiche) else None,
        "total": comptes.euros(compte.budget),
        "total_finance": comptes.euros(compte.finance),
        "phrase": comptes.phrase(compte),
        "barre": part_financee(compte),
    }


def _colonnes(fiche: Lu) -> Colonnes:
    """Une par année, s'il y en a plusieurs ; ce qui vaut toute la durée n'a que son total."""
    dites = annees.colonnes([fiche]).annees
    return Colonnes(dites if len(dites) > 1 else [], sans_annee=False)


def _datee(fiche: Lu) -> bool:
    """Chaque euro a son année, et chaque année sa colonne : un solde par année a un sens."""
    retenus = (annee for annee, montant in annees.financements_de([fiche]) if montant)
    return bool(_colonnes(fiche).titres) and None not in retenus


def _grouper(lignes: list[Lu], cle: Callable[[Lu], Any]) -> list[list[Lu]]:
    """Les lignes de même clé ensemble, dans l'ordre de la première : une ligne par année n'en fait qu'une."""
    groupes: dict[Any, list[Lu]] = {}
    for ligne in lignes:
        groupes.setdefault(cle(ligne), []).append(ligne)
    return list(groupes.values())


def _meme_financement(f: Lu) -> tuple:
    return f["financeur"], f["type"], f["dispositif"], f["etat"], f["annee"] is None


def _rangee(datees: Datees, cols: Colonnes) -> dict:
    """Sans cellule d'année dès qu'un montant n'a pas d'année : son libellé en prend la place."""
    datee = all(annee is not None for annee, montant in datees if montant) and any(m for _, m in datees)
    cellules = cols.cellules(datees) if datee else []
    return {"cellules": cellules, "total": comptes.chiffre(somme(m for _, m in datees))}


def _depense(lignes: list[Lu], cols: Colonnes) -> dict:
    premiere = lignes[0]
    nature = libelle(NatureDepense, premiere["nature"])
    precisions = (nature.lower() if premiere["libelle"] else "", _etp(lignes), _annees(lignes, cols))
    datees = [(ligne["annee"], comptes.lire(ligne["montant"])) for ligne in lignes]
    return _rangee(datees, cols) | {
        "nom": premiere["libelle"] or nature,
        "precision": ", ".join(filter(None, precisions)),
        "realise": _realise(lignes),
    }


def _realise(lignes: list[Lu]) -> str:
    connus = [comptes.lire(ligne["realise"]) for ligne in lignes if ligne["realise"] is not None]
    return comptes.euros(somme(connus)) if connus else ""


def _etp(lignes: list[Lu]) -> str:
    valeurs = sorted({comptes.lire(ligne["etp"]) for ligne in lignes if ligne["etp"]})
    if len(valeurs) > 1:
        return f"{nombre(str(valeurs[0]))} à {mesure(str(valeurs[-1]), 'ETP')}"
    return mesure(str(valeurs[0]), "ETP") if valeurs else ""


def _annees(lignes: list[Lu], cols: Colonnes) -> str:
    """Quand les années n'ont pas leur colonne."""
    dites = sorted({ligne["annee"] for ligne in lignes if ligne["annee"]})
    if cols.titres or not dites:
        return ""
    return str(dites[0]) if len(dites) == 1 else f"{dites[0]} à {dites[-1]}"


def _financement(lignes: list[Lu], cols: Colonnes) -> dict:
    premier = lignes[0]
    nature = libelle(TypeFinanceur, premier["type"])
    nom = premier["financeur"] or nature
    precisions = (
        nature if nature != nom else "",
        premier["dispositif"],
        _annees(lignes, cols),
        _ecart(lignes),
    )
    return _rangee([(f["annee"], comptes.retenu(f)) for f in lignes], cols) | {
        "nom": nom,
        "precision": ", ".join(filter(None, precisions)),
        "etat": libelle(EtatFinancement, premier["etat"] or EtatFinancement.ENVISAGE).lower(),
    }


def _ecart(lignes: list[Lu]) -> str:
    """Ce que le montant retenu ne dit pas : un refus, une demande que l'on n'a pas obtenue en entier."""
    if all(f["demande"] is None and not f["obtenu"] for f in lignes):
        return "montant inconnu"
    demande = somme(comptes.lire(f["demande"]) for f in lignes)
    if lignes[0]["etat"] == EtatFinancement.REFUSE:
        return f"{comptes.euros(demande)} demandés, ne compte pas"
    retenu = somme(map(comptes.retenu, lignes))
    return f"{comptes.euros(demande)} demandés" if demande and demande != retenu else ""
