"""Ôter chaque garde, une à une, dans une copie : un essai doit échouer.

À la main, avec ou sans mots qui choisissent :
`python -m feuille_de_route.lancement.essais --commande tests.robustesse.mutations`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.robustesse.gardes import GARDES, Garde

RACINE = Path(__file__).resolve().parents[2]
DELAI = 300
HORS_COPIE = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", "node_modules", ".*_cache")
ENTETE = """# Gardes ôtées

Chaque ligne est une garde ôtée du programme, seule, dans une copie ; « tué » : l’essai nommé échoue alors.
La liste est dans `tests/robustesse/gardes.py` ; on la rejoue à la main, entière en trois quarts d’heure, ou
en partie (des mots qui choisissent), et cette page en est la sortie :
`python -m feuille_de_route.lancement.essais --commande tests.robustesse.mutations`.
`tests/robustesse/test_gardes.py` vérifie à chaque `make test` que la liste suit le programme.

| Garde ôtée | Fichier | Verdict | Essai |
|---|---|---|---|
"""
AUCUN_ESSAI = 5  # le code de sortie de pytest


def eprouver(garde: Garde, copie: Path) -> str:
    """« tué », « SURVIVANT », ou ce qui empêche d'en juger."""
    fichier = copie / garde.fichier
    original = fichier.read_text(encoding="utf-8")
    if original.count(garde.texte) != 1:
        return f"texte présent {original.count(garde.texte)} fois"
    fichier.write_text(original.replace(garde.texte, garde.sans), encoding="utf-8")
    try:
        return _verdict(garde, copie)
    finally:
        fichier.write_text(original, encoding="utf-8")


def _verdict(garde: Garde, copie: Path) -> str:
    commande = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--reuse-db", "-p", "no:cacheprovider"]
    try:
        sortie = subprocess.run(
            [*commande, *garde.essais.split()], cwd=copie, env={**os.environ, "PYTHONPATH": str(copie)},
            capture_output=True, text=True, timeout=DELAI, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "tué (délai)"
    if sortie.returncode == AUCUN_ESSAI or "error" in sortie.stdout.splitlines()[-1]:
        return "essai introuvable ou cassé"
    return "tué" if sortie.returncode else "SURVIVANT"


def main() -> None:
    voulues = [g for g in GARDES if all(mot in f"{g.nom} {g.fichier}" for mot in sys.argv[1:])]
    sys.stdout.write(ENTETE)
    with tempfile.TemporaryDirectory() as dossier:
        copie = Path(dossier) / "copie"
        shutil.copytree(RACINE, copie, ignore=HORS_COPIE)
        verdicts = []
        for garde in voulues:
            verdicts.append(eprouver(garde, copie))
            essai = garde.essais.replace("tests/", "")
            sys.stdout.write(f"| {garde.nom} | `{garde.fichier}` | {verdicts[-1]} | `{essai}` |\n")
            sys.stdout.flush()
    tuees = sum(v.startswith("tué") for v in verdicts)
    sys.stdout.write(f"\n{tuees} gardes ôtées sur {len(verdicts)} font échouer un essai.\n")
    sys.exit(tuees != len(verdicts))


if __name__ == "__main__":
    main()
