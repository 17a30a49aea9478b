"""Adresses des ateliers et des chantiers clés."""

urlpatterns = []
