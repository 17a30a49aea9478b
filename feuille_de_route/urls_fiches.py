"""Adresses : fiches."""

urlpatterns = []
