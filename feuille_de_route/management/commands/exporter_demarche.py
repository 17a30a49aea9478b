"""Exporter une démarche au format d'échange (docs/format-echange.md)."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from feuille_de_route.echange.exporter import exporter
from feuille_de_route.echange.schema import schema
from gouvernance.models import Demarche


class Command(BaseCommand):
    help = "Exporte une démarche en JSON, ou le schéma du format."

    def add_arguments(self, parser):
        parser.add_argument("identifiant", nargs="?", help="Identifiant de la démarche.")
        parser.add_argument("--sortie", help="Fichier à écrire ; la sortie standard par défaut.")
        parser.add_argument(
            "--retenues", action="store_true", help="Ce qui se publie : fiches retenues seulement."
        )
        parser.add_argument("--schema", action="store_true", help="Le schéma JSON du format, sans démarche.")

    def handle(self, *, identifiant, sortie, retenues, **options):
        if options["schema"]:
            donnees = schema()
        else:
            donnees = exporter(_trouver(identifiant), seulement_retenues=retenues)
        texte = json.dumps(donnees, ensure_ascii=False, indent=2) + "\n"
        if sortie is None:
            self.stdout.write(texte, ending="")
            return
        try:
            Path(sortie).write_text(texte, encoding="utf-8")
        except OSError as erreur:
            raise CommandError(f"« {sortie} » ne s’écrit pas : {erreur.strerror}.") from erreur
        self.stdout.write(self.style.SUCCESS(f"Écrit : {sortie}"))


def _trouver(identifiant: str | None) -> Demarche:
    if not identifiant:
        raise CommandError("Donnez l’identifiant d’une démarche.")
    try:
        return Demarche.objects.get(identifiant=identifiant)
    except Demarche.DoesNotExist as erreur:
        raise CommandError(f"Aucune démarche « {identifiant} ».") from erreur
