"""Adresses des partenaires : leur fiche par un lien, sans compte ; la coordination qui confie et relance ;
l'instruction (remarques, avis).
"""

from django.urls import path

from feuille_de_route.views import echanges_par_lien, fiche_partagee, instruction, lien_de_fiche, partenaires

P = "demarches/<uuid:uuid>/plan/partenaires/"
F = "demarches/<uuid:uuid>/plan/fiches/<uuid:fiche_uuid>/"
L = "fiche-partagee/<uuid:lien>/"

urlpatterns = [
    path("fiche-partagee/lien/<slug:jeton>/", lien_de_fiche.lien_de_fiche, name="lien_de_fiche"),
    path("fiche-partagee/code/", lien_de_fiche.lien_code, name="lien_code"),
    path("fiche-partagee/nouveau-lien/", lien_de_fiche.lien_renouveler, name="lien_renouveler"),
    path(L, fiche_partagee.fiche, name="fiche_partagee"),
    path(f"{L}ecrire/<slug:code>/", fiche_partagee.section, name="fiche_partagee_section"),
    path(
        f"{L}remarques/<uuid:remarque>/<slug:acte>/",
        fiche_partagee.remarque,
        name="fiche_partagee_remarque",
    ),
    path(f"{L}echanges/", echanges_par_lien.echanges, name="fiche_partagee_echanges"),
    path(f"{L}echanges/ecrire/", echanges_par_lien.commenter, name="fiche_partagee_commenter"),
    path(
        f"{L}echanges/<uuid:commentaire_uuid>/repondre/",
        echanges_par_lien.repondre,
        name="fiche_partagee_repondre",
    ),
    path(
        f"{L}echanges/<uuid:commentaire_uuid>/corriger/",
        echanges_par_lien.corriger,
        name="fiche_partagee_corriger",
    ),
    path(f"{L}pieces/joindre/", echanges_par_lien.piece_joindre, name="fiche_partagee_joindre"),
    path(f"{L}pieces/<uuid:piece_uuid>/", echanges_par_lien.piece_lire, name="fiche_partagee_piece"),
    path(
        f"{L}pieces/<uuid:piece_uuid>/retirer/",
        echanges_par_lien.piece_retirer,
        name="fiche_partagee_piece_retirer",
    ),
    path(f"{L}proposer/", fiche_partagee.proposer, name="fiche_partagee_proposer"),
    path(f"{L}fermer/", fiche_partagee.fermer, name="fiche_partagee_fermer"),
    path(P, partenaires.suivi, name="fiches_suivi"),
    path(f"{P}confier/", partenaires.confier, name="fiches_confier"),
    path(f"{P}relancer/", partenaires.relancer_en_retard, name="fiches_relancer"),
    path(f"{P}liens/<uuid:lien>/<slug:acte>/", partenaires.agir_sur_un_lien, name="lien_agir"),
    # Avant « agir/<action>/ » : renvoyer a sa page, qui commente champ par champ.
    path(f"{F}agir/renvoyer/", instruction.renvoyer, name="fiche_renvoyer"),
    path(f"{F}remarques/<uuid:remarque>/<slug:acte>/", instruction.remarque, name="fiche_remarque"),
    path(f"{F}avis/", instruction.avis, name="fiche_avis"),
    path(f"{F}avis/<uuid:avis>/", instruction.avis, name="fiche_avis_modifier"),
]
