"""Ce que tout gabarit sait du site."""

from django.conf import settings


def site(requete):
    return {"MARQUE_ETAT": settings.MARQUE_ETAT, "MODE": settings.MODE}
