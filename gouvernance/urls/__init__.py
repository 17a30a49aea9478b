"""Adresses de la gouvernance."""

from django.urls import include, path

from gouvernance.views import gouvernance, journal
from gouvernance.views.galerie import galerie

D = "demarches/<uuid:uuid>/"
G = f"{D}gouvernance/"

de_la_gouvernance = [
    path(G, gouvernance.gouvernance, name="gouvernance"),
    path(f"{G}modifier/", gouvernance.gouvernance_modifier, name="gouvernance_modifier"),
    path(f"{G}note-privee/", gouvernance.note_privee, name="note_privee"),
    path(f"{G}membres/ajouter/", gouvernance.membre_ajouter, name="membre_ajouter"),
    path(f"{G}membres/<uuid:membre>/", gouvernance.membre_modifier, name="membre_modifier"),
    path(f"{G}membres/<uuid:membre>/<slug:statut>/", gouvernance.membre_statut, name="membre_statut"),
    path(f"{G}roles/ajouter/", gouvernance.mandat_ajouter, name="mandat_ajouter"),
    path(f"{G}roles/retirer/", gouvernance.mandat_retirer, name="mandat_retirer"),
]

du_cadre = [
    path(f"{D}journal/", journal.journal, name="journal"),
]

urlpatterns = [
    path("", include("gouvernance.comptes.urls")),
    path("", include("gouvernance.urls.cadrage")),
    path("", include("gouvernance.urls.acteurs")),
    *de_la_gouvernance,
    path("", include("gouvernance.urls.instances")),
    *du_cadre,
    path("", include("gouvernance.urls.seances")),
    path("galerie/", galerie, name="galerie"),
]
