"""Où en étaient les fiches à une date : ce que la revue et le bilan lisent, sans regarder au-delà.

Les contenus sont des données simples (textes, nombres entiers) : leur empreinte dit si un papier a vieilli.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet

from feuille_de_route.models import (
    EtapeFiche,
    EtatRealisation,
    FicheAction,
    Indicateur,
    Meteo,
    PointDeSuivi,
    Releve,
)
from feuille_de_route.tableau_de_suivi import FINIES, court


class Lecture(NamedTuple):
    """Les fiches suivies et leur dernier point à une date. `points` : fiche → son dernier point d'alors."""

    fiches: list[FicheAction]
    points: dict[int, PointDeSuivi]
    le: date

    def etat(self, fiche: FicheAction) -> str:
        point = self.points.get(fiche.pk)
        return point.etat if point else ""

    def vivantes(self) -> list[FicheAction]:
        """Ni réalisées, ni abandonnées."""
        return [f for f in self.fiches if self.etat(f) not in FINIES]


def lire(fiches: QuerySet[FicheAction], le: date) -> Lecture:
    """Deux requêtes."""
    liste = list(fiches.select_related("structure_porteuse", "axe__parent").order_by("numero"))
    return Lecture(liste, derniers_points(liste, le), le)


def derniers_points(fiches: list[FicheAction], le: date) -> dict[int, PointDeSuivi]:
    points = PointDeSuivi.objects.filter(fiche__in=[f.pk for f in fiches], le__lte=le)
    return {p.fiche_id: p for p in points.order_by("fiche_id", "-le", "-pk").distinct("fiche_id")}


def phrase(lecture: Lecture) -> str:
    """« 8 fiches, 4 réalisées »."""
    nombre = len(lecture.fiches)
    faites = sum(lecture.etat(f) == EtatRealisation.REALISEE for f in lecture.fiches)
    dites = f"{faites} réalisée{'s' if faites > 1 else ''}" if faites else "aucune réalisée"
    return f"{nombre} fiche{'s' if nombre > 1 else ''}, {dites}"


def parts(lecture: Lecture) -> dict[str, list]:
    """[code, libellé, nombre] de chaque état et de chaque météo présents."""
    points = [lecture.points.get(f.pk) for f in lecture.fiches]
    etats, meteos = [p.etat if p else "" for p in points], [p.meteo if p else "" for p in points]
    return {
        "etats": _parts(EtatRealisation, etats, "Pas encore de point"),
        "meteos": _parts(Meteo, meteos, "Sans météo"),
    }


def _parts(choix, valeurs: list[str], sans: str) -> list[list]:
    ordre = [(c.value, court(c.label)) for c in choix] + [("", sans)]
    return [[code, mots, valeurs.count(code)] for code, mots in ordre if code in valeurs]


def retards(lecture: Lecture) -> list[dict]:
    """Les étapes attendues avant cette date et que rien n'y disait faites."""
    vivantes = {f.pk: f for f in lecture.vivantes()}
    etapes = EtapeFiche.objects.filter(fiche__in=vivantes, echeance__lt=lecture.le)
    return [
        {
            "fiche": str(vivantes[etape.fiche_id]), "etape": str(etape),
            "echeance": etape.echeance.isoformat(),
        }
        for etape in etapes.order_by("echeance", "fiche__numero", "pk")
        if etape.faite_le is None or etape.faite_le > lecture.le
    ]  # fmt: skip


def indicateurs(lecture: Lecture, depuis: date | None = None) -> list[dict]:
    """Chaque indicateur, d'où l'on part, où l'on va, son dernier relevé ; avec `depuis`, ceux-là seuls que
    l'on a relevés depuis, et ce qu'ils disaient avant. Deux requêtes.
    """
    par_fiche = {f.pk: f for f in lecture.fiches}
    lus = list(Indicateur.objects.filter(fiche__in=par_fiche).order_by("fiche__numero", "pk"))
    releves: dict[int, list[Releve]] = {}
    for releve in Releve.objects.filter(indicateur__in=lus, le__lte=lecture.le).order_by("le", "pk"):
        releves.setdefault(releve.indicateur_id, []).append(releve)
    return [
        _indicateur(i, par_fiche[i.fiche_id], releves.get(i.pk, []), depuis)
        for i in lus
        if depuis is None or any(r.le > depuis for r in releves.get(i.pk, []))
    ]


def _indicateur(indicateur: Indicateur, fiche: FicheAction, releves: list[Releve], depuis) -> dict:
    avant = [r for r in releves if depuis and r.le <= depuis]
    dernier = releves[-1] if releves else None
    return {
        "fiche": str(fiche),
        "numero": fiche.numero,
        "indicateur": indicateur.libelle,
        "unite": indicateur.unite,
        "reference": en_texte(indicateur.reference),
        "cible": en_texte(indicateur.cible),
        "avant": en_texte(avant[-1].valeur) if avant else None,
        "valeur": en_texte(dernier.valeur) if dernier else None,
        "le": dernier.le.isoformat() if dernier else None,
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
