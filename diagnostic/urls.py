"""Adresses du diagnostic et des enjeux."""

from django.urls import include, path

from diagnostic.views import constats, enjeux, priorisation

constat = [
    path("", constats.constat, name="constat"),
    path("modifier/", constats.constat_modifier, name="constat_modifier"),
    path("supprimer/", constats.constat_supprimer, name="constat_supprimer"),
    path("chiffres/", constats.mesures_choisir, name="mesures_choisir"),
    path("chiffres/ajouter/", constats.mesure_ajouter, name="mesure_ajouter"),
    path("regards/ajouter/", constats.regard_ajouter, name="regard_ajouter"),
    path("regards/<uuid:regard>/retirer/", constats.regard_retirer, name="regard_retirer"),
]
demarche = [
    path("constats/", constats.constats, name="constats"),
    path("constats/ajouter/", constats.constat_ajouter, name="constat_ajouter"),
    path("constats/<uuid:constat>/", include(constat)),
    path("enjeux/", enjeux.enjeux, name="enjeux"),
    path("enjeux/ajouter/", enjeux.enjeu_ajouter, name="enjeu_ajouter"),
    path("enjeux/priorisation/ouvrir/", priorisation.session_ouvrir, name="session_ouvrir"),
    path("enjeux/priorisation/voter/", priorisation.session_voter, name="session_voter"),
    path("enjeux/priorisation/clore/", priorisation.session_clore, name="session_clore"),
    path("enjeux/<uuid:enjeu>/modifier/", enjeux.enjeu_modifier, name="enjeu_modifier"),
    path("enjeux/<uuid:enjeu>/ecarter/", enjeux.enjeu_ecarter, name="enjeu_ecarter"),
    path("enjeux/<uuid:enjeu>/<slug:action>/", enjeux.enjeu_trancher, name="enjeu_trancher"),
]
urlpatterns = [path("demarches/<uuid:uuid>/", include(demarche))]
