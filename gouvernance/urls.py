"""Adresses de la gouvernance."""

urlpatterns = []
