"""Les pages de formulaire d'une démarche : un titre, un droit, un formulaire, un retour."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse

from gouvernance.models import Demarche
from gouvernance.permissions import Acces
from gouvernance.views.commun import Saisie, traiter


class Page(NamedTuple):
    """`droit` : sans ce rôle, la page répond 403 ; `retour` : l'adresse où l'on va ensuite."""

    titre: str
    retour: str
    droit: str = "cadrer"
    aide: str = ""
    succes: str = "C’est enregistré."
    gabarit: str = "gouvernance/formulaire.html"
    contexte: dict = {}


def saisir(
    request: HttpRequest, lieu: tuple[Demarche, Acces], page: Page, formulaire, ecrire
) -> HttpResponse:
    """Montre et traite un formulaire, dans le gabarit commun si la page n'en dit pas un autre."""
    demarche, acces = lieu
    acces.exiger(page.droit)
    contexte = {"demarche": demarche, "acces": acces, "titre": page.titre, "aide": page.aide, **page.contexte}
    return traiter(request, Saisie(formulaire, ecrire, page.retour, page.gabarit, contexte, page.succes))
