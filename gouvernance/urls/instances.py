"""Adresses des instances, de leurs sièges et des personnes."""

from django.urls import path

from gouvernance.views import compositions, instances, sieges

G = "demarches/<uuid:uuid>/gouvernance/"
INSTANCE, SIEGE = f"{G}instances/<uuid:instance>/", f"{G}sieges/<uuid:siege>/"

urlpatterns = [
    path(f"{G}instances/ajouter/", instances.instance_ajouter, name="instance_ajouter"),
    path(INSTANCE, instances.instance, name="instance"),
    path(f"{INSTANCE}modifier/", instances.instance_modifier, name="instance_modifier"),
    path(f"{INSTANCE}supprimer/", instances.instance_supprimer, name="instance_supprimer"),
    path(f"{INSTANCE}succeder/", compositions.instance_succeder, name="instance_succeder"),
    path(f"{INSTANCE}modele/", compositions.instance_modele, name="instance_modele"),
    path(f"{INSTANCE}composer/", compositions.sieges_ajouter, name="sieges_ajouter"),
    path(f"{INSTANCE}sieges/", sieges.siege_ajouter, name="siege_ajouter"),
    path(SIEGE, sieges.siege_modifier, name="siege_modifier"),
    path(f"{SIEGE}titulaire/", sieges.siege_remplacer, name="siege_remplacer"),
    path(f"{SIEGE}supprimer/", sieges.siege_supprimer, name="siege_supprimer"),
    path(f"{SIEGE}clore/", sieges.siege_clore, name="siege_clore"),
    path(f"{SIEGE}monter/", sieges.siege_monter, name="siege_monter"),
    path(f"{G}personnes/ajouter/", sieges.personne_ajouter, name="personne_ajouter"),
    path(f"{G}personnes/<uuid:personne>/", sieges.personne_modifier, name="personne_modifier"),
]
