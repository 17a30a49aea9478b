"""`make verrouiller` : recalcule les trois verrous, sans nom d'hôte ni adresse de dépôt dedans."""

import re
import subprocess
import sys
from pathlib import Path

from feuille_de_route.lancement.processus import dire, etape
from feuille_de_route.lancement.services import RACINE

VERROUS = {
    "requirements.lock": [],
    "requirements-demo.lock": ["--extra", "demo"],
    "requirements-dev.lock": ["--extra", "demo", "--extra", "dev"],
}
LIGNE_PERMISE = re.compile(
    r"^([a-z0-9._-]+(\[[a-z,-]+\])?==\S+( ; .+)?( \\)?|    --hash=sha256:[0-9a-f]{64}( \\)?)$"
)


def lignes_etrangeres(verrou: Path) -> list[str]:
    """Les lignes qui ne sont ni une version exacte ni une empreinte (une adresse, une option…)."""
    return [
        ligne for ligne in verrou.read_text(encoding="utf-8").splitlines() if not LIGNE_PERMISE.match(ligne)
    ]


def main() -> None:
    uv = Path(sys.executable).parent / "uv"
    if not uv.exists():
        with etape("Installation de uv, qui calcule les verrous"):
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "uv"], check=True)
    commande = [str(uv), "pip", "compile", "-q", "pyproject.toml", "--universal", "--python-version", "3.11"]
    commande += ["--generate-hashes", "--no-header", "--no-annotate", "--upgrade"]
    for nom, extras in VERROUS.items():
        with etape(f"Calcul de {nom}"):
            subprocess.run([*commande, *extras, "-o", nom], cwd=RACINE, check=True, stdout=subprocess.DEVNULL)
        if etrangeres := lignes_etrangeres(RACINE / nom):
            sys.exit(
                f"{nom} contient autre chose que des versions et des empreintes :\n"
                + "\n".join(etrangeres[:5])
            )
    dire("Verrous recalculés : relisez-les (git diff), puis lancez make test.")


if __name__ == "__main__":
    main()
