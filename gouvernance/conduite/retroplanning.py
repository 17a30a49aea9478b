"""Le rétroplanning : jalons et séances dans l'ordre du temps, et les retards dits en mots."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.utils import timezone

from gouvernance.models import Demarche, EtatSeance, Jalon, Seance
from gouvernance.socle.durees import duree, mois, par_rapport_a_aujourd_hui

JALON, SEANCE, AUJOURD_HUI, BORNE = "jalon", "seance", "aujourd_hui", "borne"


class Moment(NamedTuple):
    """Un point du rétroplanning. `genre` : jalon, seance, aujourd_hui ou borne (début, fin)."""

    genre: str
    libelle: str
    jour: date
    etat: str = ""
    precision: str = ""


class Ecart(NamedTuple):
    """Où en est un jalon, en mots, face à son échéance puis à la date nationale ; vide si rien à dire."""

    echeance: str
    national: str
    retard: bool


def ecart(jalon: Jalon, nationales: dict[str, date], aujourd_hui: date) -> Ecart:
    """Les phrases d'un jalon. `jalon.decision.seance` est lue s'il est acquis."""
    tenu = timezone.localtime(jalon.decision.seance.debut).date() if jalon.acquis else None
    return Ecart(
        _face_a_l_echeance(jalon, tenu, aujourd_hui),
        _face_au_national(_nationale(jalon, nationales), tenu, jalon.echeance, aujourd_hui),
        tenu is None and jalon.echeance is not None and jalon.echeance < aujourd_hui,
    )


def _face_a_l_echeance(jalon: Jalon, tenu: date | None, aujourd_hui: date) -> str:
    if jalon.echeance is None:
        return ""
    if tenu is None:
        return par_rapport_a_aujourd_hui(jalon.echeance, aujourd_hui)
    jours = (tenu - jalon.echeance).days
    if not jours:
        return "à l’heure"
    return f"{duree(abs(jours))} {'après' if jours > 0 else 'avant'} l’échéance"


def _nationale(jalon: Jalon, nationales: dict[str, date]) -> date | None:
    """Passée avant que la démarche ne commence, la date nationale n'était pas pour elle."""
    nationale, debut = nationales.get(jalon.code), jalon.demarche.debut
    return None if nationale and debut and nationale < debut else nationale


def _face_au_national(
    nationale: date | None, tenu: date | None, echeance: date | None, aujourd_hui: date
) -> str:
    """« 4 mois après la date nationale (juin 2024) »."""
    if nationale is None:
        return ""
    compare = tenu or (max(echeance, aujourd_hui) if echeance else aujourd_hui)
    jours = (compare - nationale).days
    if jours > 0:
        return f"{duree(jours)} après la date nationale ({mois(nationale)})"
    if tenu is None and echeance is None:
        return f"date nationale : {mois(nationale)}"
    avance = f"{duree(-jours)} avant" if jours else "à"
    return f"{avance} la date nationale ({mois(nationale)})"


def moments(demarche: Demarche, jalons: list[Jalon], ecarts: dict[str, Ecart], aujourd_hui: date):
    """Les moments datés, du plus ancien au plus lointain, aujourd'hui compris : une requête."""
    trouves = [
        Moment(JALON, str(j), j.echeance, j.etat, _precision(j, ecarts[j.code])) for j in jalons if j.echeance
    ]
    seances = Seance.objects.filter(instance__demarche=demarche).exclude(etat=EtatSeance.ANNULEE)
    for seance in seances.select_related("instance").order_by("debut"):
        jour = timezone.localtime(seance.debut).date()
        trouves.append(Moment(SEANCE, str(seance.instance), jour, seance.etat, seance.get_etat_display()))
    trouves += [
        Moment(BORNE, libelle, jour)
        for libelle, jour in (("Début de la démarche", demarche.debut), ("Fin de la démarche", demarche.fin))
        if jour
    ]
    trouves.append(Moment(AUJOURD_HUI, "Aujourd’hui", aujourd_hui))
    return sorted(trouves, key=lambda m: m.jour)


def _precision(jalon: Jalon, ecart: Ecart) -> str:
    return f"{jalon.get_etat_display()}, {ecart.echeance}" if ecart.echeance else jalon.get_etat_display()


def retard_du_prochain(jalons: Iterable[Jalon]) -> str:
    """Une phrase pour la carte d'une démarche : le retard de son prochain jalon, le sien puis le national.

    Vide si rien n'est en retard. `jalons` : lus `calendriers.avec_date_nationale`.
    """
    jalon = next((j for j in jalons if not j.acquis), None)
    if jalon is None:
        return ""
    nationales = {jalon.code: jalon.nationale} if jalon.nationale else {}
    dit = ecart(jalon, nationales, timezone.localdate())
    national = dit.national if "après" in dit.national else ""
    return ", ".join(phrase for phrase in (dit.echeance if dit.retard else "", national) if phrase)
