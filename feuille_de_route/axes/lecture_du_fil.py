"""Lire le fil d'or dans la base, et dire ce qui lui manque avant de soumettre."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from diagnostic.models import EtatEnjeu
from feuille_de_route.axes.fil_d_or import JALONS, Fil, Genre, Maillon, Validation, orphelins
from feuille_de_route.axes.strategie import numerotes
from feuille_de_route.models import Axe, EtatFiche, FicheAction
from gouvernance.models import Decision, Demarche
from gouvernance.socle.manques import Manque

# Ce que la complétude du plan dit déjà, et qui bloque la soumission.
DEJA_BLOQUANTS = {(Genre.FICHE, Genre.AXE), (Genre.AXE, Genre.FICHE)}


def manques(demarche: Demarche) -> list[Manque]:
    """Les orphelins de la feuille de route que l'on va soumettre : on le dit, sans bloquer.

    `fiches` et `axes` de la démarche servent tels quels s'ils sont préchargés ; une requête de plus.
    """
    retenues = [f for f in demarche.fiches.all() if f.etat == EtatFiche.RETENUE]
    return [
        Manque(orphelin.phrase, False, "fil_d_or")
        for orphelin in orphelins(lire(demarche, retenues))
        if (orphelin.maillon.genre, orphelin.manque) not in DEJA_BLOQUANTS
    ]


def lire(demarche: Demarche, fiches: Sequence[FicheAction]) -> Fil:
    """Le fil d'une démarche, pour les fiches données : une requête, et celle des axes s'ils ne sont pas déjà
    préchargés.
    """
    lignes = _constats_et_enjeux(demarche)
    constats = {
        ligne.pk: Maillon(Genre.CONSTAT, str(ligne.uuid), f"C{rang}", ligne.libelle)
        for rang, ligne in enumerate((x for x in lignes if x.genre == Genre.CONSTAT), start=1)
    }
    axes = _axes(list(demarche.axes.all()))
    maillons = {f.pk: Maillon(Genre.FICHE, str(f.uuid), str(f.numero), f.titre, etat=f.etat) for f in fiches}
    for fiche in fiches:
        if fiche.axe_id in axes:
            maillons[fiche.pk].relier(axes[fiche.axe_id])
    enjeux = _enjeux([x for x in lignes if x.genre == Genre.ENJEU], constats, axes, maillons)
    return Fil(list(constats.values()), enjeux, list(axes.values()), list(maillons.values()), {})


class _Ligne(NamedTuple):
    """Un constat ou un enjeu tel qu'on le lit ; `constats`, `axes`, `fiches` : ce que relie un enjeu."""

    genre: str
    pk: int
    uuid: UUID
    libelle: str
    etat: str
    rang: int | None
    ordre: int
    constats: list[int]
    axes: list[int]
    fiches: list[int]


# En SQL : la page d'une démarche le lit à chaque visite, et l'ORM y passait plus de temps que la base.
LIGNES = """
SELECT 'constat', id, uuid, intitule, '', NULL, ordre, '{}'::bigint[], '{}'::bigint[], '{}'::bigint[]
FROM diagnostic_constat WHERE demarche_id = %(demarche)s
UNION ALL
SELECT 'enjeu', e.id, e.uuid, e.question, e.etat, e.rang, e.ordre,
       ARRAY(SELECT constat_id FROM diagnostic_enjeu_constats WHERE enjeu_id = e.id),
       ARRAY(SELECT axe_id FROM feuille_de_route_axe_enjeux WHERE enjeu_id = e.id),
       ARRAY(SELECT ficheaction_id FROM feuille_de_route_ficheaction_enjeux WHERE enjeu_id = e.id)
FROM diagnostic_enjeu e WHERE e.demarche_id = %(demarche)s
"""


def _constats_et_enjeux(demarche: Demarche) -> list[_Ligne]:
    """En une requête, dans l'ordre où ils se lisent : les enjeux classés d'abord."""
    with connection.cursor() as curseur:
        curseur.execute(LIGNES, {"demarche": demarche.pk})
        lignes = [_Ligne(*ligne) for ligne in curseur.fetchall()]
    return sorted(lignes, key=lambda x: (x.rang is None, x.rang, x.ordre, x.pk))


def _axes(axes: list[Axe]) -> dict[int, Maillon]:
    """Chaque axe suivi de ses sous-axes, numérotés « 2 » et « 2.1 »."""
    maillons = {}
    for rang, axe in numerotes(axes):
        parent = maillons[axe.parent_id] if axe.parent_id else None
        maillons[axe.pk] = Maillon(Genre.AXE, str(axe.uuid), rang, axe.intitule, parent=parent)
    return maillons


def _enjeux(lignes: list[_Ligne], constats: dict, axes: dict, fiches: dict) -> list[Maillon]:
    """Les enjeux non écartés ; les écartés relient encore les constats dont ils suivaient."""
    enjeux = []
    for rang, ligne in enumerate(lignes, start=1):
        maillon = Maillon(Genre.ENJEU, str(ligne.uuid), f"E{rang}", ligne.libelle, etat=ligne.etat)
        for connus, pks in ((constats, ligne.constats), (axes, ligne.axes), (fiches, ligne.fiches)):
            relies = set(pks)
            for pk, autre in connus.items():
                if pk in relies:
                    maillon.relier(autre)
        enjeux.append(maillon)
    return [e for e in enjeux if e.etat != EtatEnjeu.ECARTE]


def lire_avec_les_seances(demarche: Demarche, fiches: Sequence[FicheAction]) -> Fil:
    """Comme `lire`, et les décisions qui valident : une requête de plus.

    `fiches` : lues avec `decision__seance__instance`.
    """
    fil = lire(demarche, fiches)
    for fiche, maillon in zip(fiches, fil.fiches, strict=True):
        if fiche.decision and fiche.etat == EtatFiche.RETENUE:
            maillon.validation = _validation(fiche.decision)
    jalons = demarche.jalons.select_related("decision__seance__instance")
    decisions = {j.code: j.decision for j in jalons if j.acquis}
    validations = {g: _validation(d) for g, code in JALONS.items() if (d := decisions.get(code))}
    return fil._replace(validations=validations)


def _validation(decision: Decision) -> Validation:
    seance = decision.seance
    le = timezone.localtime(seance.debut).date()
    return Validation(decision.numero, str(seance.instance), le, str(seance.uuid))
