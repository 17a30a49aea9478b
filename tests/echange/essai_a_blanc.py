"""Écrire pour voir, puis défaire ; compter ce que l'import peut écrire."""

from contextlib import contextmanager

from django.apps import apps
from django.db import transaction


@contextmanager
def a_blanc():
    """Tout ce qui s'écrit dans le bloc est défait à sa sortie."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def compter() -> dict[str, int]:
    domaines = ("gouvernance", "diagnostic", "ateliers", "feuille_de_route")
    modeles = [m for nom in domaines for m in apps.get_app_config(nom).get_models(include_auto_created=True)]
    return {m.__name__: m.objects.count() for m in modeles}
