"""Adresses des papiers d'une séance et du cahier des charges."""

from django.urls import path

from feuille_de_route.views import papiers

D = "demarches/<uuid:uuid>/"

urlpatterns = [
    path(
        D + "seances/<uuid:seance>/papiers/<slug:nature>/<slug:format>/",
        papiers.preparer,
        name="papier_preparer",
    ),
    path(D + "cahier/papiers/<slug:format>/", papiers.preparer_cahier, name="cahier_preparer"),
    path(D + "papiers/<uuid:papier_uuid>/", papiers.etat, name="papier_etat"),
    path(D + "papiers/<uuid:papier_uuid>/fichier", papiers.telecharger, name="papier_telecharger"),
]
