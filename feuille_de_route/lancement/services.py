"""PostgreSQL et Redis privés, partagés par les processus d'un même clone, arrêtés par le dernier qui sort."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feuille_de_route.lancement.postgresql_prive import PostgreSQLPrive
from feuille_de_route.lancement.processus import ErreurLancement, Verrou
from feuille_de_route.lancement.redis_prive import RedisPrive

RACINE = Path(__file__).resolve().parents[2]


def dossier_var(nom: str = "") -> Path:
    """Le dossier de travail : VAR, sinon ./var ; `nom` en désigne une partie (« demo », « essais »)."""
    return (Path(os.environ.get("VAR") or RACINE / "var") / nom).resolve()


def est_donnee(nom: str) -> bool:
    return bool(os.environ.get(nom, "").strip() or os.environ.get(f"{nom}_FILE"))


@contextmanager
def services(var: Path, essais: bool = False) -> Iterator[dict[str, str]]:
    """L'environnement {DATABASE_URL, REDIS_URL} de services qui répondent.

    Ce que l'environnement donne déjà est laissé tel quel (et absent du dictionnaire s'il vient d'un fichier).
    Lève ErreurLancement avec une phrase qui dit quoi faire.
    """
    prives = _services_prives(var, essais)
    if not prives:
        yield {nom: os.environ[nom] for nom in ("DATABASE_URL", "REDIS_URL") if nom in os.environ}
        return
    demarrage, usage = Verrou(var / "demarrage.verrou"), Verrou(var / "services.verrou")
    try:
        with _seul(demarrage):
            usage.prendre(fcntl.LOCK_SH, str(var / "services.verrou"))
            adresses = {nom: service.demarrer() for nom, service in prives.items()}
        donnees = {nom: os.environ[nom] for nom in ("DATABASE_URL", "REDIS_URL") if nom in os.environ}
        yield donnees | adresses
    finally:
        with _seul(demarrage):
            if usage.essayer(fcntl.LOCK_EX):
                for service in prives.values():
                    service.arreter()
        usage.rendre()
        demarrage.rendre()


def _services_prives(var: Path, essais: bool) -> dict:
    voulus = [nom for nom in ("DATABASE_URL", "REDIS_URL") if not est_donnee(nom)]
    if not voulus:
        return {}
    try:
        var.mkdir(parents=True, exist_ok=True)
        (var / "demarrage.verrou").touch(mode=0o600)
    except OSError as erreur:
        raise ErreurLancement(
            f"Impossible d’écrire dans {var} ({erreur.strerror}) : donnez un autre dossier par VAR=, "
            "ou lancez avec le compte qui possède celui-ci."
        ) from erreur
    fabriques = {
        "DATABASE_URL": lambda: PostgreSQLPrive(var, essais=essais),
        "REDIS_URL": lambda: RedisPrive(var),
    }
    return {nom: fabriques[nom]() for nom in voulus}


@contextmanager
def _seul(verrou: Verrou) -> Iterator[None]:
    """Les démarrages et les arrêts se font un par un."""
    verrou.prendre(fcntl.LOCK_EX, "Le démarrage des services")
    try:
        yield
    finally:
        verrou.essayer(fcntl.LOCK_UN)
