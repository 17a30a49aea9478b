"""Ce qu'ont en commun les fichiers joints (à une séance, à une fiche) : les ranger."""

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from gouvernance.models import Utilisateur
from gouvernance.socle import coffre, pieces

PIECES_MAX = 20


def ranger(piece: Model, octets: bytes, *, jointes: QuerySet, par: Utilisateur | None) -> None:
    """Vérifie le fichier dont `piece` porte le nom d'origine, le range au coffre et enregistre la pièce.

    `jointes` : les pièces que porte déjà l'objet, que l'appelant tient sous verrou.
    Lève ValidationError (format, taille, déjà joint, plus de vingt documents).
    """
    if jointes.count() >= PIECES_MAX:
        raise ValidationError(f"On y joint {PIECES_MAX} documents au plus : retirez-en un d’abord.")
    lue = pieces.verifier(piece.nom, octets)
    piece.nom, piece.type_mime, piece.taille = lue.nom, lue.type_mime, len(octets)
    piece.empreinte = coffre.deposer(octets, lue.extension)
    piece.attribuer(par)
    piece.full_clean()
    piece.save()
