"""Venir par le lien d'une fiche : le lire, l'ouvrir en POST, recopier le code, en redemander un."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from feuille_de_route.dialogue import acces_par_lien
from feuille_de_route.dialogue.acces_par_lien import LienFerme
from feuille_de_route.forms.partage import FormulaireCodeDeFiche, FormulaireNouveauLien
from feuille_de_route.models import LienDeFiche
from feuille_de_route.views.session_de_lien import page_fermee, retenir, sans_compte
from gouvernance.acces import tentatives
from gouvernance.acces.cles import CODE_FAUX
from gouvernance.acces.tentatives import TropDEssais
from gouvernance.comptes.entree import prevenir
from gouvernance.socle.vues import lecture_seule, origine

ENVOYE = (
    "Si une fiche est confiée à cette adresse, un courriel vient de lui être envoyé. Il arrive d’ordinaire "
    "en moins d’une minute ; regardez aussi parmi les indésirables."
)


@sans_compte
def lien_de_fiche(request: HttpRequest, jeton: str) -> HttpResponse:
    """GET montre la fiche dont il s'agit et un bouton : les messageries ouvrent tous les liens, sans envoyer
    de formulaire. POST ouvre.
    """
    try:
        lien = acces_par_lien.lire(jeton)
        if request.method == "POST":
            return _entrer(request, lien)
        return lecture_seule(_montrer)(request, lien)
    except LienFerme as ferme:
        return page_fermee(request, ferme, jeton=jeton)


def _montrer(request: HttpRequest, lien: LienDeFiche) -> HttpResponse:
    contexte = {"lien": lien, "fiche": lien.fiche, "motif": acces_par_lien.motif_de_non_ecriture(lien)}
    return render(request, "fiche_partagee/accueil.html", contexte)


def _entrer(request: HttpRequest, lien: LienDeFiche) -> HttpResponse:
    lien = acces_par_lien.ouvrir(lien)
    retenir(request, lien)
    return redirect("fiche_partagee", lien=lien.uuid)


@sans_compte
def lien_code(request: HttpRequest) -> HttpResponse:
    """Le code à six chiffres du courriel, pour qui ne peut pas suivre le lien."""
    depart = {"email": request.session.get("email_de_fiche", "")}
    formulaire = FormulaireCodeDeFiche(request.POST or None, initial=depart)
    try:
        if request.method == "POST" and formulaire.is_valid():
            if lien := _par_code(request, **formulaire.cleaned_data):
                return _entrer(request, lien)
            formulaire.add_error("code", CODE_FAUX)
    except TropDEssais as trop:
        return _trop(request, trop)
    except LienFerme as ferme:
        return page_fermee(request, ferme)
    return _page(request, "fiche_partagee/code.html", formulaire)


def _par_code(request: HttpRequest, email: str, code: str) -> LienDeFiche | None:
    essai = tentatives.reserver("code_fiche", email, origine(request))
    lien = acces_par_lien.trouver_par_code(email, code)
    if lien is not None:
        tentatives.oublier(essai)
    return lien


@sans_compte
def lien_renouveler(request: HttpRequest) -> HttpResponse:
    """Un lien neuf : à l'adresse du lien périmé (`perime`), ou à celle que l'on donne. La réponse est la même
    que l'adresse soit connue ou non.
    """
    perime = request.POST.get("perime", "")[:60]
    formulaire = FormulaireNouveauLien(request.POST or None)
    try:
        if perime:
            _redemander(request, acces_par_lien.adresse_de(perime) or perime, perime)
        elif request.method == "POST" and formulaire.is_valid():
            email = request.session["email_de_fiche"] = formulaire.cleaned_data["email"]
            _redemander(request, email)
        else:
            return _page(request, "fiche_partagee/nouveau.html", formulaire)
    except TropDEssais as trop:
        return _trop(request, trop)
    messages.info(request, ENVOYE)
    return redirect("lien_code")


def _redemander(request: HttpRequest, cle: str, perime: str = "") -> None:
    tentatives.reserver("lien_fiche", cle, origine(request))
    regle = acces_par_lien.redemander_par_jeton if perime else acces_par_lien.redemander_par_adresse
    prevenir(regle(perime or cle))


def _page(request: HttpRequest, gabarit: str, formulaire) -> HttpResponse:
    statut = 422 if request.method == "POST" else 200
    return render(request, gabarit, {"formulaire": formulaire}, status=statut)


def _trop(request: HttpRequest, trop: TropDEssais) -> HttpResponse:
    page = render(request, "fiche_partagee/trop.html", {"phrase": str(trop)}, status=429)
    page["Retry-After"] = "900"
    return page
