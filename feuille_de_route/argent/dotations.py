"""Importer les parts d'une enveloppe, d'un CSV (code, département, montant) : tout ou rien."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from feuille_de_route.argent import enveloppes
from feuille_de_route.financement import ZERO
from feuille_de_route.financement import montant as dire
from feuille_de_route.models import Enveloppe, Plafond
from gouvernance.models import Departement, Evenement, Utilisateur
from gouvernance.socle.formulaires import CHIFFRES, normaliser_decimal
from gouvernance.socle.tri import cle_francaise

COLONNES_MONTANT = ("montant", "dotation")  # début du titre de la colonne
OCTETS_MAX = 200_000
MAXIMUM = Decimal("9999999999.99")


class DotationsRefusees(Exception):
    """Le fichier ne s'importe pas ; `erreurs` : une phrase par ligne fautive."""

    def __init__(self, erreurs: list[str]):
        self.erreurs = erreurs
        super().__init__("\n".join(erreurs))


class Dotation(NamedTuple):
    ligne: int
    code: str
    montant: Decimal


class Bilan(NamedTuple):
    """`changements` : une phrase par part ajoutée ou modifiée ; `total` : la somme du fichier, en euros."""

    enveloppe: Enveloppe
    nouvelle: bool
    changements: list[str]
    inchangees: int
    total: Decimal


@transaction.atomic
def importer(chemin: Path, *, nom: str, annee: int, par: Utilisateur | None = None) -> Bilan:
    """Crée l'enveloppe si elle n'existe pas, et pose la part de chaque département du fichier.

    Un département absent du fichier garde sa part. Lève DotationsRefusees : rien n'est alors écrit.
    """
    dotations = lire(chemin)
    enveloppe, nouvelle = _enveloppe(nom, annee, chemin.name)
    connus = {p.departement_id: p for p in Plafond.objects.select_for_update().filter(enveloppe=enveloppe)}
    departements, changements, erreurs = Departement.objects.in_bulk(), [], []
    for dotation in dotations:
        ancien = connus.get(dotation.code)
        plafond = ancien or Plafond(enveloppe=enveloppe, departement=departements[dotation.code])
        avant, plafond.montant = ancien and ancien.montant, dotation.montant
        if avant == dotation.montant:
            continue
        try:
            enveloppes.verifier_plafond(plafond)
        except ValidationError as refus:
            erreurs.append(f"Ligne {dotation.ligne} : {refus.messages[0]}")
            continue
        plafond.save()
        changements.append(_dire(departements[dotation.code], avant, dotation.montant))
    if erreurs:
        raise DotationsRefusees(erreurs)
    if nouvelle or changements:
        vers = "\n".join(changements)
        Evenement.consigner(enveloppe, "importer les dotations", par=par, vers=vers)
    total = sum((d.montant for d in dotations), ZERO)
    return Bilan(enveloppe, nouvelle, changements, len(dotations) - len(changements), total)


def _enveloppe(nom: str, annee: int, fichier: str) -> tuple[Enveloppe, bool]:
    enveloppe = Enveloppe.objects.select_for_update().filter(nom=nom).first()
    if enveloppe is None:
        enveloppe = Enveloppe(nom=nom, annee=annee, source=fichier[:300])
        try:
            enveloppe.full_clean()
        except ValidationError as refus:
            raise DotationsRefusees(refus.messages) from refus
        enveloppe.save()
        return enveloppe, True
    if enveloppe.annee != annee:
        phrase = f"L’enveloppe « {nom} » existe déjà, pour {enveloppe.annee} et non {annee}."
        raise DotationsRefusees([phrase])
    return enveloppe, False


def _dire(departement: Departement, avant: Decimal | None, apres: Decimal) -> str:
    if avant is None:
        return f"{departement} : {dire(apres)}"
    return f"{departement} : {dire(avant)} → {dire(apres)}"


