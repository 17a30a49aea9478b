"""Ce que le Dockerfile et docker-compose.yml doivent tenir, vérifié sans moteur Docker."""

import re
from pathlib import Path

import yaml

from feuille_de_route.lancement.systeme import BIBLIOTHEQUES

SERVICES = {"base", "courtier", "migrations", "site", "fabricant", "horloge"}
LES_NOTRES = {"migrations", "site", "fabricant", "horloge"}
CLES_DE_SERVICE = {
    "build", "command", "depends_on", "environment", "healthcheck", "image", "init", "ports", "read_only",
    "restart", "secrets", "security_opt", "stop_grace_period", "tmpfs", "user", "volumes", "cap_drop",
}  # fmt: skip
INSTRUCTIONS = {
    "FROM",
    "ARG",
    "ENV",
    "RUN",
    "COPY",
    "WORKDIR",
    "USER",
    "EXPOSE",
    "HEALTHCHECK",
    "CMD",
    "VOLUME",
}


def ecarts(racine: Path) -> list[str]:
    """Les phrases qui disent ce qui ne va pas ; vide si tout est en ordre."""
    compose = yaml.safe_load((racine / "docker-compose.yml").read_text(encoding="utf-8"))
    dockerfile = (racine / "Dockerfile").read_text(encoding="utf-8")
    return [*_ecarts_de_compose(compose), *_ecarts_du_dockerfile(dockerfile)]


def _ecarts_de_compose(compose: dict) -> list[str]:
    services = compose.get("services", {})
    manquants = [
        f"docker-compose.yml : il manque le service {nom}." for nom in sorted(SERVICES - set(services))
    ]
    trouves = [
        ecart for nom, service in services.items() for ecart in _ecarts_d_un_service(nom, service, compose)
    ]
    return manquants + trouves


def _ecarts_d_un_service(nom: str, service: dict, compose: dict) -> list[str]:
    phrases = [f"clé inconnue : {cle}" for cle in sorted(set(service) - CLES_DE_SERVICE)]
    if nom != "migrations" and "healthcheck" not in service:
        phrases.append("pas de vérification de santé (healthcheck)")
    if nom != "migrations" and service.get("restart") != "unless-stopped":
        phrases.append("ne redémarre pas tout seul (restart: unless-stopped)")
    if nom in LES_NOTRES and "user" in service and str(service["user"]).startswith(("0", "root")):
        phrases.append("tourne en root")
    phrases += [
        f"dépend de « {autre} », qui n’existe pas"
        for autre in _absents(service.get("depends_on"), compose["services"])
    ]
    phrases += [
        f"secret « {autre} » non déclaré"
        for autre in _absents(service.get("secrets"), compose.get("secrets", {}))
    ]
    phrases += [
        f"volume « {autre} » non déclaré" for autre in _absents(_volumes(service), compose.get("volumes", {}))
    ]
    phrases += [f"{cle} est écrit en clair" for cle in _en_clair(service.get("environment") or {})]
    return [f"docker-compose.yml, {nom} : {phrase}." for phrase in phrases]


def _absents(noms: list | dict | None, declares: dict) -> list[str]:
    return [nom for nom in noms or [] if nom not in declares]


def _volumes(service: dict) -> list[str]:
    return [
        volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith((".", "/"))
    ]


def _en_clair(environnement: dict) -> list[str]:
    secrets = (
        "SECRET_KEY",
        "DATABASE_URL",
        "SIGNATURE_MOT_DE_PASSE",
        "POSTGRES_PASSWORD",
        "EMAIL_HOST_PASSWORD",
        "TRANSMISSION_JETON",
        "PROCONNECT_SECRET",
    )
    return [nom for nom in secrets if environnement.get(nom)]


def _ecarts_du_dockerfile(texte: str) -> list[str]:
    lignes = [
        ligne for ligne in re.sub(r"\\\n", " ", texte).splitlines() if ligne and not ligne.startswith("#")
    ]
    trouvees = [ligne.split()[0] for ligne in lignes]
    phrases = [f"instruction inconnue : {nom}" for nom in sorted(set(trouvees) - INSTRUCTIONS)]
    if not re.search(r"^USER (?!root|0)", texte, re.M):
        phrases.append("l’image tourne en root (USER)")
    phrases += [f"il manque {nom}" for nom in ("HEALTHCHECK", "CMD") if nom not in trouvees]
    if "--require-hashes -r requirements.lock" not in texte:
        phrases.append("les dépendances ne viennent pas du verrou (requirements.lock)")
    phrases += [
        f"il manque le paquet {nom}" for nom in sorted({*BIBLIOTHEQUES.values()}) if f" {nom}" not in texte
    ]
    return [f"Dockerfile : {phrase}." for phrase in phrases]
