"""Fichiers reçus : une liste de formats permis, l'extension égale au contenu, rien qui se lise deux fois.

Un « polyglotte » est à la fois, par exemple, une image et une archive : chaque format est donc vérifié du
premier au dernier octet, et ce qui dépasse le fait refuser. Ne connaît aucun domaine.
"""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from django.core.exceptions import ValidationError

TAILLE_MAX = 10 * 1024 * 1024
ENTREES_MAX, DECOMPRESSE_MAX = 3_000, 200 * 1024 * 1024
LONGUEUR_NOM = 150
FIN_ZIP = b"PK\x05\x06"
PORTEE_FIN_ZIP = 22 + 65_535  # où un lecteur d'archives cherche la fin d'une archive
DEBUT_PDF = 1_024  # où un lecteur de PDF cherche « %PDF- »
PAGES_ACTIVES = re.compile(rb"<script|<!doctype|<html[\s>]|<\?php", re.IGNORECASE)
ENTREES_REFUSEES = re.compile(
    r"(\.(exe|dll|js|vbs|bat|cmd|ps1|scr|com|jar|class|html?|hta|lnk)$)|(^|/)vbaproject\.bin$"
    r"|^META-INF/MANIFEST\.MF$|^(Basic|Scripts)/|\.\.|^/|\\",
    re.IGNORECASE,
)
BLOC_PNG = 12


class Format(NamedTuple):
    """`lisible` : vrai si les octets sont bien de ce format, entièrement."""

    type_mime: str
    nom: str
    lisible: Callable[[bytes], bool]


class Piece(NamedTuple):
    nom: str
    extension: str
    type_mime: str


def _pdf(octets: bytes) -> bool:
    fin = octets.rstrip(b"\r\n\t \x00")
    entete = octets[:DEBUT_PDF]
    return octets.startswith(b"%PDF-") and fin.endswith(b"%%EOF") and not PAGES_ACTIVES.search(entete)


def _png(octets: bytes) -> bool:
    """La signature, puis des blocs dont la somme est juste, et plus rien après IEND."""
    if not octets.startswith(b"\x89PNG\r\n\x1a\n"):
        return False
    place = 8
    while place + BLOC_PNG <= len(octets):
        taille = int.from_bytes(octets[place : place + 4])
        fin = place + BLOC_PNG + taille
        genre, somme = octets[place + 4 : place + 8], octets[fin - 4 : fin]
        if fin > len(octets) or zlib.crc32(octets[place + 4 : fin - 4]) != int.from_bytes(somme):
            return False
        if genre == b"IEND":
            return fin == len(octets)
        place = fin
    return False


def _jpeg(octets: bytes) -> bool:
    return octets.startswith(b"\xff\xd8\xff") and octets.endswith(b"\xff\xd9")


def _archive(octets: bytes, temoin: str, contenu: bytes = b"") -> bool:
    """Une archive bureautique : elle commence au premier octet, finit au dernier, sans macro ni programme."""
    if not octets.startswith(b"PK\x03\x04") or octets[-22:-18] != FIN_ZIP:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            return _entrees_sures(archive.infolist()) and _temoin(archive, temoin, contenu)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error, OSError):
        return False


def _entrees_sures(entrees: list[zipfile.ZipInfo]) -> bool:
    noms = [e.filename for e in entrees]
    return (
        0 < len(entrees) <= ENTREES_MAX
        and len(set(noms)) == len(noms)
        and min(e.header_offset for e in entrees) == 0
        and sum(e.file_size for e in entrees) <= DECOMPRESSE_MAX
        and not any(e.flag_bits & 0x1 or ENTREES_REFUSEES.search(e.filename) for e in entrees)
    )


def _temoin(archive: zipfile.ZipFile, nom: str, contenu: bytes) -> bool:
    """L'entrée qui dit de quel format il s'agit est là ; pour un OpenDocument, avec ce texte."""
    if nom not in archive.namelist():
        return False
    if not contenu:
        types = archive.getinfo("[Content_Types].xml")
        return types.file_size < DECOMPRESSE_MAX // 100 and b"macroEnabled" not in archive.read(types)
    return archive.getinfo(nom).file_size == len(contenu) and archive.read(nom) == contenu


def _bureautique(temoin: str, contenu: bytes = b"") -> Callable[[bytes], bool]:
    def lisible(octets: bytes) -> bool:
        try:
            return _archive(octets, temoin, contenu)
        except KeyError:
            return False

    return lisible


ODT = b"application/vnd.oasis.opendocument.text"
OOXML = "application/vnd.openxmlformats-officedocument."
FORMATS = {
    "pdf": Format("application/pdf", "un PDF", _pdf),
    "docx": Format(
        f"{OOXML}wordprocessingml.document", "un document Word", _bureautique("word/document.xml")
    ),
    "xlsx": Format(f"{OOXML}spreadsheetml.sheet", "un classeur Excel", _bureautique("xl/workbook.xml")),
    "odt": Format(ODT.decode(), "un texte OpenDocument", _bureautique("mimetype", ODT)),
    "png": Format("image/png", "une image PNG", _png),
    "jpg": Format("image/jpeg", "une image JPEG", _jpeg),
    "jpeg": Format("image/jpeg", "une image JPEG", _jpeg),
}
PERMIS = "PDF, Word (.docx), Excel (.xlsx), OpenDocument (.odt), PNG ou JPEG"


def verifier(nom: str, octets: bytes) -> Piece:
    """Nom assaini, extension et type d'un fichier permis. Lève ValidationError, qui dit pourquoi non."""
    propre = assainir(nom)
    extension = PurePath(propre).suffix.lstrip(".").lower()
    if extension not in FORMATS:
        raise ValidationError(f"Ce format n’est pas accepté. Choisissez un fichier {PERMIS}.")
    if not octets:
        raise ValidationError("Ce fichier est vide.")
    if len(octets) > TAILLE_MAX:
        raise ValidationError("Ce fichier pèse plus de 10 Mo : allégez-le, ou joignez-en une partie.")
    forme = FORMATS[extension]
    if not forme.lisible(octets) or _double(extension, octets):
        raise ValidationError(
            f"« {propre} » n’est pas {forme.nom} ordinaire : son contenu ne correspond pas à son nom, ou il "
            "contient un programme. Enregistrez-le de nouveau depuis votre logiciel, puis réessayez."
        )
    return Piece(propre, extension, forme.type_mime)


def _double(extension: str, octets: bytes) -> bool:
    """Se lit-il aussi comme autre chose : un PDF, une archive, une page web ?"""
    autre_pdf = extension != "pdf" and b"%PDF-" in octets[:DEBUT_PDF]
    archive = extension in {"pdf", "png", "jpg", "jpeg"} and FIN_ZIP in octets[-PORTEE_FIN_ZIP:]
    page = extension in {"png", "jpg", "jpeg"} and bool(PAGES_ACTIVES.search(octets))
    return autre_pdf or archive or page


def assainir(nom: str) -> str:
    """Le nom seul, sans chemin, ni signe de contrôle ou de sens d'écriture, 150 signes au plus."""
    seul = re.split(r"[/\\]", unicodedata.normalize("NFC", nom))[-1]
    lisible = "".join(c for c in seul if unicodedata.category(c)[0] != "C")
    base = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*]', "-", lisible)).strip(" .") or "document"
    chemin = PurePath(base)
    return chemin.stem[: LONGUEUR_NOM - len(chemin.suffix[:10])] + chemin.suffix[:10].lower()
