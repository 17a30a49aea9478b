from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from feuille_de_route.documents.cachet import racines_de
from feuille_de_route.documents.certificat_essai import creer_cachet_essai


class Command(BaseCommand):
    help = "Crée le certificat d’essai du cachet (sans valeur, refusé en production), s’il n’existe pas."

    def add_arguments(self, parser):
        parser.add_argument("--remplacer", action="store_true", help="remplace le certificat présent")

    def handle(self, *args, **options):
        if settings.EN_PRODUCTION:
            raise CommandError("Le certificat d’essai est refusé en production.")
        chemin = settings.SIGNATURE_CERTIFICAT
        if chemin.exists() and not options["remplacer"]:
            self.stdout.write(f"Le certificat existe déjà : {chemin}")
            return
        creer_cachet_essai(chemin, settings.SIGNATURE_MOT_DE_PASSE)
        self.stdout.write(f"Certificat d’essai : {chemin}\nAutorité reconnue : {racines_de(chemin)}")
