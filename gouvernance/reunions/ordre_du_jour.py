"""L'ordre du jour : inscrire un point, le modifier, le déplacer, le retirer ; durée totale, heure de fin."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from gouvernance.models import Cible, Evenement, Jalon, PointOrdreDuJour, Seance, Utilisateur
from gouvernance.permissions import exiger
from gouvernance.reunions.seances import refuser_si_finie, verrouiller

FERME = "son ordre du jour ne change plus"
CHAMPS = ["objet", "duree", "rapporteur", "jalon", "cible_type", "cible", "cible_libelle"]


@transaction.atomic
def inscrire_point(seance_pk: int, point: PointOrdreDuJour, *, par: Utilisateur | None) -> PointOrdreDuJour:
    """Ajoute un point à la fin de l'ordre du jour d'une séance qui n'est pas close.

    Qui appelle a vérifié que la cible est de la démarche (feuille_de_route.arbitrages.cibles) ; un jalon
    l'est ici.
    """
    seance, points = _ouvrir(seance_pk, par)
    _accorder(point, seance)
    point.seance = seance
    point.ordre = points[-1].ordre + 1 if points else 1
    point.save()
    _journaliser(point, "inscrire à l’ordre du jour", par, seance, vers=str(seance))
    return point


@transaction.atomic
def modifier_point(seance_pk: int, point: PointOrdreDuJour, *, par: Utilisateur | None) -> PointOrdreDuJour:
    """Récrit un point. Lève ValidationError s'il n'est plus là, ou si la séance est finie."""
    seance, points = _ouvrir(seance_pk, par)
    ancien = _trouver(points, point.pk)
    _accorder(point, seance)
    point.save(update_fields=CHAMPS)
    _journaliser(point, "modifier le point", par, seance, de=_dire(ancien), vers=_dire(point))
    return point


@transaction.atomic
def retirer_point(seance_pk: int, point_pk: int, *, par: Utilisateur | None) -> None:
    """Retire un point de l'ordre du jour ; refusé si une décision y a été prise."""
    seance, points = _ouvrir(seance_pk, par)
    point = _trouver(points, point_pk)
    if decision := point.decisions.select_related("seance__instance").first():
        raise ValidationError(f"Ce point porte la décision {decision.numero} : il reste à l’ordre du jour.")
    _journaliser(point, "retirer de l’ordre du jour", par, seance, de=str(seance))
    point.delete()


def monter_point(seance_pk: int, point_pk: int, *, par: Utilisateur | None) -> None:
    """Échange un point avec celui qui le précède ; sans effet sur le premier."""
    _deplacer(seance_pk, point_pk, -1, par)


def descendre_point(seance_pk: int, point_pk: int, *, par: Utilisateur | None) -> None:
    """Échange un point avec celui qui le suit ; sans effet sur le dernier."""
    _deplacer(seance_pk, point_pk, 1, par)


@transaction.atomic
def _deplacer(seance_pk: int, point_pk: int, pas: int, par) -> None:
    seance, points = _ouvrir(seance_pk, par)
    rang = points.index(_trouver(points, point_pk))
    if not 0 <= rang + pas < len(points):
        return
    voisin, point = points[rang + pas], points[rang]
    voisin.ordre, point.ordre = point.ordre, voisin.ordre
    PointOrdreDuJour.objects.bulk_update([voisin, point], ["ordre"])
    verbe, place = ("avancer", "avant") if pas < 0 else ("reculer", "après")
    _journaliser(point, f"{verbe} à l’ordre du jour", par, seance, vers=f"{place} « {voisin} »")


def minutes(points: list[PointOrdreDuJour]) -> int:
    """Durée totale de l'ordre du jour ; les points sans durée comptent pour zéro."""
    return sum(point.duree or 0 for point in points)


def heure_de_fin(seance: Seance, points: list[PointOrdreDuJour]) -> datetime | None:
    """Fin prévue si l'on suit l'ordre du jour ; None tant qu'aucun point n'a de durée."""
    total = minutes(points)
    return seance.debut + timedelta(minutes=total) if total else None


def cible_de(point: PointOrdreDuJour) -> tuple[str, object]:
    """(type, identifiant public) de ce dont parle un point ; ("", None) s'il ne vise rien."""
    if point.cible_type:
        return point.cible_type, point.cible
    return (Cible.JALON.value, point.jalon.uuid) if point.jalon_id else ("", None)


def _accorder(point: PointOrdreDuJour, seance: Seance) -> None:
    """La clé `jalon` et la cible disent la même chose ; le jalon est de la démarche."""
    demarche = seance.instance.demarche
    if point.jalon and not point.cible_type:
        point.cible_type, point.cible = Cible.JALON, point.jalon.uuid
    if point.cible_type == Cible.JALON:
        point.jalon = Jalon.objects.filter(demarche=demarche, uuid=point.cible).first()
        if point.jalon is None:
            raise ValidationError("Ce jalon appartient à une autre démarche.")
        point.cible_libelle = str(point.jalon)
    else:
        point.jalon = None


def _dire(point: PointOrdreDuJour) -> str:
    duree = f"{point.duree} min" if point.duree else ""
    return " · ".join(filter(None, [point.objet, duree, point.rapporteur, point.cible_libelle]))


def _ouvrir(seance_pk: int, par) -> tuple[Seance, list[PointOrdreDuJour]]:
    seance = verrouiller(seance_pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    refuser_si_finie(seance, FERME)
    return seance, list(seance.points.order_by("ordre"))


def _trouver(points: list[PointOrdreDuJour], point_pk: int) -> PointOrdreDuJour:
    point = next((p for p in points if p.pk == point_pk), None)
    if point is None:
        raise ValidationError("Ce point n’est plus à l’ordre du jour.")
    return point


def _journaliser(point, action: str, par, seance: Seance, **changement) -> None:
    Evenement.consigner(point, action, par=par, demarche=seance.instance.demarche, **changement)
