"""Les dates de la démonstration : comptées en jours depuis le début de la démarche, ou en années d'action."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

DUREE = 400  # jours entre le début de la démarche départementale et le jour où elle est jouée
SAMEDI = 5
FERIES = {(1, 1), (5, 1), (5, 8), (7, 14), (11, 1), (11, 11)}  # (mois, jour), hors fêtes mobiles


def _ouvre(jour: date) -> bool:
    conges = jour.month == 8 or (jour.month == 12 and jour.day > 22) or (jour.month == 1 and jour.day < 4)
    return jour.weekday() < SAMEDI and not conges and (jour.month, jour.day) not in FERIES


class Calendrier:
    """`debut` : premier jour de la démarche ; l'année d'action 0 est celle où le plan commence."""

    def __init__(self, debut: date, duree: int = DUREE):
        self.debut = debut
        self.annee_0 = (debut + timedelta(days=duree + 60)).year

    def jour(self, numero: int) -> date:
        """Le jour ouvré numéro `numero` de la démarche, ou le dernier avant lui : on ne se réunit ni le
        week-end, ni en août, ni pendant les fêtes de fin d'année.
        """
        jour = self.debut + timedelta(days=numero)
        while not _ouvre(jour):
            jour -= timedelta(days=1)
        return jour

    def heure(self, numero: int, heure: str) -> datetime:
        """« 14:30 », heure de Paris."""
        return timezone.make_aware(datetime.combine(self.jour(numero), time.fromisoformat(heure)))

    def annee(self, rang: int) -> int:
        return self.annee_0 + rang

    def mois(self, repere: str, *, fin: bool = False) -> date:
        """« 0-03 » : le premier mars de l'année d'action 0 ; `fin` : le dernier jour du mois."""
        rang, mois = repere.rsplit("-", 1)
        annee, mois = self.annee(int(rang)), int(mois)
        if not fin:
            return date(annee, mois, 1)
        return date(annee + mois // 12, mois % 12 + 1, 1) - timedelta(days=1)
