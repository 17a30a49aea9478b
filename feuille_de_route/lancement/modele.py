"""La base d'essais déjà migrée : chaque processus d'essais la copie, au lieu de rejouer les migrations.

Son nom porte l'empreinte des migrations et des dépendances : changées, une autre est faite, et l'ancienne
s'en va. Seulement sur le PostgreSQL privé : sur le serveur de quelqu'un, rien que la base des essais.
"""

import hashlib
import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from feuille_de_route.lancement.processus import ErreurLancement
from feuille_de_route.lancement.services import RACINE

PREFIXE = "modele_"
MIGRER = ("manage.py", "migrate", "--run-syncdb", "--verbosity", "0")
VERROU = 20_261_122  # celui que prend, dans la base principale, qui prépare le modèle


def nom_du_modele() -> str:
    empreinte = hashlib.sha256()
    for chemin in sorted([*RACINE.glob("*/migrations/*.py"), RACINE / "requirements-dev.lock"]):
        empreinte.update(f"{chemin.name}\0".encode() + chemin.read_bytes())
    return PREFIXE + empreinte.hexdigest()[:16]


def preparer(adresse: str) -> str:
    """Le nom du modèle, migré s'il ne l'était pas ; deux suites lancées ensemble ne le font qu'une fois."""
    nom = nom_du_modele()
    with psycopg.connect(adresse, autocommit=True) as principale:
        principale.execute("SELECT pg_advisory_lock(%s)", [VERROU])
        anciens = principale.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIXE]
        ).fetchall()
        if (nom,) not in anciens:
            for (ancien,) in anciens:
                principale.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(ancien)))
            _creer(principale, adresse, nom)
    return nom


def _creer(principale: psycopg.Connection, adresse: str, nom: str) -> None:
    """Sous un nom provisoire d'abord : arrêtée en chemin, la base à moitié migrée n'est pas un modèle."""
    provisoire = f"{PREFIXE}en_cours"
    principale.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(provisoire)),
    )
    resultat = subprocess.run(
        [sys.executable, *MIGRER],
        cwd=RACINE,
        env={**os.environ, "MODE": "essais", "DATABASE_URL": _adresse_de(adresse, provisoire)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if resultat.returncode:
        raise ErreurLancement(f"les migrations ne passent pas sur une base neuve :\n{resultat.stdout}")
    principale.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(provisoire), sql.Identifier(nom))
    )


def _adresse_de(adresse: str, base: str) -> str:
    return urlsplit(adresse)._replace(path=f"/{base}").geturl()
