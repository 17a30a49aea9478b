"""Adresses de la gouvernance."""

from django.urls import path

from gouvernance.views.galerie import galerie

urlpatterns = [
    path("galerie/", galerie, name="galerie"),
]
