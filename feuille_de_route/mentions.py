"""Prévenir ceux que l'on a cités : un courriel par personne et par jour, qui réunit tout ce qui l'attend.

La mention est la file : elle attend tant que `prevenue_le` est vide. Ce qui arrive après le courriel du jour
part le lendemain ; rejouer ne double rien et ne perd rien.
"""

from collections import defaultdict
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from feuille_de_route.models import FicheAction, Mention
from gouvernance import courriels
from gouvernance.courriels import Lettre
from gouvernance.models import Utilisateur

GENRE = "mentions"
RECENTES = timedelta(days=30)  # au-delà, prévenir n'apprend plus rien
EXTRAIT = 280  # signes d'un commentaire cités dans le courriel


@transaction.atomic
def prevenir(aujourd_hui: date | None = None) -> int:
    """Écrit les courriels dus et rend leur nombre."""
    aujourd_hui = aujourd_hui or timezone.localdate()
    ecrits = 0
    for personne, attendues in _dues().items():
        visibles = _encore_visibles(personne, attendues)
        if not visibles or courriels.deposer(_lettre(personne, visibles, aujourd_hui)) is None:
            continue
        Mention.objects.filter(pk__in=[m.pk for m in visibles]).update(prevenue_le=timezone.now())
        ecrits += 1
    return ecrits


def _dues() -> dict[Utilisateur, list[Mention]]:
    """Les mentions qui attendent, par personne, tenues jusqu'à la fin de la transaction."""
    attendues = (
        Mention.objects.filter(
            prevenue_le=None, utilisateur__is_active=True, commentaire__cree_le__gte=timezone.now() - RECENTES
        )
        .select_for_update(of=("self",), skip_locked=True)
        .select_related(
            "utilisateur",
            "commentaire__cree_par",
            "commentaire__lien__structure",
            "commentaire__fiche__demarche",
        )
    )
    par_personne = defaultdict(list)
    for mention in attendues:
        par_personne[mention.utilisateur].append(mention)
    return par_personne


def _encore_visibles(personne: Utilisateur, mentions: list[Mention]) -> list[Mention]:
    """Qui n'a plus son mandat, ou ne voit plus la fiche, n'en reçoit rien."""
    fiches = {m.commentaire.fiche_id for m in mentions}
    vues = set(FicheAction.objects.visibles_par(personne).filter(pk__in=fiches).values_list("pk", flat=True))
    return [m for m in mentions if m.commentaire.fiche_id in vues]


def _lettre(personne: Utilisateur, mentions: list[Mention], jour: date) -> Lettre:
    dites = [
        {
            "fiche": m.commentaire.fiche,
            "auteur": m.commentaire.auteur,
            "extrait": _extrait(m.commentaire.texte),
            "adresse": courriels.adresse(
                "fiche_echanges", m.commentaire.fiche.demarche.uuid, m.commentaire.fiche.uuid
            )
            + f"#commentaire-{m.commentaire.uuid}",
        }
        for m in mentions
    ]
    demarches = {m.commentaire.fiche.demarche for m in mentions}
    return Lettre(
        genre=GENRE, destinataire=personne.email, gabarit="mentions", contexte={"mentions": dites},
        cle=f"{GENRE}:{jour:%Y-%m-%d}:{personne.email}",
        demarche=demarches.pop() if len(demarches) == 1 else None,
    )  # fmt: skip


def _extrait(texte: str) -> str:
    seul = " ".join(texte.split())
    return seul if len(seul) <= EXTRAIT else seul[: EXTRAIT - 1].rstrip() + "…"
