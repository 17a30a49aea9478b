"""Écrit la page des permissions : `python -m tests.robustesse.permissions > docs/permissions.md`."""

import os
import sys
from importlib import import_module

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "feuille_de_route.settings")
    os.environ.setdefault("MODE", "essais")
    django.setup()  # les tables nomment des modèles : elles s'importent ensuite
    sys.stdout.write(import_module("tests.robustesse.tableau").document())


if __name__ == "__main__":
    main()
