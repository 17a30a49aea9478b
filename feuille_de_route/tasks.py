"""Tâches Celery : minces, nommées comme la fonction qu'elles appellent.

Seul le travailleur importe ce module ; WeasyPrint se charge avec lui, une fois, dans son processus parent. Le
site nomme les tâches sans les importer (views/travaux.py).
"""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from feuille_de_route import signatures
from feuille_de_route.dialogue import mentions
from feuille_de_route.documents import production
from feuille_de_route.documents.papiers.production import produire as preparer_papier
from feuille_de_route.models import Document, Papier, Transmission
from feuille_de_route.transmission import envoi
from gouvernance.models import Courriel
from gouvernance.tasks import JOURNEE
from gouvernance.tasks import envoyer as envoyer_courriel
from gouvernance.tasks import rappeler as rappeler_les_seances

PAR_BALAYAGE = 100


@shared_task
def produire(document_pk: int) -> None:
    production.produire(document_pk)


@shared_task
def produire_papier(papier_pk: int) -> None:
    preparer_papier(papier_pk)


@shared_task
def envoyer(transmission_pk: int) -> None:
    envoi.envoyer(transmission_pk)


@shared_task
def rappeler() -> None:
    """Les séances qui viennent, les signatures qui tardent."""
    rappeler_les_seances()
    if timezone.localtime().hour in JOURNEE:
        signatures.rappeler()


@shared_task
def prevenir_des_mentions() -> None:
    if timezone.localtime().hour in JOURNEE:
        mentions.prevenir()


@shared_task
def balayer() -> None:
    """Signale ce qui attend encore : messages perdus, travailleurs tués, essais repoussés.

    Il n'exécute rien : chaque travail garde son propre délai, et plusieurs travailleurs se les partagent. Un
    indice qui n'est pas lu avant le balayage suivant s'efface, la file ne grossit donc jamais.
    """
    travaux = ((Transmission, envoyer), (Document, produire), (Papier, produire_papier))
    for modele, tache in (*travaux, (Courriel, envoyer_courriel)):
        for pk in modele.objects.a_faire().order_by("pk").values_list("pk", flat=True)[:PAR_BALAYAGE]:
            tache.apply_async((pk,), expires=settings.BALAYAGE_SECONDES)
