"""La feuille d'émargement : une case à signer par siège, et des lignes libres pour les invités."""

from typing import NamedTuple

from feuille_de_route.documents.papiers.blocs import Ecrit
from feuille_de_route.documents.papiers.seance import donne_a, entete, faits, nom_de
from feuille_de_route.models import NaturePapier
from gouvernance.models import Qualite

INVITES = 8


class Ligne(NamedTuple):
    rang: int
    structure: str
    nom: str
    qualite: str
    pouvoir: str


class Emargement(NamedTuple):
    """Les lignes à signer ; `invites` : les lignes laissées libres."""

    faits: list[tuple[str, str]]
    lignes: list[Ligne]
    invites: range
    genre: str = "emargement"


def emargement(dit: dict) -> Ecrit:
    par_cle = {siege["cle"]: siege for siege in dit["sieges"]}
    lignes = [_ligne(rang, siege, par_cle) for rang, siege in enumerate(dit["sieges"], start=1)]
    tableau = Emargement(faits(dit), lignes, range(INVITES))
    return entete(NaturePapier.EMARGEMENT, dit, [tableau])


def _ligne(rang: int, siege: dict, par_cle: dict) -> Ligne:
    preside = "préside" if siege["president"] else ""
    qualite = siege["fonction"] or (Qualite(siege["qualite"]).label if siege["qualite"] else "")
    porteur = par_cle.get(siege["pouvoir_a"])
    return Ligne(
        rang=rang,
        structure=siege["structure"],
        nom=nom_de(siege),
        qualite=" – ".join(filter(None, (qualite, preside))),
        pouvoir=donne_a(porteur) if porteur else "",
    )
