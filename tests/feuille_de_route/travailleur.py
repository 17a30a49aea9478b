"""Un vrai travailleur Celery (prefork, avec son métronome) sur la base et le Redis de l'essai, fait pour
être tué."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.db import connection


def environnement(redis: str, dossier: Path) -> dict[str, str]:
    """Les mêmes réglages que l'essai, par les mêmes variables que l'exploitation."""
    base = connection.settings_dict
    adresse = f"{base['HOST']}:{base['PORT']}/{base['NAME']}"
    return {
        **{nom: os.environ[nom] for nom in ("PATH", "HOME", "LANG", "SECRET_KEY") if nom in os.environ},
        "MODE": "essais",
        "DJANGO_SETTINGS_MODULE": "feuille_de_route.settings",
        "DATABASE_URL": f"postgresql://{base['USER']}:{base['PASSWORD']}@{adresse}",
        "REDIS_URL": redis,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "TRANSMISSION_CANAL": "depot",
        "TRANSMISSION_DEPOT": str(settings.TRANSMISSION_DEPOT),
        "SIGNATURE_CERTIFICAT": str(settings.SIGNATURE_CERTIFICAT),
        "SIGNATURE_MOT_DE_PASSE": "essai",
        "CELERY_BEAT_FICHIER": str(dossier / "metronome"),
        "BALAYAGE_SECONDES": "1",
    }


class Travailleur:
    """`lancer`, `tuer` (kill -9 du groupe entier), `arreter` ; son journal reste lisible après un échec."""

    def __init__(self, redis: str, dossier: Path):
        self.env, self.dossier = environnement(redis, dossier), dossier
        self.journal = dossier / "travailleur.log"
        self.processus: subprocess.Popen | None = None

    def lancer(self) -> None:
        for reste in self.dossier.glob("metronome*"):
            reste.unlink()  # un métronome tué peut laisser un calendrier illisible
        commande = [sys.executable, "-m", "celery", "-A", "feuille_de_route", "worker", "--beat"]
        commande += ["--pool", "prefork", "--concurrency", "2", "--loglevel", "WARNING"]
        commande += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with self.journal.open("ab") as journal:
            self.processus = subprocess.Popen(
                commande, cwd=settings.BASE_DIR, env=self.env, stdout=journal, stderr=journal,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def tuer(self) -> None:
        """Parent, enfants et métronome d'un coup, sans qu'aucun puisse rien finir."""
        if self.processus is None:
            return
        os.killpg(self.processus.pid, signal.SIGKILL)
        self.processus.wait()
        self.processus = None

    def fin_du_journal(self) -> str:
        return self.journal.read_text(errors="replace")[-3000:] if self.journal.exists() else ""


def attendre(condition, secondes: float, quoi: str) -> None:
    limite = time.monotonic() + secondes
    while not condition():
        assert time.monotonic() < limite, f"{quoi} : rien au bout de {secondes} s"
        time.sleep(0.1)
