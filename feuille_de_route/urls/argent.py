"""Adresses de l'argent : plan de financement, tableurs, enveloppes de l'État, demandes de subvention."""

from django.urls import path

from feuille_de_route.views import financement, plan, subventions, tableurs

F = "demarches/<uuid:uuid>/financement/"
S = F + "subventions/"
D = S + "<uuid:demande_uuid>/"

urlpatterns = [
    path(
        "demarches/<uuid:uuid>/plan/besoins/<slug:code>/preciser-le-besoin/",
        plan.besoin_preciser,
        name="besoin_preciser",
    ),
    path(F, financement.plan, name="plan_financement"),
    path(F + "plan.xlsx", tableurs.plan_de_financement, name="plan_financement_xlsx"),
    path("demarches/<uuid:uuid>/plan/fiches.xlsx", tableurs.liste_des_fiches, name="plan_fiches_xlsx"),
    path("enveloppes/", subventions.nationale, name="enveloppes"),
    path(S, subventions.liste, name="subventions"),
    path(S + "demander/", subventions.ajouter, name="subvention_ajouter"),
    path(S + "demandes.xlsx", tableurs.demandes_de_subvention, name="subventions_xlsx"),
    path(D, subventions.demande, name="subvention"),
    path(D + "modifier/", subventions.modifier, name="subvention_modifier"),
    path(D + "effacer/", subventions.supprimer, name="subvention_supprimer"),
    path(D + "agir/<slug:action>/", subventions.agir_demande, name="subvention_agir"),
    path(D + "decider/<slug:action>/", subventions.decider, name="subvention_decider"),
]
