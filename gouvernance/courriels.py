"""Écrire un courriel, l'envoyer : la ligne naît avec l'acte qui la motive, un travailleur l'envoie ensuite.

Un envoi tient le verrou de sa ligne : deux travailleurs n'envoient pas le même. S'il meurt après que le
serveur de courrier a pris le message et avant de le noter, le message repart avec le même Message-ID, que les
messageries reconnaissent.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.template import Context
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone

from gouvernance.models import Courriel, Demarche, EtatCourriel, PieceDeCourriel, Utilisateur
from gouvernance.socle import coffre, secrets

journal = logging.getLogger(__name__)
JETON, CODE = "[[jeton]]", "[[code]]"  # ce que le corps gardé porte à la place du secret


class PieceJointe(NamedTuple):
    """Un texte (`contenu`, par exemple un .ics) ou un fichier du coffre (`empreinte`), jamais les deux."""

    nom: str
    type_mime: str
    contenu: str = ""
    empreinte: str = ""


class Lettre(NamedTuple):
    """Ce qu'il faut dire, et à qui.

    `gabarit` : templates/courriels/<gabarit>.txt, première ligne le sujet, une ligne vide, le corps.
    `cle` : genre, objet, personne, période ; une clé déjà écrite ne donne pas de second courriel.
    `graine` : celle du secret que le gabarit cite par {{ jeton }} et {{ code }} ; tirée au hasard sinon.
    """

    genre: str
    destinataire: str  # vide : dit par `deposer_pour`
    gabarit: str
    contexte: dict
    cle: str
    demarche: Demarche | None = None
    objet_lie: UUID | None = None
    pieces: Iterable[PieceJointe] = ()
    graine: UUID | None = None


def adresse(nom: str, *args) -> str:
    """Adresse absolue d'une page, pour un courriel ou un document."""
    return settings.ADRESSE_PUBLIQUE + reverse(nom, args=args)


def deposer(lettre: Lettre) -> Courriel | None:
    """Écrit le courriel dans la transaction en cours ; None si sa clé est déjà prise."""
    contexte = {**lettre.contexte, "jeton": JETON, "code": CODE, "site": settings.ADRESSE_PUBLIQUE}
    gabarit = get_template(f"courriels/{lettre.gabarit}.txt").template
    texte = gabarit.render(Context(contexte, autoescape=False)).strip()
    sujet, _, corps = texte.partition("\n")
    courriel, neuf = Courriel.objects.get_or_create(
        cle=lettre.cle[:250],
        defaults={
            "uuid": lettre.graine or uuid4(),
            "genre": lettre.genre,
            "objet_lie": lettre.objet_lie,
            "demarche": lettre.demarche,
            "destinataire": lettre.destinataire,
            "sujet": " ".join(sujet.split())[:200],
            "corps": corps.strip() + "\n",
        },
    )
    if not neuf:
        return None
    PieceDeCourriel.objects.bulk_create(
        PieceDeCourriel(courriel=courriel, **piece._asdict()) for piece in lettre.pieces
    )
    return courriel


def deposer_pour(
    lettre: Lettre, comptes: QuerySet[Utilisateur], *, sauf: Utilisateur | None = None
) -> list[Courriel]:
    """La même lettre à chacun, à son adresse et sous sa clé ; qui l'a déjà reçue n'en a pas d'autre. `sauf` :
    l'auteur de l'acte, qui le sait déjà.
    """
    autres = comptes.exclude(pk=sauf.pk) if sauf else comptes
    siennes = (
        lettre._replace(destinataire=compte.email, cle=f"{lettre.cle}:{compte.pk}")
        for compte in autres.order_by("pk").distinct()
    )
    return [ecrit for sienne in siennes if (ecrit := deposer(sienne))]


def envoyer(courriel_pk: int) -> bool:
    """Envoie un courriel en attente ; faux s’il n’y a rien à faire, ou si l’envoi échoue (il sera repris)."""
    with transaction.atomic():
        courriel = Courriel.objects.prendre(courriel_pk)
        if courriel is None:
            return False
        try:
            _message(courriel).send()
        except Exception as erreur:
            journal.exception("Courriel %s : échec de l'envoi", courriel.uuid)
            if courriel.noter_echec(f"Le serveur de courrier n’a pas pris le message ({erreur})."[:500]):
                courriel.etat = EtatCourriel.ECHEC
            courriel.save()
            return False
        courriel.etat, courriel.envoye_le, courriel.erreur = EtatCourriel.ENVOYE, timezone.now(), ""
        courriel.save()
        return True


def _message(courriel: Courriel) -> EmailMessage:
    secret = secrets.tirer(courriel.uuid)
    message = EmailMessage(
        subject=courriel.sujet,
        body=courriel.corps.replace(JETON, secret.jeton).replace(CODE, secret.code),
        to=[courriel.destinataire],
        headers={
            "Message-ID": f"<{courriel.uuid}@{urlsplit(settings.ADRESSE_PUBLIQUE).hostname or 'localhost'}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    for piece in courriel.pieces.all():
        message.attach(piece.nom, _contenu(piece), piece.type_mime)
    return message


def _contenu(piece: PieceDeCourriel) -> bytes:
    if not piece.empreinte:
        return piece.contenu.encode()
    return coffre.lire(piece.empreinte, Path(piece.nom).suffix.lstrip(".").lower())
