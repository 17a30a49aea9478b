"""Lit un dossier du code officiel géographique ; chaque erreur dit son fichier et sa ligne."""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import filterfalse
from pathlib import Path
from typing import NamedTuple

AUTRE_ESPACE = re.compile(r"[^\S\n ]")  # tabulation, espace insécable…
TAILLE_MAXIMALE = 50_000_000  # octets, une fois décompressé


class Colonne(NamedTuple):
    """Une colonne du fichier (`source`), celle de la base qu'elle remplit, et la forme de ses valeurs."""

    source: str
    colonne: str
    forme: re.Pattern
    attendu: str
    parent: str = ""  # fichier où la valeur doit figurer
    liste: bool = False  # plusieurs valeurs séparées par une barre verticale


def _colonne(source, colonne, forme, attendu, **options) -> Colonne:
    return Colonne(source, colonne, re.compile(forme, re.ASCII), attendu, **options)


_DEPARTEMENT = r"\d{2,3}|2[AB]"
_ENTIER = r"\d{0,9}"
_UN_ENTIER = "un nombre entier ou rien"


def _nom(longueur: int) -> Colonne:
    return _colonne(
        "nom",
        "nom",
        rf"[^\x00-\x1f\x7f-\x9f]{{1,{longueur}}}",
        f"un nom de {longueur} caractères au plus, sur une ligne",
    )


#: Du plus large au plus fin : un fichier ne renvoie qu'aux précédents. La première colonne est la clé.
FICHIERS: dict[str, tuple[Colonne, ...]] = {
    "regions": (_colonne("code", "code", r"\d{2,3}", "un code de région"), _nom(100)),
    "departements": (
        _colonne("code", "code", _DEPARTEMENT, "un code de département"),
        _nom(100),
        _colonne("region", "region_id", r"\d{2,3}", "un code de région", parent="regions"),
        _colonne("population", "population", _ENTIER, _UN_ENTIER),
        _colonne("nb_communes", "nb_communes", _ENTIER, _UN_ENTIER),
    ),
    "epci": (
        _colonne("siren", "siren", r"\d{9}", "un SIREN de 9 chiffres"),
        _nom(200),
        _colonne("type", "type", r"[A-Z0-9]{2,6}", "un type d’EPCI (CC, CA, CU, METRO…)"),
        _colonne(
            "departement_principal",
            "departement_id",
            _DEPARTEMENT,
            "un code de département",
            parent="departements",
        ),
        _colonne(
            "departements",
            "departements",
            _DEPARTEMENT,
            "des codes de département",
            parent="departements",
            liste=True,
        ),
        _colonne("nb_communes", "nb_communes", _ENTIER, _UN_ENTIER),
        _colonne("population_municipale", "population", _ENTIER, _UN_ENTIER),
    ),
    "communes": (
        _colonne("code_insee", "code", r"\d{5}|2[AB]\d{3}", "un code INSEE de commune"),
        _nom(100),
        _colonne(
            "departement", "departement_id", _DEPARTEMENT, "un code de département", parent="departements"
        ),
        _colonne("epci_siren", "epci_id", r"|\d{9}", "un SIREN de 9 chiffres ou rien", parent="epci"),
        _colonne("population", "population", _ENTIER, _UN_ENTIER),
        _colonne("codes_postaux", "codes_postaux", r"|\d{5}", "des codes postaux de 5 chiffres", liste=True),
    ),
}


class ErreurCog(NamedTuple):
    fichier: str
    ligne: int  # 0 : le fichier entier
    message: str

    def __str__(self):
        lieu = f"{self.fichier}, ligne {self.ligne}" if self.ligne else self.fichier
        return f"{lieu} : {self.message}"


class CogRefuse(Exception):
    """Le dossier ne peut pas être chargé ; `erreurs` les liste toutes, rien n'a été écrit."""

    def __init__(self, erreurs: list[ErreurCog]):
        self.erreurs = sorted(erreurs)
        super().__init__("\n".join(str(erreur) for erreur in self.erreurs))


@dataclass
class Fichier:
    """Le contenu d'un fichier : une liste par colonne, et le numéro de ligne de chaque enregistrement."""

    nom: str
    numeros: list[int] = field(default_factory=list)
    valeurs: dict[str, list[str]] = field(default_factory=dict)


