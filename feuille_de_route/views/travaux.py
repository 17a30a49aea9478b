"""Prévenir le travailleur de ce qui attend dans une démarche, après une écriture."""

from feuille_de_route import tasks
from feuille_de_route.models import Document, Transmission
from gouvernance.models import Demarche
from gouvernance.socle.signalement import signaler

TACHES = ((Document, tasks.produire), (Transmission, tasks.envoyer))


def signaler_travaux(demarche: Demarche) -> None:
    """Un indice par document et par transmission à faire ; le balayage rattrape ce qui se perd."""
    signaler(
        (tache, pk)
        for modele, tache in TACHES
        for pk in modele.objects.a_faire().filter(demarche=demarche).values_list("pk", flat=True)
    )
