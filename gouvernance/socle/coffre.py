"""Le coffre : des octets rangés sous leur empreinte SHA-256, jamais modifiés, vérifiés à chaque lecture.

Un fichier n'apparaît sous son nom définitif qu'entier et écrit sur le disque : fichier temporaire dans le
même dossier, fsync, renommage, fsync du dossier. Une coupure ne laisse jamais un document à moitié écrit.
"""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from django.conf import settings

EMPREINTE = re.compile(r"[0-9a-f]{64}")
EXTENSION = re.compile(r"[a-z0-9]{1,8}")


class ObjetAbsent(LookupError):
    """Rien n'est rangé sous cette empreinte."""


class ObjetAltere(RuntimeError):
    """Le fichier rangé ne correspond plus à son empreinte."""


def empreinte_de(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def chemin(empreinte: str, extension: str = "pdf") -> Path:
    """Où se range l'objet. Lève ValueError si l'empreinte ou l'extension n'en a pas la forme."""
    if not EMPREINTE.fullmatch(empreinte) or not EXTENSION.fullmatch(extension):
        raise ValueError(
            "Une empreinte compte 64 chiffres hexadécimaux, une extension 1 à 8 lettres ou chiffres."
        )
    return Path(settings.MEDIA_ROOT) / empreinte[:2] / f"{empreinte}.{extension}"


def deposer(octets: bytes, extension: str = "pdf") -> str:
    """Range les octets et rend leur empreinte. Redéposer ne change rien, ou répare un fichier altéré.

    Lève OSError (disque plein…) sans rien laisser derrière.
    """
    empreinte = empreinte_de(octets)
    cible = chemin(empreinte, extension)
    if cible.is_file() and empreinte_de(cible.read_bytes()) == empreinte:
        return empreinte
    _creer_dossier(cible.parent)
    descripteur, provisoire = tempfile.mkstemp(dir=cible.parent, prefix=".depot-")
    try:
        with os.fdopen(descripteur, "wb") as fichier:
            fichier.write(octets)
            fichier.flush()
            os.fsync(fichier.fileno())
        Path(provisoire).replace(cible)
    except BaseException:
        Path(provisoire).unlink(missing_ok=True)
        raise
    _fsync_dossier(cible.parent)
    return empreinte


def lire(empreinte: str, extension: str = "pdf") -> bytes:
    """Les octets rangés, vérifiés. Lève ObjetAbsent ou ObjetAltere."""
    try:
        octets = chemin(empreinte, extension).read_bytes()
    except FileNotFoundError as erreur:
        raise ObjetAbsent(f"Aucun fichier n’est rangé sous l’empreinte {empreinte}.") from erreur
    if empreinte_de(octets) != empreinte:
        raise ObjetAltere(f"Le fichier rangé sous l’empreinte {empreinte} a été altéré.")
    return octets


def _creer_dossier(dossier: Path) -> None:
    if not dossier.is_dir():
        dossier.mkdir(parents=True, exist_ok=True)
        _fsync_dossier(dossier.parent)


def _fsync_dossier(dossier: Path) -> None:
    descripteur = os.open(dossier, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descripteur)
    finally:
        os.close(descripteur)
