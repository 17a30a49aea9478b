"""Bac à sable : lire un fichier déposé par un inconnu dans un processus à part, borné de tous côtés.

Le processus enfant reçoit le fichier sur son entrée, écrit un objet JSON sur sa sortie, et n'a ni les secrets
de l'environnement, ni plus que les limites ci-dessous. Il pose lui-même ses limites (bloc `__main__`) : un
`preexec_fn` serait dangereux dans un serveur à plusieurs fils.
"""

import json
import os
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

RACINE = Path(__file__).resolve().parent.parent.parent
GARDEES = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")


class Limites(NamedTuple):
    secondes: int = 20
    memoire: int = 1024 * 1024 * 1024  # espace d'adressage, en octets
    sortie: int = 1024 * 1024  # octets écrits par l'enfant


LIMITES = Limites()


class ExecutionRefusee(RuntimeError):
    """L'enfant a dépassé une limite ou n'a pas répondu ; le message est une phrase à montrer."""


class Occupe(RuntimeError):
    """Trop d'examens sont en cours : rien n'est dit du fichier, il faut revenir."""


A_LA_FOIS, ATTENTE = 2, 5  # examens par processus ; secondes d'attente d'une place
_places = threading.BoundedSemaphore(A_LA_FOIS)


def executer(
    module: str, arguments: Sequence[str] = (), *, entree: bytes = b"", limites: Limites = LIMITES
) -> dict:
    """Lance `python -m module arguments` avec `entree` sur son entrée ; rend l'objet JSON qu'il écrit.

    Lève ExecutionRefusee quand il est trop long, trop gros, s'arrête en erreur ou ne répond pas en JSON ;
    Occupe quand aucune place ne se libère (un enfant peut prendre 1 Go : on n'en lance pas dix).
    """
    if not _places.acquire(timeout=ATTENTE):
        raise Occupe("Plusieurs fichiers sont déjà en cours d’examen : réessayez dans une minute.")
    try:
        return _lancer(module, arguments, entree, limites)
    finally:
        _places.release()


def _lancer(module: str, arguments: Sequence[str], entree: bytes, limites: Limites) -> dict:
    commande = [
        *(sys.executable, "-m", "gouvernance.socle.bac_a_sable", *map(str, limites), module),
        *map(str, arguments),
    ]
    environnement = {nom: os.environ[nom] for nom in GARDEES if nom in os.environ}
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as sortie:
        source.write(entree)
        source.seek(0)
        processus = subprocess.Popen(  # noqa: S603 — commande fixe, sans interpréteur de commandes
            commande,
            stdin=source,
            stdout=sortie,
            stderr=subprocess.DEVNULL,
            cwd=RACINE,
            env=environnement | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
            start_new_session=True,
        )
        code = _attendre(processus, limites.secondes)
        sortie.seek(0)
        return _reponse(code, sortie.read(limites.sortie + 1))


def _attendre(processus: subprocess.Popen, secondes: int) -> int:
    try:
        return processus.wait(timeout=secondes)
    except subprocess.TimeoutExpired as erreur:
        raise ExecutionRefusee(f"L’examen du fichier a pris plus de {secondes} secondes.") from erreur
    finally:
        if processus.poll() is None:
            os.killpg(processus.pid, signal.SIGKILL)
            processus.wait()


def _reponse(code: int, octets: bytes) -> dict:
    if code != 0:
        raise ExecutionRefusee("L’examen du fichier s’est arrêté : il est trop lourd ou malformé.")
    try:
        reponse = json.loads(octets)
    except ValueError as erreur:
        raise ExecutionRefusee("L’examen du fichier n’a pas donné de réponse lisible.") from erreur
    if not isinstance(reponse, dict):
        raise ExecutionRefusee("L’examen du fichier n’a pas donné de réponse lisible.")
    return reponse


def _enfant(secondes: str, memoire: str, sortie: str, *module_et_arguments: str) -> None:
    """Pose les limites puis devient le module demandé."""
    for ressource, valeur in (
        (resource.RLIMIT_CPU, int(secondes)),
        (resource.RLIMIT_AS, int(memoire)),
        (resource.RLIMIT_FSIZE, int(sortie)),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(ressource, (valeur, valeur))
    sys.argv = list(module_et_arguments)
    runpy.run_module(module_et_arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _enfant(*sys.argv[1:])
