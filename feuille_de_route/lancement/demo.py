"""Ce que fait `make demo` une fois tout installé : services, données, démarche jouée, site servi."""

import hashlib
import os
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError

from feuille_de_route.lancement.environnement import preparer
from feuille_de_route.lancement.groupe import ArretDemande, Groupe, chemin_de_pdf, guetter_les_arrets
from feuille_de_route.lancement.processus import ErreurLancement, dire, etape, fin_de_fichier, port_est_libre
from feuille_de_route.lancement.services import RACINE, dossier_var, services

PORT_HABITUEL = 8000
MOT_DE_PASSE = "feuille-de-route"
COMPTES = (
    ("prefecture@demo.example", "coordination, préfecture"),
    ("departement@demo.example", "coordination, conseil départemental"),
    ("elu@demo.example", "élu, membre du COPIL"),
    ("partenaire@demo.example", "partenaire, porte des fiches actions"),
    ("anct@demo.example", "ANCT, reçoit la feuille de route"),
    ("admin@demo.example", "administration du site"),
)
VENUES_DU_DEPOT = (
    "static",
    "requirements-demo.lock",
    "feuille_de_route/settings.py",
    "gouvernance/socle/statiques.py",
)


class Demonstration:
    """Un déroulé de `make demo`, de la base au site."""

    def __init__(self, port: int, env: dict[str, str]) -> None:
        self.var = dossier_var("demo")
        self.port = port
        self.env = env
        self.groupe = Groupe(env, RACINE)
        self.pdf = ""
        self._calendrier = self.var / f"celerybeat-{os.getpid()}"

    def preparer(self) -> None:
        with etape("Mise à jour de la base de données"):
            self._gerer("migrate", "--no-input", "-v", "0")
        with etape("Chargement des territoires (COG)"):
            self._gerer("charger_territoires")
        with etape("Chargement des références du diagnostic"):
            self._gerer("charger_references")
        self._gerer("creer_certificat_essai", voir=lambda _: None)
        with etape("Rassemblement des fichiers statiques"):
            self._statiques()

    def jouer(self) -> None:
        with etape("Démarrage du fabricant de documents (Celery)"):
            self._demarrer_le_fabricant()
        with etape("La démarche de démonstration est jouée, puis son PDF est mis en page et signé"):
            self._gerer("jouer_demo", voir=self._montrer)

    def servir(self) -> None:
        journal = self.var / "gunicorn.log"
        commande = [sys.executable, "-m", "gunicorn", "feuille_de_route.wsgi:application"]
        commande += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
        with etape("Démarrage du site"):
            self.groupe.garder("Le site", [*commande, "--bind", f"127.0.0.1:{self.port}"], journal)
            limite = time.monotonic() + 30
            self.groupe.attendre(lambda: self._le_site_repond() or time.monotonic() > limite)
        if not self._le_site_repond():
            raise ErreurLancement(f"Le site ne répond pas ; fin de {journal} :\n{fin_de_fichier(journal)}")
        self.bilan(f"http://localhost:{self.port}/")
        dire("Ctrl-C arrête tout.")
        self.groupe.attendre(lambda: False)

    def bilan(self, adresse: str = "") -> None:
        print("\nLa démonstration est prête.")
        if adresse:
            print(f"  Site : {adresse}")
        if self.pdf:
            print(f"  Feuille de route signée : {self.pdf}")
        print(f"  Comptes (mot de passe « {MOT_DE_PASSE} ») :")
        for courriel, role in COMPTES:
            print(f"    {courriel:<26} {role}")
        sys.stdout.flush()

    def arreter(self) -> None:
        self.groupe.arreter()
        for reste in self.var.glob(f"{self._calendrier.name}*"):
            reste.unlink()

    def _gerer(self, *arguments: str, voir=sys.stdout.write) -> None:
        self.groupe.faire([sys.executable, "manage.py", *arguments], voir)

    def _montrer(self, ligne: str) -> None:
        self.pdf = chemin_de_pdf(ligne) or self.pdf
        print(f"  {ligne}", end="", flush=True)

    def _statiques(self) -> None:
        """Seulement quand quelque chose a changé : c'est l'étape la plus longue d'un second lancement."""
        tampon, etat = self.var / "statiques.tampon", _etat_des_statiques()
        if (
            tampon.exists()
            and tampon.read_text(encoding="utf-8") == etat
            and Path(self.env["STATIC_ROOT"]).is_dir()
        ):
            return
        self._gerer("collectstatic", "--no-input", "--clear", "-v", "0")
        tampon.write_text(etat, encoding="utf-8")

    def _demarrer_le_fabricant(self) -> None:
        journal = self.var / "celery.log"
        commande = [sys.executable, "-m", "celery", "-A", "feuille_de_route", "worker", "--pool", "prefork"]
        commande += [
            "--concurrency",
            "2",
            "--beat",
            "--schedule",
            str(self._calendrier),
            "--loglevel",
            "INFO",
        ]
        commande += ["--hostname", f"demo-{os.getpid()}@%h", "--without-gossip", "--without-mingle"]
        self.groupe.garder("Le fabricant de documents", commande, journal)
        limite, courtier = time.monotonic() + 60, Celery(broker=self.env["REDIS_URL"])
        self.groupe.attendre(lambda: _repond(courtier) or time.monotonic() > limite)
        courtier.close()
        if time.monotonic() > limite:
            raise ErreurLancement(
                f"Le fabricant de documents ne répond pas ; fin de {journal} :\n{fin_de_fichier(journal)}"
            )

    def _le_site_repond(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}/", timeout=5):
                return True
        except urllib.error.HTTPError as erreur:
            return erreur.code < 500
        except OSError:
            return False


