"""Les membres par collège : leurs contacts, ce qui manque, et les rôles FNE que les faits leur donnent.

La page est ici, et non dans la gouvernance, parce que les rôles se lisent dans les fiches.
"""

from typing import NamedTuple

from django.shortcuts import render

from feuille_de_route.argent import roles_fne
from gouvernance.acteurs import colleges
from gouvernance.acteurs.membres import colleges_manquants, tables
from gouvernance.acteurs.roles_fne import Fait
from gouvernance.models import College, Membre, StatutMembre
from gouvernance.socle.mots import compter
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import ouvrir

PRESENTS = (StatutMembre.CANDIDAT, StatutMembre.CONFIRME)


class LigneDeMembre(NamedTuple):
    membre: Membre
    faits: list[Fait]


class Famille(NamedTuple):
    """Un collège, ses membres présents, et ce qui lui manque (une phrase, vide s'il ne manque rien)."""

    college: College
    lignes: list[LigneDeMembre]
    manque: str


@lecture_seule
def membres(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    autour = tables(demarche.gouvernance, acces)
    deduits = roles_fne.deduire(demarche, autour, par=request.user)
    attendus = {c.pk for c in colleges.attendus(demarche.gouvernance)}
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Membres",
        "familles": [
            _famille(college, autour, deduits.faits, college.pk in attendus)
            for college in College.objects.all()
        ],
        "partis": [m for m in autour if m.statut not in PRESENTS],
        "nb_confirmes": sum(m.statut == StatutMembre.CONFIRME for m in autour),
        "candidats": [m for m in autour if m.statut == StatutMembre.CANDIDAT],
        "colleges_manquants": colleges_manquants(demarche.gouvernance, autour),
        "financeurs_inconnus": deduits.inconnus,
    }
    return render(request, "feuille_de_route/membres.html", contexte)


def _famille(college: College, autour: list[Membre], faits, attendu: bool) -> Famille:
    presents = [m for m in autour if m.structure.college_id == college.pk and m.statut in PRESENTS]
    confirmes = sum(m.statut == StatutMembre.CONFIRME for m in presents)
    lignes = [LigneDeMembre(m, faits.get(m.structure_id, [])) for m in presents]
    return Famille(college, lignes, _manque(college, confirmes, len(presents)) if attendu else "")


def _manque(college: College, confirmes: int, presents: int) -> str:
    if confirmes >= college.minimum:
        return ""
    attendus = compter(college.minimum, "membre")
    if presents > confirmes:
        return f"On attend {attendus} : il reste à confirmer."
    if confirmes:
        return f"On attend {attendus} : il n’y en a que {confirmes}."
    return f"Personne encore ; on attend {attendus}."
