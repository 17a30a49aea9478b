"""manage.py importer_dotations FICHIER --enveloppe "Ingénierie FNE 2024" --annee 2024"""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from feuille_de_route.argent import dotations
from feuille_de_route.financement import montant


class Command(BaseCommand):
    help = "Importe les parts d’une enveloppe de l’État par département (CSV : code, departement, montant)."

    def add_arguments(self, parser):
        parser.add_argument("fichier", type=Path)
        parser.add_argument(
            "--enveloppe", required=True, help="Son nom, par exemple « Ingénierie FNE 2024 »."
        )
        parser.add_argument("--annee", type=int, required=True)

    def handle(self, *args, fichier: Path, enveloppe: str, annee: int, **options):
        try:
            bilan = dotations.importer(fichier, nom=enveloppe.strip(), annee=annee)
        except dotations.DotationsRefusees as refus:
            lignes = "\n  ".join(refus.erreurs)
            raise CommandError(f"Dotations refusées, rien n’a été écrit :\n  {lignes}") from refus
        self.stdout.write(f"{'Enveloppe créée' if bilan.nouvelle else 'Enveloppe'} : {bilan.enveloppe}")
        for changement in bilan.changements:
            self.stdout.write(f"  {changement}")
        lues = len(bilan.changements) + bilan.inchangees
        self.stdout.write(f"{lues} départements, {montant(bilan.total)} au total.")
        if not bilan.changements:
            self.stdout.write("Rien n’a changé.")
