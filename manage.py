#!/usr/bin/env python
"""Point d'entrée des commandes ; sans DATABASE_URL, elles tournent au milieu des services privés de ./var."""

import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from feuille_de_route.lancement.environnement import preparer
from feuille_de_route.lancement.processus import ErreurLancement
from feuille_de_route.lancement.services import dossier_var, est_donnee, services

SANS_BASE = {
    "help",
    "version",
    "check",
    "collectstatic",
    "diffsettings",
    "makemessages",
    "compilemessages",
    "startapp",
}


def se_passe_de_base(arguments: list[str]) -> bool:
    return not arguments or arguments[0].startswith("-") or arguments[0] in SANS_BASE or "--help" in arguments


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "feuille_de_route.settings")
    if est_donnee("DATABASE_URL") or os.environ.get("MODE") == "production":
        return execute_from_command_line(sys.argv)
    preparer(os.environ)
    if se_passe_de_base(sys.argv[1:]):
        return execute_from_command_line(sys.argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # pour que les services s'arrêtent aussi
    with services(dossier_var("demo")) as adresses:
        os.environ.update(adresses)
        return execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except ImproperlyConfigured as erreur:
        sys.exit(f"Réglage refusé : {erreur}")
    except ErreurLancement as erreur:
        sys.exit(f"Lancement impossible : {erreur}")
    except KeyboardInterrupt:
        sys.exit(130)
