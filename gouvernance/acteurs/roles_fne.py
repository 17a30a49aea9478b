"""Les rôles France Numérique Ensemble d'un membre : déduits de faits, jamais saisis.

Ici, ce que la gouvernance sait ; les financements et les signatures s'y ajoutent dans
`feuille_de_route.argent.roles_fne`, qui voit les fiches.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import TextChoices

from gouvernance.models import Demarche, Membre, Siege


class RoleFne(TextChoices):
    """Ce qu’un membre fait dans la démarche, au-delà d’en être."""

    CO_PORTEUR = "coporteur", "Co-porteur"
    CO_FINANCEUR = "cofinanceur", "Co-financeur"
    BENEFICIAIRE = "beneficiaire", "Bénéficiaire"
    SIGNATAIRE = "signataire", "Signataire"
    PRESIDENCE = "presidence", "Présidence d’instance"


class Fait(NamedTuple):
    """Un rôle et ce qui le prouve."""

    role: RoleFne
    preuve: str


Faits = dict[int, list[Fait]]  # clé : celle de la structure


def connus(demarche: Demarche, membres: Iterable[Membre]) -> Faits:
    """Les rôles que la gouvernance connaît, en une requête."""
    faits: Faits = defaultdict(list)
    for membre in membres:
        porte = membre.structure_id == demarche.porteur_id
        if membre.co_porteur or porte:
            preuve = "porte la démarche" if porte else "porte la gouvernance avec d’autres"
            faits[membre.structure_id].append(Fait(RoleFne.CO_PORTEUR, preuve))
    presides = Siege.objects.filter(
        instance__demarche=demarche, president=True, instance__dissoute_le=None
    ).select_related("instance")
    for siege in presides:
        faits[siege.structure_id].append(Fait(RoleFne.PRESIDENCE, f"préside « {siege.instance} »"))
    return faits
