"""Le plan d'actions : les fiches par axe, leur état, leur complétude et leur équilibre ; les besoins."""

from typing import NamedTuple

from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route import besoins as regles
from feuille_de_route.completude import VIDE, completude, contenus
from feuille_de_route.financement import Compte, additionner
from feuille_de_route.forms.plan import FormulaireBesoin, FormulaireFiltre
from feuille_de_route.models import Axe, BesoinIngenierie, EtatFiche, FicheAction
from gouvernance.models import Structure
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter

SENS = {"monter": -1, "descendre": 1}
TEXTES = ("titre", "objectifs", "description", "contexte", "pilote")


class LigneDuPlan(NamedTuple):
    fiche: FicheAction
    completude: int
    compte: Compte


class Groupe(NamedTuple):
    """Les fiches d'un axe (ou d'un sous-axe) et leur compte ; `niveau` : h2 ou h3."""

    titre: str
    niveau: str
    lignes: list[LigneDuPlan]
    total: Compte


@lecture_seule
def plan(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    visibles = FicheAction.objects.visibles_par(request.user).filter(demarche=demarche)
    axes = list(demarche.axes.all())
    porteurs = list(Structure.objects.filter(fiches_portees__in=visibles).distinct().order_by("nom"))
    filtre = FormulaireFiltre(request.GET, axes=axes, porteurs=porteurs)
    lignes = _lignes(_filtrer(visibles, axes, filtre.criteres))
    vivantes = [ligne for ligne in lignes if ligne.fiche.etat != EtatFiche.ECARTEE]
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Plan d’actions",
        "filtre": filtre,
        "filtres_poses": bool(filtre.criteres),
        "groupes": _groupes(axes, vivantes),
        "ecartees": [ligne for ligne in lignes if ligne.fiche.etat == EtatFiche.ECARTEE],
        "nb_fiches": len(vivantes),
        "total": additionner([ligne.compte for ligne in vivantes]),
        "par_etat": _par_etat(vivantes),
    }
    return render(request, "feuille_de_route/plan.html", contexte)


def _filtrer(fiches, axes: list[Axe], criteres: dict):
    if mot := criteres.get("q"):
        recherche = Q()
        for champ in TEXTES:
            recherche |= Q(**{f"{champ}__icontains": mot})
        fiches = fiches.filter(recherche)
    if axe := next((a for a in axes if str(a.uuid) == criteres.get("axe")), None):
        fiches = fiches.filter(Q(axe=axe) | Q(axe__parent=axe))
    if porteur := criteres.get("porteur"):
        fiches = fiches.filter(structure_porteuse__uuid=porteur)
    return fiches.filter(**{nom: criteres[nom] for nom in ("etat", "nature") if nom in criteres})


def _lignes(fiches) -> list[LigneDuPlan]:
    """Quatre requêtes, quel que soit le nombre de fiches."""
    liste = list(fiches.select_related("structure_porteuse").order_by("numero"))
    contenu = contenus([f.pk for f in liste])
    return [
        LigneDuPlan(f, completude(f, contenu.get(f.pk, VIDE)), contenu.get(f.pk, VIDE).compte) for f in liste
    ]


def _groupes(axes: list[Axe], lignes: list[LigneDuPlan]) -> list[Groupe]:
    """D'abord les fiches sans axe, puis une section par axe peuplé et par sous-axe, dans l'ordre."""
    orphelines = _groupe("Fiches sans axe", "h2", None, lignes)
    groupes = [orphelines] if orphelines.lignes else []
    for rang, axe in enumerate((a for a in axes if a.parent_id is None), start=1):
        enfants = (a for a in axes if a.parent_id == axe.pk)
        sous = [_groupe(f"{rang}.{i}. {a}", "h3", a.pk, lignes) for i, a in enumerate(enfants, start=1)]
        propres = _groupe(f"{rang}. {axe}", "h2", axe.pk, lignes)
        peuples = [groupe for groupe in sous if groupe.lignes]
        if propres.lignes or peuples:
            groupes += [propres, *peuples]
    return groupes


def _groupe(titre: str, niveau: str, axe_pk: int | None, lignes: list[LigneDuPlan]) -> Groupe:
    siennes = [ligne for ligne in lignes if ligne.fiche.axe_id == axe_pk]
    return Groupe(titre, niveau, siennes, additionner([ligne.compte for ligne in siennes]))


def _par_etat(lignes: list[LigneDuPlan]) -> list[tuple]:
    """(état, libellé, nombre) pour chaque état présent."""
    etats = [ligne.fiche.etat for ligne in lignes]
    return [(e.value, e.label, etats.count(e.value)) for e in EtatFiche if e.value in etats]


@lecture_seule
def besoins(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    liste = list(demarche.besoins.all())
    contexte = {"demarche": demarche, "acces": acces, "page": "Besoins en ingénierie", "besoins": liste}
    return render(request, "feuille_de_route/plan_besoins.html", contexte)


def besoin_ajouter(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("editer_fiches")
    formulaire = FormulaireBesoin(request.POST or None)
    saisie = Saisie(
        formulaire,
        lambda f: regles.ajouter(f, par=request.user, demarche=demarche),
        reverse("besoins", args=[uuid]),
        "gouvernance/formulaire.html",
        {"demarche": demarche, "acces": acces, "titre": "Ajouter un besoin en ingénierie"},
    )
    return traiter(request, saisie)


@require_POST
def besoin_agir(request, uuid, code, acte):
    """Monter, descendre ou retirer un besoin."""
    demarche, _ = ouvrir(request, uuid)
    besoin = get_object_or_404(BesoinIngenierie, demarche=demarche, code=code)
    if acte == "retirer":
        return _acte_besoin(request, uuid, lambda: regles.supprimer(besoin, par=request.user))
    if acte not in SENS:
        raise Http404
    return _acte_besoin(request, uuid, lambda: regles.deplacer(besoin, SENS[acte], par=request.user))


def _acte_besoin(request, uuid, acte):
    return agir(request, acte, reverse("besoins", args=[uuid]), "La liste des besoins est à jour.")
