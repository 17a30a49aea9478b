"""`make verifier` : chaque vérification est nommée, chronométrée, et toutes passent avant le verdict."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from feuille_de_route.lancement import modele
from feuille_de_route.lancement.deploiement import ecarts
from feuille_de_route.lancement.processus import ErreurLancement, dire
from feuille_de_route.lancement.services import RACINE, dossier_var, est_donnee, services

BIN = Path(sys.executable).parent
MIGRATIONS = "migrations jouées sur une base neuve"
# Des réglages de production plausibles : `check --deploy` juge ce qu'un déploiement recevrait.
PRODUCTION = {
    "MODE": "production",
    "SECRET_KEY": "verification-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "feuille-de-route.example",
    "ADRESSE_PUBLIQUE": "https://feuille-de-route.example",
    "SIGNATURE_MOT_DE_PASSE": "verification",
    "TRANSMISSION_DEPOT": "/donnees/depot-anct",
}


def verifications(cachet: dict[str, str]) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    gerer = [sys.executable, "-W", "error::RuntimeWarning", "manage.py"]
    yield "style (ruff check)", [str(BIN / "ruff"), "check", "--quiet", "."], {}
    yield "mise en forme (ruff format)", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], {}
    yield "gabarits (djlint)", [str(BIN / "djlint"), "--lint", "--quiet", "templates"], {}
    yield "ordre des imports (lint-imports)", [str(BIN / "lint-imports")], {}
    yield (
        "migrations à jour (makemigrations --check)",
        [*gerer, "makemigrations", "--check", "--dry-run"],
        {"MODE": "essais"},
    )
    yield (
        "réglages de production (check --deploy)",
        [*gerer, "check", "--deploy", "--fail-level", "WARNING", "--database", "default"],
        PRODUCTION | cachet,
    )
    provisoire = str(Path(cachet["SIGNATURE_CERTIFICAT"]).parent / "statiques")
    yield (
        "fichiers statiques de production (collectstatic)",
        [*gerer, "collectstatic", "--noinput", "--verbosity", "0"],
        PRODUCTION | cachet | {"STATIC_ROOT": provisoire},
    )
    yield (
        "rassemblement des essais (pytest --collect-only)",
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet"],
        {"MODE": "essais"},
    )
    yield "syntaxe de .ci/run (bash -n)", ["bash", "-n", ".ci/run"], {}


def cachet_de_verification(dossier: Path) -> dict[str, str]:
    """Un cachet qui n'est pas celui d'essai, oublié aussitôt : `check --deploy` exige d'en lire un."""
    cle = ec.generate_private_key(ec.SECP256R1())
    nom = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cachet de vérification des réglages")])
    maintenant = datetime.now(UTC)
    certificat = (
        x509.CertificateBuilder(
            issuer_name=nom, subject_name=nom, public_key=cle.public_key(), serial_number=1
        )
        .not_valid_before(maintenant)
        .not_valid_after(maintenant + timedelta(days=1))
        .sign(cle, hashes.SHA256())
    )
    chiffrement = serialization.BestAvailableEncryption(PRODUCTION["SIGNATURE_MOT_DE_PASSE"].encode())
    chemin = dossier / "cachet.p12"
    chemin.write_bytes(pkcs12.serialize_key_and_certificates(b"cachet", cle, certificat, None, chiffrement))
    return {"SIGNATURE_CERTIFICAT": str(chemin)}


def passe_ensemble(adresses: dict[str, str], dossier: Path) -> list[bool]:
    """Deux à la fois ; pendant ce temps, la base que copieront les essais joue les migrations."""
    liste = verifications(cachet_de_verification(dossier))
    with ThreadPoolExecutor(2) as equipe:
        base = None if est_donnee("DATABASE_URL") else equipe.submit(base_d_essais, adresses["DATABASE_URL"])
        verdicts = list(equipe.map(lambda v: passe(v[0], v[1], {**v[2], **adresses}), liste))
    return verdicts if base is None else [*verdicts, base.result()]


def base_d_essais(adresse: str) -> bool:
    debut = time.monotonic()
    try:
        modele.preparer(adresse)
    except ErreurLancement as erreur:
        _dire_le_verdict(MIGRATIONS, False, time.monotonic() - debut, str(erreur))
        return False
    _dire_le_verdict(MIGRATIONS, True, time.monotonic() - debut)
    return True


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
    sortie = resultat.stdout if resultat.returncode else ""
    _dire_le_verdict(nom, resultat.returncode == 0, time.monotonic() - debut, sortie)
    return resultat.returncode == 0


def _dire_le_verdict(nom: str, reussite: bool, duree: float, sortie: str = "") -> None:
    """D'une seule écriture : deux vérifications peuvent finir ensemble."""
    verdict = f"{'✓' if reussite else '✗'} {nom} — {f'{duree:.1f}'.replace('.', ',')} s"
    dire(f"{verdict}\n{sortie}" if sortie else verdict)


def deploiement_coherent() -> bool:
    debut, trouves = time.monotonic(), ecarts(RACINE)
    _dire_le_verdict("Dockerfile et docker-compose.yml", not trouves, time.monotonic() - debut)
    for ecart in trouves:
        dire(f"  {ecart}")
    return not trouves


def main() -> None:
    try:
        with services(dossier_var("essais"), essais=True) as adresses, TemporaryDirectory() as dossier:
            verdicts = passe_ensemble(adresses, Path(dossier))
    except ErreurLancement as erreur:
        sys.exit(f"Vérifications impossibles : {erreur}")
    verdicts.append(deploiement_coherent())
    if not all(verdicts):
        sys.exit(f"{verdicts.count(False)} vérification(s) en échec sur {len(verdicts)}.")
    dire(f"Les {len(verdicts)} vérifications passent.")


if __name__ == "__main__":
    main()
