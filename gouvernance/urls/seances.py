"""Adresses des séances ; ce qui touche aux couches du dessus est dans feuille_de_route.urls.seances."""

from django.urls import path

from gouvernance.views import seances, tenue

D = "demarches/<uuid:uuid>/seances/"
S = f"{D}<uuid:seance>/"

urlpatterns = [
    path(D, seances.seances, name="seances"),
    path(f"{D}planifier/", seances.seance_planifier, name="seance_planifier"),
    path(f"{D}faire-valider/", seances.faire_valider, name="faire_valider"),
    path(S, seances.seance, name="seance"),
    path(f"{S}modifier/", seances.seance_modifier, name="seance_modifier"),
    path(f"{S}acte/<slug:action>/", seances.seance_agir, name="seance_agir"),
    path(f"{S}prevenir/", tenue.seance_prevenir, name="seance_prevenir"),
    path(f"{S}rendez-vous.ics", tenue.seance_ics, name="seance_ics"),
    path(f"{S}points/acte/<slug:action>/", tenue.point_agir, name="point_agir"),
    path(f"{S}documents/joindre/", tenue.piece_joindre, name="piece_joindre"),
    path(f"{S}documents/<uuid:piece>/", tenue.piece_lire, name="piece_lire"),
    path(f"{S}documents/<uuid:piece>/retirer/", tenue.piece_retirer, name="piece_retirer"),
    path(f"{S}presences/", tenue.presences_noter, name="presences_noter"),
    path(f"{S}compte-rendu/", tenue.compte_rendu, name="compte_rendu"),
]
