"""Le fil d'or : chaque fiche et ce qui la justifie, chaque constat et ce qu'il a produit, les orphelins."""

from typing import NamedTuple

from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from feuille_de_route.axes.fil_d_or import Fil, Genre, Maillon, Orphelin, orphelins
from feuille_de_route.axes.lecture_du_fil import lire_avec_les_seances
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import EtatFiche, FicheAction
from gouvernance.permissions import Acces
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import ouvrir

VUES = {"fiches": "Depuis les fiches", "constats": "Depuis les constats", "orphelins": "Orphelins seulement"}
ETAPES = (
    (Genre.CONSTAT, "constat", "constats"),
    (Genre.ENJEU, "enjeu", "enjeux"),
    (Genre.AXE, "axe", "axes"),
    (Genre.FICHE, "fiche", "fiches"),
)


class Remede(NamedTuple):
    """Où renouer un lien, pour qui a le droit et pour les autres ; `champ` : celui de la fiche à remplir."""

    libelle: str
    droit: str
    ecran: str
    sinon: str
    champ: str = ""


REMEDES = {
    (Genre.FICHE, Genre.AXE): Remede("Choisir son axe", "editer_fiches", "fiche_section", "fiche", "axe"),
    (Genre.FICHE, Genre.ENJEU): Remede(
        "Choisir ses enjeux", "editer_fiches", "fiche_section", "fiche", "enjeux"
    ),
    (Genre.AXE, Genre.ENJEU): Remede("Relier l’axe à un enjeu", "structurer", "axe_modifier", "axes"),
    (Genre.AXE, Genre.FICHE): Remede("Ouvrir une fiche", "creer_fiche", "fiche_ajouter", "plan"),
    (Genre.ENJEU, Genre.AXE): Remede("Y répondre par un axe", "structurer", "axes", "axes"),
    (Genre.ENJEU, Genre.CONSTAT): Remede(
        "Relier l’enjeu à ses constats", "formuler_enjeux", "enjeu_modifier", "enjeux"
    ),
    (Genre.CONSTAT, Genre.ENJEU): Remede("En tirer un enjeu", "formuler_enjeux", "enjeux", "constats"),
}


class LigneDeFiche(NamedTuple):
    """Une fiche et ce à quoi elle répond ; `par_l_axe` : les enjeux qu'elle sert sans les citer.

    Un enjeu et ses constats sont rendus une fois : des dizaines de fiches montrent les mêmes.
    """

    fiche: Maillon
    enjeux: list[SafeString]
    par_l_axe: list[SafeString]
    orpheline: bool


class LigneDeConstat(NamedTuple):
    constat: Maillon
    enjeux: list[tuple[Maillon, list[Maillon]]]
    orphelin: bool


@lecture_seule
def fil_d_or(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    visibles = FicheAction.objects.visibles_par(request.user).filter(demarche=demarche)
    fiches = visibles.exclude(etat=EtatFiche.ECARTEE).select_related("decision__seance__instance")
    fil = lire_avec_les_seances(demarche, list(fiches.order_by("numero")))
    seuls = orphelins(fil)
    vue = parametre(request, "vue")
    vue = vue if vue in VUES else "fiches"
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Fil d’or",
        "fil": fil,
        "etapes": [_etape(fil, seuls, *etape) for etape in ETAPES],
        "orphelins": [(o, *_reparer(o, acces)) for o in seuls],
        "vue": vue,
        "vues": VUES.items(),
        "lignes_fiches": _depuis_les_fiches(fil, seuls) if vue != "constats" else [],
        "lignes_constats": _depuis_les_constats(fil, seuls) if vue != "fiches" else [],
    }
    return render(request, "feuille_de_route/fil_d_or.html", contexte)


def _etape(fil: Fil, seuls: list[Orphelin], genre: Genre, un: str, plusieurs: str) -> dict:
    """Un palier du fil : combien, validés par qui, combien d'orphelins."""
    maillons = {"constat": fil.constats, "enjeu": fil.enjeux, "axe": fil.racines, "fiche": fil.fiches}[genre]
    return {
        "genre": genre,
        "nombre": len(maillons),
        "libelle": plusieurs if len(maillons) > 1 else un,
        "validation": fil.validations.get(genre),
        "decidees": sum(f.validation is not None for f in fil.fiches),
        "orphelins": len({o.maillon for o in seuls if o.maillon.genre == genre}),
    }


def _depuis_les_fiches(fil: Fil, seuls: list[Orphelin]) -> list[LigneDeFiche]:
    """Une fiche est orpheline si l'un des maillons de sa chaîne l'est."""
    rompus, lignes = {o.maillon for o in seuls}, []
    rendus = {e: render_to_string("feuille_de_route/_fil_enjeu.html", {"enjeu": e}) for e in fil.enjeux}
    for fiche in fil.fiches:
        cites, par_l_axe = fiche.enjeux, fil.enjeux_par_l_axe(fiche)
        rompue = bool({fiche, *fiche.axes, *cites, *par_l_axe} & rompus)
        ligne = LigneDeFiche(fiche, [rendus[e] for e in cites], [rendus[e] for e in par_l_axe], rompue)
        lignes.append(ligne)
    return lignes


def _depuis_les_constats(fil: Fil, seuls: list[Orphelin]) -> list[LigneDeConstat]:
    rompus, servis = {o.maillon for o in seuls}, fil.fiches_par_enjeu()
    return [
        LigneDeConstat(
            constat,
            [(enjeu, servis.get(enjeu, [])) for enjeu in constat.liens[Genre.ENJEU]],
            bool({constat, *constat.enjeux} & rompus),
        )
        for constat in fil.constats
    ]


def _reparer(orphelin: Orphelin, acces: Acces) -> tuple[str, str, str]:
    """(adresse où renouer le lien, ce que dit le lien, pourquoi ce n'est pas possible maintenant)."""
    remede = REMEDES[orphelin.maillon.genre, orphelin.manque]
    nom = remede.ecran if acces.peut[remede.droit] else remede.sinon
    suite = (
        [orphelin.maillon.cle] if nom in {"fiche", "fiche_section", "axe_modifier", "enjeu_modifier"} else []
    )
    if nom == "fiche_section":
        suite.append(next(code for code, f in SECTIONS.items() if remede.champ in f.base_fields))
    return reverse(nom, args=[acces.demarche.uuid, *suite]), remede.libelle, acces.refus[remede.droit]
