"""Réglages, tous lus dans l'environnement. Une valeur fausse arrête le démarrage avec une phrase claire."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from gouvernance.comptes.proconnect import reglages as proconnect
from gouvernance.socle.journal import JOURNAL as LOGGING  # noqa: F401 – un réglage

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_PAR_DEFAUT = "secret-de-developpement-a-ne-jamais-utiliser-en-production"  # noqa: S105


def texte(nom: str, defaut: str = "") -> str:
    """La variable, ou le contenu du fichier que désigne NOM_FILE (secrets Docker)."""
    if chemin := os.environ.get(f"{nom}_FILE"):
        try:
            return Path(chemin).read_text(encoding="utf-8").strip()
        except OSError as erreur:
            raise ImproperlyConfigured(f"{nom}_FILE : {chemin} ne se lit pas ({erreur.strerror})") from erreur
    return os.environ.get(nom, "").strip() or defaut


def oui_non(nom: str, defaut: bool) -> bool:
    valeur = texte(nom, "oui" if defaut else "non").lower()
    if valeur not in {"oui", "non", "true", "false", "1", "0"}:
        raise ImproperlyConfigured(f"{nom} vaut « {valeur} » : attendu oui ou non.")
    return valeur in {"oui", "true", "1"}


def entier(nom: str, defaut: int) -> int:
    valeur = texte(nom, str(defaut))
    if not valeur.isdecimal():
        raise ImproperlyConfigured(f"{nom} vaut « {valeur} » : attendu un nombre entier.")
    return int(valeur)


def parmi(nom: str, valeurs: tuple[str, ...]) -> str:
    valeur = texte(nom, valeurs[0])
    if valeur not in valeurs:
        raise ImproperlyConfigured(f"{nom} vaut « {valeur} » : attendu {', '.join(valeurs)}.")
    return valeur


def liste(nom: str, defaut: str = "") -> list[str]:
    return [element.strip() for element in texte(nom, defaut).split(",") if element.strip()]


def base_de_donnees(url: str) -> dict:
    """postgresql://utilisateur:mot-de-passe@hote:port/base ; PostgreSQL seulement (ADR 2)."""
    adresse = urlsplit(url)
    if adresse.scheme not in {"postgres", "postgresql"} or not adresse.path.strip("/"):
        raise ImproperlyConfigured(
            "DATABASE_URL doit être de la forme postgresql://utilisateur:mot-de-passe@hote:5432/base."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(adresse.path.strip("/")),
        "USER": unquote(adresse.username or ""),
        "PASSWORD": unquote(adresse.password or ""),
        "HOST": adresse.hostname or "",
        "PORT": str(adresse.port or ""),
        "CONN_MAX_AGE": entier("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5},  # ADR 26 : requêtes préparées
        "TEST": {"TEMPLATE": texte("BASE_MODELE", "template0")},
    }


MODE = parmi("MODE", ("production", "developpement", "essais"))
EN_PRODUCTION = MODE == "production"
DEBUG = oui_non("DEBUG", False)
SECRET_KEY = texte("SECRET_KEY", SECRET_PAR_DEFAUT)
ALLOWED_HOSTS = liste("ALLOWED_HOSTS", "" if EN_PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = liste("CSRF_TRUSTED_ORIGINS")
ADRESSE_PUBLIQUE = texte("ADRESSE_PUBLIQUE", "http://localhost:8000").rstrip("/")

if EN_PRODUCTION and SECRET_KEY == SECRET_PAR_DEFAUT:
    raise ImproperlyConfigured("SECRET_KEY manque : donnez-en une (SECRET_KEY ou SECRET_KEY_FILE).")
if EN_PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG=oui est refusé en production.")
if EN_PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS manque : donnez les noms de domaine, séparés par des virgules.")

INSTALLED_APPS = [
    "feuille_de_route",
    "ateliers",
    "diagnostic",
    "gouvernance",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "widget_tweaks",
    "dsfr",
    "crispy_forms",
    "django_htmx",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",  # les premières : leurs en-têtes vont sur toute réponse, refus compris
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "gouvernance.socle.compression.CompressionDesPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "gouvernance.comptes.middleware.Authentification",
    "gouvernance.socle.reponses.Reponses",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "feuille_de_route.urls"
WSGI_APPLICATION = "feuille_de_route.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gouvernance.socle.contexte.site",
            ],
            "builtins": ["django.templatetags.static"]
            + [f"gouvernance.templatetags.{nom}" for nom in ("feuille", "graphiques")],
        },
    }
]

