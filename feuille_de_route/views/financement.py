"""Le plan de financement consolidé : qui paie quoi, quand, et ce qui manque."""

from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import render

from feuille_de_route.argent import consolidation
from feuille_de_route.argent.consolidation import Consolide, LigneAxe, LigneFiche
from feuille_de_route.financement import Compte, additionner
from feuille_de_route.forms.financement import FormulaireFinancement
from feuille_de_route.models import Axe, EtatFiche, Financement, NatureDepense
from gouvernance.models import Demarche, Role
from gouvernance.permissions import Acces
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import ouvrir

FICHES_PAR_PAGE = 40


class Groupe(NamedTuple):
    """Un axe et ses sous-axes. `compte` et `nombre` : toutes ses fiches ; `lignes` : celles de cette page,
    sous l'axe ou le sous-axe qui les porte.
    """

    tete: LigneAxe
    compte: Compte
    nombre: int
    lignes: list[tuple[LigneAxe, list[LigneFiche]]]

    @property
    def ancre(self) -> str:
        return f"axe-{self.tete.rang or 'sans'}"

    @property
    def montrees(self) -> int:
        return sum(len(fiches) for _, fiches in self.lignes)


@lecture_seule
def plan(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    filtre, fiches, axes = choisir(request, demarche, acces)
    consolide = consolidation.consolider(list(fiches), axes)
    rangees = _dans_l_ordre_des_axes(consolide)
    fiches = Paginator(rangees, FICHES_PAR_PAGE).get_page(request.GET.get("page"))
    groupes = _grouper(consolide, fiches.object_list)
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
        "fiches": fiches,
        "groupes": groupes,
        "rangs": [groupe.tete.rang for groupe in groupes],
        "siennes_seulement": acces.roles == {Role.PARTENAIRE},
    }
    return render(request, "feuille_de_route/financement.html", contexte)


def _dans_l_ordre_des_axes(plan: Consolide) -> list[tuple[LigneAxe, LigneFiche]]:
    """Chaque fiche, par son numéro, sous l'axe ou le sous-axe qui la porte."""
    cles = [ligne.axe.pk if ligne.axe else None for ligne in plan.par_axe]
    rangs = {cle: rang for rang, cle in enumerate(cles)}
    ordre = sorted(plan.par_fiche, key=lambda li: (rangs[li.fiche.axe_id], li.fiche.numero))
    return [(plan.par_axe[rangs[ligne.fiche.axe_id]], ligne) for ligne in ordre]


def _grouper(plan: Consolide, rangees: list[tuple[LigneAxe, LigneFiche]]) -> list[Groupe]:
    groupes = []
    for tete, siens in groupby(rangees, key=lambda rangee: rangee[0].tete):
        famille = [ligne for ligne in plan.par_axe if ligne.tete == tete]
        groupes.append(
            Groupe(
                famille[0],
                additionner(ligne.compte for ligne in famille),
                sum(ligne.fiches for ligne in famille),
                [(axe, [fiche for _, fiche in suite]) for axe, suite in groupby(siens, key=lambda r: r[0])],
            )
        )
    return groupes


def choisir(request, demarche: Demarche, acces: Acces) -> tuple:
    """Le filtre de l'adresse, les fiches qu'il retient parmi celles que la personne voit, et les axes."""
    axes = list(demarche.axes.all())
    fiches = consolidation.fiches_comptees(acces)
    financeurs = consolidation.financeurs(fiches)
    filtre = FormulaireFinancement(request.GET, axes=axes, financeurs=financeurs)
    if filtre.criteres.get("fiches"):
        fiches = fiches.filter(etat=EtatFiche.RETENUE)
    if axe := _axe(axes, filtre.criteres.get("axe")):
        fiches = fiches.filter(Q(axe=axe) | Q(axe__parent=axe))
    if choisi := next((f for f in financeurs if f.valeur == filtre.criteres.get("financeur")), None):
        siens = Financement.objects.filter(type=choisi.type, financeur__in=choisi.noms)
        fiches = fiches.filter(pk__in=siens.values("fiche"))
    return filtre, fiches, axes


def _axe(axes: list[Axe], uuid: str | None) -> Axe | None:
    return next((axe for axe in axes if str(axe.uuid) == uuid), None)
