"""Adresses des ateliers et des chantiers clés."""

from django.urls import path

from ateliers.views import ateliers, chantiers

DEMARCHE = "demarches/<uuid:uuid>/"
ATELIER = f"{DEMARCHE}ateliers/<uuid:atelier>/"
CHANTIER = f"{DEMARCHE}chantiers/<uuid:chantier>/"

urlpatterns = [
    path(f"{DEMARCHE}ateliers/", ateliers.ateliers, name="ateliers"),
    path(f"{DEMARCHE}ateliers/ajouter/", ateliers.atelier_ajouter, name="atelier_ajouter"),
    path(ATELIER, ateliers.atelier, name="atelier"),
    path(f"{ATELIER}modifier/", ateliers.atelier_modifier, name="atelier_modifier"),
    path(f"{ATELIER}sous-groupes/ajouter/", ateliers.sous_groupe_ajouter, name="sous_groupe_ajouter"),
    path(f"{ATELIER}contributions/ajouter/", ateliers.contribution_ajouter, name="contribution_ajouter"),
    path(
        f"{ATELIER}contributions/<uuid:contribution>/retirer/",
        ateliers.contribution_retirer,
        name="contribution_retirer",
    ),
    path(
        f"{ATELIER}contributions/<uuid:contribution>/convertir/<slug:vers>/",
        ateliers.contribution_convertir,
        name="contribution_convertir",
    ),
    path(f"{DEMARCHE}chantiers/", chantiers.chantiers, name="chantiers"),
    path(f"{DEMARCHE}chantiers/ajouter/", chantiers.chantier_ajouter, name="chantier_ajouter"),
    path(CHANTIER, chantiers.chantier, name="chantier"),
    path(f"{CHANTIER}modifier/", chantiers.chantier_modifier, name="chantier_modifier"),
    path(f"{CHANTIER}terminer/<slug:action>/", chantiers.chantier_terminer, name="chantier_terminer"),
    path(f"{CHANTIER}avancer/<slug:action>/", chantiers.chantier_avancer, name="chantier_avancer"),
]
