"""Le plan de financement consolidé : qui paie quoi, quand, et ce qui manque."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import render

from feuille_de_route import consolidation
from feuille_de_route.forms.financement import FormulaireFinancement
from feuille_de_route.models import Axe, EtatFiche, NatureDepense
from gouvernance.models import Demarche, Role
from gouvernance.permissions import Acces
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import ouvrir

FICHES_PAR_PAGE = 40


@lecture_seule
def plan(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    filtre, fiches, axes = choisir(request, demarche, acces)
    consolide = consolidation.consolider(list(fiches), axes)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Plan de financement",
        "filtre": filtre,
        "filtres_poses": bool(filtre.criteres),
        "parametres": urlencode(filtre.criteres),
        "plan": consolide,
        "colonnes": [str(annee) for annee in consolide.annees] + ["Sans année"],
        "natures": NatureDepense.labels,
        "fiches": Paginator(consolide.par_fiche, FICHES_PAR_PAGE).get_page(request.GET.get("page")),
        "siennes_seulement": acces.roles == {Role.PARTENAIRE},
    }
    return render(request, "feuille_de_route/financement.html", contexte)


def choisir(request, demarche: Demarche, acces: Acces) -> tuple:
    """Le filtre de l'adresse, les fiches qu'il retient parmi celles que la personne voit, et les axes."""
    axes = list(demarche.axes.all())
    filtre = FormulaireFinancement(request.GET, axes=axes)
    fiches = consolidation.fiches_comptees(acces)
    if filtre.criteres.get("fiches"):
        fiches = fiches.filter(etat=EtatFiche.RETENUE)
    if axe := _axe(axes, filtre.criteres.get("axe")):
        fiches = fiches.filter(Q(axe=axe) | Q(axe__parent=axe))
    return filtre, fiches, axes


def _axe(axes: list[Axe], uuid: str | None) -> Axe | None:
    return next((axe for axe in axes if str(axe.uuid) == uuid), None)
