"""Les pages de formulaire d'une démarche : un titre, un droit, un formulaire, un retour."""

from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from gouvernance.models import Demarche
from gouvernance.permissions import DROITS, Acces
from gouvernance.views.commun import Saisie, traiter


class Page(NamedTuple):
    """`droit` : sans ce rôle, la page répond 403 ; `retour` : l'adresse où l'on va ensuite."""

    titre: str
    retour: str
    droit: str = "cadrer"
    aide: str = ""
    succes: str = "C’est enregistré."


def saisir(
    request: HttpRequest, lieu: tuple[Demarche, Acces], page: Page, formulaire, ecrire
) -> HttpResponse:
    """Montre et traite un formulaire dans le gabarit commun."""
    demarche, acces = lieu
    if not acces.autorise(DROITS[page.droit]):
        raise PermissionDenied(acces.refus[page.droit])
    contexte = {"demarche": demarche, "acces": acces, "titre": page.titre, "aide": page.aide}
    saisie = Saisie(formulaire, ecrire, page.retour, "gouvernance/formulaire.html", contexte, page.succes)
    return traiter(request, saisie)
