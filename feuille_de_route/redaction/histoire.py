"""L'histoire d'une fiche, telle que le journal la raconte : qui a changé quoi, champ par champ, mot à mot.

La saisie s'enregistre souvent d'elle-même : les écritures d'une même personne, dans une même section et en
dix minutes, font un seul moment, qui va du premier texte au dernier.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Q

from feuille_de_route.models import FicheAction
from feuille_de_route.redaction.ecarts import RIEN
from gouvernance.models import Evenement
from gouvernance.socle.comparaison import Morceau, comparer, resserrer

ENSEMBLE = timedelta(minutes=10)
PAR_PAGE = 20
ENSEMBLE_DES_CHAMPS = "Champs changés"  # d'une ligne du journal qui ne les sépare pas
LUS = 5_000  # lignes du journal ; la fiche la plus retouchée n'en a pas le dixième


class Trace(NamedTuple):
    """Une ligne du journal, sans ses textes. `saisie` : elle dit les champs changés."""

    pk: int
    le: datetime
    par: int | None
    auteur: str
    action: str
    saisie: bool


class Changement(NamedTuple):
    """Un champ changé ; `genre` : « ajout » (il était vide), « retrait » (il le devient) ou « retouche »."""

    libelle: str
    genre: str
    morceaux: list[Morceau]


class Moment(NamedTuple):
    """Ce qu'une personne a fait d'un trait. `nombre` : d'enregistrements ; `changements` : champ par champ,
    ou, pour ce qui n'est pas une saisie, `avant` et `apres`.
    """

    action: str
    qui: str
    sans_compte: bool
    debut: datetime
    fin: datetime
    nombre: int
    changements: list[Changement]
    avant: str
    apres: str


def regrouper(traces: Iterable[Trace]) -> list[list[int]]:
    """Les identifiants des lignes de chaque moment, le plus récent d'abord. `traces` : de la plus ancienne à
    la plus récente.

    Une écriture d'une autre main, entre deux, coupe le moment : on n'attribue à personne le mot d'un autre.
    """
    moments: list[list[Trace]] = []
    for trace in traces:
        if moments and _continue(moments[-1], trace):
            moments[-1].append(trace)
        else:
            moments.append([trace])
    return [[trace.pk for trace in moment] for moment in reversed(moments)]


def _continue(moment: list[Trace], trace: Trace) -> bool:
    premiere = moment[0]
    meme = (trace.par, trace.auteur, trace.action) == (premiere.par, premiere.auteur, premiere.action)
    return trace.saisie and premiere.saisie and meme and trace.le - premiere.le <= ENSEMBLE


def page(fiche: FicheAction, numero: str | None) -> Page:
    """Une page de moments : deux requêtes, quel que soit leur nombre."""
    lignes = Evenement.objects.filter(
        objet_type="ficheaction", objet_id=str(fiche.pk), demarche=fiche.demarche_id
    )
    saisie = Q(details__isnull=False) & ~Q(details=[])
    champs = lignes.order_by("-pk").values_list("pk", "le", "par", "auteur", "action", saisie)
    traces = [Trace(*ligne) for ligne in champs[:LUS]]
    page = Paginator(regrouper(reversed(traces)), PAR_PAGE).get_page(numero)
    voulus = [pk for moment in page.object_list for pk in moment]
    par_pk = {e.pk: e for e in lignes.filter(pk__in=voulus).select_related("par")}
    page.object_list = [_raconter([par_pk[pk] for pk in moment]) for moment in page.object_list]
    return page


def _raconter(lignes: list[Evenement]) -> Moment:
    """Un moment, de ses lignes, de la plus ancienne à la plus récente."""
    premiere, derniere = lignes[0], lignes[-1]
    saisie = bool(premiere.details)
    if saisie:
        details = fondre([tuple(d) for ligne in lignes for d in ligne.details])
    elif premiere.action.startswith("modifier") and premiere.de and premiere.vers:
        saisie, details = True, [(ENSEMBLE_DES_CHAMPS, premiere.de, premiere.vers)]
    else:
        details = []
    return Moment(
        action=premiere.action,
        qui=premiere.auteur or str(premiere.par or "la plateforme"),
        sans_compte=bool(premiere.auteur),
        debut=premiere.le,
        fin=derniere.le,
        nombre=len(lignes),
        changements=[_changement(*detail) for detail in details],
        avant="" if saisie else premiere.de,
        apres="" if saisie else premiere.vers,
    )


def fondre(details: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Les états successifs d'un même champ, du premier au dernier ; ce qui est revenu au point de départ
    disparaît.

    Deux lignes du même nom qui ne se suivent pas (deux étapes ajoutées) restent deux.
    """
    fondus: list[list[str]] = []
    for libelle, avant, apres in details:
        suivi = next((f for f in fondus if f[0] == libelle and f[2] == avant), None)
        if suivi:
            suivi[2] = apres
        else:
            fondus.append([libelle, avant, apres])
    return [(libelle, avant, apres) for libelle, avant, apres in fondus if avant != apres]


def _changement(libelle: str, avant: str, apres: str) -> Changement:
    if avant == RIEN:
        return Changement(libelle, "ajout", [Morceau("ajout", apres)])
    if apres == RIEN:
        return Changement(libelle, "retrait", [Morceau("retrait", avant)])
    return Changement(libelle, "retouche", resserrer(comparer(avant, apres)))
