"""Les élus : la grille par délégation et par territoire, la liste, la fiche de chacun."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance.acteurs import elus as regles
from gouvernance.acteurs.couverture import epcis_de
from gouvernance.forms.commun import en_edition
from gouvernance.forms.elus import FormulaireAjoutElu, FormulaireElu, FormulaireFiltreElus
from gouvernance.models import Delegation, Demarche, Elu
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.saisies import Page, saisir

AIDE = "Ce que l’on note ici sert à savoir qui convaincre et qui associer, commune par commune."


@lecture_seule
def elus(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    opinion = acces.autorise_nom("lire_elus")
    epcis = epcis_de(demarche)
    filtre = FormulaireFiltreElus(request.GET, epcis=epcis, opinion=opinion)
    tous = regles.liste(demarche)
    rangees = regles.grille(tous, epcis)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Élus",
        "opinion": opinion,
        "delegations": Delegation.labels,
        "rangees": rangees,
        "manquants": regles.manquants(rangees),
        "filtre": filtre,
        "filtres_poses": bool(filtre.critere != regles.Critere()),
        "elus": regles.filtrer(tous, filtre.critere),
        "nombre": len(tous),
    }
    return render(request, "gouvernance/elus.html", contexte)


def _retour(uuid) -> str:
    return reverse("elus", args=[uuid])


def _elu(demarche: Demarche, uuid) -> Elu:
    elus = regles.de(demarche).select_related("personne__structure", "epci", "commune")
    return get_object_or_404(elus, uuid=uuid)


def elu_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    depart = {nom: parametre(request, nom) for nom in ("epci", "delegation") if nom in request.GET}
    formulaire = FormulaireAjoutElu(request.POST or None, demarche=demarche, initial=depart)
    page = Page("Ajouter un élu", _retour(uuid), droit="suivre_elus", aide=AIDE)
    return saisir(
        request, lieu, page, formulaire,
        lambda f: regles.inscrire(f, par=request.user, demarche=demarche),
    )  # fmt: skip


def elu_modifier(request, uuid, elu):
    demarche, _ = lieu = ouvrir(request, uuid)
    elu = _elu(demarche, elu)
    page = Page(
        f"{elu} : délégation et suivi", _retour(uuid), droit="suivre_elus", aide=str(elu.personne.fonction)
    )
    return saisir(
        request, lieu, page, en_edition(FormulaireElu, request, elu, demarche=demarche),
        lambda f: regles.modifier(f, par=request.user, demarche=demarche),
    )  # fmt: skip


@require_POST
def elu_retirer(request, uuid, elu):
    demarche, _ = ouvrir(request, uuid)
    elu = _elu(demarche, elu)
    return agir(
        request,
        lambda: regles.retirer(elu, par=request.user, demarche=demarche),
        _retour(uuid),
        f"{elu} n’est plus dans la grille.",
    )
