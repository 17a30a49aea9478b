"""Le journal des erreurs : ce qui échoue s'écrit sur la sortie d'erreur, sans les secrets des adresses.

Django, hors DEBUG, n'écrit une page 500 nulle part : il l'envoie par courriel aux ADMINS, que l'on n'a pas.
"""

import logging
import re

A_JETON = re.compile(r"(/(?:invitation|connexion/lien|fiche-partagee/lien)/)[\w-]{20,}")


def sans_jeton(texte: str) -> str:
    """Un lien d'invitation vaut quatorze jours : qui lit le journal ne doit pas pouvoir s'en servir."""
    return A_JETON.sub(r"\1…", texte)


class SansJeton(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return sans_jeton(super().format(record))


JOURNAL = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "sans_jeton": {"()": SansJeton, "format": "%(asctime)s %(levelname)s %(name)s : %(message)s"}
    },
    "handlers": {"erreurs": {"class": "logging.StreamHandler", "level": "ERROR", "formatter": "sans_jeton"}},
    "loggers": {"django": {"handlers": ["erreurs"], "level": "INFO"}},
}
