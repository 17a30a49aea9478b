"""Adresses des acteurs : candidatures, structures, élus, rencontres."""

from django.urls import path

from gouvernance.views import candidatures, elus, gouvernance, rencontres

G = "demarches/<uuid:uuid>/gouvernance/"
M, E, R = f"{G}membres/<uuid:membre>/", f"{G}elus/<uuid:elu>/", f"{G}rencontres/<uuid:rencontre>/"

urlpatterns = [
    path("rejoindre/<slug:departement>/", candidatures.candidater, name="candidater"),
    path("rejoindre/<slug:departement>/merci/", candidatures.candidature_recue, name="candidature_recue"),
    path(f"{G}membres/confirmer/", candidatures.membres_confirmer, name="membres_confirmer"),
    path(f"{M}structure/", gouvernance.structure_modifier, name="structure_modifier"),
    path(f"{M}refuser/", candidatures.membre_refuser, name="membre_refuser"),
    path(f"{G}elus/", elus.elus, name="elus"),
    path(f"{G}elus/ajouter/", elus.elu_ajouter, name="elu_ajouter"),
    path(E, elus.elu_modifier, name="elu_modifier"),
    path(f"{E}retirer/", elus.elu_retirer, name="elu_retirer"),
    path(f"{G}rencontres/", rencontres.rencontres, name="rencontres"),
    path(f"{G}rencontres/prevoir/", rencontres.rencontre_prevoir, name="rencontre_prevoir"),
    path(R, rencontres.rencontre, name="rencontre"),
    path(f"{R}modifier/", rencontres.rencontre_modifier, name="rencontre_modifier"),
    path(f"{R}noter/", rencontres.rencontre_tenir, name="rencontre_tenir"),
    path(f"{R}annuler/", rencontres.rencontre_annuler, name="rencontre_annuler"),
]
