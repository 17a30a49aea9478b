"""Adresses : documents."""

urlpatterns = []