def lire(chemin: Path) -> list[Dotation]:
    """Les dotations du fichier. Lève DotationsRefusees avec toutes les fautes, ligne par ligne."""
    lignes = _lignes(chemin)
    places = _places(lignes[0][1] if lignes else [])
    dotations, erreurs, vus = [], [], {}
    departements = Departement.objects.in_bulk()
    for numero, cellules in lignes[1:]:
        try:
            dotation = _dotation(numero, cellules, places, departements)
            if (deja := vus.setdefault(dotation.code, numero)) != numero:
                raise ValueError(f"le département {dotation.code} est déjà à la ligne {deja}.")
        except ValueError as faute:
            erreurs.append(f"Ligne {numero} : {faute}")
        else:
            dotations.append(dotation)
    if erreurs or not dotations:
        raise DotationsRefusees(erreurs or ["Le fichier n’a aucune ligne."])
    return dotations


def _lignes(chemin: Path) -> list[tuple[int, list[str]]]:
    """(numéro dans le fichier, cellules) de chaque ligne non vide ; Excel en français écrit des « ; »."""
    lignes = _texte(chemin).splitlines()
    separateur = ";" if lignes and lignes[0].count(";") > lignes[0].count(",") else ","
    try:
        lues = list(enumerate(csv.reader(lignes, delimiter=separateur), start=1))
    except csv.Error as faute:
        raise DotationsRefusees(["Le fichier n’est pas un CSV lisible."]) from faute
    return [(numero, cellules) for numero, cellules in lues if any(c.strip() for c in cellules)]


def _places(titres: list[str]) -> tuple[int, int | None, int]:
    """Où sont le code, le nom (facultatif) et le montant."""
    titres = [titre.strip().casefold().replace("é", "e") for titre in titres]
    code = next((i for i, t in enumerate(titres) if t == "code"), None)
    nom = next((i for i, t in enumerate(titres) if t.startswith("departement")), None)
    montant = next((i for i, t in enumerate(titres) if t.startswith(COLONNES_MONTANT)), None)
    if code is None or montant is None:
        raise DotationsRefusees(["Ligne 1 : il faut les colonnes « code », « departement » et « montant »."])
    return code, nom, montant


def _texte(chemin: Path) -> str:
    try:
        if chemin.stat().st_size > OCTETS_MAX:
            raise DotationsRefusees([f"Le fichier dépasse {OCTETS_MAX // 1000} ko : ce n’en est pas un."])
        return chemin.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as faute:
        raise DotationsRefusees(
            ["Le fichier n’est pas en UTF-8 : enregistrez-le en « CSV UTF-8 »."]
        ) from faute
    except OSError as faute:
        raise DotationsRefusees([f"Le fichier « {chemin} » ne se lit pas."]) from faute


def _dotation(numero: int, cellules: list[str], places: tuple, departements: dict) -> Dotation:
    code_a, nom_a, montant_a = places
    if len(cellules) <= max(code_a, montant_a):
        raise ValueError("il manque une colonne.")
    code = cellules[code_a].strip().upper()
    code = code.zfill(2) if code.isdecimal() else code
    if (departement := departements.get(code)) is None:
        raise ValueError(f"le code « {code} » n’est pas celui d’un département.")
    nom = cellules[nom_a].strip() if nom_a is not None and nom_a < len(cellules) else ""
    if nom and cle_francaise(nom)[0] != cle_francaise(departement.nom)[0]:
        raise ValueError(f"le code {code} est celui de « {departement.nom} », et non de « {nom} ».")
    return Dotation(numero, code, _montant(cellules[montant_a].strip()))


def _montant(texte: str) -> Decimal:
    if not CHIFFRES.match(ecrit := normaliser_decimal(texte)):
        raise ValueError(f"« {texte} » n’est pas un montant.")
    lu = Decimal(ecrit)
    if not 0 <= lu <= MAXIMUM:
        raise ValueError(f"« {texte} » n’est pas un montant possible.")
    if lu != lu.quantize(Decimal("0.01")):
        raise ValueError(f"« {texte} » a plus de deux décimales.")
    return lu
