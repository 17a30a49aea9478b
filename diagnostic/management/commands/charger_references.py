"""manage.py charger_references : thématiques par défaut et chiffres publiés."""

from django.core.management.base import BaseCommand

from diagnostic import references


class Command(BaseCommand):
    help = "Charge les références du diagnostic : thématiques par défaut, chiffres publiés par l’Insee."

    def handle(self, *args, **options):
        bilan = references.charger()
        self.stdout.write("Références du diagnostic")
        self.stdout.write(f"  Thématiques : {bilan.thematiques} ajoutées")
        self.stdout.write(f"  Séries d’indicateurs : {bilan.series} écrites")
        self.stdout.write(f"  Mesures : {bilan.mesures} écrites")
        if not any(bilan):
            self.stdout.write("Rien n’a changé.")
