"""Lance pytest sur de vrais services : `python -m feuille_de_route.lancement.essais [arguments]`.

`--commande tests.bench` y lance un autre module que pytest.
"""

import os
import signal
import subprocess
import sys

from feuille_de_route.lancement import modele
from feuille_de_route.lancement.environnement import DOSSIERS
from feuille_de_route.lancement.processus import ErreurLancement
from feuille_de_route.lancement.redis_prive import BASES
from feuille_de_route.lancement.services import RACINE, dossier_var, est_donnee, services

A_LA_FOIS = "3"  # un de plus que deux cœurs : chacun attend souvent Chromium, PostgreSQL ou un enfant


def environnement_d_essais(adresses: dict[str, str]) -> dict[str, str]:
    """Une base et un Redis à soi, et aucun fichier dans les dossiers de la démonstration."""
    var = dossier_var("essais")
    lieux = {nom: str(var / lieu) for nom, lieu in DOSSIERS.items()}
    env = {**os.environ, "MODE": "essais", **lieux, **adresses}
    if not est_donnee("DATABASE_URL"):  # plusieurs suites peuvent tourner à la fois sur les mêmes services
        env["BASE_MODELE"] = modele.preparer(adresses["DATABASE_URL"])
        env["DATABASE_URL"] = f"{adresses['DATABASE_URL']}_{os.getpid()}"
    if not est_donnee("REDIS_URL"):
        env["REDIS_URL"] = f"{adresses['REDIS_URL'].rsplit('/', 1)[0]}/{os.getpid() % BASES}"
    return env


def executer(commande: list[str]) -> int:
    """Le code de sortie de la commande, lancée au milieu des services d'essais."""
    with services(dossier_var("essais"), essais=True) as adresses:
        processus = subprocess.Popen(commande, cwd=RACINE, env=environnement_d_essais(adresses))
        signal.signal(signal.SIGTERM, lambda *_: processus.terminate())
        while True:
            try:
                return processus.wait()
            except KeyboardInterrupt:  # pytest l'a reçu aussi : on attend qu'il range et dise son bilan
                continue


def main() -> None:
    match sys.argv[1:]:
        case ["--commande", module, *arguments]:
            commande = [module, *arguments]
        case arguments:
            commande = ["pytest", *(arguments or ["-n", A_LA_FOIS, "--dist", "worksteal"])]
    try:
        sys.exit(executer([sys.executable, "-m", *commande]))
    except ErreurLancement as erreur:
        sys.exit(f"Essais impossibles : {erreur}")


if __name__ == "__main__":
    main()
