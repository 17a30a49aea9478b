"""Mettre en page plusieurs parties à la fois, chacune dans un processus enfant.

L'enfant ne touche à rien de ce dont il hérite (base, Celery) : il reçoit sa partie par la mémoire, rend ses
résultats par un tube et disparaît, avec la mémoire qu'il a prise. Il ne survit jamais à son parent
(PR_SET_PDEATHSIG, ou le tube fermé).
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait as attendre
from typing import Any, Protocol

from feuille_de_route.documents.mise_en_page import Partie, Reperes
from feuille_de_route.documents.numeros import Numerotation

PR_SET_PDEATHSIG = 1
_naissance = multiprocessing.get_context("fork")


class MiseEnPageInterrompue(RuntimeError):
    """Le processus d'une partie s'est arrêté, ou tarde trop ; le message est une phrase à montrer."""


class Ouvrage(Protocol):
    """Une partie en cours : ses repères, puis ses octets une fois qu'on lui a dit sa numérotation."""

    def reperes(self) -> Reperes: ...
    def numeroter(self, numerotation: Numerotation) -> None: ...
    def octets(self) -> bytes: ...


class Ici:
    """La partie se fait dans ce processus, au moment où l'on demande son résultat."""

    def __init__(self, partie: Partie):
        self.partie = partie

    def reperes(self) -> Reperes:
        return self.partie.mettre_en_page()

    def numeroter(self, numerotation: Numerotation) -> None:
        self.numerotation = numerotation

    def octets(self) -> bytes:
        return self.partie.ecrire(self.numerotation)


class Ailleurs:
    """La partie se fait dans un enfant, qui commence aussitôt."""

    delai = 100  # secondes ; la tâche Celery est interrompue à 120

    def __init__(self, partie: Partie, dossier: str, freres: Sequence["Ailleurs"] = ()):
        self.freres = freres
        self.tube, bout = _naissance.Pipe()
        arguments = (partie, bout, self.tube, dossier, os.getpid())
        self.processus = _naissance.Process(target=_enfant, args=arguments, daemon=True)
        with _enfants_permis():
            self.processus.start()
        bout.close()

    def reperes(self) -> Reperes:
        return self._recevoir()

    def numeroter(self, numerotation: Numerotation) -> None:
        try:
            self.tube.send(numerotation)
        except OSError as erreur:
            raise MiseEnPageInterrompue(ARRET) from erreur

    def octets(self) -> bytes:
        return self._recevoir()

    def arreter(self) -> None:
        self.tube.close()
        self.processus.kill()
        self.processus.join()
        self.processus.close()

    def _recevoir(self) -> Any:
        try:
            self._attendre()
            recu = self.tube.recv()
        except (EOFError, OSError) as erreur:
            raise MiseEnPageInterrompue(ARRET) from erreur
        if isinstance(recu, Panne):
            raise MiseEnPageInterrompue(f"La mise en page a échoué : {recu.nom}.") from recu
        return recu

    def _attendre(self) -> None:
        """Rend la main quand le tube a quelque chose ; la mort d'un frère, survenue avant ou pendant, se dit
        sans attendre le délai.
        """
        limite = time.monotonic() + self.delai
        while not self.tube.poll():
            codes = {frere.processus.sentinel: frere.processus.exitcode for frere in self.freres}
            if any(codes.values()):
                raise MiseEnPageInterrompue(ARRET)
            vivants = [sentinelle for sentinelle, code in codes.items() if code is None]
            if not attendre([self.tube, *vivants], max(0, limite - time.monotonic())):
                raise MiseEnPageInterrompue(f"La mise en page a pris plus de {self.delai:.0f} secondes.")


ARRET = "Le processus qui mettait en page une partie du document s’est arrêté."


class Panne(Exception):
    """L'erreur d'un enfant, telle qu'il a pu la dire : son nom, sa trace."""

    def __init__(self, nom: str, trace: str):
        super().__init__(nom, trace)
        self.nom = nom


@contextmanager
def ouvrages(parties: Sequence[Partie], processus: int) -> Iterator[list[Ouvrage]]:
    """Les parties en cours : chacune chez elle, ou toutes ici, l'une après l'autre."""
    if len(parties) == 1 or processus == 1:
        yield [Ici(partie) for partie in parties]
        return
    with ExitStack() as pile:
        dossier = pile.enter_context(tempfile.TemporaryDirectory(prefix="mise-en-page-"))
        enfants = []
        for partie in parties:
            enfants.append(Ailleurs(partie, dossier, enfants))
            pile.callback(enfants[-1].arreter)
        yield enfants


@contextmanager
def _enfants_permis() -> Iterator[None]:
    """Celery dit ses travailleurs « daemon », et multiprocessing leur refuse alors des enfants.

    Ce refus les protège d'enfants qui leur survivraient ; les nôtres meurent avec leur parent.
    """
    ce_processus = multiprocessing.current_process()
    avant, ce_processus.daemon = ce_processus.daemon, False
    try:
        yield
    finally:
        ce_processus.daemon = avant


def processus_possibles() -> int:
    """Autant que de processeurs permis ; un seul là où d'autres fils tournent (un enfant hériterait leurs
    verrous).
    """
    if threading.active_count() > 1 or not hasattr(os, "sched_getaffinity"):
        return 1
    return len(os.sched_getaffinity(0))


def _enfant(partie: Partie, tube, tube_du_parent, dossier: str, parent: int) -> None:
    """Le travail d'un enfant. Ses fichiers passagers vont dans un dossier que le parent efface."""
    try:
        tube_du_parent.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _mourir_avec(parent)
        tempfile.tempdir = dossier
        tube.send(partie.mettre_en_page())
        tube.send(partie.ecrire(tube.recv()))
    except (EOFError, BrokenPipeError):
        pass
    except BaseException as erreur:  # tout se dit au parent, qui décide
        tube.send(Panne(type(erreur).__name__, traceback.format_exc()))
    finally:
        tube.close()
        os._exit(0)  # ni base fermée, ni tampon hérité vidé : tout cela est au parent


def _mourir_avec(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
