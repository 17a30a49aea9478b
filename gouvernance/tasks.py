"""Tâches de la gouvernance : minces, nommées comme la fonction qu'elles appellent."""

from celery import shared_task

from gouvernance import courriels


@shared_task
def envoyer(courriel_pk: int) -> None:
    courriels.envoyer(courriel_pk)
