"""Toutes les adresses du site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("administration/", admin.site.urls),
    path("", include("gouvernance.urls")),
]
