"""Importer une démarche au format d'échange (docs/format-echange.md)."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from feuille_de_route import parcours
from feuille_de_route.echange.erreurs import ErreurImport
from feuille_de_route.echange.importer import importer
from feuille_de_route.echange.lecture import TAILLE_MAX


class Command(BaseCommand):
    help = "Importe une démarche ; elle entre à l’étape « cadrage », et ce qui lui manque est dit."

    def add_arguments(self, parser):
        parser.add_argument("fichier", help="Fichier JSON ; « - » pour l’entrée standard.")

    def handle(self, *, fichier, **options):
        try:
            demarche = importer(_lire(fichier))
        except ErreurImport as refus:
            fautes = "\n".join(f"  {erreur}" for erreur in refus.erreurs)
            raise CommandError(f"Rien n’a été importé, {len(refus.erreurs)} faute(s) :\n{fautes}") from refus
        self.stdout.write(self.style.SUCCESS(f"Démarche importée : {demarche.identifiant}"))
        for avertissement in demarche.avertissements:
            self.stdout.write(f"  Attention : {avertissement}")
        for manque in parcours.manques(demarche):
            self.stdout.write(f"  {'À faire' if manque.bloquant else 'Conseillé'} : {manque.texte}")


def _lire(fichier: str) -> bytes:
    """Un octet de plus que la limite suffit à la dire dépassée."""
    if fichier == "-":
        return sys.stdin.buffer.read(TAILLE_MAX + 1)
    try:
        with Path(fichier).open("rb") as flux:
            return flux.read(TAILLE_MAX + 1)
    except OSError as erreur:
        raise CommandError(f"« {fichier} » ne se lit pas : {erreur.strerror}.") from erreur
