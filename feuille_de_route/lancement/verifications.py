"""`make verifier` : chaque vérification est nommée, chronométrée, et toutes passent avant le verdict."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

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
        with services(dossier_var("essais"), essais=True) as adresses, TemporaryDirectory() as dossier:
            liste = verifications(cachet_de_verification(Path(dossier)))
            verdicts = [passe(nom, commande, {**env, **adresses}) for nom, commande, env in liste]
    except ErreurLancement as erreur:
        sys.exit(f"Vérifications impossibles : {erreur}")
    verdicts.append(deploiement_coherent())
    if not all(verdicts):
        sys.exit(f"{verdicts.count(False)} vérification(s) en échec sur {len(verdicts)}.")
    dire(f"Les {len(verdicts)} vérifications passent.")


if __name__ == "__main__":
    main()
