"""Le rendez-vous d'une séance au format iCalendar (RFC 5545, RFC 5546) : écrire un .ics, relire celui qui est
parti.

L'identifiant est celui de la séance et ne change jamais : l'agenda du destinataire remplace le rendez-vous au
lieu d'en ajouter un. Seule la personne à qui l'on écrit y figure comme participante : les adresses des autres
ne circulent pas.
"""

from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText

from gouvernance import courriels
from gouvernance.models import PointOrdreDuJour, Seance

PARIS = ZoneInfo("Europe/Paris")
REQUETE, ANNULATION, PUBLICATION = "REQUEST", "CANCEL", "PUBLISH"
TYPE_MIME = "text/calendar; method={}"
NOM = "seance.ics"
PRODUIT = "-//Feuille de route//Seances//FR"
VISIO = "Visioconférence : "
HEURE, DEUX_HEURES = timedelta(hours=1), timedelta(hours=2)


class Annonce(NamedTuple):
    """Ce qu'un rendez-vous annonce, tel qu'on le compare d'un envoi à l'autre (heures de Paris)."""

    debut: datetime
    fin: datetime
    lieu: str
    visioconference: str
    ordre_du_jour: tuple[str, ...]


def annonce_de(seance: Seance, points: list[PointOrdreDuJour]) -> Annonce:
    exact = seance.debut.replace(microsecond=0)  # iCalendar compte en secondes
    debut, fin = (i.astimezone(PARIS) for i in (exact, exact + timedelta(minutes=seance.duree)))
    lignes = tuple(_dire(rang, point) for rang, point in enumerate(points, start=1))
    return Annonce(debut, fin, seance.lieu, seance.visioconference, lignes)


def _dire(rang: int, point: PointOrdreDuJour) -> str:
    precisions = [f"{point.duree} min" if point.duree else "", point.rapporteur]
    suite = ", ".join(filter(None, precisions))
    return f"{rang}. {' '.join(point.objet.split())}" + (f" ({suite})" if suite else "")


def ecrire(seance: Seance, points: list[PointOrdreDuJour], methode: str, invite: tuple[str, str] = ()) -> str:
    """Le fichier .ics. `invite` : (nom, adresse) de la personne à qui on l'envoie ; vide s'il se télécharge.

    `methode` : REQUETE (convocation et changements), ANNULATION, PUBLICATION (téléchargement).
    """
    calendrier = Calendar()
    calendrier.add("prodid", PRODUIT)
    calendrier.add("version", "2.0")
    calendrier.add("calscale", "GREGORIAN")
    calendrier.add("method", methode)
    calendrier.add_component(_fuseau())
    calendrier.add_component(_evenement(seance, points, methode, invite))
    return calendrier.to_ical().decode()


def _fuseau() -> Timezone:
    """L'heure de Paris : été du dernier dimanche de mars à 2 h au dernier dimanche d'octobre à 3 h.

    La bibliothèque saurait la déduire, mais elle date le passage à l'heure d'été d'une heure trop tard.
    """
    fuseau = Timezone()
    fuseau.add("tzid", "Europe/Paris")
    for genre, nom, debut, de, vers in (
        (TimezoneDaylight, "CEST", datetime(1981, 3, 29, 2), HEURE, DEUX_HEURES),  # noqa: DTZ001 — heure murale
        (TimezoneStandard, "CET", datetime(1996, 10, 27, 3), DEUX_HEURES, HEURE),  # noqa: DTZ001
    ):
        regle = genre()
        regle.add("dtstart", debut)
        regle.add("rrule", {"freq": "yearly", "bymonth": debut.month, "byday": "-1su"})
        regle.add("tzname", nom)
        regle.add("tzoffsetfrom", de)
        regle.add("tzoffsetto", vers)
        fuseau.add_component(regle)
    return fuseau


def _evenement(seance: Seance, points, methode: str, invite) -> Event:
    annonce, demarche = annonce_de(seance, points), seance.instance.demarche
    evenement = Event()
    evenement.add("uid", str(seance.uuid))
    evenement.add("sequence", seance.sequence)
    evenement.add("dtstamp", timezone.now().astimezone(ZoneInfo("UTC")))
    evenement.add("dtstart", annonce.debut)
    evenement.add("dtend", annonce.fin)
    evenement.add("summary", f"{seance.instance} – {demarche}")
    evenement.add("status", "CANCELLED" if methode == ANNULATION else "CONFIRMED")
    evenement.add("location", annonce.lieu)
    evenement.add("description", _description(seance, annonce))
    evenement.add("url", courriels.adresse("seance", demarche.uuid, seance.uuid))
    evenement.add("organizer", _organisateur(seance))
    if invite:
        evenement.add("attendee", _participant(*invite))
    return evenement


def _description(seance: Seance, annonce: Annonce) -> str:
    acces = [f"{VISIO}{annonce.visioconference}"] if annonce.visioconference else []
    return "\n".join(["Ordre du jour", *annonce.ordre_du_jour, "", *acces, f"Référence : {seance.reference}"])


def _organisateur(seance: Seance) -> vCalAddress:
    """Qui a planifié la séance : il ne change pas, sans quoi les agendas refuseraient les mises à jour."""
    auteur = seance.cree_par
    nom, adresse = (auteur.nom_complet, auteur.email) if auteur else parseaddr(settings.DEFAULT_FROM_EMAIL)
    if not adresse:
        raise ImproperlyConfigured("DEFAULT_FROM_EMAIL ne contient pas d’adresse.")
    organisateur = vCalAddress(f"mailto:{adresse}")
    organisateur.params["CN"] = vText(nom or adresse)
    return organisateur


def _participant(nom: str, adresse: str) -> vCalAddress:
    participant = vCalAddress(f"mailto:{adresse}")
    for cle, valeur in (("CN", nom), ("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "NEEDS-ACTION")):
        participant.params[cle] = vText(valeur)
    participant.params["RSVP"] = vText("TRUE")
    return participant


def relire(texte: str) -> Annonce:
    """Ce qu'annonçait un .ics que nous avons écrit."""
    evenement = Calendar.from_ical(texte).walk("VEVENT")[0]
    ordre_du_jour, _, suite = str(evenement["description"]).partition("\n\n")
    visio = next((ligne for ligne in suite.splitlines() if ligne.startswith(VISIO)), "")
    return Annonce(
        evenement.decoded("dtstart").astimezone(PARIS),
        evenement.decoded("dtend").astimezone(PARIS),
        str(evenement["location"]),
        visio.removeprefix(VISIO),
        tuple(ordre_du_jour.splitlines()[1:]),
    )
