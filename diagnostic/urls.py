"""Adresses du diagnostic et des enjeux."""

urlpatterns = []
