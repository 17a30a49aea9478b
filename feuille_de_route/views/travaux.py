"""Prévenir le travailleur de ce qui attend dans une démarche, après une écriture."""

from feuille_de_route.models import Document, Papier, Transmission
from gouvernance.models import Demarche
from gouvernance.socle.signalement import signaler

# Par leur nom : le site n'importe pas `tasks`, donc ni WeasyPrint ni pyHanko (45 Mo par processus).
TACHES = {
    Document: "feuille_de_route.tasks.produire",
    Transmission: "feuille_de_route.tasks.envoyer",
    Papier: "feuille_de_route.tasks.produire_papier",
}


def signaler_travaux(demarche: Demarche) -> None:
    """Un indice par document, transmission et papier à faire ; le balayage rattrape ce qui se perd."""
    signaler(
        (tache, pk)
        for modele, tache in TACHES.items()
        for pk in modele.objects.a_faire().filter(demarche=demarche).values_list("pk", flat=True)
    )
