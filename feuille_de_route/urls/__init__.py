"""Toutes les adresses du site."""

from django.contrib import admin
from django.urls import include, path

from feuille_de_route.dialogue import mentions
from feuille_de_route.views import a_faire, membres, parcours, passages
from gouvernance.views import accueil

handler400 = "gouvernance.socle.reponses.demande_illisible"

urlpatterns = [
    path("administration/", admin.site.urls),
    path("", accueil.accueil, {"gestes": a_faire.accueil, "lus": mentions.sans_reponse}, name="accueil"),
    path("", include("gouvernance.urls")),
    path("", include("diagnostic.urls")),
    path("", include("ateliers.urls")),
    path("demarches/<uuid:uuid>/", parcours.demarche, name="demarche"),
    path("demarches/<uuid:uuid>/gouvernance/membres/", membres.membres, name="membres"),
    path("demarches/<uuid:uuid>/franchir/<slug:passage>/", passages.franchir, name="demarche_franchir"),
    path("demarches/<uuid:uuid>/acte/<slug:acte>/", passages.acte_motive, name="demarche_acte"),
    path(
        "demarches/<uuid:uuid>/rouvrir/<slug:code>/",
        passages.acte_motive,
        {"acte": "rouvrir"},
        name="demarche_rouvrir",
    ),
    path("", include("feuille_de_route.urls.seances")),
    path("", include("feuille_de_route.urls.strategie")),
    path("", include("feuille_de_route.urls.argent")),
    path("", include("feuille_de_route.urls.partenaires")),
    path("", include("feuille_de_route.urls.fiches")),
    path("", include("feuille_de_route.urls.dialogue")),
    path("", include("feuille_de_route.urls.documents")),
    path("", include("feuille_de_route.urls.papiers")),
    path("", include("feuille_de_route.urls.suivi")),
]
