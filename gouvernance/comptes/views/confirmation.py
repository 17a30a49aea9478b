"""« Confirmez que c'est vous » : la preuve fraîche que demandent la signature et la transmission."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from gouvernance.acces import tentatives
from gouvernance.acces.cles import CODE_FAUX
from gouvernance.arrivees import liens
from gouvernance.comptes.entree import confirmer as noter
from gouvernance.comptes.entree import essais_comptes, prevenir, suite
from gouvernance.comptes.forms import FormulaireCodeSeul, FormulairePreuve
from gouvernance.comptes.gardes import revenir
from gouvernance.comptes.proconnect.etat import en_service
from gouvernance.models import Moyen
from gouvernance.socle.vues import origine


@essais_comptes
def confirmer(request: HttpRequest) -> HttpResponse:
    """Par le mot de passe, par un code reçu par courriel, ou par ProConnect ; puis l'on revient."""
    if request.method == "POST" and request.POST.get("acte") == "envoyer":
        return _envoyer_un_code(request)
    par_code = request.POST.get("acte") == "code"
    mot_de_passe = FormulairePreuve(request.POST if request.method == "POST" and not par_code else None)
    mot_de_passe.request = request
    code = FormulaireCodeSeul(request.POST if par_code else None)
    essaye = code if par_code else mot_de_passe
    if request.method == "POST" and essaye.is_valid() and (not par_code or _code_juste(request, code)):
        noter(request, Moyen.LIEN if par_code else Moyen.MOT_DE_PASSE)
        return revenir(request, suite(request))
    contexte = {
        "mot_de_passe": _sans_balise(mot_de_passe),
        "code": _sans_balise(code),
        "code_envoye": par_code or "envoye" in request.GET,
        "suite": suite(request),
        "saisie_gardee": "saisie_gardee" in request.session,
        "proconnect": en_service(),
    }
    statut = 422 if request.method == "POST" else 200
    return render(request, "comptes/confirmer.html", contexte, status=statut)


def _sans_balise(formulaire):
    """Le gabarit écrit la balise `<form>` : il y ajoute la page où revenir."""
    formulaire.helper.form_tag = False
    return formulaire


def _envoyer_un_code(request: HttpRequest) -> HttpResponse:
    prevenir(liens.demander(request.user.email, origine=origine(request), suite=suite(request)))
    messages.info(request, f"Un code vient d’être envoyé à {request.user.email}.")
    return redirect(f"{request.path}?{request.GET.urlencode()}&envoye=oui#code")


def _code_juste(request: HttpRequest, formulaire: FormulaireCodeSeul) -> bool:
    compte = request.user
    essai = tentatives.reserver("code", compte.email, origine(request))
    if liens.consommer_code(compte.email, formulaire.cleaned_data["code"]) != compte:
        formulaire.add_error("code", CODE_FAUX)
        return False
    tentatives.oublier(essai)
    return True
