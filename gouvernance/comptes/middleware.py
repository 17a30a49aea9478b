"""Qui fait la demande : le compte et sa session ouverte, lus en une requête, avant la vue."""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.utils.crypto import constant_time_compare

from gouvernance.acces import sessions
from gouvernance.models import SessionOuverte


class Authentification(AuthenticationMiddleware):
    """Pose `request.user` et `request.session_ouverte` ; ferme une session qui n'a plus cours.

    Lu tout de suite, et non à la première demande : une vue de lecture n'a pas le droit d'écrire « vue le ».
    """

    def process_request(self, request):
        request.session_ouverte = _session_tenue(request)
        ouverte = request.session_ouverte
        request.user = ouverte.utilisateur if ouverte else AnonymousUser()

        async def compte():
            return request.user

        request.auser = compte


def _session_tenue(request) -> SessionOuverte | None:
    session = request.session
    if SESSION_KEY not in session:
        return None
    ouverte = (
        SessionOuverte.objects.select_related("utilisateur__structure")
        .filter(cle=session.session_key)
        .first()
    )
    if ouverte is None or not _est_sienne(session, ouverte.utilisateur):
        session.flush()
        return None
    if motif := sessions.fin(ouverte):
        session.flush()
        session["session_finie"] = motif
        return None
    sessions.noter_passage(ouverte)
    return ouverte


def _est_sienne(session, compte) -> bool:
    """Le compte est actif, c'est bien le sien, et son mot de passe n'a pas changé depuis."""
    return (
        compte.is_active
        and session[SESSION_KEY] == str(compte.pk)
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), compte.get_session_auth_hash())
    )
