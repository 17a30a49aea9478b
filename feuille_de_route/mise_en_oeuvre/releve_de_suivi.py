"""Où en étaient les fiches à une date : ce que la revue et le bilan lisent, sans regarder au-delà.

Les contenus sont des données simples (textes, nombres entiers) : leur empreinte dit si un papier a vieilli.
"""

from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from feuille_de_route.mise_en_oeuvre import tableau_de_suivi as tableau
from feuille_de_route.mise_en_oeuvre.tableau_de_suivi import FINIES
from feuille_de_route.models import (
    EtapeFiche,
    EtatRealisation,
    FicheAction,
    Indicateur,
    Meteo,
    PointDeSuivi,
    Releve,
)


class Lecture(NamedTuple):
    """Les fiches suivies, et leurs points. `points` : fiche → son dernier point à la date `le` ; `avant` : le
    dernier avant la période ; `recents` : ceux de la période, du plus ancien au plus récent.
    """

    fiches: list[FicheAction]
    points: dict[int, PointDeSuivi]
    avant: dict[int, PointDeSuivi]
    recents: dict[int, list[PointDeSuivi]]
    le: date

    def etat(self, fiche: FicheAction) -> str:
        point = self.points.get(fiche.pk)
        return point.etat if point else ""

    def vivantes(self) -> list[FicheAction]:
        """Ni réalisées, ni abandonnées."""
        return [f for f in self.fiches if self.etat(f) not in FINIES]


def lire(fiches: QuerySet[FicheAction], depuis: date, le: date) -> Lecture:
    """Les fiches, leurs `etapes_attendues`, leurs points de la période (`depuis` exclu, `le` compris) et le
    dernier d'avant. Deux requêtes.
    """
    fiches = fiches.select_related("structure_porteuse", "axe__parent")
    liste = list(fiches.annotate(etapes_attendues=_attendues(le)).order_by("numero"))
    siens = PointDeSuivi.objects.filter(fiche=OuterRef("fiche"), le__lte=depuis).order_by("-le", "-pk")
    points = PointDeSuivi.objects.filter(fiche__in=[f.pk for f in liste], le__lte=le).filter(
        Q(le__gt=depuis) | Q(pk=Subquery(siens.values("pk")[:1]))
    )
    lecture = Lecture(liste, {}, {}, {}, le)
    for point in points.order_by("le", "pk"):
        lecture.points[point.fiche_id] = point
        if point.le > depuis:
            lecture.recents.setdefault(point.fiche_id, []).append(point)
        else:
            lecture.avant[point.fiche_id] = point
    return lecture


def _attendues(le: date) -> ArraySubquery:
    """Les étapes d'une fiche attendues avant cette date, lues avec elle."""
    etapes = EtapeFiche.objects.filter(fiche=OuterRef("pk"), echeance__lt=le).order_by("echeance", "pk")
    champs = JSONObject(libelle="libelle", echeance="echeance", faite_le="faite_le")
    return ArraySubquery(etapes.values(dite=champs))


def phrase(lecture: Lecture) -> str:
    """« 8 fiches, 4 réalisées », à cette date."""
    return tableau.phrase([lecture.etat(f) for f in lecture.fiches])


def parts(lecture: Lecture) -> dict[str, list]:
    """[code, libellé, nombre] de chaque état et de chaque météo présents."""
    points = [lecture.points.get(f.pk) for f in lecture.fiches]
    etats, meteos = [p.etat if p else "" for p in points], [p.meteo if p else "" for p in points]
    return {
        "etats": [list(part) for part in tableau.parts(EtatRealisation, etats, "Pas encore de point")],
        "meteos": [list(part) for part in tableau.parts(Meteo, meteos, "Sans météo")],
    }


def retards(lecture: Lecture) -> list[dict]:
    """Les étapes attendues avant cette date et que rien n'y disait faites."""
    le = lecture.le.isoformat()
    en_retard = [
        {"fiche": str(fiche), "etape": etape["libelle"], "echeance": etape["echeance"]}
        for fiche in lecture.vivantes()
        for etape in fiche.etapes_attendues
        if etape["faite_le"] is None or etape["faite_le"] > le
    ]
    return sorted(en_retard, key=itemgetter("echeance"))


def indicateurs(lecture: Lecture, depuis: date | None = None) -> list[dict]:
    """Chaque indicateur, d'où l'on part, où l'on va, son dernier relevé ; avec `depuis`, ceux-là seuls que
    l'on a relevés depuis, et ce qu'ils disaient avant. Une requête.
    """
    par_fiche = {f.pk: f for f in lecture.fiches}
    releves = Releve.objects.filter(indicateur=OuterRef("pk"), le__lte=lecture.le).order_by("-le", "-pk")
    avant = releves.filter(le__lte=depuis) if depuis else releves.none()
    lus = Indicateur.objects.filter(fiche__in=par_fiche).annotate(
        valeur=Subquery(releves.values("valeur")[:1]), le=Subquery(releves.values("le")[:1]),
        valeur_avant=Subquery(avant.values("valeur")[:1]),
    )  # fmt: skip
    if depuis is not None:
        lus = lus.filter(le__gt=depuis)
    return [_indicateur(i, par_fiche[i.fiche_id]) for i in lus.order_by("fiche__numero", "pk")]


def _indicateur(indicateur, fiche: FicheAction) -> dict:
    return {
        "fiche": str(fiche),
        "numero": fiche.numero,
        "indicateur": indicateur.libelle,
        "unite": indicateur.unite,
        "reference": en_texte(indicateur.reference),
        "cible": en_texte(indicateur.cible),
        "avant": en_texte(indicateur.valeur_avant),
        "valeur": en_texte(indicateur.valeur),
        "le": indicateur.le.isoformat() if indicateur.le else None,
    }


def en_texte(valeur: Decimal | None) -> str | None:
    return None if valeur is None else f"{valeur:f}"


def dire_point(point: PointDeSuivi | None) -> dict:
    """Ce qu'un papier imprime d'un point ; vide quand rien n'a été dit."""
    if point is None:
        return {"le": None, "etat": "", "meteo": "", "fait": "", "freins": "", "a_decider": ""}
    return {
        "le": point.le.isoformat(), "etat": point.etat, "meteo": point.meteo, "fait": point.fait,
        "freins": point.freins, "a_decider": point.a_decider,
    }  # fmt: skip


def porteur(fiche: FicheAction) -> str:
    return str(fiche.structure_porteuse) if fiche.structure_porteuse else ""
