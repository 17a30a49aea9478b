"""Le journal des requêtes de gunicorn, sans les secrets que portent les adresses reçues par courriel."""

import re

from gunicorn.glogging import Logger

A_JETON = re.compile(r"(/(?:invitation|connexion/lien|fiche-partagee/lien)/)[\w-]{20,}")


class JournalSansJeton(Logger):
    """Un lien d'invitation vaut quatorze jours : qui lit le journal ne doit pas pouvoir s'en servir."""

    def atoms(self, resp, req, environ, request_time):
        dits = super().atoms(resp, req, environ, request_time)
        return {nom: A_JETON.sub(r"\1…", dit) if isinstance(dit, str) else dit for nom, dit in dits.items()}
