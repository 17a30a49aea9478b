"""Lire le JSON du format d'échange : clés absentes, renvois entre objets, dates et listes de valeurs."""

import json
import re
from datetime import date, datetime
from itertools import chain

from django.db import models

INSECABLE = "\u00a0"
MOIS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
MOIS_COURTS = ("janv.", "févr.", "mars", "avr.", "mai", "juin")
MOIS_COURTS += ("juil.", "août", "sept.", "oct.", "nov.", "déc.")
# Commandes, et signes qui retournent le sens de lecture : l'affiché ne doit pas différer de l'écrit.
A_TAIRE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
AVANT_DOUBLE = re.compile("[ \u202f]+(?=[:;!?»%€])")
APRES_OUVRANT = re.compile("(?<=«)[ \u202f]+")
MILLIERS = re.compile(r"(?<=\d)[ \u202f](?=\d{3}(?!\d))")


class Lu(dict):
    """Un objet du fichier ; une clé absente vaut None, comme une clé à null."""

    def __missing__(self, cle):
        return None


class Dossier:
    """Le fichier, et de quoi suivre ses renvois (« S2 », « I1 »…)."""

    def __init__(self, texte: str):
        self.donnees: Lu = soigner(json.loads(texte))
        d = self.donnees
        self.diagnostic: Lu = d["diagnostic"] or Lu()
        sous_axes = [sous for axe in liste(d, "axes") for sous in liste(axe, "sous_axes")]
        sieges = [siege for instance in liste(d, "instances") for siege in liste(instance, "sieges")]
        decisions = [dec for seance in liste(d, "seances") for dec in liste(seance, "decisions")]
        simples = ("structures", "personnes", "instances", "enjeux", "chantiers", "axes", "seances", "fiches")
        objets = chain(*(liste(d, cle) for cle in simples), sous_axes, sieges, decisions)
        self.par_ref = {o["ref"]: o for o in objets if o["ref"]}
        apports = (c for atelier in liste(d, "ateliers") for c in liste(atelier, "contributions"))
        self.par_ref |= {c["ref"]: c for c in (*liste(self.diagnostic, "constats"), *apports) if c["ref"]}
        self.seance_de = {
            dec["ref"]: seance for seance in liste(d, "seances") for dec in liste(seance, "decisions")
        }

    def de(self, ref: str | None) -> Lu:
        """L'objet désigné, ou un objet vide."""
        return self.par_ref.get(ref) or Lu()

    def structure(self, ref: str | None) -> str:
        return self.de(ref)["nom"] or ""

    def personne(self, ref: str | None) -> str:
        """« Prénom Nom, fonction »."""
        qui = self.de(ref)
        nom = " ".join(filter(None, (qui["prenom"], qui["nom"])))
        return ", ".join(filter(None, (nom, qui["fonction"])))

    def instance(self, ref: str | None) -> str:
        return nom_instance(self.de(ref))

    def decision(self, ref: str | None) -> str:
        """« 2026-COPIL-02-D3, le 10 mars 2026 »."""
        dec = self.de(ref)
        if not dec:
            return ""
        le = jour(self.seance_de.get(ref, Lu())["debut"])
        return ", le ".join(filter(None, (dec["numero"] or dec["objet"], le)))


def soigner(valeur):
    """Le même contenu, chaque texte débarrassé des signes de commande et espacé à la française."""
    match valeur:
        case dict():
            return Lu((cle, soigner(v)) for cle, v in valeur.items())
        case list():
            return [soigner(v) for v in valeur]
        case str():
            return espacer(valeur)
    return valeur


def espacer(texte: str) -> str:
    """Espaces insécables devant « : ; ! ? % € » et dans les guillemets et les grands nombres."""
    texte = A_TAIRE.sub("", texte.replace("\r\n", "\n"))
    texte = AVANT_DOUBLE.sub(INSECABLE, APRES_OUVRANT.sub(INSECABLE, texte))
    return MILLIERS.sub(INSECABLE, texte).replace("\u202f", INSECABLE)


def liste(objet: Lu, cle: str) -> list:
    return objet[cle] or []


def libelle(choix: type[models.Choices], valeur) -> str:
    """Le libellé d'une valeur de liste ; la valeur elle-même si la liste ne la connaît plus."""
    if valeur in (None, ""):
        return ""
    return str(dict(choix.choices).get(valeur, valeur))


def libelles(choix: type[models.Choices], valeurs: list | None) -> list[str]:
    return [libelle(choix, valeur) for valeur in valeurs or []]


def nom_instance(instance: Lu) -> str:
    noms = {
        "copil": "Comité de pilotage (COPIL)", "cotech": "Comité technique (COTECH)",
        "partenarial": "Comité partenarial", "groupe_projet": "Groupe projet",
        "groupe_pilote": "Groupe pilote", "groupe_moteur": "Groupe moteur", "consortium": "Consortium",
        "existante": "Instance existante",
    }  # fmt: skip
    return instance["nom"] or noms.get(instance["type"], "")


def en_date(texte: str | None) -> date | None:
    """La date d'un texte ISO (date, ou date et heure) ; None si elle manque ou ne se lit pas."""
    try:
        return datetime.fromisoformat(texte).date() if texte else None
    except ValueError:
        return None


def jour(valeur: str | date | None) -> str:
    """« 1er mars 2026 », d'un seul tenant."""
    le = en_date(valeur) if isinstance(valeur, str) else valeur
    if le is None:
        return ""
    quantieme = "1er" if le.day == 1 else str(le.day)
    return f"{quantieme}{INSECABLE}{MOIS[le.month - 1]}{INSECABLE}{le.year}"


def mois(texte: str | None) -> str:
    """« sept. 2026 »."""
    le = en_date(texte)
    return f"{MOIS_COURTS[le.month - 1]}{INSECABLE}{le.year}" if le else ""


def periode(debut: str | None, fin: str | None) -> str:
    """« sept. 2026 – déc. 2027 », « à partir de sept. 2026 », « jusqu’à déc. 2027 »."""
    de, a = mois(debut), mois(fin)
    if de and a:
        return de if de == a else f"{de}{INSECABLE}– {a}"
    if de:
        return f"à partir de {de}"
    return f"jusqu’à {a}" if a else ""


def nombre(texte: str | None) -> str:
    """« 1 234,5 » d'après « 1234.5 »."""
    if texte is None:
        return ""
    signe, chiffres = ("−", texte[1:]) if texte.startswith("-") else ("", texte)
    entiers, _, decimales = chiffres.partition(".")
    decimales = decimales.rstrip("0")
    groupes = f"{int(entiers or 0):,}".replace(",", INSECABLE)
    return signe + groupes + (f",{decimales}" if decimales else "")


def mesure(texte: str | None, unite: str | None) -> str:
    """« 1 800 personnes » ; rien quand le nombre manque : une unité seule ne dit rien."""
    return INSECABLE.join(filter(None, (nombre(texte), unite))) if texte else ""
