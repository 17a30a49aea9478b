"""manage.py charger_territoires : les données de référence (COG, collèges et calendriers par défaut)."""

from collections import defaultdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from gouvernance.acteurs import colleges
from gouvernance.conduite import calendriers
from gouvernance.geographie import territoires
from gouvernance.geographie.cog import CogRefuse
from gouvernance.geographie.cog_evolutions import TABLES, Nature, Table

MONTREES = 20
ERREURS_MONTREES = 100


class Command(BaseCommand):
    help = "Charge les données de référence : territoires (COG), collèges par défaut, calendriers types."

    def add_arguments(self, parser):
        parser.add_argument(
            "--dossier",
            type=Path,
            default=territoires.COG_EMBARQUE,
            help="Dossier d’un autre COG : regions, departements, epci et communes, en .csv ou .csv.gz "
            "(par défaut : le COG 2026 fourni).",
        )

    def handle(self, *args, dossier: Path, verbosity: int, **options):
        try:
            bilan = territoires.charger(dossier)
        except CogRefuse as refus:
            raise CommandError(_refus(refus)) from refus
        ajoutes, types = colleges.charger_defauts(), calendriers.charger_defauts()
        self.stdout.write("Données de référence")
        for table in TABLES:
            lues, ecrites = bilan.lues[table.fichier], bilan.ecrites[table.fichier]
            self.stdout.write(f"  {table.libelle_pluriel} : {_nombre(lues)} lues, {_nombre(ecrites)} écrites")
            for ligne in _changements(table, bilan, MONTREES if verbosity < 2 else None):
                self.stdout.write(f"    {ligne}")
        self.stdout.write(f"  Collèges par défaut : {ajoutes} ajoutés")
        self.stdout.write(f"  Calendriers types : {types} ajoutés")
        if not ajoutes and not types and not sum(bilan.ecrites.values()):
            self.stdout.write("Rien n’a changé.")


def _changements(table: Table, bilan: territoires.Bilan, montrees: int | None) -> list[str]:
    """Les phrases de chaque nature de changement ; au-delà de `montrees`, leur nombre seulement."""
    par_nature: dict[Nature, list[str]] = defaultdict(list)
    for changement in bilan.changements:
        if changement.fichier == table.fichier:
            par_nature[changement.nature].append(changement.phrase)
    lignes = []
    for nature, phrases in par_nature.items():
        if montrees is not None and len(phrases) > montrees:
            total = f"{_nombre(len(phrases))} {nature.accorde(table.feminin, len(phrases))}"
            phrases = [f"{total} (--verbosity 2 pour les voir)"]  # noqa: PLW2901
        lignes += phrases
    return lignes


def _refus(refus: CogRefuse) -> str:
    lignes = [str(erreur) for erreur in refus.erreurs[:ERREURS_MONTREES]]
    if reste := len(refus.erreurs) - len(lignes):
        lignes.append(f"… et {_nombre(reste)} autres erreurs.")
    return "COG refusé, rien n’a été écrit :\n  " + "\n  ".join(lignes)


def _nombre(valeur: int) -> str:
    return f"{valeur:,}".replace(",", "\u202f")
