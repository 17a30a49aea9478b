"""Adresses des séances qui touchent aux objets de la démarche : points de l'ordre du jour, décisions."""

from django.urls import path

from feuille_de_route.views import decisions, ordre_du_jour

S = "demarches/<uuid:uuid>/seances/<uuid:seance>/"

urlpatterns = [
    path(f"{S}points/ajouter/", ordre_du_jour.point_ajouter, name="point_ajouter"),
    path(f"{S}points/<uuid:point>/", ordre_du_jour.point_modifier, name="point_modifier"),
    path(f"{S}decider/", decisions.decision_consigner, name="decision_consigner"),
    path(f"{S}decisions/<uuid:decision>/", decisions.decision_corriger, name="decision_corriger"),
]
