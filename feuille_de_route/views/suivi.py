"""La page « Suivi » d'une démarche, et la mise à jour de plusieurs fiches en une fois."""

from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.forms.suivi import FiltreDuSuivi
from feuille_de_route.forms.suivi_rapide import PAR_PAGE, FormulaireRapide
from feuille_de_route.mise_en_oeuvre import suivi as regles
from feuille_de_route.mise_en_oeuvre import tableau_de_suivi as tableau
from feuille_de_route.models import Axe, FicheAction, PointDeSuivi
from gouvernance.models import Demarche
from gouvernance.permissions import Acces
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import Saisie, ouvrir, traiter

EN_TETE = 5  # étapes en retard, indicateurs muets : montrés d'emblée, le reste se déplie


@lecture_seule
def suivi(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    ouvert, aujourd_hui = regles.ouverture(demarche), timezone.localdate()
    visibles = regles.suivies(demarche, ouvert).visibles_par(request.user)
    fiches = list(
        tableau.avec_les_comptes(visibles, aujourd_hui)
        .select_related("axe__parent", "structure_porteuse")
        .order_by("numero")
    )
    axes = _axes(fiches)
    filtre = FiltreDuSuivi(request.GET, axes=axes)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Suivi",
        "refus": ouvert.refus,
        "version": ouvert.version,
        "fiches": fiches,
        "filtre": filtre,
        "filtres_poses": bool(filtre.criteres),
        "lignes": [_ligne(f, acces, ouvert) for f in fiches if filtre.retient(f)],
        **_resume(fiches, visibles, aujourd_hui),
    }
    return render(request, "feuille_de_route/suivi.html", contexte)


def _axes(fiches: list[FicheAction]) -> list[Axe]:
    """Les axes des fiches suivies, sans autre requête, dans l'ordre de la stratégie."""
    axes = {}
    for fiche in fiches:
        if fiche.axe is not None:
            racine = fiche.axe.parent or fiche.axe
            axes |= {racine.pk: racine, fiche.axe_id: fiche.axe}
    return sorted(axes.values(), key=lambda a: (a.parent.ordre, a.ordre) if a.parent else (a.ordre, 0))


def _ligne(fiche: FicheAction, acces: Acces, ouvert: regles.Ouverture) -> dict:
    return {
        "fiche": fiche,
        "motif": regles.motif(fiche, acces, ouvert),
        "argent": tableau.Argent(fiche.prevu, fiche.realise),
    }


def _resume(fiches: list[FicheAction], visibles, aujourd_hui) -> dict:
    """Ce que l'on voit d'abord : la phrase, les états, la météo, ce qui demande l'attention."""
    retards = list(tableau.etapes_en_retard(visibles, aujourd_hui)) if fiches else []
    muets = list(tableau.indicateurs_sans_releve(visibles, aujourd_hui)) if fiches else []
    souffrances = [(f, dits) for f in fiches if (dits := tableau.en_souffrance(f, aujourd_hui))]
    return {
        "phrase": tableau.phrase([f.etat_realisation for f in fiches]),
        "etats": tableau.par_etat(fiches),
        "meteos": tableau.par_meteo(fiches),
        "argent": tableau.argent(fiches),
        "retards": retards,
        "muets": muets,
        "souffrances": souffrances,
        "en_tete": EN_TETE,
        "annee": aujourd_hui.year,
    }


def rapide(request, uuid):
    """État, météo et une ligne pour chacune des fiches que la personne peut suivre."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger(regles.DROIT)
    ouvert = regles.ouverture(demarche)
    page = _page_de_fiches(request, demarche, acces, ouvert)
    formulaire = FormulaireRapide(request.POST or None, fiches=page.object_list)

    def ecrire(valide):
        jeton = valide.cleaned_data["jeton"]
        try:
            regles.faire_les_points(valide.saisies, par=request.user, jeton=jeton)
        except regles.PointsRefuses as refus:
            raise valide.refuser(refus) from refus

    contexte = {
        "demarche": demarche, "acces": acces, "titre": "Mettre à jour plusieurs fiches",
        "refus": ouvert.refus, "pages": page,
    }  # fmt: skip
    saisie = Saisie(
        formulaire, ecrire, reverse("suivi", args=[uuid]), "feuille_de_route/suivi_rapide.html", contexte,
        "Les points sont enregistrés.",
    )  # fmt: skip
    return traiter(request, saisie)


def _page_de_fiches(request, demarche: Demarche, acces: Acces, ouvert: regles.Ouverture):
    """Les fiches que la personne peut suivre, quarante à la fois, avec leur `dernier_point`."""
    dernier = PointDeSuivi.objects.filter(fiche=OuterRef("pk")).values("uuid")[:1]
    visibles = regles.suivies(demarche, ouvert).visibles_par(request.user)
    fiches = visibles.annotate(dernier_point=Subquery(dernier)).order_by("numero")
    siennes = [f for f in fiches if not regles.motif_de_role(f, acces)]
    return Paginator(siennes, PAR_PAGE).get_page(parametre(request, "page"))
