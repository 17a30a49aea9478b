"""Dire un écart entre deux jours comme on le dirait : jours, semaines, mois."""

from datetime import date

from django.utils import formats

from gouvernance.socle.mots import compter


def duree(jours: int) -> str:
    """« 1 jour », « 12 jours », « 3 semaines », « 4 mois », « 2 ans » ; `jours` ≥ 0.

    En jours jusqu'à deux semaines, en semaines jusqu'à deux mois, puis en mois, et en années après deux ans.
    """
    if jours < 15:
        return compter(jours, "jour")
    if jours < 60:
        return f"{round(jours / 7)} semaines"
    if jours < 730:
        return f"{round(jours / 30.44)} mois"
    return f"{round(jours / 365.25)} ans"


def par_rapport_a_aujourd_hui(jour: date, aujourd_hui: date) -> str:
    """« en retard de 12 jours », « aujourd’hui », « dans 3 semaines »."""
    ecart = (jour - aujourd_hui).days
    if ecart < 0:
        return f"en retard de {duree(-ecart)}"
    return f"dans {duree(ecart)}" if ecart else "aujourd’hui"


def mois(jour: date) -> str:
    """« juin 2024 »."""
    return formats.date_format(jour, "F Y")