def lire(dossier: Path) -> dict[str, Fichier]:
    """Les quatre fichiers du dossier, contrôlés ; lève CogRefuse avec toutes les erreurs trouvées."""
    if not dossier.is_dir():
        raise CogRefuse([ErreurCog(str(dossier), 0, "ce dossier n’existe pas.")])
    erreurs: list[ErreurCog] = []
    fichiers = {nom: _lire_fichier(dossier, nom, colonnes, erreurs) for nom, colonnes in FICHIERS.items()}
    if not erreurs:  # les renvois n'ont de sens qu'entre fichiers bien formés
        for nom, colonnes in FICHIERS.items():
            erreurs += _doublons(fichiers[nom], colonnes[0].source)
            for colonne in colonnes:
                erreurs += _renvois(fichiers, fichiers[nom], colonne)
        erreurs += _effectifs(fichiers)
    if erreurs:
        raise CogRefuse(erreurs)
    return fichiers


def _lire_fichier(
    dossier: Path, nom: str, colonnes: tuple[Colonne, ...], erreurs: list[ErreurCog]
) -> Fichier:
    chemin = next((c for c in (dossier / f"{nom}.csv", dossier / f"{nom}.csv.gz") if c.is_file()), None)
    if chemin is None:
        erreurs.append(ErreurCog(f"{nom}.csv", 0, "ce fichier manque (ou le même en .csv.gz)."))
        return Fichier(nom)
    fichier = Fichier(chemin.name)
    try:
        texte = _texte(chemin)
    except ValueError as erreur:
        erreurs.append(ErreurCog(chemin.name, *erreur.args))
        return fichier
    entete, enregistrements = _d_un_trait(texte, fichier) or _enregistrements(texte, fichier, erreurs)
    if manquantes := [c.source for c in colonnes if c.source not in entete]:
        message = f"colonnes manquantes : {', '.join(manquantes)} (séparateur attendu : la virgule)."
        erreurs.append(ErreurCog(chemin.name, 1, message))
        return fichier
    par_colonne = list(zip(*enregistrements, strict=True)) or [()] * len(entete)
    for colonne in colonnes:
        valeurs = par_colonne[entete.index(colonne.source)]
        if colonne.source == "nom":
            valeurs = _espacer(valeurs)
        fichier.valeurs[colonne.source] = valeurs
        erreurs += _formes(fichier, colonne)
    if not enregistrements:
        erreurs.append(ErreurCog(chemin.name, 0, "aucune ligne."))
    return fichier


def _texte(chemin: Path) -> str:
    """Le texte du fichier ; lève ValueError(ligne, phrase) s'il ne se lit pas."""
    ouvrir = gzip.open if chemin.suffix == ".gz" else open
    try:
        with ouvrir(chemin, "rb") as flux:
            octets = flux.read(TAILLE_MAXIMALE + 1)
    except (OSError, EOFError, zlib.error) as erreur:
        raise ValueError(0, "ce fichier ne se lit pas, il est abîmé ou protégé.") from erreur
    if len(octets) > TAILLE_MAXIMALE:
        raise ValueError(0, f"ce fichier dépasse {TAILLE_MAXIMALE // 1_000_000} Mo.")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as erreur:
        raise ValueError(
            octets.count(b"\n", 0, erreur.start) + 1, "ce texte n’est pas de l’UTF-8."
        ) from erreur


def _lecteur(texte: str):
    return csv.reader(io.StringIO(texte, newline=""), strict=True)


def _d_un_trait(texte: str, fichier: Fichier) -> tuple[list[str], list[list[str]]] | None:
    """L'en-tête et les enregistrements d'un fichier sans défaut, une ligne chacun ; None : à lire de près."""
    lecteur = _lecteur(texte)
    try:
        entete, *bons = lecteur
    except (csv.Error, ValueError):
        return None
    if lecteur.line_num != len(bons) + 1 or not set(map(len, bons)) <= {len(entete)}:
        return None
    fichier.numeros.extend(range(2, len(bons) + 2))
    return entete, bons


def _enregistrements(
    texte: str, fichier: Fichier, erreurs: list[ErreurCog]
) -> tuple[list[str], list[list[str]]]:
    """L'en-tête et les enregistrements bien formés ; les autres deviennent des erreurs."""
    bons: list[list[str]] = []
    entete: list[str] = []
    debut = (
        1  # première ligne de l'enregistrement : un guillemet jamais fermé court jusqu'à la fin du fichier
    )
    lecteur = _lecteur(texte)
    try:
        entete = next(lecteur, [])
        largeur, numeros = len(entete), fichier.numeros
        debut = lecteur.line_num + 1
        for valeurs in lecteur:
            if len(valeurs) == largeur:
                bons.append(valeurs)
                numeros.append(debut)
            elif valeurs:
                message = f"{len(valeurs)} valeurs pour {largeur} colonnes."
                erreurs.append(ErreurCog(fichier.nom, debut, message))
            debut = lecteur.line_num + 1
    except csv.Error:
        erreurs.append(ErreurCog(fichier.nom, debut, "un guillemet est mal placé ou jamais fermé."))
    return entete, bons


