"""`make nettoyer` : arrête les services laissés en marche par ce clone et efface tout ce qui se recalcule.

Lancé comme un simple fichier : bibliothèque standard seulement, .venv peut manquer.
"""

import os
import shutil
import signal
import time
from pathlib import Path

RACINE = Path(__file__).resolve().parents[2]
CACHES = (".pytest_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache")


def dossiers_de_donnees(var):
    """var, et les dossiers de /var/tmp que ce clone désigne quand il tourne en root."""
    ailleurs = [Path(pointeur.read_text().strip()) for pointeur in var.glob("*/emplacement")]
    surs = [lieu for lieu in ailleurs if (lieu / "origine").is_file()]
    return [var, *surs]


def processus_de(dossiers):
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (proc / "cmdline").read_bytes().decode(errors="replace").split("\0")
            lieu, nom = (proc / "cwd").resolve(), (proc / "comm").read_text()
        except OSError:
            continue
        for dossier in dossiers:
            postgres = nom.startswith("postgres") and any(a.startswith(f"{dossier}/") for a in arguments)
            redis = nom.startswith("redis-server") and lieu.is_relative_to(dossier)
            if postgres or redis:
                yield int(proc.name)


def arreter(dossiers):
    for numero in (signal.SIGINT, signal.SIGKILL):
        for pid in list(processus_de(dossiers)):
            os.kill(pid, numero)
        limite = time.monotonic() + 5
        while list(processus_de(dossiers)) and time.monotonic() < limite:
            time.sleep(0.1)


def main():
    var = Path(os.environ.get("VAR") or RACINE / "var").resolve()
    dossiers = dossiers_de_donnees(var)
    arreter(dossiers)
    for dossier in [*dossiers, RACINE / ".venv", *(RACINE / cache for cache in CACHES)]:
        if dossier.exists():
            shutil.rmtree(dossier)
            print(f"Effacé : {dossier}")


if __name__ == "__main__":
    main()
