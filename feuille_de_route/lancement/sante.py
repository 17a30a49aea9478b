"""Santé des conteneurs : `python -m feuille_de_route.lancement.sante site|fabricant|horloge`."""

import http.client
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from feuille_de_route.celery import app

FRAICHEUR = 600  # secondes ; l'horloge écrit son calendrier au moins toutes les trois minutes


def site() -> bool:
    """Le site répond sous son vrai nom, comme le lui demande le mandataire."""
    nom = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    connexion = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=8)
    connexion.request("GET", "/", headers={"Host": nom, "X-Forwarded-Proto": "https"})
    return connexion.getresponse().status < 400


def fabricant() -> bool:
    return bool(app.control.ping(destination=[f"celery@{socket.gethostname()}"], timeout=5))


def horloge() -> bool:
    calendrier = Path(app.conf.beat_schedule_filename)
    recents = [un.stat().st_mtime for un in calendrier.parent.glob(f"{calendrier.name}*")]
    return bool(recents) and max(recents) > time.time() - FRAICHEUR


VERIFICATIONS: dict[str, Callable[[], bool]] = {"site": site, "fabricant": fabricant, "horloge": horloge}


def main() -> None:
    try:
        en_forme = VERIFICATIONS[sys.argv[1]]()
    except (OSError, http.client.HTTPException) as erreur:
        sys.exit(f"{sys.argv[1]} : {erreur}")
    sys.exit(0 if en_forme else f"{sys.argv[1]} ne répond pas comme attendu.")


if __name__ == "__main__":
    main()
