"""Outils communs aux lanceurs : erreurs dites en français, ports libres, processus vivants, verrous."""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DELAI_VERROU = 120


class ErreurLancement(Exception):
    """Un lancement impossible ; le message est une phrase qui dit quoi faire."""


def dire(phrase: str) -> None:
    """Écrit une ligne d'avancement sur la sortie d'erreur : la sortie standard reste celle de la commande."""
    print(phrase, file=sys.stderr, flush=True)


@contextmanager
def etape(phrase: str) -> Iterator[None]:
    """Annonce une étape longue, puis sa durée."""
    dire(f"→ {phrase} …")
    debut = time.monotonic()
    yield
    duree = f"{time.monotonic() - debut:.1f}".replace(".", ",")
    dire(f"  {phrase} : fait en {duree} s")


def port_est_libre(port: int) -> bool:
    with socket.socket() as prise:
        prise.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            prise.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_libre(souhaite: int = 0) -> int:
    """Le port souhaité s'il est libre, sinon un autre ; sur la boucle locale seulement."""
    if souhaite and port_est_libre(souhaite):
        return souhaite
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return prise.getsockname()[1]


def arguments_de(pid: int) -> list[str]:
    """La ligne de commande d'un processus vivant ; vide s'il a disparu ou n'est plus qu'un zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []


def est_vivant(pid: int) -> bool:
    return any(arguments_de(pid))


def attendre_la_fin(pid: int, delai: float) -> bool:
    """Vrai quand le processus a disparu (ou n'est plus qu'un zombie) avant la fin du délai, en secondes."""
    limite = time.monotonic() + delai
    while time.monotonic() < limite:
        if not est_vivant(pid):
            return True
        time.sleep(0.05)
    return not est_vivant(pid)


def fin_de_fichier(chemin: Path, lignes: int = 15) -> str:
    try:
        return "\n".join(chemin.read_text(encoding="utf-8", errors="replace").splitlines()[-lignes:])
    except OSError:
        return "(journal illisible)"


class Verrou:
    """Un verrou de fichier (flock) ; le système le rend tout seul si le processus meurt."""

    def __init__(self, chemin: Path) -> None:
        self._descripteur = os.open(chemin, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def essayer(self, mode: int) -> bool:
        try:
            fcntl.flock(self._descripteur, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def prendre(self, mode: int, quoi: str) -> None:
        limite = time.monotonic() + DELAI_VERROU
        while not self.essayer(mode):
            if time.monotonic() > limite:
                raise ErreurLancement(
                    f"{quoi} est retenu par un autre processus : arrêtez-le, puis relancez."
                )
            time.sleep(0.05)

    def rendre(self) -> None:
        os.close(self._descripteur)
