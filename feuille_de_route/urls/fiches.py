"""Adresses de la stratégie, du plan d'actions, des fiches et des besoins en ingénierie."""

from django.urls import path

from feuille_de_route.views import axes, fiches, lots, plan

D = "demarches/<uuid:uuid>/"

urlpatterns = [
    path(D + "axes/", axes.axes, name="axes"),
    path(D + "axes/ajouter/", axes.axe, name="axe_ajouter"),
    path(D + "axes/ordonner/", axes.ordonner, name="axes_ordonner"),
    path(D + "axes/<uuid:axe_uuid>/", axes.axe, name="axe_modifier"),
    path(D + "axes/<uuid:axe_uuid>/supprimer/", axes.supprimer, name="axe_supprimer"),
    path(D + "axes/<uuid:axe_uuid>/<slug:sens>/", axes.deplacer, name="axe_deplacer"),
    path(D + "plan/", plan.plan, name="plan"),
    path(D + "plan/ensemble/", lots.lot, name="plan_lot"),
    path(D + "plan/besoins/", plan.besoins, name="besoins"),
    path(D + "plan/besoins/ajouter/", plan.besoin_ajouter, name="besoin_ajouter"),
    path(D + "plan/besoins/<slug:code>/<slug:acte>/", plan.besoin_agir, name="besoin_agir"),
    path(D + "plan/fiches/ajouter/", fiches.nouvelle, name="fiche_ajouter"),
    path(D + "plan/fiches/<uuid:fiche_uuid>/", fiches.fiche, name="fiche"),
    path(D + "plan/fiches/<uuid:fiche_uuid>/ecrire/<slug:code>/", fiches.section, name="fiche_section"),
    path(D + "plan/fiches/<uuid:fiche_uuid>/agir/<slug:action>/", fiches.agir_fiche, name="fiche_agir"),
]
