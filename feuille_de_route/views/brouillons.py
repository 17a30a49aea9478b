"""Tirer un brouillon d'une fiche lue ailleurs, et y mener ; le second clic y mène aussi."""

from collections.abc import Callable
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect

from gouvernance.edition import DejaFait
from gouvernance.views.commun import jeton_envoye


def ouvrir_le_brouillon(request, acte: Callable[[UUID], object], sinon: str) -> HttpResponse:
    """`acte(jeton)` crée la fiche, dont l'adresse est tirée du jeton ; `sinon` : où l'on revient, refusé."""
    jeton = jeton_envoye(request) or uuid4()
    try:
        acte(jeton)
    except ValidationError as erreur:
        for phrase in erreur.messages:
            messages.error(request, phrase)
        return redirect(sinon)
    except DejaFait:
        messages.info(request, "Le brouillon existait déjà : le second envoi n’a rien changé.")
    else:
        messages.success(request, "Voici votre brouillon : il garde le lien avec sa source. Adaptez-le.")
    return redirect("fiche", uuid=request.resolver_match.kwargs["uuid"], fiche_uuid=jeton)
