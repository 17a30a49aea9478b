"""Adresses du diagnostic et des enjeux."""

from django.urls import path

from diagnostic.views import constats, enjeux, priorisation

DEMARCHE = "demarches/<uuid:uuid>/"
CONSTAT = f"{DEMARCHE}constats/<uuid:constat>/"

urlpatterns = [
    path(f"{DEMARCHE}constats/", constats.constats, name="constats"),
    path(f"{DEMARCHE}constats/ajouter/", constats.constat_ajouter, name="constat_ajouter"),
    path(CONSTAT, constats.constat, name="constat"),
    path(f"{CONSTAT}modifier/", constats.constat_modifier, name="constat_modifier"),
    path(f"{CONSTAT}supprimer/", constats.constat_supprimer, name="constat_supprimer"),
    path(f"{CONSTAT}chiffres/", constats.mesures_choisir, name="mesures_choisir"),
    path(f"{CONSTAT}chiffres/ajouter/", constats.mesure_ajouter, name="mesure_ajouter"),
    path(f"{CONSTAT}regards/ajouter/", constats.regard_ajouter, name="regard_ajouter"),
    path(f"{CONSTAT}regards/<uuid:regard>/retirer/", constats.regard_retirer, name="regard_retirer"),
    path(f"{DEMARCHE}enjeux/", enjeux.enjeux, name="enjeux"),
    path(f"{DEMARCHE}enjeux/ajouter/", enjeux.enjeu_ajouter, name="enjeu_ajouter"),
    path(f"{DEMARCHE}enjeux/priorisation/ouvrir/", priorisation.session_ouvrir, name="session_ouvrir"),
    path(f"{DEMARCHE}enjeux/priorisation/voter/", priorisation.session_voter, name="session_voter"),
    path(f"{DEMARCHE}enjeux/priorisation/papier/", priorisation.vote_consigner, name="vote_consigner"),
    path(f"{DEMARCHE}enjeux/priorisation/clore/", priorisation.session_clore, name="session_clore"),
    path(f"{DEMARCHE}enjeux/<uuid:enjeu>/modifier/", enjeux.enjeu_modifier, name="enjeu_modifier"),
    path(f"{DEMARCHE}enjeux/<uuid:enjeu>/ecarter/", enjeux.enjeu_ecarter, name="enjeu_ecarter"),
    path(f"{DEMARCHE}enjeux/<uuid:enjeu>/<slug:action>/", enjeux.enjeu_trancher, name="enjeu_trancher"),
]
