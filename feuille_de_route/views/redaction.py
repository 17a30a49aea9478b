"""Écrire une section de fiche : le même écran pour qui a un compte et pour qui vient par un lien.

`Redaction` dit qui écrit et à quelles adresses ; `rediger` fait le reste.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from feuille_de_route.financement import compte
from feuille_de_route.forms.fiches import SECTIONS, Section
from feuille_de_route.forms.series import MAXIMUM
from feuille_de_route.models import FicheAction
from gouvernance.models import Demarche
from gouvernance.permissions import Acces, Droit
from gouvernance.socle.identifiants import cle_ou_zero
from gouvernance.socle.modeles import Conflit
from gouvernance.views.commun import Saisie, page_de_conflit, traiter

GABARIT = "feuille_de_route/fiche_section.html"


@dataclass(frozen=True)
class SansCompte:
    """Ce que peut dans la démarche une personne sans compte : rien de plus que sa fiche."""

    demarche: Demarche

    def autorise(self, droit: Droit) -> bool:
        return False


@dataclass(frozen=True)
class Redaction:
    """Qui écrit une fiche, et où.

    `ecrire` : la règle, qui reçoit le formulaire valide et vérifie tout de nouveau sous verrou ;
    `adresses` : code de section → adresse de sa page ; `retour` : la page où l'on relit la fiche ;
    `refus` : pourquoi elle ne s'écrit pas maintenant, vide sinon ; `cadre` : le gabarit qui entoure
    l'écran (blocs titre, tete, page).
    """

    fiche: FicheAction
    acces: Acces | SansCompte
    ecrire: Callable[[Section], object]
    adresses: dict[str, str]
    retour: str
    refus: str = ""
    cadre: str = "demarche_base.html"

    def contexte(self, formulaire: Section, code: str) -> dict:
        """Ce que montre la page d'une section."""
        return {
            "redaction": self,
            "cadre": self.cadre,
            "retour": self.retour,
            "demarche": self.acces.demarche,
            "acces": self.acces,
            "fiche": self.fiche,
            "titre": formulaire.titre,
            "aide": formulaire.aide,
            "compte": compte(self.fiche) if code == "moyens" else None,
        }


def rediger(request: HttpRequest, redaction: Redaction, code: str) -> HttpResponse:
    """La page d'une section : champs et séries de lignes sous un seul bouton, une seule version."""
    if code not in SECTIONS:
        raise Http404
    if redaction.refus and request.method != "POST":  # une saisie envoyée, elle, se remontre avec le refus
        messages.error(request, redaction.refus)
        return redirect(redaction.retour)
    fiche, acces = redaction.fiche, redaction.acces
    if request.method == "POST" and "ajouter" in request.POST:
        formulaire = _avec_une_ligne(request, redaction, code)
        contexte = redaction.contexte(formulaire, code)
        return render(request, GABARIT, {"formulaire": formulaire, **contexte})
    formulaire = SECTIONS[code](
        request.POST or None, instance=fiche, acces=acces, initial={"version": fiche.version}
    )
    if _depassee(formulaire, fiche):
        conflit = Conflit(f"« {fiche} » a été modifiée par quelqu’un d’autre pendant votre saisie.")
        return page_de_conflit(request, formulaire, conflit, request.path)
    contexte = redaction.contexte(formulaire, code)
    return traiter(request, Saisie(formulaire, redaction.ecrire, redaction.retour, GABARIT, contexte))


def _depassee(formulaire, fiche: FicheAction) -> bool:
    """Une saisie invalide sur une version ancienne : on dit d'abord que la fiche a changé."""
    if not formulaire.is_bound or formulaire.is_valid():
        return False
    return formulaire.cleaned_data.get("version") not in {None, fiche.version}


def _avec_une_ligne(request: HttpRequest, redaction: Redaction, code: str) -> Section:
    """La saisie telle que tapée, avec une ligne vide de plus dans la série demandée."""
    donnees = request.POST.copy()
    cle = f"{donnees['ajouter']}-TOTAL_FORMS"
    if donnees.get(cle, "").isdecimal():
        donnees[cle] = str(min(cle_ou_zero(donnees[cle]), MAXIMUM) + 1)
    return SECTIONS[code](donnees, instance=redaction.fiche, acces=redaction.acces, sans_controle=True)