_BASE = texte("DATABASE_URL", "postgresql://localhost:5432/feuille_de_route")
DATABASES = {"default": base_de_donnees(_BASE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "gouvernance.Utilisateur"
LOGIN_URL = "connexion"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "accueil"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{nom}Validator"}
    for nom in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]
SESSION_ENGINE = "gouvernance.comptes.magasin"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
globals().update(_proconnect := proconnect.reglages(texte))

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(texte("STATIC_ROOT", str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "gouvernance.socle.statiques.StatiquesUtiles",
]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not EN_PRODUCTION
MEDIA_ROOT = Path(texte("MEDIA_ROOT", str(BASE_DIR / "var" / "coffre")))
_STATIQUES = "django.contrib.staticfiles.storage.StaticFilesStorage"
if EN_PRODUCTION:
    _STATIQUES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIQUES},
}

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "dsfr"
CRISPY_TEMPLATE_PACK = "dsfr"
DSFR_MARK_OPTIONAL_FIELDS = True
MARQUE_ETAT = oui_non("MARQUE_ETAT", False)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **{f"{nom}-src": [SELF] for nom in ("script", "style", "font", "connect", "manifest")},
        **{nom: [NONE] for nom in ("default-src", "base-uri", "frame-ancestors")},
        "form-action": [SELF, *filter(None, [_proconnect.get("PROCONNECT_ORIGINE")])],
        "img-src": [SELF, "data:"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = EN_PRODUCTION
SECURE_SSL_REDIRECT = EN_PRODUCTION and oui_non("HTTPS_OBLIGATOIRE", True)
SECURE_HSTS_SECONDS = entier("HSTS_SECONDES", 31_536_000 if EN_PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = EN_PRODUCTION
DERRIERE_MANDATAIRE = oui_non("DERRIERE_MANDATAIRE", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if DERRIERE_MANDATAIRE else None

# Redis ne porte que des indices : la base fait foi (docs/adr). Une page l'attend deux secondes au plus.
REDIS_URL = texte("REDIS_URL", "redis://localhost:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # le travailleur attend Redis aussi longtemps qu'il faut
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 2, "max_retries": 0}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = texte("CELERY_BEAT_FICHIER", str(BASE_DIR / "var" / "celerybeat"))
BALAYAGE_SECONDES = entier("BALAYAGE_SECONDES", 10)
_SECONDES = {"schedule": timedelta(seconds=BALAYAGE_SECONDES), "options": {"expires": BALAYAGE_SECONDES}}
CELERY_BEAT_SCHEDULE = {
    "balayer": {"task": "feuille_de_route.tasks.balayer", **_SECONDES},
    "rappeler": {"task": "feuille_de_route.tasks.rappeler", "schedule": timedelta(hours=1)},
    "mentions": {"task": "feuille_de_route.tasks.prevenir_des_mentions", "schedule": timedelta(minutes=10)},
    "purger": {"task": "gouvernance.tasks.purger", "schedule": timedelta(hours=1)},
}

SIGNATURE_CERTIFICAT = Path(texte("SIGNATURE_CERTIFICAT", str(BASE_DIR / "var" / "pki" / "cachet-essai.p12")))
SIGNATURE_MOT_DE_PASSE = texte("SIGNATURE_MOT_DE_PASSE", "essai")
SIGNATURE_RACINES = texte("SIGNATURE_RACINES")  # autorités reconnues (PEM) ; à côté du certificat par défaut
SIGNATURE_HORODATAGE = texte("SIGNATURE_HORODATAGE")  # adresse d'un serveur d'horodatage : PAdES B-T

TRANSMISSION_CANAL = parmi("TRANSMISSION_CANAL", ("depot", "courriel", "http"))
TRANSMISSION_DEPOT = Path(texte("TRANSMISSION_DEPOT", str(BASE_DIR / "var" / "depot-anct")))
TRANSMISSION_COURRIEL = texte("TRANSMISSION_COURRIEL")
TRANSMISSION_URL = texte("TRANSMISSION_URL")
TRANSMISSION_JETON = texte("TRANSMISSION_JETON")

EMAIL_BACKEND = texte(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if EN_PRODUCTION else 'console'}.EmailBackend"
)
EMAIL_TIMEOUT = entier("EMAIL_DELAI", 20)
EMAIL_HOST = texte("EMAIL_HOST", "localhost")
EMAIL_PORT = entier("EMAIL_PORT", 25)
EMAIL_HOST_USER = texte("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = texte("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = oui_non("EMAIL_USE_TLS", False)
DEFAULT_FROM_EMAIL = texte("DEFAULT_FROM_EMAIL", "Feuille de route <ne-pas-repondre@localhost>")
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
