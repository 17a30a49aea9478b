"""Tâches de la gouvernance : minces, nommées comme la fonction qu'elles appellent."""

from celery import shared_task
from django.utils import timezone

from gouvernance import courriels, rappels

JOURNEE = range(7, 20)  # on n'écrit pas à quelqu'un la nuit


@shared_task
def envoyer(courriel_pk: int) -> None:
    courriels.envoyer(courriel_pk)


@shared_task
def rappeler() -> None:
    if timezone.localtime().hour in JOURNEE:
        rappels.rappeler()
