"""Prévenir un travailleur, sans jamais dépendre de lui."""

import logging

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

journal = logging.getLogger(__name__)


def signaler(tache: Task, *arguments) -> None:
    """Envoie l'indice une fois la transaction validée ; si Redis ne répond pas, le balayage prendra le
    relais.
    """

    def envoyer():
        try:
            tache.delay(*arguments)
        except (OperationalError, RedisError, OSError):
            journal.warning("Redis ne répond pas : %s%s attendra le balayage.", tache.name, arguments)

    transaction.on_commit(envoyer)
