"""Les fichiers joints à une fiche (devis, convention, photo) : qui l'écrit les joint et les retire, qui la
voit les lit.
"""

from django.db import transaction

from feuille_de_route import fiches
from feuille_de_route.models import FicheAction, PieceDeFiche
from gouvernance import pieces_jointes
from gouvernance.models import Evenement, Utilisateur
from gouvernance.permissions import Acces

JOINDRE, RETIRER = "joindre un document", "retirer un document"


@transaction.atomic
def joindre(fiche: FicheAction, nom: str, octets: bytes, *, par: Utilisateur | None) -> PieceDeFiche:
    """Vérifie le fichier, le range au coffre et le joint.

    Lève PermissionDenied ; ValidationError (étape ou état de la fiche, format, taille, déjà joint, trop de
    documents).
    """
    fiche = _tenir(fiche, par)
    piece = ranger(PieceDeFiche(fiche=fiche, nom=nom), octets, par=par)
    Evenement.consigner(fiche, JOINDRE, par=par, vers=piece.nom)
    return piece


def ranger(piece: PieceDeFiche, octets: bytes, *, par: Utilisateur | None) -> PieceDeFiche:
    """Le cœur de `joindre` ; l'appelant tient la fiche, a vérifié qui écrit, et tient le journal."""
    pieces_jointes.ranger(piece, octets, jointes=piece.fiche.pieces.all(), par=par)
    return piece


@transaction.atomic
def retirer(piece: PieceDeFiche, *, par: Utilisateur | None) -> None:
    """Retire un document d'une fiche qui s'écrit encore ; le coffre, lui, n'efface rien."""
    fiche = _tenir(piece.fiche, par)
    Evenement.consigner(fiche, RETIRER, par=par, de=piece.nom)
    PieceDeFiche.objects.filter(pk=piece.pk).delete()


def _tenir(fiche: FicheAction, par: Utilisateur | None) -> FicheAction:
    tenue = fiches.verrouiller(fiche.pk, fiche.demarche_id)
    if par is not None:
        fiches.exiger_edition(tenue, Acces(par, tenue.demarche))
    return tenue
