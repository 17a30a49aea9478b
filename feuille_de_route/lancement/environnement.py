"""L'environnement des commandes lancées sans réglage : mode développement et secret gardé dans var."""

import secrets
from collections.abc import MutableMapping
from pathlib import Path

from feuille_de_route.lancement.services import dossier_var, est_donnee

DOSSIERS = {
    "STATIC_ROOT": "static",
    "MEDIA_ROOT": "coffre",
    "SIGNATURE_CERTIFICAT": "pki/cachet-essai.p12",
    "TRANSMISSION_DEPOT": "depot-anct",
    "CELERY_BEAT_FICHIER": "celerybeat",
}


def preparer(env: MutableMapping[str, str]) -> None:
    """Complète l'environnement sans jamais remplacer ce qui est donné."""
    env.setdefault("MODE", "developpement")
    for nom, lieu in DOSSIERS.items():
        env.setdefault(nom, str(dossier_var() / lieu))
    if not est_donnee("SECRET_KEY"):
        env["SECRET_KEY"] = _secret(dossier_var() / "secret")


def _secret(fichier: Path) -> str:
    if not fichier.exists():
        fichier.parent.mkdir(parents=True, exist_ok=True)
        fichier.touch(mode=0o600)
        fichier.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return fichier.read_text(encoding="utf-8").strip()
