"""Un papier en PDF balisé, dans le dessin de la feuille de route."""

from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from feuille_de_route.documents.contenu.lecture import jour
from feuille_de_route.documents.papiers.blocs import Ecrit
from feuille_de_route.documents.papiers.dire import PARIS
from feuille_de_route.documents.rendu import Edition, html_vers_pdf

STATIQUES = settings.BASE_DIR / "static"


def html(ecrit: Ecrit, date: datetime) -> str:
    contexte = {
        "ecrit": ecrit,
        "edite_le": jour(date.astimezone(PARIS).date()),
        "style": mark_safe(_style()),  # noqa: S308 : nos propres fichiers, sans donnée saisie
        "marque_etat": settings.MARQUE_ETAT,
    }
    return render_to_string("pdf/papiers/papier.html", contexte)


def en_pdf(ecrit: Ecrit, identifiant: bytes, date: datetime) -> bytes:
    """Les octets du PDF ; les mêmes pour le même écrit, le même identifiant et la même date."""
    edition = Edition(titre=ecrit.nom, identifiant=identifiant, date=date)
    return html_vers_pdf(html(ecrit, date), edition, statiques=STATIQUES)


@lru_cache
def _style() -> str:
    return (STATIQUES / "css" / "papiers.css").read_text(encoding="utf-8")
