"""Adresses de l'argent : plan de financement, tableurs, enveloppes de l'État, demandes de subvention."""

from django.urls import path

from feuille_de_route.views import financement, tableurs

F = "demarches/<uuid:uuid>/financement/"

urlpatterns = [
    path(F, financement.plan, name="plan_financement"),
    path(F + "plan.xlsx", tableurs.plan_de_financement, name="plan_financement_xlsx"),
    path("demarches/<uuid:uuid>/plan/fiches.xlsx", tableurs.liste_des_fiches, name="plan_fiches_xlsx"),
]
