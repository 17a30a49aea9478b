"""Adresses des comptes."""

from django.urls import path

from gouvernance.comptes import views

urlpatterns = [
    path("connexion/", views.connexion, name="connexion"),
    path("deconnexion/", views.deconnexion, name="deconnexion"),
    path("mot-de-passe/", views.mot_de_passe, name="mot_de_passe"),
]
