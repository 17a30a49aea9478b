"""Les documents joints à une séance : les déposer au coffre, les retirer."""

from django.core.exceptions import ValidationError
from django.db import transaction

from gouvernance import pieces_jointes
from gouvernance.models import EtatSeance, Evenement, PieceDeSeance, Utilisateur
from gouvernance.permissions import exiger
from gouvernance.reunions.seances import refuser_si_finie, verrouiller


@transaction.atomic
def joindre(seance_pk: int, nom: str, octets: bytes, *, par: Utilisateur | None) -> PieceDeSeance:
    """Vérifie le fichier, le range au coffre et le joint.

    Lève PermissionDenied ; ValidationError (séance annulée, format, taille, déjà joint, trop de documents).
    """
    seance = verrouiller(seance_pk)
    demarche = seance.instance.demarche
    exiger(par, demarche, "tenir_seance")
    if seance.etat == EtatSeance.ANNULEE:
        raise ValidationError("La séance est annulée : on n’y joint plus de document.")
    piece = PieceDeSeance(seance=seance, nom=nom)
    pieces_jointes.ranger(piece, octets, jointes=seance.pieces.all(), par=par)
    Evenement.consigner(piece, "joindre un document", par=par, demarche=demarche, vers=piece.nom)
    return piece


@transaction.atomic
def retirer(piece: PieceDeSeance, *, par: Utilisateur | None) -> None:
    """Retire un document d'une séance qui n'est pas finie ; le coffre, lui, n'efface rien."""
    seance = verrouiller(piece.seance_id)
    demarche = seance.instance.demarche
    exiger(par, demarche, "tenir_seance")
    refuser_si_finie(seance, "ses documents ne changent plus")
    Evenement.consigner(piece, "retirer un document", par=par, demarche=demarche, de=piece.nom)
    PieceDeSeance.objects.filter(pk=piece.pk).delete()
