"""`make bench` : chaque ligne de mesure donne un rapport, sa cible et son verdict ; sort en échec si l'une
dépasse la sienne.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from tests.bench.mesure import Resultat, SansObjet, nombre
from tests.bench.preparation import regler

# nom → (module, fonction) ; les modules ne s'importent qu'une fois Django réglé.
LIGNES = {
    "page-demarche": ("pages", "page_demarche"),
    "liste-demarches": ("pages", "liste_demarches"),
    "plan-300": ("plan", "plan_300"),
    "recherche": ("plan", "recherche_10000"),
    "formulaire": ("formulaires", "formulaire"),
    "requetes": ("requetes", "requetes"),
    "croissance": ("croissance", "croissance"),
    "territoires": ("cog", "charger_territoires"),
    "pdf": ("pdf", "pdf"),
    "export-xlsx": ("tableurs", "export_xlsx"),
    "http": ("reseau", "debit"),
    "memoire": ("reseau", "memoire"),
    "octets": ("reseau", "octets"),
}
# Ce que PERFORMANCE mesure et que le produit n'a pas encore.
SANS_OBJET = {
    "tableau-national": "il n’y a pas encore de tableau national",
    "export-csv": "il n’y a pas encore d’export CSV de tableaux",
    "import-xlsx": "il n’y a pas encore d’import XLSX",
    "campagne": "il n’y a pas encore de campagne de documents",
}


def arguments() -> argparse.Namespace:
    analyse = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    analyse.add_argument("--ligne", action="append", choices=[*LIGNES, *SANS_OBJET], help="une seule ligne")
    analyse.add_argument("--complet", action="store_true", help="croissance de l’échelle 1 à l’échelle 10")
    return analyse.parse_args()


def ecrire(texte: str) -> None:
    sys.stdout.write(texte + "\n")
    sys.stdout.flush()


def montrer(resultat: Resultat) -> None:
    signe = "≥" if resultat.au_moins else "≤"
    valeur = "" if resultat.valeur is None else nombre(resultat.valeur) + resultat.unite
    cible = "" if resultat.cible is None else f"{signe} {nombre(resultat.cible).removesuffix(',00')}"
    colonnes = f"{resultat.ligne:<16} {resultat.mesure:<34} {valeur:>10} {cible:>7}"
    ecrire(f"{colonnes}  {resultat.verdict:<3} {resultat.detail}")


def mesurer(nom: str, contexte) -> Iterator[Resultat]:
    if nom in SANS_OBJET:
        yield Resultat(nom, "", None, None, SANS_OBJET[nom])
        return
    module, fonction = LIGNES[nom]
    acte: Callable = getattr(import_module(f"tests.bench.{module}"), fonction)
    try:
        yield from acte(contexte)
    except SansObjet as absence:
        yield Resultat(nom, "", None, None, str(absence))


def main() -> int:
    options, debut, resultats = arguments(), time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="banc-") as dossier:
        regler(Path(dossier))
        bases, contexte, donnees = (
            import_module(f"tests.bench.{m}") for m in ("bases", "contexte", "donnees")
        )
        with bases.Bases() as les_bases:
            donnees.charger_references()
            partage = contexte.Contexte(les_bases, Path(dossier), complet=options.complet)
            for nom in options.ligne or [*LIGNES, *SANS_OBJET]:
                for resultat in mesurer(nom, partage):
                    resultats.append(resultat)
                    montrer(resultat)
    fautes = [r.ligne for r in resultats if r.verdict == "KO"]
    duree = time.monotonic() - debut
    ecrire(f"{len(resultats)} mesures en {duree:.0f} s ; hors cible : {', '.join(fautes) or 'aucune'}.")
    return 1 if fautes else 0


if __name__ == "__main__":
    sys.exit(main())
