"""Tâches de la gouvernance : minces, nommées comme la fonction qu'elles appellent."""

from celery import shared_task
from django.utils import timezone

from gouvernance import courriels
from gouvernance.acces import sessions, tentatives
from gouvernance.arrivees import liens
from gouvernance.reunions import rappels

JOURNEE = range(7, 20)  # on n'écrit pas à quelqu'un la nuit


@shared_task
def envoyer(courriel_pk: int) -> None:
    courriels.envoyer(courriel_pk)


@shared_task
def rappeler() -> None:
    if timezone.localtime().hour in JOURNEE:
        rappels.rappeler()


@shared_task
def purger() -> None:
    """Efface les essais, les liens et les sessions qui n'ont plus cours : on ne garde pas qui vient d'où."""
    tentatives.purger()
    liens.purger()
    sessions.purger()
