"""Le Chromium de la machine."""

import shutil
import subprocess
from pathlib import Path

from tests.bench.mesure import SansObjet

OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def chemin() -> str:
    trouve = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not trouve:
        raise SansObjet("Chromium manque sur cette machine")
    return trouve


def imprimer(page: Path, pdf: Path, profil: Path) -> None:
    """`chromium --headless --print-to-pdf`, sans en-tête ni pied."""
    commande = [chemin(), "--headless", *OPTIONS, f"--user-data-dir={profil}", "--no-pdf-header-footer"]
    subprocess.run(
        [*commande, f"--print-to-pdf={pdf}", page.as_uri()], check=True, capture_output=True, timeout=120
    )
