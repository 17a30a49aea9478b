"""Adresses de ce qui entoure une fiche : histoire, échanges, pièces jointes, reprise."""

from django.urls import path

from feuille_de_route.views import dialogue, echanges

F = "demarches/<uuid:uuid>/plan/fiches/<uuid:fiche_uuid>/"
C = F + "echanges/<uuid:commentaire_uuid>/"

urlpatterns = [
    path("demarches/<uuid:uuid>/plan/reprendre/", dialogue.reprises, name="reprises"),
    path(F + "histoire/", dialogue.fiche_histoire, name="fiche_histoire"),
    path(F + "reprendre/", dialogue.fiche_reprendre, name="fiche_reprendre"),
    path(F + "pieces/joindre/", dialogue.piece_joindre, name="fiche_piece_joindre"),
    path(F + "pieces/<uuid:piece_uuid>/", dialogue.piece_lire, name="fiche_piece_lire"),
    path(F + "pieces/<uuid:piece_uuid>/retirer/", dialogue.piece_retirer, name="fiche_piece_retirer"),
    path(F + "echanges/", echanges.fiche_echanges, name="fiche_echanges"),
    path(F + "echanges/ecrire/", echanges.fiche_commenter, name="fiche_commenter"),
    path(C + "repondre/", echanges.fiche_repondre, name="fiche_repondre"),
    path(C + "corriger/", echanges.fiche_commentaire_corriger, name="fiche_commentaire_corriger"),
    path(C + "<slug:acte>/", echanges.fiche_fil_agir, name="fiche_fil_agir"),
]
