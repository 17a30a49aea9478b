"""La session, sans compte, de qui a ouvert le lien de sa fiche : elle ne tient que des liens.

Douze heures au plus, deux heures sans rien faire ; le lien lui-même est relu à chaque page, et celui d'un
courriel qu'un plus récent a remplacé n'ouvre plus rien.
"""

import time
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from feuille_de_route.dialogue import acces_par_lien
from feuille_de_route.dialogue.acces_par_lien import LienFerme
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.forms.fusion import CHOIX
from feuille_de_route.models import LienDeFiche
from feuille_de_route.views.redaction import DE_LA_PAGE
from gouvernance.acces.sessions import DUREE, INACTIVITE, PAS

CLE = "liens_de_fiche"  # identifiant du lien → [ouvert à, vu à, en secondes ; marque du courriel]
REFERMEE = "Cette page s’ouvre par le lien reçu par courriel."
ENDORMIE = "La fiche s’est refermée après deux heures sans activité. Rouvrez le lien du courriel."
TECHNIQUES = {*DE_LA_PAGE, "version", "lu"}


def retenir(request: HttpRequest, lien: LienDeFiche) -> None:
    """Le lien est ouvert dans cette session, dont la clé change."""
    ouverts = request.session.get(CLE, {})
    request.session.cycle_key()
    maintenant = int(time.time())
    request.session[CLE] = {**ouverts, str(lien.uuid): [maintenant, maintenant, acces_par_lien.marque(lien)]}


def oublier(request: HttpRequest, lien: LienDeFiche) -> None:
    restants = {cle: heures for cle, heures in request.session.get(CLE, {}).items() if cle != str(lien.uuid)}
    request.session.cycle_key()
    request.session[CLE] = restants


def motif_de_fermeture(request: HttpRequest, uuid) -> str:
    """Vide si le lien est ouvert dans cette session ; la même phrase qu'il existe ou non."""
    ouverts = request.session.get(CLE, {})
    ouvert, vu, *tenue = ouverts.get(str(uuid)) or [0, 0]
    if not tenue:
        return REFERMEE
    maintenant = int(time.time())
    if maintenant - ouvert > DUREE.total_seconds() or maintenant - vu > INACTIVITE.total_seconds():
        return ENDORMIE
    if maintenant - vu > PAS.total_seconds():
        request.session[CLE] = {**ouverts, str(uuid): [ouvert, maintenant, *tenue]}
    return ""


def sans_compte(vue):
    """Page publique, jamais gardée par le navigateur, où le compte de qui serait connecté ne compte pas."""

    @login_not_required
    @never_cache
    @wraps(vue)
    def enveloppe(request, *args, **kwargs):
        request.user = AnonymousUser()
        return vue(request, *args, **kwargs)

    return enveloppe


def par_lien(vue):
    """La vue reçoit le lien, relu, si cette session l'a ouvert ; sinon une page dit comment y revenir."""

    @sans_compte
    @wraps(vue)
    def enveloppe(request, lien, **mots):
        if motif := motif_de_fermeture(request, lien):
            return page_fermee(request, LienFerme(motif), statut=403)
        try:
            tenue = request.session[CLE][str(lien)][-1]
            request.lien_de_fiche = acces_par_lien.lire_par_uuid(lien, tenue)
            return vue(request, request.lien_de_fiche, **mots)
        except LienFerme as ferme:
            return page_fermee(request, ferme)

    return enveloppe


def page_fermee(request, ferme: LienFerme, *, jeton: str = "", statut: int = 410) -> HttpResponse:
    """Pourquoi la fiche ne s'ouvre pas, comment y revenir, et ce qui venait d'être tapé, à recopier.

    L'enregistrement automatique, lui, reçoit la phrase seule : la saisie est encore dans la page.
    """
    if "application/json" in request.headers.get("Accept", ""):
        corps = {"etat": "fautes", "erreurs": {}, "phrases": [ferme.message]}
        return JsonResponse(corps, status=422)
    contexte = {
        "motif": ferme.message, "lien": ferme.lien, "jeton": jeton, "rouvrir": statut == 403,
        "tapes": _textes_tapes(request),
    }  # fmt: skip
    return render(request, "fiche_partagee/ferme.html", contexte, status=statut)


def _textes_tapes(request: HttpRequest) -> list[tuple[str, str]]:
    """(nom du champ, texte) pour ce qui a été écrit à la main dans une section envoyée trop tard."""
    libelles = {nom: c.label for classe in SECTIONS.values() for nom, c in classe.base_fields.items()}
    return [
        (str(libelles.get(nom) or nom.rsplit("-", 1)[-1].capitalize()), texte)
        for nom, textes in request.POST.lists()
        for texte in textes
        if nom not in TECHNIQUES
        and not nom.startswith(CHOIX)
        and any(signe.isalpha() for signe in texte)
        and len(texte) > 2
    ]
