"""Sessions ouvertes : ce qui les tient ouvertes, ce qui les ferme.

Fermer, c'est effacer la ligne et la session de Django avec elle : le cookie ne mène plus à rien.
"""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from gouvernance.models import Evenement, SessionOuverte, Utilisateur

INACTIVITE = timedelta(hours=2)
DUREE = timedelta(hours=12)
PREUVE = timedelta(minutes=15)
PAS = timedelta(minutes=1)  # « vue le » s'écrit une fois par minute au plus

FINS = {
    "inactivite": "Votre session s’est fermée après deux heures sans activité. Reconnectez-vous : "
    "vous reviendrez à la page que vous demandiez.",
    "duree": "Votre session s’est fermée : elle était ouverte depuis douze heures. Reconnectez-vous : "
    "vous reviendrez à la page que vous demandiez.",
}


def fin(session: SessionOuverte) -> str:
    """Pourquoi la session n'a plus cours (une clé de FINS) ; vide si elle tient."""
    maintenant = timezone.now()
    if maintenant - session.ouverte_le > DUREE:
        return "duree"
    return "inactivite" if maintenant - session.vue_le > INACTIVITE else ""


def noter_passage(session: SessionOuverte) -> None:
    maintenant = timezone.now()
    if maintenant - session.vue_le > PAS:
        SessionOuverte.objects.filter(pk=session.pk, vue_le__lt=maintenant - PAS).update(vue_le=maintenant)


def preuve_fraiche(session: SessionOuverte | None) -> bool:
    """L'identité a été vérifiée il y a un quart d'heure au plus."""
    return session is not None and timezone.now() - session.authentifiee_le <= PREUVE


def de(utilisateur: Utilisateur):
    """Les sessions d'un compte qui ont encore cours, la dernière vue d'abord."""
    maintenant = timezone.now()
    return utilisateur.sessions.filter(ouverte_le__gt=maintenant - DUREE, vue_le__gt=maintenant - INACTIVITE)


@transaction.atomic
def fermer(sessions) -> int:
    """Ferme un ensemble de SessionOuverte ; le nombre de sessions fermées."""
    cles = list(sessions.values_list("cle", flat=True))
    Session.objects.filter(session_key__in=cles).delete()
    SessionOuverte.objects.filter(cle__in=cles).delete()
    return len(cles)


def fermer_toutes(utilisateur: Utilisateur, *, sauf: str = "") -> int:
    """Ferme toutes les sessions d'un compte, sauf celle de clé `sauf` : désactivation, mot de passe, rôle."""
    return fermer(SessionOuverte.objects.filter(utilisateur=utilisateur).exclude(cle=sauf))


def fermer_pour_role(utilisateur: Utilisateur, *, par: Utilisateur | None) -> int:
    """Un rôle donné ou retiré ferme les sessions du compte ; qui change le sien reste où il est."""
    return 0 if par is not None and par.pk == utilisateur.pk else fermer_toutes(utilisateur)


@transaction.atomic
def fermer_a_la_main(sessions, *, par: Utilisateur) -> int:
    """Depuis « Mes sessions » : ferme et le note au journal."""
    nombre = fermer(sessions.filter(utilisateur=par))
    if nombre:
        Evenement.consigner(par, "fermer des sessions", par=par, vers=f"{nombre} fermée(s)")
    return nombre


def purger() -> int:
    """Efface les lignes des sessions qui n'ont plus cours."""
    return fermer(SessionOuverte.objects.filter(ouverte_le__lt=timezone.now() - DUREE))
