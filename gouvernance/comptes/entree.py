"""Entrer : où l'on va ensuite, ouvrir la session, confirmer que c'est bien la personne."""

from datetime import datetime
from functools import wraps
from urllib.parse import urlencode

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from gouvernance.acces import sessions
from gouvernance.acces.tentatives import TropDEssais
from gouvernance.models import Courriel, Evenement, Moyen, SessionOuverte, Utilisateur
from gouvernance.socle.signalement import signaler

MOTEUR = "django.contrib.auth.backends.ModelBackend"
NAVIGATEURS = ("Firefox", "Edg", "OPR", "Chrome", "Safari")  # dans cet ordre : Edge se dit aussi Chrome
SYSTEMES = {
    "Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Mac OS": "Mac",
    "Linux": "Linux",
}  # fmt: skip


def suite(request: HttpRequest, defaut: str = "accueil") -> str:
    """La page demandée (`next`), si elle est de ce site ; sinon `defaut`."""
    voulue = request.POST.get("next") or request.GET.get("next") or ""
    sure = url_has_allowed_host_and_scheme(voulue, {request.get_host()}, require_https=request.is_secure())
    return voulue if voulue.startswith("/") and sure else resolve_url(defaut)


def vers(nom: str, suite: str) -> str:
    """L'adresse d'une page des comptes, qui mènera ensuite à `suite`."""
    return f"{reverse(nom)}?{urlencode({'next': suite}, safe='/')}"


def navigateur(request: HttpRequest) -> str:
    """« Firefox, Windows » : de quoi reconnaître son appareil."""
    agent = request.headers.get("User-Agent", "")
    nom = next((n for n in NAVIGATEURS if n in agent), "")
    systeme = next((dit for signe, dit in SYSTEMES.items() if signe in agent), "")
    return ", ".join(filter(None, ({"Edg": "Edge", "OPR": "Opera"}.get(nom, nom), systeme)))


@transaction.atomic
def entrer(request: HttpRequest, compte: Utilisateur, moyen: Moyen, preuve: datetime | None = None) -> None:
    """Ouvre la session et l'inscrit. `preuve` : quand l'identité a été vérifiée (maintenant par défaut)."""
    login(request, compte, backend=MOTEUR)
    request.session.save()
    maintenant = timezone.now()
    SessionOuverte.objects.filter(cle=request.session.session_key).update(
        utilisateur=compte, moyen=moyen, navigateur=navigateur(request), ouverte_le=maintenant,
        vue_le=maintenant, authentifiee_le=preuve or maintenant,
    )  # fmt: skip
    Evenement.consigner(compte, "ouvrir une session", par=compte, vers=Moyen(moyen).label)


@transaction.atomic
def confirmer(request: HttpRequest, moyen: Moyen) -> None:
    """L'identité de qui est déjà connecté vient d'être vérifiée de nouveau."""
    ouverte = SessionOuverte.objects.filter(pk=request.session_ouverte.pk)
    ouverte.update(authentifiee_le=timezone.now(), moyen=moyen)
    Evenement.consigner(request.user, "confirmer son identité", par=request.user, vers=Moyen(moyen).label)


def prevenir(courriels: list[Courriel]) -> None:
    """Dit au travailleur que ces courriels attendent ; s'il ne l'entend pas, le balayage les prendra."""
    signaler(("gouvernance.tasks.envoyer", courriel.pk) for courriel in courriels)


def essais_comptes(vue):
    """Trop d'essais : une page (429) qui dit quand recommencer, la même que l'adresse soit connue ou non."""

    @wraps(vue)
    def enveloppe(request, *args, **kwargs):
        try:
            return vue(request, *args, **kwargs)
        except TropDEssais as refus:
            contexte = {"phrase": str(refus), "suite": suite(request)}
            page = render(request, "comptes/trop_d_essais.html", contexte, status=429)
            page["Retry-After"] = str(max(1, int((refus.reprise - timezone.now()).total_seconds()) + 1))
            return page

    return enveloppe


def preuve_fraiche(request: HttpRequest) -> bool:
    return sessions.preuve_fraiche(request.session_ouverte)
