"""Le suivi d'une fiche : le lire, faire le point, noter et corriger un relevé."""

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.forms.suivi import CorrectionDeReleve, FormulairePoint, FormulaireReleve
from feuille_de_route.mise_en_oeuvre import suivi as regles
from feuille_de_route.mise_en_oeuvre import tableau_de_suivi as tableau
from feuille_de_route.models import FicheAction, Indicateur, PointDeSuivi, Releve
from feuille_de_route.views.fiches import ouvrir_fiche
from gouvernance.forms.commun import en_edition
from gouvernance.permissions import Acces
from gouvernance.socle.identifiants import cle_ou_zero
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import Saisie, agir, traiter


def _ouvrir(request: HttpRequest, uuid, fiche_uuid, *listes) -> tuple[FicheAction, Acces]:
    """La fiche, avec sa structure porteuse et les listes dont la page a besoin."""
    fiches = FicheAction.objects.select_related("structure_porteuse").prefetch_related(*listes)
    return ouvrir_fiche(request, uuid, fiche_uuid, fiches)


@lecture_seule
def fiche_suivi(request, uuid, fiche_uuid):
    aujourd_hui = timezone.localdate()
    indicateurs = tableau.avec_silence(Indicateur.objects.prefetch_related("releves"), aujourd_hui)
    points = PointDeSuivi.objects.select_related("cree_par")
    listes = (Prefetch("indicateurs", indicateurs), Prefetch("points_de_suivi", points))
    fiche, acces = _ouvrir(request, uuid, fiche_uuid, "etapes", "lignes_budget", *listes)
    contexte = {
        "demarche": fiche.demarche,
        "acces": acces,
        "page": "Suivi",
        "fiche": fiche,
        "motif": regles.motif(fiche, acces),
        "points": list(fiche.points_de_suivi.all()),
        "etapes": list(fiche.etapes.all()),
        "aujourd_hui": aujourd_hui,
        "indicateurs": [_indicateur(i) for i in fiche.indicateurs.all()],
        "budget": list(fiche.lignes_budget.all()),
        "argent": _argent(fiche),
        "souffrances": tableau.en_souffrance(fiche, aujourd_hui),
    }
    return render(request, "feuille_de_route/fiche_suivi.html", contexte)


def _indicateur(indicateur: Indicateur) -> dict:
    """L'indicateur, ses relevés du plus ancien au plus récent, et s'il est temps de le relever."""
    releves = list(indicateur.releves.all())
    return {
        "indicateur": indicateur,
        "releves": releves,
        "points": [(r.le, r.valeur) for r in releves],
        "dernier": releves[-1] if releves else None,
        "muet": indicateur.muet,
    }


def _argent(fiche: FicheAction) -> tableau.Argent:
    lignes = fiche.lignes_budget.all()
    prevu = sum(ligne.montant for ligne in lignes)
    return tableau.Argent(prevu, tableau.total_note(ligne.realise for ligne in lignes))


def _exiger(fiche: FicheAction, acces: Acces) -> None:
    """403 à qui ne suivra jamais cette fiche ; un suivi fermé, lui, se dit dans la page."""
    acces.exiger(regles.DROIT)
    if refus := regles.motif_de_role(fiche, acces):
        raise PermissionDenied(refus)


def _saisir(request, lieu: tuple, formulaire, ecrire, **mots) -> HttpResponse:
    fiche, acces = lieu
    retour = reverse("fiche_suivi", args=[fiche.demarche.uuid, fiche.uuid]) + mots.pop("ancre", "")
    contexte = {
        "demarche": fiche.demarche, "acces": acces, "fiche": fiche,
        "refus": regles.motif_de_la_fiche(fiche), "supprimable": None, **mots,
    }  # fmt: skip
    gabarit = "feuille_de_route/fiche_suivi_saisie.html"
    return traiter(request, Saisie(formulaire, ecrire, retour, gabarit, contexte))


def fiche_point(request, uuid, fiche_uuid):
    """Faire le point : l'état, la météo, ce qui freine ; et les étapes, les relevés, le réalisé."""
    fiche, acces = lieu = _ouvrir(request, uuid, fiche_uuid, "etapes", "lignes_budget", "indicateurs")
    _exiger(fiche, acces)
    formulaire = FormulairePoint(request.POST or None, fiche=fiche, instance=PointDeSuivi(fiche=fiche))

    def ecrire(valide):
        jeton = valide.cleaned_data["jeton"]
        regles.faire_le_point(fiche.pk, valide.saisie, par=request.user, jeton=jeton)

    return _saisir(request, lieu, formulaire, ecrire, titre="Faire le point")


def fiche_releve(request, uuid, fiche_uuid):
    """Noter la valeur d'un indicateur à une date ; `?indicateur=2` choisit d'avance le deuxième."""
    fiche, acces = lieu = _ouvrir(request, uuid, fiche_uuid)
    _exiger(fiche, acces)
    indicateurs, rang = list(fiche.indicateurs.all()), cle_ou_zero(parametre(request, "indicateur"))
    choisi = {"indicateur": indicateurs[rang - 1]} if 0 < rang <= len(indicateurs) else {}
    formulaire = FormulaireReleve(request.POST or None, fiche=fiche, instance=Releve(), initial=choisi)

    def ecrire(valide):
        regles.noter_releve(valide, fiche.pk, par=request.user, jeton=valide.cleaned_data["jeton"])

    return _saisir(request, lieu, formulaire, ecrire, titre="Noter un relevé", ancre="#indicateurs")


def _releve(fiche: FicheAction, releve_uuid) -> Releve:
    releves = Releve.objects.select_related("indicateur")
    return get_object_or_404(releves, indicateur__fiche=fiche, uuid=releve_uuid)


def fiche_releve_modifier(request, uuid, fiche_uuid, releve):
    fiche, acces = lieu = _ouvrir(request, uuid, fiche_uuid)
    trouve = _releve(fiche, releve)
    _exiger(fiche, acces)
    formulaire = en_edition(CorrectionDeReleve, request, trouve)

    def ecrire(valide):
        regles.noter_releve(valide, fiche.pk, par=request.user)

    titre = f"Corriger un relevé : {trouve.indicateur}"
    return _saisir(
        request, lieu, formulaire, ecrire, titre=titre, ancre="#indicateurs", supprimable=trouve
    )  # fmt: skip


def fiche_releve_retirer(request, uuid, fiche_uuid, releve):
    fiche, acces = _ouvrir(request, uuid, fiche_uuid)
    trouve = _releve(fiche, releve)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    _exiger(fiche, acces)
    retour = reverse("fiche_suivi", args=[uuid, fiche_uuid]) + "#indicateurs"
    acte = lambda: regles.retirer_releve(trouve.pk, fiche.pk, par=request.user)  # noqa: E731
    return agir(request, acte, retour, "Le relevé est retiré ; le journal en garde la valeur.")
