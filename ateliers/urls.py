"""Adresses des ateliers et des chantiers clés."""

from django.urls import include, path

from ateliers.views import ateliers, chantiers

atelier = [
    path("", ateliers.atelier, name="atelier"),
    path("modifier/", ateliers.atelier_modifier, name="atelier_modifier"),
    path("sous-groupes/ajouter/", ateliers.sous_groupe_ajouter, name="sous_groupe_ajouter"),
    path("contributions/ajouter/", ateliers.contribution_ajouter, name="contribution_ajouter"),
    path(
        "contributions/<uuid:contribution>/retirer/",
        ateliers.contribution_retirer,
        name="contribution_retirer",
    ),
    path(
        "contributions/<uuid:contribution>/convertir/<slug:vers>/",
        ateliers.contribution_convertir,
        name="contribution_convertir",
    ),
]
chantier = [
    path("", chantiers.chantier, name="chantier"),
    path("modifier/", chantiers.chantier_modifier, name="chantier_modifier"),
    path("terminer/<slug:action>/", chantiers.chantier_terminer, name="chantier_terminer"),
    path("avancer/<slug:action>/", chantiers.chantier_avancer, name="chantier_avancer"),
]
demarche = [
    path("ateliers/", ateliers.ateliers, name="ateliers"),
    path("ateliers/ajouter/", ateliers.atelier_ajouter, name="atelier_ajouter"),
    path("ateliers/<uuid:atelier>/", include(atelier)),
    path("chantiers/", chantiers.chantiers, name="chantiers"),
    path("chantiers/ajouter/", chantiers.chantier_ajouter, name="chantier_ajouter"),
    path("chantiers/<uuid:chantier>/", include(chantier)),
]
urlpatterns = [path("demarches/<uuid:uuid>/", include(demarche))]
