"""Un gunicorn privé sur la boucle locale, et de quoi le charger."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from django.db import connection

from feuille_de_route.lancement.processus import port_libre
from tests.bench.mesure import SansObjet

OPTIONS = ["--worker-class", "gthread", "--threads", "4", "--no-control-socket", "--log-level", "error"]


class Serveur:
    def __init__(self, port: int, processus: subprocess.Popen):
        self.port, self.processus = port, processus

    def demander(self, connexion: http.client.HTTPConnection, url: str, cookie: str) -> int:
        connexion.request("GET", url, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        reponse = connexion.getresponse()
        reponse.read()
        return reponse.status

    def connexion(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def memoire(self) -> int:
        """Mémoire résidente des travailleurs, en octets."""
        pid = self.processus.pid
        enfants = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        pages = (int(Path(f"/proc/{e}/statm").read_text(encoding="ascii").split()[1]) for e in enfants)
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def parcourir(self, urls: list[str], cookie: str, nombre: int) -> int:
        """`nombre` requêtes à la suite ; rend le nombre de celles qui n'ont pas répondu 200."""
        connexion, suite = self.connexion(), cycle(urls)
        return sum(self.demander(connexion, next(suite), cookie) != 200 for _ in range(nombre))

    def charger(self, url: str, cookie: str, connexions: int, secondes: float) -> tuple[float, int]:
        """(requêtes par seconde, erreurs) de `connexions` clients pendant `secondes`."""
        fin = time.monotonic() + secondes

        def client(_) -> tuple[int, int]:
            connexion, reussies, erreurs = self.connexion(), 0, 0
            while time.monotonic() < fin:
                bonne = self.demander(connexion, url, cookie) == 200
                reussies, erreurs = reussies + bonne, erreurs + (not bonne)
            return reussies, erreurs

        with ThreadPoolExecutor(connexions) as clients:
            bilans = list(clients.map(client, range(connexions)))
        return sum(r for r, _ in bilans) / secondes, sum(e for _, e in bilans)


@contextmanager
def servi(travailleurs: int = 2) -> Iterator[Serveur]:
    """Un site prêt à répondre, sur la base courante ; arrêté à la sortie."""
    base, port = connection.settings_dict, port_libre()
    compte = f"{base['USER']}:{base['PASSWORD']}" if base["PASSWORD"] else base["USER"]
    adresse = f"postgresql://{compte}@{base['HOST']}:{base['PORT']}/{base['NAME']}"
    commande = [sys.executable, "-m", "gunicorn", "tests.bench.wsgi:application", *OPTIONS]
    commande += ["--workers", str(travailleurs), "--bind", f"127.0.0.1:{port}"]
    processus = subprocess.Popen(commande, env={**os.environ, "DATABASE_URL": adresse})
    serveur = Serveur(port, processus)
    try:
        _attendre(serveur)
        yield serveur
    finally:
        processus.terminate()
        processus.wait(timeout=20)


def _attendre(serveur: Serveur) -> None:
    limite = time.monotonic() + 30
    while time.monotonic() < limite and serveur.processus.poll() is None:
        try:
            if serveur.demander(serveur.connexion(), "/connexion/", "") < 500:
                return
        except OSError:
            time.sleep(0.1)
    raise SansObjet("gunicorn ne démarre pas")
