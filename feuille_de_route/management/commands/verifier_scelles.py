"""manage.py verifier_scelles : la chaîne des versions figées tient-elle ?"""

from django.core.management.base import BaseCommand, CommandError

from feuille_de_route.models import VersionFigee
from feuille_de_route.versions import ruptures


class Command(BaseCommand):
    help = "Vérifie la chaîne des versions figées et nomme le premier maillon rompu."

    def handle(self, *args, **options):
        if fautes := ruptures():
            raise CommandError("\n".join(fautes))
        self.stdout.write(f"{VersionFigee.objects.count()} version(s) figée(s), aucune rupture.")
