"""Envoyer une transmission : assembler le paquet, le ranger, le confier au canal ; reprise à délai
croissant.
"""

import logging

from django.db import transaction
from django.utils import timezone

from feuille_de_route.models import EtatTransmission, Transmission
from feuille_de_route.transmission.canaux import CANAUX, EnvoiImpossible
from feuille_de_route.transmission.dossier import assembler
from gouvernance.models import Evenement
from gouvernance.socle import coffre

journal = logging.getLogger(__name__)
DICIBLES = (EnvoiImpossible, coffre.ObjetAbsent, coffre.ObjetAltere)


def envoyer(transmission_pk: int) -> bool:
    """Envoie si c'est à faire ; faux si un autre travailleur la tient, si c'est fait, ou en cas d'échec
    (noté).
    """
    try:
        return _assembler(transmission_pk) and _confier(transmission_pk)
    except Exception as erreur:
        journal.exception("Transmission %s : échec de l'envoi", transmission_pk)
        _noter_echec(transmission_pk, erreur)
        return False


@transaction.atomic
def _assembler(transmission_pk: int) -> bool:
    """Range le paquet au coffre avant tout envoi : chaque essai enverra les mêmes octets."""
    transmission = Transmission.objects.prendre(transmission_pk)
    if transmission is None:
        return False
    if not transmission.empreinte:
        transmission.empreinte = coffre.deposer(assembler(transmission), "zip")
        transmission.save()
    return True


@transaction.atomic
def _confier(transmission_pk: int) -> bool:
    transmission = Transmission.objects.prendre(transmission_pk)
    if transmission is None:
        return False
    CANAUX[transmission.canal](transmission.reference, coffre.lire(transmission.empreinte, "zip"))
    transmission.etat, transmission.envoyee_le = EtatTransmission.ENVOYEE, timezone.now()
    transmission.erreur, transmission.prochain_essai_le = "", None
    transmission.save()
    Evenement.consigner(transmission, "envoyer à l’ANCT", par=transmission.par, vers=transmission.empreinte)
    return True


@transaction.atomic
def _noter_echec(transmission_pk: int, erreur: Exception) -> None:
    transmission = Transmission.objects.prendre(transmission_pk)
    if transmission is None:
        return
    phrase = str(erreur) if isinstance(erreur, DICIBLES) else f"Erreur interne ({type(erreur).__name__})."
    if transmission.noter_echec(phrase[:500]):
        transmission.etat = EtatTransmission.ECHEC
        Evenement.consigner(transmission, "échec de l’envoi", par=None, vers=phrase[:500])
    transmission.save()
