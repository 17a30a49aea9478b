"""Aller chez ProConnect, en revenir : état, nonce et jeton vérifiés, une phrase quand cela échoue."""

import logging
from datetime import timedelta

import jwt
import requests
from django.contrib import auth
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from gouvernance.acces import sessions
from gouvernance.comptes.entree import confirmer, entrer, suite
from gouvernance.comptes.gardes import revenir
from gouvernance.comptes.proconnect.moteur import CompteAbsent
from gouvernance.models import Moyen

journal = logging.getLogger(__name__)
ECHEC = "La connexion par ProConnect n’a pas abouti : recommencez, ou entrez autrement."
ABSENT = (
    "ProConnect vous a bien reconnu, mais aucun compte n’est ouvert ici à votre nom. Un compte s’ouvre sur "
    "invitation : demandez-la à la coordination de votre gouvernance, à l’adresse que vous utilisez "
    "avec ProConnect."
)
PAS_VERIFIEE = (
    "ProConnect vous a reconnu, mais sans vérifier de nouveau votre identité : confirmez par votre mot de "
    "passe, ou par un code reçu par courriel."
)

REFUS = (SuspiciousOperation, jwt.PyJWTError, requests.RequestException, KeyError, ValueError)


class Aller(OIDCAuthenticationRequestView):
    """`?confirmer=oui` : ProConnect vérifie de nouveau l'identité, même s'il s'en souvient."""

    def get_extra_params(self, request):
        if "confirmer" not in request.GET:
            return {}
        return {"prompt": "login", "claims": '{"id_token": {"auth_time": {"essential": true}}}'}

    def get(self, request):
        reponse = super().get(request)
        request.session["proconnect_suite"] = suite(request)
        if "confirmer" in request.GET:
            request.session["proconnect_confirme"] = list(request.session["oidc_states"])[-1]
        return reponse


class Revenir(OIDCAuthenticationCallbackView):
    def get(self, request):
        self.confirme = request.GET.get("state", "") == request.session.get("proconnect_confirme")
        if request.GET.get("error"):  # la bibliothèque déconnecterait qui l'est déjà
            return self.login_failure()
        try:
            return super().get(request)
        except CompteAbsent as absence:
            return _sans_compte(request, absence)
        except REFUS as refus:
            journal.warning("ProConnect : %s", refus)
            return self.login_failure()

    def login_failure(self):
        return _echec(self.request, ECHEC, 403)

    def login_success(self):
        request, destination = self.request, self.request.session.pop("proconnect_suite", "/")
        request.session.pop("proconnect_confirme", None)
        if self.confirme and not self._vient_de_verifier():
            return _echec(request, PAS_VERIFIEE, 403)
        if request.user == self.user and self.confirme:
            confirmer(request, Moyen.PROCONNECT)
            return revenir(request, destination)
        if request.user != self.user:
            jeton = request.session.get("oidc_id_token")
            entrer(request, self.user, Moyen.PROCONNECT, preuve=self._preuve())
            request.session["oidc_id_token"] = jeton
        return redirect(destination)

    def _preuve(self):
        """Quand ProConnect a vérifié l'identité ; sans le savoir, la preuve n'est pas tenue pour fraîche."""
        maintenant = timezone.now()
        dite = self.request.proconnect_auth_time or maintenant - sessions.PREUVE - timedelta(minutes=1)
        return min(dite, maintenant)

    def _vient_de_verifier(self) -> bool:
        """Qui confirme peut ôter « prompt=login » de l'adresse : ProConnect dit quand il a vérifié."""
        dite = self.request.proconnect_auth_time
        return dite is not None and timezone.now() - dite <= sessions.PREUVE


def _sans_compte(request: HttpRequest, absence: CompteAbsent) -> HttpResponse:
    """L'adresse prouvée attend peut-être une invitation : on y mène ; sinon on dit à qui la demander."""
    if absence.invitation is None:
        return _echec(request, ABSENT, 403)
    auth.logout(request)
    request.session["invitation"] = str(absence.invitation.uuid)
    return redirect("invitation_prouvee")


def _echec(request: HttpRequest, phrase: str, statut: int) -> HttpResponse:
    return render(request, "comptes/proconnect_echec.html", {"phrase": phrase}, status=statut)
