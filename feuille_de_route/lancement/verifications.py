"""`make verifier` : chaque vérification est nommée, chronométrée, et toutes passent avant le verdict."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from feuille_de_route.lancement.deploiement import ecarts
from feuille_de_route.lancement.processus import ErreurLancement, dire
from feuille_de_route.lancement.services import RACINE, dossier_var, services

BIN = Path(sys.executable).parent
# Des réglages de production plausibles : `check --deploy` juge ce qu'un déploiement recevrait.
PRODUCTION = {
    "MODE": "production",
    "SECRET_KEY": "verification-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "feuille-de-route.example",
    "ADRESSE_PUBLIQUE": "https://feuille-de-route.example",
    "SIGNATURE_CERTIFICAT": "/run/secrets/cachet.p12",
    "SIGNATURE_MOT_DE_PASSE": "mot-de-passe-du-cachet",
    "TRANSMISSION_DEPOT": "/donnees/depot-anct",
}


def verifications() -> Iterator[tuple[str, list[str], dict[str, str]]]:
    gerer = [sys.executable, "-W", "error::RuntimeWarning", "manage.py"]
    yield "style (ruff check)", [str(BIN / "ruff"), "check", "--quiet", "."], {}
    yield "mise en forme (ruff format)", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], {}
    yield "gabarits (djlint)", [str(BIN / "djlint"), "--lint", "--quiet", "templates"], {}
    yield "ordre des imports (lint-imports)", [str(BIN / "lint-imports"), "--no-timing"], {}
    yield (
        "migrations à jour (makemigrations --check)",
        [*gerer, "makemigrations", "--check", "--dry-run"],
        {"MODE": "essais"},
    )
    yield (
        "réglages de production (check --deploy)",
        [*gerer, "check", "--deploy", "--fail-level", "WARNING", "--database", "default"],
        PRODUCTION,
    )
    for script in (".ci/run",):
        yield f"syntaxe de {script} (bash -n)", ["bash", "-n", script], {}


def passe(nom: str, commande: list[str], env: dict[str, str]) -> bool:
    """Vrai si la vérification passe ; sinon sa sortie est montrée."""
    debut = time.monotonic()
    resultat = subprocess.run(
        commande,
        cwd=RACINE,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    _dire_le_verdict(nom, resultat.returncode == 0, time.monotonic() - debut)
    if resultat.returncode:
        dire(resultat.stdout)
    return resultat.returncode == 0


def _dire_le_verdict(nom: str, reussite: bool, duree: float) -> None:
    dire(f"{'✓' if reussite else '✗'} {nom} — {f'{duree:.1f}'.replace('.', ',')} s")


def deploiement_coherent() -> bool:
    debut, trouves = time.monotonic(), ecarts(RACINE)
    _dire_le_verdict("Dockerfile et docker-compose.yml", not trouves, time.monotonic() - debut)
    for ecart in trouves:
        dire(f"  {ecart}")
    return not trouves


def main() -> None:
    try:
        with services(dossier_var("essais"), essais=True) as adresses:
            verdicts = [passe(nom, commande, {**env, **adresses}) for nom, commande, env in verifications()]
    except ErreurLancement as erreur:
        sys.exit(f"Vérifications impossibles : {erreur}")
    verdicts.append(deploiement_coherent())
    if not all(verdicts):
        sys.exit(f"{verdicts.count(False)} vérification(s) en échec sur {len(verdicts)}.")
    dire(f"Les {len(verdicts)} vérifications passent.")


if __name__ == "__main__":
    main()
