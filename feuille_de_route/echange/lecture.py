"""Du fichier au dictionnaire : encodage, syntaxe, doublons, profondeur, caractères impossibles à ranger."""

import json
import unicodedata
from typing import Any

from feuille_de_route.echange.erreurs import Erreur, ErreurImport, refuser

TAILLE_MAX = 5 * 1024 * 1024
PROFONDEUR_MAX = 20


class _Doublons(dict):
    """Un objet JSON dont une clé est écrite deux fois."""

    cles: set[str]


class _Virgule(float):
    """Un nombre à virgule tel qu'il était écrit."""

    ecrit: str


def lire(donnees: dict | str | bytes) -> dict:
    """Le contenu en NFC, ou ErreurImport qui dit la ligne et la colonne (syntaxe) ou le chemin."""
    brut = donnees if isinstance(donnees, dict) else _analyser(_decoder(donnees))
    erreurs: list[Erreur] = []
    propre = _nettoyer(brut, "$", 0, erreurs)
    if erreurs:
        raise ErreurImport(erreurs)
    if not isinstance(propre, dict):
        raise refuser("Le fichier doit contenir un objet JSON ({ … }).")
    return propre


def _decoder(donnees: str | bytes) -> str:
    octets = donnees.encode("utf-8", "surrogatepass") if isinstance(donnees, str) else donnees
    if len(octets) > TAILLE_MAX:
        raise refuser(f"Le fichier pèse {len(octets) / 1024**2:.1f} Mo ; la limite est de 5 Mo.")
    if isinstance(donnees, str):
        return donnees.removeprefix("\ufeff")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as erreur:
        raise refuser(f"Le fichier n’est pas en UTF-8 (octet {erreur.start + 1}).") from erreur


def _analyser(texte: str) -> Any:
    try:
        return json.loads(texte, object_pairs_hook=_objet, parse_float=_virgule, parse_constant=_virgule)
    except json.JSONDecodeError as erreur:
        lieu = f"ligne {erreur.lineno}, colonne {erreur.colno}"
        raise refuser(f"Ce n’est pas du JSON : erreur de syntaxe {lieu}.") from erreur
    except RecursionError as erreur:
        raise refuser(f"Les objets sont emboîtés sur plus de {PROFONDEUR_MAX} niveaux.") from erreur
    except ValueError as erreur:
        raise refuser("Un nombre du fichier compte beaucoup trop de chiffres.") from erreur


def _objet(paires: list[tuple[str, Any]]) -> dict:
    objet = dict(paires)
    if len(objet) == len(paires):
        return objet
    cles = [cle for cle, _ in paires]
    doublons = _Doublons(objet)
    doublons.cles = {cle for cle in cles if cles.count(cle) > 1}
    return doublons


def _virgule(ecrit: str) -> _Virgule:
    nombre = _Virgule("0")
    nombre.ecrit = ecrit
    return nombre


def _nettoyer(valeur: Any, chemin: str, profondeur: int, erreurs: list[Erreur]) -> Any:
    """Copie la valeur, textes en NFC ; ajoute à `erreurs` ce que ni la base ni le format n'admettent."""
    if profondeur > PROFONDEUR_MAX:
        erreurs.append(Erreur(chemin, f"Les objets sont emboîtés sur plus de {PROFONDEUR_MAX} niveaux."))
        return None
    match valeur:
        case None | bool() | int():
            return valeur
        case str():
            return _texte(valeur, chemin, erreurs)
        case dict():
            return _cles(valeur, chemin, profondeur, erreurs)
        case list():
            suite = enumerate(valeur)
            return [_nettoyer(v, f"{chemin}[{rang}]", profondeur + 1, erreurs) for rang, v in suite]
    erreurs.append(Erreur(chemin, _phrase_du_type(valeur)))
    return None


def _phrase_du_type(valeur: Any) -> str:
    if isinstance(valeur, float):
        ecrit = getattr(valeur, "ecrit", valeur)
        return f'Les nombres à virgule s’écrivent entre guillemets, avec un point : "{ecrit}".'
    return f"Le format n’admet pas de valeur de type « {type(valeur).__name__} »."


def _texte(texte: str, chemin: str, erreurs: list[Erreur]) -> str | None:
    if "\x00" in texte:
        erreurs.append(Erreur(chemin, "Le texte contient un caractère nul."))
        return None
    if any("\ud800" <= c <= "\udfff" for c in texte):
        erreurs.append(Erreur(chemin, "Le texte contient la moitié d’un caractère (substitut isolé)."))
        return None
    return unicodedata.normalize("NFC", texte)


def _cles(objet: dict, chemin: str, profondeur: int, erreurs: list[Erreur]) -> dict:
    for cle in sorted(getattr(objet, "cles", ())):
        erreurs.append(Erreur(f"{chemin}.{imprimable(cle)}", "La clé est écrite deux fois."))
    propre = {}
    for cle, valeur in objet.items():
        sous_chemin = f"{chemin}.{imprimable(cle)}"
        if not isinstance(cle, str) or _texte(cle, sous_chemin, erreurs) is None:
            erreurs.append(Erreur(sous_chemin, "Le nom de cette clé n’est pas un texte lisible."))
            continue
        propre[cle] = _nettoyer(valeur, sous_chemin, profondeur + 1, erreurs)
    return propre


def imprimable(cle: Any) -> str:
    """Un morceau de clé que l'on peut toujours afficher."""
    return "".join(c if c.isprintable() else "�" for c in str(cle))[:60]
