"""Adresses du fil d'or, de la cohérence entre échelles, des partages et de la bibliothèque."""

from django.urls import path

from feuille_de_route.views import bibliotheque, coherence, fil_d_or, partages

D = "demarches/<uuid:uuid>/"
FICHE, PARTAGE = f"{D}plan/fiches/<uuid:fiche_uuid>/", f"{D}plan/partages/<uuid:partage>/"
BIBLIOTHEQUE = f"{D}plan/bibliotheque/"

urlpatterns = [
    path(D + "axes/fil-d-or/", fil_d_or.fil_d_or, name="fil_d_or"),
    path(D + "axes/coherence/", coherence.coherence, name="coherence"),
    path(FICHE + "partager/", partages.fiche_partager, name="fiche_partager"),
    path(PARTAGE, partages.fiche_partagee, name="partage"),
    path(PARTAGE + "reprendre/", partages.partage_reprendre, name="partage_reprendre"),
    path(PARTAGE + "retirer/", partages.partage_retirer, name="partage_retirer"),
    path(BIBLIOTHEQUE, bibliotheque.bibliotheque, name="bibliotheque"),
    path(f"{BIBLIOTHEQUE}<uuid:signee>/", bibliotheque.bibliotheque_fiche, name="bibliotheque_fiche"),
    path(
        f"{BIBLIOTHEQUE}<uuid:signee>/reprendre/",
        bibliotheque.bibliotheque_reprendre,
        name="bibliotheque_reprendre",
    ),
]
