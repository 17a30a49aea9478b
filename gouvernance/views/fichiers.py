"""Servir un fichier du coffre ; s'il n'y est plus, ou plus tel qu'il y fut mis, le dire."""

import logging
from pathlib import PurePath
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from gouvernance.permissions import Acces
from gouvernance.socle import coffre

CADRE = "demarche_base.html"
journal = logging.getLogger(__name__)


class Fichier(NamedTuple):
    """Un objet du coffre et la façon de le remettre : en pièce jointe, ou affiché (`en_ligne`)."""

    empreinte: str
    extension: str
    nom: str
    type_mime: str = "application/pdf"
    en_ligne: bool = False


def du_coffre(request: HttpRequest, fichier: Fichier, absence: dict) -> HttpResponse:
    """Le fichier ; absent ou altéré, il n'est pas servi : page 404 en français, et une erreur au journal du
    serveur. `absence` : le contexte de cette page (demarche, page, retour, conseil ; facultatif : cadre).
    """
    try:
        octets = coffre.lire(fichier.empreinte, fichier.extension)
    except (coffre.ObjetAbsent, coffre.ObjetAltere) as erreur:
        journal.error("%s : %s", request.path, erreur)
        return render(
            request, "papiers/absent.html", {"cadre": CADRE, **absence, "nom": fichier.nom}, status=404
        )
    reponse = HttpResponse(octets, content_type=fichier.type_mime)
    reponse["Content-Disposition"] = content_disposition_header(not fichier.en_ligne, fichier.nom)
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse


def piece_jointe(request: HttpRequest, acces: Acces, piece, retour: str) -> HttpResponse:
    """Un fichier joint à une séance ou à une fiche, toujours en téléchargement ; `retour` : sa page."""
    absence = {
        "demarche": acces.demarche, "acces": acces, "page": piece.nom, "retour": retour,
        "conseil": "Demandez à la coordination de le joindre de nouveau.",
    }  # fmt: skip
    return du_coffre(request, fichier_de(piece), absence)


def fichier_de(piece) -> Fichier:
    extension = PurePath(piece.nom).suffix.lstrip(".")
    return Fichier(piece.empreinte, extension, piece.nom, piece.type_mime)
