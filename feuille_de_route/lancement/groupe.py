"""Les processus qu'un lanceur garde en vie, et qu'il arrête tous quand il s'arrête."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from feuille_de_route.lancement.processus import ErreurLancement, dire, fin_de_fichier

DELAI_D_ARRET = 10  # secondes laissées à un processus avant de l'arrêter de force
REPRISES_PERMISES = 3
PR_SET_PDEATHSIG = 1


class ArretDemande(BaseException):
    """Ctrl-C ou SIGTERM : ce n'est pas une erreur."""


def guetter_les_arrets() -> None:
    """Le premier signal demande l'arrêt ; les suivants ne dérangent pas le rangement."""

    def demander(*_: object) -> None:
        for numero in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(numero, signal.SIG_IGN)
        raise ArretDemande

    for numero in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(numero, demander)


class Groupe:
    """Lance, surveille, relance et arrête. Tout se passe dans le fil principal."""

    def __init__(self, env: dict[str, str], cwd: Path) -> None:
        self._env, self._cwd = env, cwd
        self._ephemeres: list[subprocess.Popen] = []
        self._gardes: dict[str, tuple[subprocess.Popen, list[str], Path]] = {}
        self._reprises: dict[str, list[float]] = {}

    def garder(self, nom: str, commande: list[str], journal: Path) -> None:
        """Lance un processus qui doit rester en vie ; sa sortie va dans son journal."""
        with journal.open("ab") as sortie:
            self._gardes[nom] = (self._lancer(commande, stdout=sortie, stderr=sortie), commande, journal)

    def faire(self, commande: list[str], voir: Callable[[str], None] = sys.stdout.write) -> None:
        """Exécute une commande jusqu'au bout en montrant sa sortie ligne à ligne ; refuse si elle échoue."""
        processus = self._lancer(commande, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._ephemeres.append(processus)
        lecteur = threading.Thread(target=lambda: [voir(ligne) for ligne in processus.stdout], daemon=True)
        lecteur.start()
        self.attendre(lambda: processus.poll() is not None)
        lecteur.join(timeout=2)
        sys.stdout.flush()
        if processus.returncode:
            nom = " ".join(commande[-2:])
            raise ErreurLancement(
                f"« {nom} » s’est arrêtée avec le code {processus.returncode} (voir ci-dessus)."
            )

    def attendre(self, condition: Callable[[], bool]) -> None:
        """Attend en relançant ce qui meurt."""
        while not condition():
            self._surveiller()
            time.sleep(0.1)

    def arreter(self) -> None:
        """SIGTERM à tous, un délai, puis SIGKILL à tout ce qui reste de leurs groupes."""
        processus = [*self._ephemeres, *(garde[0] for garde in self._gardes.values())]
        for un in processus:
            _signaler(un.pid, signal.SIGTERM)
        limite = time.monotonic() + DELAI_D_ARRET
        while any(un.poll() is None for un in processus) and time.monotonic() < limite:
            time.sleep(0.05)
        for un in processus:
            _signaler(un.pid, signal.SIGKILL)
            un.wait()

    def _lancer(self, commande: list[str], **sorties: object) -> subprocess.Popen:
        return subprocess.Popen(
            commande,
            cwd=self._cwd,
            env=self._env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_mourir_avec_le_parent,  # noqa: PLW1509
            **sorties,
        )

    def _surveiller(self) -> None:
        for nom, (processus, commande, journal) in list(self._gardes.items()):
            if processus.poll() is None:
                continue
            _signaler(processus.pid, signal.SIGKILL)  # ses enfants, s'il en reste
            recentes = [t for t in self._reprises.get(nom, []) if t > time.monotonic() - 60]
            if len(recentes) >= REPRISES_PERMISES:
                raise ErreurLancement(
                    f"{nom} s’arrête sans cesse ; fin de son journal ({journal}) :\n{fin_de_fichier(journal)}"
                )
            self._reprises[nom] = [*recentes, time.monotonic()]
            dire(f"{nom} s’est arrêté (code {processus.returncode}) : il est relancé.")
            self.garder(nom, commande, journal)


def _signaler(groupe: int, numero: signal.Signals) -> None:
    try:
        os.killpg(groupe, numero)
    except ProcessLookupError:
        return


def _mourir_avec_le_parent() -> None:
    """Même si le lanceur est tué net (kill -9), rien ne reste derrière lui."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def chemin_de_pdf(ligne: str) -> str:
    """Le chemin d'un PDF dans une ligne d'avancement, ou une chaîne vide."""
    trouve = re.search(r"(/\S[^\n]*?\.pdf)\b", ligne)
    return trouve.group(1) if trouve else ""
