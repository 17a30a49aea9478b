"""Ce que les écrans d'une démarche ont en commun : la trouver, savoir ce qu'on y peut, traiter une saisie."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from gouvernance.edition import DejaFait, consommer
from gouvernance.models import Demarche
from gouvernance.permissions import Acces, roles_lus
from gouvernance.socle.formulaires import differences
from gouvernance.socle.modeles import Conflit

CADRE = ("gouvernance__departement", "porteur")  # ce que l'en-tête de chaque écran montre d'une démarche


def ouvrir(request: HttpRequest, uuid, **lus) -> tuple[Demarche, Acces]:
    """La démarche, si la personne y a un rôle (sinon 404), et ce qu'elle peut y faire.

    `lus` : ce que la page annote de plus.
    """
    demarches = Demarche.objects.select_related(*CADRE).annotate(roles_lus=roles_lus(request.user), **lus)
    demarche = get_object_or_404(demarches, uuid=uuid)
    acces = Acces(request.user, demarche, demarche.roles_lus)
    if not acces.roles:
        raise Http404("Cette démarche n’existe pas pour qui n’y a aucun rôle.")
    return demarche, acces


class Saisie(NamedTuple):
    """Un formulaire à traiter : `ecrire` reçoit le formulaire valide ; `retour` est l'adresse où l'on va
    ensuite.
    """

    formulaire: object
    ecrire: Callable
    retour: str
    gabarit: str
    contexte: dict
    succes: str = "C’est enregistré."


def traiter(request: HttpRequest, saisie: Saisie) -> HttpResponse:
    """GET montre le formulaire ; POST l'enregistre (302), ou le remontre rempli avec ses erreurs (422).
    Le second bouton, « … et en ajouter un autre », ramène au formulaire vide.

    Un refus de la règle (ValidationError) s'affiche dans le formulaire ; un conflit de versions rend la
    page 409 avec les deux textes ; un double clic est sans effet.
    """
    formulaire = saisie.formulaire
    if request.method == "POST" and formulaire.is_valid():
        try:
            saisie.ecrire(formulaire)
        except ValidationError as erreur:
            rattacher(formulaire, erreur)
        except Conflit as conflit:
            return page_de_conflit(request, formulaire, conflit, saisie.retour)
        except DejaFait:
            messages.info(request, "C’était déjà enregistré : le second envoi n’a rien changé.")
            return redirect(saisie.retour)
        else:
            messages.success(request, saisie.succes)
            return redirect(request.get_full_path() if "encore" in request.POST else saisie.retour)
    if request.method == "POST" and not formulaire.is_bound:
        messages.error(request, "L’envoi est arrivé vide : rien n’a été enregistré.")
    statut = 422 if request.method == "POST" or (formulaire.is_bound and formulaire.errors) else 200
    contexte = {"formulaire": formulaire, "retour": saisie.retour, **saisie.contexte}
    return render(request, saisie.gabarit, contexte, status=statut)


def rattacher(formulaire, erreur: ValidationError) -> None:
    """Pose chaque message près de son champ, ou en tête s'il ne concerne aucun champ du formulaire."""
    if not hasattr(erreur, "error_dict"):
        formulaire.add_error(None, erreur)
        return
    for champ, fautes in erreur.error_dict.items():
        formulaire.add_error(champ if champ in formulaire.fields else None, fautes)


def page_de_conflit(request, formulaire, conflit: Conflit, retour: str) -> HttpResponse:
    if hasattr(formulaire, "differences"):  # un formulaire de plusieurs objets les compare lui-même
        ecarts = formulaire.differences()
    else:
        objet = formulaire.instance
        ecarts = differences(formulaire, type(objet)._base_manager.get(pk=objet.pk))
    contexte = {"message": str(conflit), "retour": retour, "differences": ecarts}
    return render(request, "409.html", contexte, status=409)


@transaction.atomic
def une_fois(formulaire, par, acte: Callable):
    """Brûle le jeton du formulaire et exécute l'acte, dans une même transaction (double clic)."""
    consommer(formulaire.cleaned_data.get("jeton"), par)
    return acte()


def agir(
    request: HttpRequest, acte: Callable, retour: str, succes: str | Callable[[], str] = "C’est fait."
) -> HttpResponse:
    """Exécute un acte (POST) et revient à la page, avec la phrase du succès ou celle du refus."""
    try:
        acte()
    except ValidationError as erreur:
        for phrase in erreur.messages:
            messages.error(request, phrase)
    except DejaFait:
        messages.info(request, "C’était déjà fait : le second envoi n’a rien changé.")
    else:
        messages.success(request, succes() if callable(succes) else succes)
    return redirect(retour)


def agir_une_fois(request: HttpRequest, acte: Callable, retour: str, succes: str) -> HttpResponse:
    """Comme `agir`, pour un bouton qui porte un jeton : un double clic n'envoie pas deux courriels."""

    @transaction.atomic
    def une_seule_fois():
        consommer(jeton_envoye(request), request.user)
        acte()

    return agir(request, une_seule_fois, retour, succes)


def jeton_envoye(request: HttpRequest) -> UUID | None:
    """Le jeton du bouton ; None s'il manque ou n'en est pas un."""
    try:
        return UUID(request.POST.get("jeton", ""))
    except ValueError:
        return None
