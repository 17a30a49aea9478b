"""manage.py verifier_pdf FICHIER : les trois contrôles de la page publique, en commande."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from feuille_de_route.documents.verification import verifier
from gouvernance.socle.bac_a_sable import Occupe


class Command(BaseCommand):
    help = (
        "Vérifie un PDF signé : signatures, fichier entier, registre. Sort en erreur si un contrôle échoue, "
        "ou s’il manque une signature (sauf --en-cours)."
    )

    def add_arguments(self, parser):
        parser.add_argument("fichier", type=Path)
        parser.add_argument("--en-cours", action="store_true", help="accepte un tour de signature inachevé")

    def handle(self, *args, fichier: Path, **options):
        try:
            octets = fichier.read_bytes()
        except OSError as erreur:
            raise CommandError(f"{fichier} ne se lit pas : {erreur.strerror}.") from erreur
        try:
            verdict = verifier(octets)
        except Occupe as occupe:
            raise CommandError(str(occupe)) from occupe
        for controle in verdict.controles:
            self.stdout.write(
                f"{'Réussi' if controle.reussi else 'Échoué'}  {controle.titre} : {controle.phrase}"
            )
        if not (verdict.complet or (verdict.authentique and options["en_cours"])):
            raise CommandError(verdict.conclusion)
        self.stdout.write(verdict.conclusion)
