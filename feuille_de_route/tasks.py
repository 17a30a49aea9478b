"""Tâches Celery : minces, nommées comme la fonction qu'elles appellent. WeasyPrint se charge avec ce module,
donc une fois, dans le processus parent du travailleur."""

from celery import shared_task

from feuille_de_route.documents import production
from feuille_de_route.models import Document, Transmission
from feuille_de_route.transmission import envoi

PAR_BALAYAGE = 20


@shared_task
def produire(document_pk: int) -> None:
    production.produire(document_pk)


@shared_task
def envoyer(transmission_pk: int) -> None:
    envoi.envoyer(transmission_pk)


@shared_task
def balayer() -> None:
    """Reprend ce qui attend : messages perdus, travailleurs tués, essais repoussés."""
    for modele, agir in ((Document, production.produire), (Transmission, envoi.envoyer)):
        for pk in modele.objects.a_faire().order_by("pk").values_list("pk", flat=True)[:PAR_BALAYAGE]:
            agir(pk)
