"""manage.py jouer_demo : joue la démarche de démonstration, ou la reprend où elle s'était arrêtée."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from feuille_de_route.demonstration.jeu import DemonstrationImpossible
from feuille_de_route.demonstration.pieces import jouer
from feuille_de_route.demonstration.travailleur import DELAI


class Command(BaseCommand):
    help = "Joue la démarche de démonstration jusqu’au PDF signé et transmis ; sans effet si elle l’est déjà."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--sans-attendre", action="store_true",
            help="S’arrête au premier document qui n’est pas prêt, au lieu de l’attendre.",
        )  # fmt: skip
        parser.add_argument(
            "--delai", type=float, default=DELAI, metavar="SECONDES",
            help="Attente la plus longue d’un document (par défaut, %(default)s s).",
        )  # fmt: skip

    def handle(self, *args, delai: float, sans_attendre: bool, **options):
        try:
            pdf = jouer(self._dire, delai=delai, patienter=not sans_attendre)
        except DemonstrationImpossible as refus:
            raise CommandError(str(refus)) from refus
        except ValidationError as refus:
            raise CommandError(f"Une règle a refusé : {' '.join(refus.messages)}") from refus
        if pdf:
            self.stdout.write(f"Feuille de route signée : {pdf}")

    def _dire(self, phrase: str) -> None:
        self.stdout.write(phrase)
        self.stdout.flush()
