"""Compter les essais en base : par adresse et par origine, sur une fenêtre glissante.

Un essai s'inscrit avant d'être évalué, sous un verrou par clé : cent demandes à la fois n'en font pas
évaluer plus que la limite. Ce qui est refusé ne s'inscrit pas : nul n'est enfermé dehors, la fenêtre glisse.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from gouvernance.models import TentativeDeConnexion

FENETRE = timedelta(minutes=15)
GARDE = timedelta(hours=1)  # la plus longue fenêtre comptée ici : celle des candidatures


class Limite(NamedTuple):
    """Essais évalués par fenêtre : pour une adresse, et pour une origine (un bureau partage la sienne)."""

    par_adresse: int
    par_origine: int


LIMITES = {
    "mot_de_passe": Limite(10, 30), "code": Limite(10, 30), "lien": Limite(5, 30),
    "code_fiche": Limite(10, 30), "lien_fiche": Limite(5, 30),
}  # fmt: skip


class TropDEssais(Exception):
    """La limite est atteinte ; `reprise` : quand un essai sera de nouveau évalué."""

    def __init__(self, reprise: datetime):
        self.reprise = reprise
        heure = timezone.localtime(reprise + timedelta(minutes=1))
        super().__init__(f"Trop d’essais ont eu lieu. Réessayez à partir de {heure:%H h %M}.")


class Reservation(NamedTuple):
    lignes: list[int]
    cle_adresse: str


@transaction.atomic
def reserver(porte: str, email: str, origine: str) -> Reservation:
    """Inscrit un essai avant qu'on l'évalue. Lève TropDEssais si la fenêtre est pleine.

    À appeler hors de toute transaction : l'inscription doit survivre à l'échec de l'essai.
    """
    limite = LIMITES[porte]
    cles = {_cle(porte, "adresse", email): limite.par_adresse}
    if origine:
        cles[_cle(porte, "origine", origine)] = limite.par_origine
    for cle in sorted(cles):  # toujours dans le même ordre : deux essais croisés ne se bloquent pas
        _verrouiller(cle)
    for cle, permis in cles.items():
        _exiger_de_la_place(cle, permis)
    lignes = [TentativeDeConnexion.objects.create(cle=cle).pk for cle in cles]
    return Reservation(lignes, next(iter(cles)))


def oublier(reservation: Reservation) -> None:
    """L'essai était juste : il ne compte pas, et ceux de l'adresse s'effacent."""
    TentativeDeConnexion.objects.filter(pk__in=reservation.lignes).delete()
    TentativeDeConnexion.objects.filter(cle=reservation.cle_adresse).delete()


def purger() -> int:
    """Efface ce qui ne compte plus, nulle part ; le nombre de lignes effacées."""
    perimees = TentativeDeConnexion.objects.filter(le__lt=timezone.now() - GARDE)
    libres = perimees.select_for_update(skip_locked=True)
    with transaction.atomic():
        return TentativeDeConnexion.objects.filter(pk__in=[t.pk for t in libres]).delete()[0]


def _exiger_de_la_place(cle: str, permis: int) -> None:
    debut = timezone.now() - FENETRE
    TentativeDeConnexion.objects.filter(cle=cle, le__lte=debut).delete()
    instants = TentativeDeConnexion.objects.filter(cle=cle).order_by("-le").values_list("le", flat=True)
    recents = list(instants[:permis])
    if len(recents) >= permis:
        raise TropDEssais(recents[-1] + FENETRE)


def _cle(porte: str, sorte: str, valeur: str) -> str:
    """Empreinte : ni l'adresse ni l'origine ne se lisent dans la table."""
    return salted_hmac(f"tentative:{porte}:{sorte}", valeur.strip().lower(), algorithm="sha256").hexdigest()


def _verrouiller(cle: str) -> None:
    """Tenu jusqu'à la fin de la transaction ; une clé encore sans ligne se verrouille aussi."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_advisory_xact_lock(%s)", [int(cle[:15], 16)])
