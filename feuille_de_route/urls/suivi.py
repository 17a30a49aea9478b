"""Adresses de ce qui suit la signature : points de suivi, relevés, revues, bilans, versions."""

from django.urls import path

from feuille_de_route.views import papiers, revues, suivi, suivi_fiche, versions

D = "demarches/<uuid:uuid>/"
F = f"{D}suivi/fiches/<uuid:fiche_uuid>/"

urlpatterns = [
    path(f"{D}suivi/", suivi.suivi, name="suivi"),
    path(f"{D}suivi/plusieurs/", suivi.rapide, name="suivi_rapide"),
    path(f"{D}suivi/bilans/", revues.bilans, name="bilans"),
    path(f"{D}suivi/bilans/<int:annee>/<slug:format>/", papiers.preparer_bilan, name="bilan_preparer"),
    path(f"{D}versions/", versions.versions, name="versions"),
    path(f"{D}versions/<int:numero>/", versions.version_comparer, name="version_comparer"),
    path(f"{D}versions/avenant/", versions.avenant_comparer, name="avenant_comparer"),
    path(f"{D}seances/<uuid:seance>/revue/", revues.revue, name="revue"),
    path(f"{D}seances/<uuid:seance>/revue/inscrire/", revues.inscrire, name="revue_inscrire"),
    path(F, suivi_fiche.fiche_suivi, name="fiche_suivi"),
    path(f"{F}point/", suivi_fiche.fiche_point, name="fiche_point"),
    path(f"{F}releves/ajouter/", suivi_fiche.fiche_releve, name="fiche_releve"),
    path(f"{F}releves/<uuid:releve>/", suivi_fiche.fiche_releve_modifier, name="fiche_releve_modifier"),
    path(f"{F}releves/<uuid:releve>/retirer/", suivi_fiche.fiche_releve_retirer, name="fiche_releve_retirer"),
]
