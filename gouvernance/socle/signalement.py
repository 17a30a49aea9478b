"""Prévenir un travailleur, sans jamais dépendre de lui."""

import logging
from collections.abc import Iterable

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

journal = logging.getLogger(__name__)


def signaler(indices: Iterable[tuple[str, int]]) -> None:
    """Envoie les indices (nom de tâche, identifiant) une fois la transaction validée.

    Au premier refus de Redis on n'insiste pas, la page n'attend qu'une fois : le balayage prendra le relais.
    """
    indices = list(indices)

    def envoyer():
        for tache, identifiant in indices:
            try:
                current_app.send_task(tache, (identifiant,))
            except (OperationalError, RedisError, OSError):
                journal.warning("Redis ne répond pas : %s(%s) attendra le balayage.", tache, identifiant)
                return

    transaction.on_commit(envoyer)
