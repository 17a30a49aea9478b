"""Les comptes, en Decimal, d'après les montants écrits en texte : par fiche, par année, par financeur."""

from decimal import Decimal
from typing import NamedTuple

from feuille_de_route.documents.contenu.lecture import INSECABLE, Lu, libelle, liste
from feuille_de_route.financement import ZERO, Compte, additionner, montant
from feuille_de_route.models import EtatFinancement, TypeFinanceur

ESPERES = {EtatFinancement.ENVISAGE, EtatFinancement.SOLLICITE, None}


class Ligne(NamedTuple):
    """Une fiche dans le plan consolidé ; `cellules` : un montant retenu par type de financeur."""

    fiche: Lu
    cellules: list[Decimal]
    compte: Compte


def euros(valeur: Decimal) -> str:
    """« 1 234,50 € » avec des espaces insécables ordinaires."""
    return montant(valeur).replace("\u202f", INSECABLE)


def chiffre(valeur: Decimal) -> str:
    """« 1 234,50 », « – » pour rien : une cellule de tableau dont l'en-tête dit l'unité."""
    return euros(valeur).removesuffix(f"{INSECABLE}€") if valeur else "–"


def lire(texte: str | None) -> Decimal:
    return Decimal(texte) if texte else ZERO


def compte_de(fiche: Lu) -> Compte:
    financements = liste(fiche, "financements")
    return Compte(
        budget=sum((lire(ligne["montant"]) for ligne in liste(fiche, "budget")), ZERO),
        acquis=sum((retenu(f) for f in financements if f["etat"] == EtatFinancement.ACQUIS), ZERO),
        espere=sum((retenu(f) for f in financements if f["etat"] in ESPERES), ZERO),
        inconnus=sum(f["etat"] in ESPERES and f["demande"] is None for f in financements),
    )


def retenu(financement: Lu) -> Decimal:
    """Ce qui compte dans l'équilibre : l'obtenu s'il est acquis, rien s'il est refusé, sinon le demandé."""
    match financement["etat"]:
        case EtatFinancement.ACQUIS:
            return lire(financement["obtenu"])
        case EtatFinancement.REFUSE:
            return ZERO
    return lire(financement["demande"])


def phrase(compte: Compte) -> str:
    return compte.phrase.replace("\u202f", INSECABLE)


def chiffrees(fiches: list[Lu]) -> list[Lu]:
    return [f for f in fiches if liste(f, "budget") or liste(f, "financements")]


def total(fiches: list[Lu]) -> Compte:
    return additionner([compte_de(f) for f in fiches])


def consolide(fiches: list[Lu]) -> dict | None:
    """Le plan de financement de toute la feuille de route, ou None si rien n'est chiffré."""
    presentes = chiffrees(fiches)
    if not presentes:
        return None
    types = _types(presentes)
    lignes = [Ligne(f, [_part(f, t) for t in types], compte_de(f)) for f in presentes]
    somme = additionner([ligne.compte for ligne in lignes])
    colonnes = [sum(colonne, ZERO) for colonne in zip(*(li.cellules for li in lignes), strict=True)]
    return {
        "compte": _montrer(somme),
        "types": [_cesure(libelle(TypeFinanceur, t)) for t in types],
        "lignes": [_ligne(ligne) for ligne in lignes],
        "totaux": [chiffre(c) for c in colonnes],
        "total": {
            "finance": chiffre(somme.finance),
            "budget": chiffre(somme.budget),
            "solde": solde(somme.solde),
        },
        "large": len(types) > 4,
        "non_chiffrees": [f"{f['numero']}. {f['titre']}" for f in fiches if f not in presentes],
    }


def _cesure(mot: str) -> str:
    """Un long mot se coupe en tête d'une colonne étroite."""
    return mot.replace("financement", "\u00adfinancement").replace("Valorisation", "Valori\u00adsation")


def _types(fiches: list[Lu]) -> list[str]:
    """Les types de financeurs présents, dans l'ordre de la liste."""
    vus = {f["type"] for fiche in fiches for f in liste(fiche, "financements")}
    return [t for t in TypeFinanceur.values if t in vus]


def _part(fiche: Lu, type_: str) -> Decimal:
    return sum((retenu(f) for f in liste(fiche, "financements") if f["type"] == type_), ZERO)


def _montrer(compte: Compte) -> dict:
    return {
        "budget": euros(compte.budget),
        "acquis": euros(compte.acquis),
        "espere": euros(compte.espere),
        "finance": euros(compte.finance),
        "solde": euros(abs(compte.solde)),
        "sens": "manque" if compte.solde > 0 else "excedent" if compte.solde < 0 else "equilibre",
        "phrase": phrase(compte),
    }


def _ligne(ligne: Ligne) -> dict:
    return {
        "numero": ligne.fiche["numero"],
        "titre": ligne.fiche["titre"],
        "cellules": [chiffre(c) for c in ligne.cellules],
        "finance": chiffre(ligne.compte.finance),
        "budget": chiffre(ligne.compte.budget),
        "solde": solde(ligne.compte.solde),
    }


def solde(valeur: Decimal) -> str:
    """Ce qu'il reste à trouver ; « + » : les financements dépassent le budget ; « 0 » : équilibre."""
    if valeur == 0:
        return "0"
    return chiffre(valeur) if valeur > 0 else f"+{INSECABLE}{chiffre(-valeur)}"
