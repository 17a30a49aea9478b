"""Adresses du cadrage : cahier des charges, définition et glossaire, limites, points de blocage, jalons."""

from django.urls import path

from gouvernance.views import blocages, cadrage, definitions, demarches, jalons, limites

D = "demarches/<uuid:uuid>/"
C = f"{D}cahier/"
T, L, B = f"{C}glossaire/<uuid:terme>/", f"{C}limites/<uuid:limite>/", f"{C}blocages/<uuid:blocage>/"

urlpatterns = [
    path("demarches/ouvrir/", demarches.demarche_ouvrir, name="demarche_ouvrir"),
    path(f"{D}gouvernance/demarche/", demarches.demarche_modifier, name="demarche_modifier"),
    path(f"{C}perimetre/", demarches.perimetre_modifier, name="perimetre_modifier"),
    path(C, cadrage.cahier, name="cahier"),
    path(f"{C}ecrire/", cadrage.cahier_modifier, name="cahier_modifier"),
    path(f"{C}ecrire/<slug:section>/", cadrage.cahier_section, name="cahier_section"),
    path(f"{C}editions/", cadrage.editions, name="cahier_editions"),
    path(f"{C}adherer/", cadrage.adherer, name="adherer"),
    path(f"{C}adhesions/consigner/", cadrage.adhesion_consigner, name="adhesion_consigner"),
    path(f"{C}adhesions/relancer/", cadrage.adhesions_relancer, name="adhesions_relancer"),
    path(f"{C}definition/", definitions.definition, name="definition"),
    path(f"{C}definition/ecrire/", definitions.definition_modifier, name="definition_modifier"),
    path(f"{C}definition/inscrire/", definitions.definition_inscrire, name="definition_inscrire"),
    path(f"{C}glossaire/ajouter/", definitions.terme_ajouter, name="terme_ajouter"),
    path(f"{C}glossaire/propositions/", definitions.termes_proposes, name="termes_proposes"),
    path(T, definitions.terme_modifier, name="terme_modifier"),
    path(f"{T}supprimer/", definitions.terme_supprimer, name="terme_supprimer"),
    path(f"{C}limites/", limites.limites, name="limites"),
    path(f"{C}limites/ajouter/", limites.limite_ajouter, name="limite_ajouter"),
    path(L, limites.limite_modifier, name="limite_modifier"),
    path(f"{L}remplacer/", limites.limite_remplacer, name="limite_remplacer"),
    path(f"{L}inscrire/", limites.limite_inscrire, name="limite_inscrire"),
    path(f"{L}supprimer/", limites.limite_supprimer, name="limite_supprimer"),
    path(f"{C}blocages/", blocages.blocages, name="blocages"),
    path(f"{C}blocages/ajouter/", blocages.blocage_ajouter, name="blocage_ajouter"),
    path(B, blocages.blocage_modifier, name="blocage_modifier"),
    path(f"{B}lever/", blocages.blocage_lever, name="blocage_lever"),
    path(f"{D}jalons/", jalons.jalons, name="jalons"),
    path(f"{D}jalons/calendrier/", jalons.calendrier_appliquer, name="calendrier_appliquer"),
]
