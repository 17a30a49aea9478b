"""Le magasin des sessions : celui de Django en base, qui tient à jour les sessions ouvertes des comptes.

Toute session où quelqu'un est connecté a sa ligne SessionOuverte ; effacer l'une efface l'autre.
"""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as Magasin
from django.db import transaction

from gouvernance.models import SessionOuverte


class SessionStore(Magasin):
    @classmethod
    def get_model_class(cls):
        return Magasin.get_model_class()

    @transaction.atomic
    def save(self, must_create=False):
        super().save(must_create=must_create)
        utilisateur = self._get_session(no_load=must_create).get(SESSION_KEY)
        if utilisateur is not None:
            SessionOuverte.objects.get_or_create(
                cle=self.session_key, defaults={"utilisateur_id": int(utilisateur)}
            )

    @transaction.atomic
    def delete(self, session_key=None):
        cle = session_key or self.session_key
        super().delete(cle)
        if cle:
            SessionOuverte.objects.filter(cle=cle).delete()

    def cycle_key(self):
        """La clé change, la session ouverte reste la même : ses heures ne repartent pas à zéro."""
        ancienne, donnees = self.session_key, self._session
        self.create()
        self._session_cache = donnees
        if not ancienne:
            return
        with transaction.atomic():
            ouverte = SessionOuverte.objects.filter(cle=ancienne)
            if ouverte.exists():
                SessionOuverte.objects.filter(cle=self.session_key).delete()
                ouverte.update(cle=self.session_key)
            self.delete(ancienne)
