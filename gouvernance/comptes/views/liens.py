"""Entrer par un lien ou un code reçu par courriel : le demander, le lire sans l'user, l'user en POST."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from gouvernance.acces import tentatives
from gouvernance.acces.cles import CODE_FAUX, LienPerime
from gouvernance.arrivees import invitations, liens
from gouvernance.comptes.entree import confirmer, entrer, essais_comptes, prevenir, suite, vers
from gouvernance.comptes.forms import FormulaireCode, FormulaireLien
from gouvernance.models import Evenement, Moyen, Utilisateur
from gouvernance.socle.vues import lecture_seule, origine

ENVOYE = (
    "Si cette adresse est connue ici, un courriel vient de lui être envoyé. Il arrive d’ordinaire en moins "
    "d’une minute ; regardez aussi parmi les indésirables."
)


@login_not_required
@essais_comptes
def lien_demander(request: HttpRequest) -> HttpResponse:
    """Une adresse connue et une inconnue reçoivent la même réponse."""
    depart = {"email": request.session.get("email", ""), "next": suite(request)}
    formulaire = FormulaireLien(request.POST or None, initial=depart)
    if request.method == "POST" and formulaire.is_valid():
        email = formulaire.cleaned_data["email"]
        prevenir(liens.demander(email, origine=origine(request), suite=_voulue(request)))
        request.session["email"] = email
        messages.info(request, ENVOYE)
        return redirect(vers("code_saisir", suite(request)))
    statut = 422 if request.method == "POST" else 200
    return render(
        request, "comptes/lien.html", {"formulaire": formulaire, "suite": suite(request)}, status=statut
    )


def _voulue(request: HttpRequest) -> str:
    voulue = suite(request)
    return "" if voulue == reverse("accueil") else voulue


@login_not_required
@essais_comptes
def code_saisir(request: HttpRequest) -> HttpResponse:
    """Le code d'un lien de connexion, ou celui d'une invitation."""
    depart = {"email": request.session.get("email", ""), "next": suite(request)}
    formulaire = FormulaireCode(request.POST or None, initial=depart)
    if request.method == "POST" and formulaire.is_valid():
        if page := _par_code(request, formulaire.cleaned_data["email"], formulaire.cleaned_data["code"]):
            return page
        formulaire.add_error("code", CODE_FAUX)
    statut = 422 if request.method == "POST" else 200
    return render(
        request, "comptes/code.html", {"formulaire": formulaire, "suite": suite(request)}, status=statut
    )


def _par_code(request: HttpRequest, email: str, code: str) -> HttpResponse | None:
    essai = tentatives.reserver("code", email, origine(request))
    compte = liens.consommer_code(email, code)
    invitation = None if compte else invitations.trouver_par_code(email, code)
    if compte is None and invitation is None:
        return None
    tentatives.oublier(essai)
    if compte:
        return _entrer_par_lien(request, compte)
    request.session["invitation"] = str(invitation.uuid)
    return redirect("invitation_prouvee")


@login_not_required
@never_cache
def lien_ouvrir(request: HttpRequest, jeton: str) -> HttpResponse:
    """GET montre un bouton et n'use rien : les passerelles de messagerie ouvrent tous les liens."""
    try:
        if request.method == "POST":
            return _entrer_par_lien(request, liens.consommer(jeton))
        return lecture_seule(_montrer_le_lien)(request, jeton)
    except LienPerime as perime:
        if request.method == "POST" and liens.est_de(jeton, request.user):  # un second clic
            return redirect(suite(request))
        return lien_perime(request, perime.message)


def _montrer_le_lien(request: HttpRequest, jeton: str) -> HttpResponse:
    contexte = {"compte": liens.lire(jeton).utilisateur, "suite": suite(request)}
    return render(request, "comptes/lien_ouvrir.html", contexte)


def _entrer_par_lien(request: HttpRequest, compte: Utilisateur) -> HttpResponse:
    destination = suite(request)
    if request.user == compte:
        confirmer(request, Moyen.LIEN)
    else:
        entrer(request, compte, Moyen.LIEN)
        Evenement.consigner(compte, "se connecter par un lien reçu par courriel", par=compte)
    return redirect(destination)


def lien_perime(request: HttpRequest, motif: str, email: str = "") -> HttpResponse:
    """Expiré, usé, annulé ou inconnu : on dit pourquoi, et l'on propose un nouveau lien."""
    depart = {"email": email or request.session.get("email", ""), "next": suite(request)}
    contexte = {"motif": motif, "formulaire": FormulaireLien(initial=depart)}
    contexte["formulaire"].helper.form_action = reverse("lien_demander")
    contexte["formulaire"].helper.inputs[0].value = "Recevoir un nouveau lien"
    return render(request, "comptes/lien_perime.html", contexte, status=410)
