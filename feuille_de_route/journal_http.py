"""Le journal des requêtes de gunicorn, sans les secrets que portent les adresses reçues par courriel."""

from gunicorn.glogging import Logger

from gouvernance.socle.journal import sans_jeton


class JournalSansJeton(Logger):
    def atoms(self, resp, req, environ, request_time):
        dits = super().atoms(resp, req, environ, request_time)
        return {nom: sans_jeton(dit) if isinstance(dit, str) else dit for nom, dit in dits.items()}
