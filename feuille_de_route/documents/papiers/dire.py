"""Dates, heures, durées et nombres, comme on les écrit dans un procès-verbal."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from feuille_de_route.documents.contenu.lecture import INSECABLE, jour

PARIS = ZoneInfo("Europe/Paris")
JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
UNITES = (
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze"),
    *("treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"),
)
DIZAINES = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}


def lire_instant(iso: str) -> datetime:
    """Un instant écrit par la base, à l'heure de Paris."""
    return datetime.fromisoformat(iso).astimezone(PARIS)


def jour_de(quand: datetime | str) -> str:
    """« 1er mars 2026 »."""
    return jour(quand.date() if isinstance(quand, datetime) else quand)


def jour_court(iso: str) -> str:
    """« 01/03/2026 », pour une colonne étroite."""
    return f"{date.fromisoformat(iso):%d/%m/%Y}"


def jour_nomme(moment: datetime) -> str:
    """« mardi 10 février 2026 »."""
    return f"{JOURS[moment.weekday()]}{INSECABLE}{jour(moment.date())}"


def heure(moment: datetime) -> str:
    """« 14 h 05 »."""
    return f"{moment.hour}{INSECABLE}h{INSECABLE}{moment.minute:02d}"


def duree(minutes: int | None) -> str:
    """« 45 min », « 1 h 30 » ; vide si elle n'est pas connue."""
    if not minutes:
        return ""
    heures, reste = divmod(minutes, 60)
    if not heures:
        return f"{reste}{INSECABLE}min"
    return f"{heures}{INSECABLE}h" + (f"{INSECABLE}{reste:02d}" if reste else "")


def en_toutes_lettres(nombre: int, *, feminin: bool = False) -> str:
    """« vingt et un » ; en chiffres à partir de cent, où l'on ne les lirait plus."""
    if nombre >= 100:
        return str(nombre)
    mots = _moins_de_cent(nombre)
    return f"{mots}e" if feminin and (mots == "un" or mots.endswith((" un", "-un"))) else mots


def _moins_de_cent(nombre: int) -> str:
    if nombre < 20:
        return UNITES[nombre]
    dizaine, unite = divmod(nombre, 10)
    if dizaine in {7, 9}:
        dizaine, unite = dizaine - 1, unite + 10
    tete = DIZAINES[dizaine]
    if unite == 0:
        return f"{tete}s" if dizaine == 8 else tete
    if unite in {1, 11} and dizaine != 8:
        return f"{tete} et {UNITES[unite]}"
    return f"{tete}-{UNITES[unite]}"