def _espacer(noms) -> list[str]:
    """Une espace entre les mots, aucune autour ; rien à faire quand aucun nom du fichier n'en a de trop."""
    texte = "\n" + "\n".join(noms) + "\n"
    en_trop = any(trop in texte for trop in ("  ", "\n ", " \n"))
    if not en_trop and texte.count("\n") == len(noms) + 1 and not AUTRE_ESPACE.search(texte):
        return noms
    return [" ".join(nom.split()) for nom in noms]


def _parties(valeur: str, colonne: Colonne) -> list[str]:
    return valeur.split("|") if colonne.liste else [valeur]


def _fautives(fichier: Fichier, colonne: Colonne, acceptee, message: str) -> Iterator[ErreurCog]:
    """Une erreur par ligne fautive ; chaque valeur distincte n'est jugée qu'une fois."""
    valeurs = fichier.valeurs[colonne.source]
    distinctes = set(valeurs)
    parties = {p for v in distinctes for p in v.split("|")} if colonne.liste else distinctes
    refusees = set(filterfalse(acceptee, parties))
    if refusees:
        for numero, valeur in zip(fichier.numeros, valeurs, strict=True):
            if not refusees.isdisjoint(_parties(valeur, colonne)):
                lue = f"{colonne.source} vaut « {valeur[:60]} »"
                yield ErreurCog(fichier.nom, numero, f"{lue} : {message}.")


def _formes(fichier: Fichier, colonne: Colonne) -> Iterator[ErreurCog]:
    if _toutes_bien_formees(colonne, fichier.valeurs[colonne.source]):
        return iter(())
    return _fautives(fichier, colonne, colonne.forme.fullmatch, f"attendu {colonne.attendu}")


def _toutes_bien_formees(colonne: Colonne, valeurs) -> bool:
    """La colonne entière, une valeur par ligne, jugée d'un coup : bien plus vite qu'une à une. Faux ne dit
    rien de plus que « à regarder de près ».
    """
    texte = "\n".join(valeurs) + "\n"
    if texte.count("\n") != len(valeurs):  # une valeur sur deux lignes se ferait passer pour deux valeurs
        return False
    une = f"(?:{colonne.forme.pattern})"
    ligne = rf"{une}(?:\|{une})*" if colonne.liste else une
    return re.fullmatch(rf"(?:{ligne}\n)*+", texte, re.ASCII) is not None


def _renvois(fichiers: dict[str, Fichier], fichier: Fichier, colonne: Colonne) -> Iterator[ErreurCog]:
    if not colonne.parent:
        return iter(())
    parent = fichiers[colonne.parent]
    connus = {"", *parent.valeurs[FICHIERS[colonne.parent][0].source]}
    if not colonne.liste and connus.issuperset(fichier.valeurs[colonne.source]):
        return iter(())
    return _fautives(fichier, colonne, connus.__contains__, f"introuvable dans {parent.nom}")


def _doublons(fichier: Fichier, cle: str) -> Iterator[ErreurCog]:
    if len(set(fichier.valeurs[cle])) == len(fichier.valeurs[cle]):
        return
    premiers: dict[str, int] = {}
    for numero, valeur in zip(fichier.numeros, fichier.valeurs[cle], strict=True):
        if premiers.setdefault(valeur, numero) != numero:
            yield ErreurCog(fichier.nom, numero, f"{cle} « {valeur} » figure déjà ligne {premiers[valeur]}.")


def _effectifs(fichiers: dict[str, Fichier]) -> Iterator[ErreurCog]:
    """Le nombre de communes annoncé est celui des communes du dossier : un fichier tronqué se voit."""
    for nom, cle, renvoi in (("departements", "code", "departement"), ("epci", "siren", "epci_siren")):
        fichier, comptees = fichiers[nom], Counter(fichiers["communes"].valeurs[renvoi])
        annonces = zip(fichier.numeros, fichier.valeurs[cle], fichier.valeurs["nb_communes"], strict=True)
        for numero, code, annonce in annonces:
            if annonce and int(annonce) != comptees[code]:
                message = (
                    f"nb_communes vaut {annonce}, mais {comptees[code]} communes du dossier s’y rattachent."
                )
                yield ErreurCog(fichier.nom, numero, message)
