"""Adresses du fil d'or, de la cohérence entre échelles, des partages et de la bibliothèque."""

from django.urls import path

from feuille_de_route.views import fil_d_or

D = "demarches/<uuid:uuid>/"

urlpatterns = [
    path(D + "axes/fil-d-or/", fil_d_or.fil_d_or, name="fil_d_or"),
]
