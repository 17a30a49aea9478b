"""Les réglages du banc : ceux de la production, moins ce qui demande un nom de domaine et HTTPS."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "feuille_de_route.settings",
    "MODE": "production",
    "SECRET_KEY": "banc-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "127.0.0.1,localhost",
    "HTTPS_OBLIGATOIRE": "non",
}


def regler(dossier: Path) -> None:
    """Règle l'environnement (les processus fils en héritent), charge Django, publie les statiques."""
    lieux = {"STATIC_ROOT": "static", "MEDIA_ROOT": "coffre", "TRANSMISSION_DEPOT": "depot"}
    os.environ.update(PRODUCTION, **{nom: str(dossier / lieu) for nom, lieu in lieux.items()})
    os.environ.pop("DEBUG", None)
    django.setup()
    settings.ROOT_URLCONF = "tests.bench.planchers"
    call_command("collectstatic", interactive=False, verbosity=0)