def _repond(courtier: Celery) -> bool:
    try:
        return any(
            f"demo-{os.getpid()}@" in nom for reponse in courtier.control.ping(timeout=0.5) for nom in reponse
        )
    except OperationalError:
        return False


def _etat_des_statiques() -> str:
    """L'empreinte de ce dont dépend le dossier rassemblé : nos fichiers, les dépendances, les réglages."""
    empreinte = hashlib.sha256()
    for nom in VENUES_DU_DEPOT:
        chemin = RACINE / nom
        fichiers = sorted(chemin.rglob("*")) if chemin.is_dir() else [chemin]
        for fichier in (un for un in fichiers if un.is_file()):
            empreinte.update(f"{fichier.relative_to(RACINE)} {fichier.stat().st_mtime_ns}\n".encode())
    return empreinte.hexdigest()


def choisir_port(demande: str) -> int:
    """PORT s'il est donné et libre ; sinon 8000 ou le premier libre ensuite."""
    if demande:
        if not demande.isdecimal() or not 0 < int(demande) < 65536:
            raise ErreurLancement(f"PORT vaut « {demande} » : attendu un nombre entre 1 et 65535.")
        if not port_est_libre(int(demande)):
            raise ErreurLancement(
                f"le port {demande} est déjà pris : choisissez-en un autre (make demo PORT=8001)."
            )
        return int(demande)
    for port in range(PORT_HABITUEL, PORT_HABITUEL + 100):
        if port_est_libre(port):
            return port
    raise ErreurLancement("aucun port libre entre 8000 et 8099 : donnez-en un (make demo PORT=9000).")


def veut_servir(valeur: str) -> bool:
    if valeur not in {"", "oui", "non"}:
        raise ErreurLancement(f"SERVIR vaut « {valeur} » : attendu oui ou non.")
    return valeur != "non"


def derouler() -> None:
    env = os.environ
    preparer(env)
    servir = veut_servir(env.get("SERVIR", ""))
    port = choisir_port(env.get("PORT", "")) if servir else PORT_HABITUEL
    env.setdefault("ADRESSE_PUBLIQUE", f"http://localhost:{port}")
    env.setdefault("STATIC_ROOT", str(dossier_var("static")))
    with ExitStack() as pile:
        with etape("Démarrage de PostgreSQL et de Redis"):
            adresses = pile.enter_context(services(dossier_var("demo")))
        demonstration = Demonstration(port, {**env, **adresses, "PYTHONUNBUFFERED": "1"})
        pile.callback(demonstration.arreter)
        demonstration.preparer()
        demonstration.jouer()
        if not servir:
            return demonstration.bilan()
        with suppress(ArretDemande):
            demonstration.servir()
        return dire("Arrêt du site, du fabricant de documents et des services …")


def main() -> None:
    guetter_les_arrets()
    try:
        derouler()
    except ArretDemande:
        dire("Démonstration abandonnée avant la fin ; tout est arrêté. Elle reprendra où elle en était.")
        sys.exit(130)
    except ErreurLancement as erreur:
        sys.exit(f"Démonstration interrompue : {erreur}")


if __name__ == "__main__":
    main()
