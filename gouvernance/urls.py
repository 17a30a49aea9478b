"""Adresses de la gouvernance."""

from django.urls import include, path

from gouvernance.views import cadrage, demarches, gouvernance, instances, journal, seances
from gouvernance.views.galerie import galerie

D = "demarches/<uuid:uuid>/"
G, S = f"{D}gouvernance/", f"{D}seances/<uuid:seance>/"

de_la_gouvernance = [
    path(G, gouvernance.gouvernance, name="gouvernance"),
    path(f"{G}modifier/", gouvernance.gouvernance_modifier, name="gouvernance_modifier"),
    path(f"{G}demarche/", demarches.demarche_modifier, name="demarche_modifier"),
    path(f"{G}note-privee/", gouvernance.note_privee, name="note_privee"),
    path(f"{G}membres/ajouter/", gouvernance.membre_ajouter, name="membre_ajouter"),
    path(f"{G}membres/<uuid:membre>/", gouvernance.membre_modifier, name="membre_modifier"),
    path(f"{G}membres/<uuid:membre>/<slug:statut>/", gouvernance.membre_statut, name="membre_statut"),
    path(f"{G}roles/ajouter/", gouvernance.mandat_ajouter, name="mandat_ajouter"),
    path(f"{G}roles/retirer/", gouvernance.mandat_retirer, name="mandat_retirer"),
    path(f"{G}blocages/ajouter/", gouvernance.blocage_ajouter, name="blocage_ajouter"),
    path(f"{G}blocages/<uuid:blocage>/lever/", gouvernance.blocage_lever, name="blocage_lever"),
    path(f"{G}instances/ajouter/", instances.instance_ajouter, name="instance_ajouter"),
    path(f"{G}instances/<uuid:instance>/", instances.instance_modifier, name="instance_modifier"),
    path(f"{G}instances/<uuid:instance>/supprimer/", instances.instance_supprimer, name="instance_supprimer"),
    path(f"{G}instances/<uuid:instance>/sieges/", instances.siege_ajouter, name="siege_ajouter"),
    path(f"{G}sieges/<uuid:siege>/", instances.siege_modifier, name="siege_modifier"),
    path(f"{G}sieges/<uuid:siege>/supprimer/", instances.siege_supprimer, name="siege_supprimer"),
    path(f"{G}personnes/ajouter/", instances.personne_ajouter, name="personne_ajouter"),
    path(f"{G}personnes/<uuid:personne>/", instances.personne_modifier, name="personne_modifier"),
]

du_cadre = [
    path(f"{D}cahier/", cadrage.cahier, name="cahier"),
    path(f"{D}cahier/ecrire/", cadrage.cahier_modifier, name="cahier_modifier"),
    path(f"{D}cahier/definition/", cadrage.definition_modifier, name="definition_modifier"),
    path(f"{D}cahier/adherer/", cadrage.adherer, name="adherer"),
    path(f"{D}cahier/adhesions/consigner/", cadrage.adhesion_consigner, name="adhesion_consigner"),
    path(f"{D}jalons/", cadrage.jalons, name="jalons"),
    path(f"{D}jalons/calendrier/", cadrage.calendrier_appliquer, name="calendrier_appliquer"),
    path(f"{D}seances/", seances.seances, name="seances"),
    path(f"{D}seances/planifier/", seances.seance_planifier, name="seance_planifier"),
    path(f"{D}seances/faire-valider/", seances.faire_valider, name="faire_valider"),
    path(f"{D}journal/", journal.journal, name="journal"),
]

d_une_seance = [
    path(S, seances.seance, name="seance"),
    path(f"{S}modifier/", seances.seance_modifier, name="seance_modifier"),
    path(f"{S}presences/", seances.presences_noter, name="presences_noter"),
    path(f"{S}compte-rendu/", seances.compte_rendu, name="compte_rendu"),
    path(f"{S}points/ajouter/", seances.point_ajouter, name="point_ajouter"),
    path(f"{S}points/<slug:action>/", seances.point_agir, name="point_agir"),
    path(f"{S}acte/<slug:action>/", seances.seance_agir, name="seance_agir"),
]

urlpatterns = [
    path("", include("gouvernance.comptes.urls")),
    path("demarches/ouvrir/", demarches.demarche_ouvrir, name="demarche_ouvrir"),
    *de_la_gouvernance,
    *du_cadre,
    *d_une_seance,
    path("galerie/", galerie, name="galerie"),
]
