"""Écrire une section de fiche : le même écran pour qui a un compte et pour qui vient par un lien.

`Redaction` dit qui écrit et à quelles adresses ; `rediger` fait le reste, en page ou pour l'enregistrement
automatique (static/js/enregistrement.js).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from feuille_de_route.forms.fiches import SECTIONS, Section
from feuille_de_route.forms.fusion import CHOIX, arbitrer
from feuille_de_route.forms.remarques import annoter
from feuille_de_route.forms.series import MAXIMUM
from feuille_de_route.models import FicheAction
from feuille_de_route.redaction.completude import VIDE as FICHE_VIDE
from feuille_de_route.redaction.completude import SectionRemplie, contenus, sections
from feuille_de_route.views.enregistrement import Issue, Statut, enregistrer, relire, reponse_json
from gouvernance.models import Demarche
from gouvernance.permissions import Acces, Droit
from gouvernance.socle.identifiants import cle_ou_zero

GABARIT = "feuille_de_route/fiche_section.html"
SOMMAIRE = "feuille_de_route/fiche_sommaire.html"
CONFLIT = "feuille_de_route/fiche_conflit.html"
DE_LA_PAGE = {"csrfmiddlewaretoken", "jeton", "enregistrer", "suite", "ajouter", "reprendre", "auto"}


@dataclass(frozen=True)
class SansCompte:
    """Ce que peut dans la démarche une personne sans compte : rien de plus que sa fiche."""

    demarche: Demarche
    sans_compte = True

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
            "formulaire": formulaire,
            "cadre": self.cadre,
            "retour": self.retour,
            "demarche": self.acces.demarche,
            "acces": self.acces,
            "fiche": self.fiche,
            "code": code,
            "titre": formulaire.titre,
            "aide": formulaire.aide,
            "remarques": annoter(formulaire, code) if getattr(self.fiche, "a_revoir", True) else [],
            "compte": self._contenu.compte if code == "moyens" else None,
            **self.sommaire(code),
        }

    @cached_property
    def _contenu(self):
        return contenus([self.fiche.pk]).get(self.fiche.pk, FICHE_VIDE)

    def sommaire(self, code: str) -> dict:
        """Les sections, leur adresse et où en est chacune ; la précédente et la suivante."""
        etats = sections(self.fiche, self._contenu)
        rang = next(r for r, etat in enumerate(etats) if etat.code == code)
        return {
            "sommaire": [(etat, self.adresses[etat.code]) for etat in etats],
            "rang": rang + 1,
            "precedente": self._voisine(etats, rang - 1),
            "suivante": self._voisine(etats, rang + 1),
            "code": code,
        }

    def _voisine(self, etats: list[SectionRemplie], rang: int) -> dict | None:
        if not 0 <= rang < len(etats):
            return None
        return {"titre": etats[rang].titre, "adresse": self.adresses[etats[rang].code]}

    def ensuite(self, code: str, donnees: QueryDict) -> str:
        """Où l'on va après avoir enregistré."""
        codes = list(SECTIONS)
        if "suite" in donnees and code != codes[-1]:
            return self.adresses[codes[codes.index(code) + 1]]
        return self.retour


def rediger(request: HttpRequest, redaction: Redaction, code: str) -> HttpResponse:
    """La page d'une section : champs et séries de lignes sous un seul bouton, une seule version."""
    if code not in SECTIONS:
        raise Http404
    if request.method != "POST":
        return _montrer(request, redaction, code)
    if {"ajouter", "reprendre"} & set(request.POST):
        formulaire = _remontrer(redaction, code, request.POST.copy())
        return render(request, GABARIT, redaction.contexte(formulaire, code))
    donnees = request.POST
    if any(nom.startswith(CHOIX) for nom in donnees):
        donnees = arbitrer(SECTIONS[code], donnees, redaction.fiche, redaction.acces)
    issue = enregistrer(redaction, code, donnees)
    if "application/json" in request.headers.get("Accept", ""):
        return _repondre_au_script(request, redaction, code, issue)
    return _repondre(request, redaction, code, issue)


def _montrer(request: HttpRequest, redaction: Redaction, code: str) -> HttpResponse:
    if redaction.refus:
        messages.error(request, redaction.refus)
        return redirect(redaction.retour)
    fiche = redaction.fiche
    formulaire = SECTIONS[code](instance=fiche, acces=redaction.acces, initial={"version": fiche.version})
    return render(request, GABARIT, redaction.contexte(formulaire, code))


def _remontrer(redaction: Redaction, code: str, donnees: QueryDict) -> Section:
    """La saisie telle que tapée : avec une ligne vide de plus, ou reprise de l'appareil qui l'a gardée."""
    cle = f"{donnees.get('ajouter', '')}-TOTAL_FORMS"
    if donnees.get(cle, "").isdecimal():
        donnees[cle] = str(min(cle_ou_zero(donnees[cle]), MAXIMUM) + 1)
    if "reprendre" in donnees:
        donnees["jeton"] = str(uuid4())
    return SECTIONS[code](donnees, instance=redaction.fiche, acces=redaction.acces, sans_controle=True)


def _repondre(request: HttpRequest, redaction: Redaction, code: str, issue: Issue) -> HttpResponse:
    if issue.statut == Statut.CONFLIT:
        return _page_de_conflit(request, redaction, code, issue)
    if issue.statut == Statut.FAUTES:
        if not request.POST:
            messages.error(request, "L’envoi est arrivé vide : rien n’a été enregistré.")
        return render(request, GABARIT, redaction.contexte(issue.formulaire, code), status=422)
    if issue.statut == Statut.DEJA:
        messages.info(request, "C’était déjà enregistré : le second envoi n’a rien changé.")
    else:
        messages.success(request, dire_le_succes(issue))
    return redirect(redaction.ensuite(code, request.POST))


def dire_le_succes(issue: Issue) -> str:
    if issue.fusion and issue.fusion.recus:
        return "C’est enregistré, avec ce que quelqu’un d’autre a écrit pendant ce temps."
    return "C’est enregistré."


def _page_de_conflit(request: HttpRequest, redaction: Redaction, code: str, issue: Issue) -> HttpResponse:
    """Les deux textes, champ par champ, et le choix de chacun ; toute la saisie est dans la page."""
    fusion = issue.fusion
    caches = [
        (nom, valeur)
        for nom, valeurs in fusion.donnees.lists()
        if nom not in DE_LA_PAGE and not nom.startswith(CHOIX)
        for valeur in valeurs
    ]
    contexte = {
        **redaction.contexte(issue.formulaire, code),
        "divergences": fusion.divergences,
        "caches": [*caches, ("jeton", str(uuid4()))],
        "auteur": fusion.actuelle.instance.modifie_par,
        "quand": fusion.actuelle.instance.modifie_le,
    }
    return render(request, CONFLIT, contexte, status=409)


def _repondre_au_script(request: HttpRequest, redaction: Redaction, code: str, issue: Issue) -> JsonResponse:
    relue = replace(redaction, fiche=relire(redaction))
    corps, statut = reponse_json(relue, code, issue)
    if statut == 200:
        corps["sommaire"] = render_to_string(SOMMAIRE, relue.sommaire(code), request)
        if "auto" not in request.POST:
            messages.success(request, dire_le_succes(issue))
            corps["ensuite"] = redaction.ensuite(code, request.POST)
    return JsonResponse(corps, status=statut)
