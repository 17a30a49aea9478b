"""Le fichier contre le schéma : chaque écart devient une phrase française avec son chemin."""

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from feuille_de_route.echange.erreurs import Erreur
from feuille_de_route.echange.lecture import imprimable
from feuille_de_route.echange.schema import schema
from feuille_de_route.echange.valeurs import DATE, MOMENT, NON_BLANC, SLUG, correspond, date_possible

TYPES = {
    "object": "un objet { … }", "array": "une liste [ … ]", "string": "un texte entre guillemets",
    "integer": "un nombre entier", "boolean": "true ou false", "null": "null",
}  # fmt: skip
MOTIFS = {
    DATE: "Écrivez une date « AAAA-MM-JJ ».",
    MOMENT: "Écrivez une date et une heure « AAAA-MM-JJTHH:MM:SS+02:00 », ou une date seule.",
    SLUG: "Des lettres sans accent, des chiffres, des tirets.",
    NON_BLANC: "Ce texte est obligatoire.",
}


def _motif(validateur, motif: str, valeur: Any, _schema: dict):
    if isinstance(valeur, str) and not correspond(motif, valeur):
        yield ValidationError("motif")


def _requis(validateur, cles: list[str], valeur: Any, _schema: dict):
    """Un null là où la valeur est obligatoire se dit comme une absence, une seule fois."""
    if isinstance(valeur, dict):
        for cle in cles:
            if valeur.get(cle) is None:
                yield ValidationError(cle, path=[cle])


def _inconnues(validateur, permis: bool, valeur: Any, regle: dict):
    if isinstance(valeur, dict):
        for cle in valeur:
            if cle not in regle["properties"]:
                yield ValidationError(cle, path=[cle])


def _proprietes(validateur, proprietes: dict, valeur: Any, regle: dict):
    if not isinstance(valeur, dict):
        return
    for cle, sous_schema in proprietes.items():
        if cle not in valeur or (valeur[cle] is None and cle in regle.get("required", ())):
            continue
        yield from validateur.descend(valeur[cle], sous_schema, path=cle, schema_path=cle)


@cache
def validateur() -> Draft202012Validator:
    """Compilé une fois ; les motifs s'y lisent comme en ECMAScript."""
    formats = FormatChecker(formats=())
    formats.checks("date")(lambda valeur: not isinstance(valeur, str) or date_possible(valeur))
    regles = {
        "pattern": _motif, "required": _requis, "additionalProperties": _inconnues,
        "properties": _proprietes,
    }  # fmt: skip
    return extend(Draft202012Validator, regles)(schema(), format_checker=formats)


def ecarts(donnees: dict) -> list[tuple[tuple, Erreur]]:
    """Chaque écart au schéma, avec l'endroit (pour l'ôter avant la suite des contrôles)."""
    trouves, vus = [], set()
    for erreur in validateur().iter_errors(donnees):
        lieu = tuple(erreur.absolute_path)
        message = _phrase(erreur)
        if (lieu, message) not in vus:
            vus.add((lieu, message))
            trouves.append((lieu, Erreur(chemin(lieu), message)))
    return trouves


def chemin(lieu: tuple) -> str:
    pas = (f"[{p}]" if isinstance(p, int) else f".{imprimable(p)}" for p in lieu)
    return "$" + "".join(pas)


def _phrase(erreur: ValidationError) -> str:
    return PHRASES[erreur.validator](erreur)


def _phrase_type(erreur: ValidationError) -> str:
    attendus = erreur.validator_value
    attendus = [attendus] if isinstance(attendus, str) else attendus
    return f"Il faut {' ou '.join(TYPES[t] for t in attendus)}."


def _phrase_inconnue(erreur: ValidationError) -> str:
    cle = erreur.message
    if cle == "sous_axes":
        return "Un sous-axe n’a pas de sous-axes : deux niveaux au plus."
    proches = get_close_matches(cle, erreur.schema["properties"], n=1, cutoff=0.6)
    return "Clé inconnue" + (f" ; vouliez-vous dire « {proches[0]} » ?" if proches else ".")


def _phrase_motif(erreur: ValidationError) -> str:
    motif = erreur.validator_value
    if motif in MOTIFS:
        return MOTIFS[motif]
    if "x-renvoi" in erreur.schema or "x-definit" in erreur.schema:
        return "Une référence commence par une lettre et ne compte que lettres, chiffres et tirets."
    if r"(\." in motif:
        signe = "" if "-?" in motif else " positif"
        return f"Écrivez un nombre{signe} en texte, avec un point, dans les limites du champ (« 1234.50 »)."
    return "Ce texte n’a pas la forme attendue."


def _phrase_enum(erreur: ValidationError) -> str:
    permises = ", ".join(str(v) for v in erreur.validator_value if v is not None)
    return f"Valeur inconnue ; choisissez parmi : {permises}."


def _phrase_format(erreur: ValidationError) -> str:
    return "Cette date n’existe pas, ou n’est pas entre 1950 et 2199."


PHRASES: dict[str, Callable[[ValidationError], str]] = {
    "type": _phrase_type,
    "required": lambda e: "Cette valeur est obligatoire.",
    "additionalProperties": _phrase_inconnue,
    "pattern": _phrase_motif,
    "enum": _phrase_enum,
    "format": _phrase_format,
    "const": lambda e: f"Il faut « {e.validator_value} ».",
    "minLength": lambda e: "Ce texte est vide.",
    "maxLength": lambda e: f"{len(e.instance)} caractères : {e.validator_value} au plus.",
    "minimum": lambda e: f"Le nombre doit être au moins {e.validator_value}.",
    "maximum": lambda e: f"Le nombre doit être au plus {e.validator_value}.",
    "uniqueItems": lambda e: "La liste répète un élément.",
}


def elaguer(donnees: dict, lieux: list[tuple]) -> None:
    """Met à null (ou {}) ce qui est déjà signalé, pour que la suite des contrôles ne bute pas dessus."""
    for lieu in lieux:
        parent: Any = donnees
        for pas in lieu[:-1]:
            parent = _enfant(parent, pas)
        if not lieu or not isinstance(parent, dict | list) or _enfant(parent, lieu[-1]) is None:
            continue
        parent[lieu[-1]] = {} if isinstance(lieu[-1], int) else None


def _enfant(parent: Any, pas: Any) -> Any:
    if isinstance(parent, dict):
        return parent.get(pas)
    return parent[pas] if isinstance(parent, list) and isinstance(pas, int) and pas < len(parent) else None
