"""Adresses des comptes : entrer, sortir, confirmer, ses sessions, les invitations."""

from django.urls import path

from gouvernance.comptes.views import confirmation, connexion, invitations, liens, proconnect, sessions

INVITATIONS = "demarches/<uuid:uuid>/gouvernance/invitations/"

urlpatterns = [
    path("connexion/", connexion.connexion, name="connexion"),
    path("connexion/lien/", liens.lien_demander, name="lien_demander"),
    path("connexion/code/", liens.code_saisir, name="code_saisir"),
    path("connexion/lien/<slug:jeton>/", liens.lien_ouvrir, name="lien_ouvrir"),
    path("connexion/proconnect/", proconnect.aller, name="proconnect"),
    path("connexion/proconnect/retour/", proconnect.retour, name="proconnect_retour"),
    path("deconnexion/", connexion.deconnexion, name="deconnexion"),
    path("mot-de-passe/", connexion.mot_de_passe, name="mot_de_passe"),
    path("confirmer/", confirmation.confirmer, name="confirmer"),
    path("mes-sessions/", sessions.mes_sessions, name="sessions"),
    path("mes-sessions/fermer/", sessions.session_fermer, name="session_fermer"),
    path("invitation/", invitations.invitation_prouvee, name="invitation_prouvee"),
    path("invitation/<slug:jeton>/", invitations.invitation, name="invitation"),
    path(INVITATIONS, invitations.page, name="invitations"),
    path(f"{INVITATIONS}<uuid:invitation>/<slug:action>/", invitations.agir_sur, name="invitation_agir"),
]
