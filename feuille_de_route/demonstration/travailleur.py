"""Attendre le travailleur Celery : lui envoyer l'indice, montrer l'avancement, ne pas attendre toujours."""

import logging
import time
from collections.abc import Callable

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from feuille_de_route import transmissions
from feuille_de_route.celery import app
from feuille_de_route.demonstration.jeu import DemonstrationImpossible
from feuille_de_route.documents import demandes
from feuille_de_route.models import Document, EtatDocument, EtatTransmission, Transmission
from feuille_de_route.views.travaux import TACHES
from gouvernance.models import Demarche

journal = logging.getLogger(__name__)
PAUSE, RAPPEL, DELAI = 0.3, 5, 240  # secondes
REPRISES = {Document: demandes.reessayer, Transmission: transmissions.reessayer}
ECHECS = {EtatDocument.ECHEC, EtatTransmission.ECHEC}


class EnAttente(Exception):
    """Il reste un document à produire ou à envoyer, et l'on a demandé à ne pas l'attendre."""


def signaler(demarche: Demarche) -> None:
    """Un indice par document et par transmission à faire, comme le font les vues ; le balayage rattrape."""
    for modele, tache in TACHES.items():
        for pk in modele.objects.a_faire().filter(demarche=demarche).values_list("pk", flat=True):
            try:
                app.send_task(tache, args=[pk])
            except (OperationalError, RedisError, OSError):
                journal.warning("Redis ne répond pas : %s(%s) attendra le balayage.", tache, pk)


class Attente:
    """`avancer` : ce qui fait avancer le travail entre deux regards (par défaut, rien : un travailleur)."""

    def __init__(self, dire: Callable[[str], None], *, delai: float = DELAI, avancer=None, patienter=True):
        self.dire, self.delai, self.patienter = dire, delai, patienter
        self.avancer = avancer or (lambda demarche: time.sleep(PAUSE))

    def __call__(self, travail: Document | Transmission, pret: set[str], *, par) -> None:
        """Rend la main quand le travail est dans un des états `pret`.

        Lève EnAttente, ou DemonstrationImpossible si le travail échoue ou dépasse le délai.
        """
        if travail.etat in ECHECS:
            REPRISES[type(travail)](travail.pk, par=par)
            travail.refresh_from_db()
        signaler(travail.demarche)
        depart = dernier = time.monotonic()
        while travail.etat not in pret:
            if not self.patienter:
                raise EnAttente(f"« {travail} » en est à « {travail.get_etat_display()} ».")
            self._verifier(travail, time.monotonic() - depart)
            self.avancer(travail.demarche)
            travail.refresh_from_db()
            if time.monotonic() - dernier > RAPPEL:
                dernier = time.monotonic()
                self.dire(f"  … {travail.get_etat_display().lower()} ({dernier - depart:.0f} s)")

    def _verifier(self, travail: Document | Transmission, ecoule: float) -> None:
        if travail.etat in ECHECS:
            raise DemonstrationImpossible(
                f"« {travail} » a échoué ({travail.erreur}). Relancez la commande : elle réessaiera."
            )
        if ecoule > self.delai:
            cause = travail.erreur or "le travailleur Celery tourne-t-il ?"
            raise DemonstrationImpossible(
                f"« {travail} » n’avance pas depuis {self.delai:.0f} s "
                f"(« {travail.get_etat_display()} ») : {cause} Relancez la commande, elle reprendra ici."
            )
