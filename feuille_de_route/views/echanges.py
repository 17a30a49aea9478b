"""Les échanges autour d'une fiche : lire les fils, commenter, répondre, corriger, dire que c'est réglé."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.dialogue import echanges as regles
from feuille_de_route.forms.echanges import FormulaireCommentaire, FormulaireCorrection, FormulaireReponse
from feuille_de_route.models import Commentaire, FicheAction
from feuille_de_route.views.fiches import ouvrir_fiche
from gouvernance.permissions import Acces
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir, traiter

PAR_PAGE = 20
AUTEURS = ("cree_par__structure", "lien__structure")
ACTES = {
    "resoudre": (regles.resoudre, "C’est noté : ce fil est résolu."),
    "rouvrir": (regles.rouvrir, "Le fil est rouvert."),
}
GABARIT = "feuille_de_route/fiche_commenter.html"


class Fil(NamedTuple):
    """Un commentaire, ses réponses, et ce que la personne y peut. `corriger` : où elle corrige le dernier
    mot, s'il est d'elle ; vide sinon.
    """

    racine: Commentaire
    reponses: list[Commentaire]
    motif: str
    corriger: str = ""

    @property
    def dernier(self) -> Commentaire:
        return self.reponses[-1] if self.reponses else self.racine


@lecture_seule
def fiche_echanges(request, uuid, fiche_uuid):
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    page = fils(fiche, request.GET.get("page"), lambda dits: _fil(fiche, acces, dits))
    contexte = {
        "demarche": fiche.demarche,
        "acces": acces,
        "fiche": fiche,
        "page": "Échanges",
        "fils": page,
        "ouverts": [fil for fil in page if not fil.racine.resolu_le],
        "resolus": [fil for fil in page if fil.racine.resolu_le],
        "refus": acces.refus["commenter"],
        "formulaire": None if acces.refus["commenter"] else FormulaireCommentaire(fiche=fiche, acces=acces),
    }
    return render(request, "feuille_de_route/fiche_echanges.html", contexte)


def fils(fiche: FicheAction, numero: str | None, lire: Callable[[list[Commentaire]], Fil]) -> Page:
    """Les fils ouverts, du plus récent au plus ancien, puis les résolus ; trois requêtes. `lire` : un fil,
    de ses commentaires.
    """
    racines = fiche.commentaires.filter(parent=None).order_by(F("resolu_le").desc(nulls_first=True), "-pk")
    page = Paginator(list(racines.values_list("pk", flat=True)), PAR_PAGE).get_page(numero)
    dits = fiche.commentaires.filter(Q(pk__in=page.object_list) | Q(parent__in=page.object_list))
    dits = dits.select_related(*AUTEURS, "resolu_par").prefetch_related("mentions").order_by("pk")
    par_fil: dict[int, list[Commentaire]] = {}
    for dit in dits:
        par_fil.setdefault(dit.parent_id or dit.pk, []).append(dit)
    page.object_list = [lire(par_fil[pk]) for pk in page.object_list]
    return page


def _fil(fiche: FicheAction, acces: Acces, dits: list[Commentaire]) -> Fil:
    racine, dernier = dits[0], dits[-1]
    sien = dernier.cree_par_id == acces.utilisateur.pk and not racine.resolu_le and acces.peut["commenter"]
    motif = regles.motif_de_non_resolution(racine, fiche, acces)
    corriger = "fiche_commentaire_corriger"
    adresse = reverse(corriger, args=[fiche.demarche.uuid, fiche.uuid, dernier.uuid]) if sien else ""
    return Fil(racine, dits[1:], motif, adresse)


def fiche_commenter(request, uuid, fiche_uuid):
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    return _ecrire(request, fiche, acces, None)


def fiche_repondre(request, uuid, fiche_uuid, commentaire_uuid):
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    return _ecrire(request, fiche, acces, trouver(fiche, commentaire_uuid))


def _ecrire(request, fiche: FicheAction, acces: Acces, fil: Commentaire | None):
    acces.exiger("commenter")
    classe = FormulaireReponse if fil else FormulaireCommentaire
    formulaire = classe(request.POST or None, fiche=fiche, acces=acces)

    def ecrire(valide):
        jeton = valide.cleaned_data["jeton"]
        regles.commenter(fiche, valide.mot, par=request.user, fil=fil, jeton=jeton)

    titre = f"Répondre à {fil.nomme or 'ce commentaire'}" if fil else "Commenter la fiche"
    return _traiter(request, acces, formulaire, ecrire, {"fiche": fiche, "fil": fil, "titre": titre})


def fiche_commentaire_corriger(request, uuid, fiche_uuid, commentaire_uuid):
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    commentaire = trouver(fiche, commentaire_uuid)
    acces.exiger("commenter")
    if commentaire.cree_par_id != request.user.pk:
        raise PermissionDenied(regles.D_UN_AUTRE)
    formulaire = FormulaireCorrection(request.POST or None, fiche=fiche, acces=acces, commentaire=commentaire)

    def ecrire(valide):
        version = valide.cleaned_data["version"]
        regles.corriger(commentaire, valide.mot, version=version, par=request.user)

    contexte = {"fiche": fiche, "fil": None, "titre": "Corriger mon commentaire"}
    return _traiter(request, acces, formulaire, ecrire, contexte)


def _traiter(request, acces: Acces, formulaire, ecrire, contexte: dict):
    def ecrire_et_dire(valide):
        ecrire(valide)
        for nom in valide.inconnus:
            messages.warning(
                request, f"« @{nom} » ne désigne personne qui voie cette fiche : aucun courriel ne partira."
            )

    fiche = contexte["fiche"]
    retour = reverse("fiche_echanges", args=[fiche.demarche.uuid, fiche.uuid])
    contexte = {
        "demarche": fiche.demarche, "acces": acces, "adresse": request.path, "page": contexte["titre"],
        "refus": acces.refus["commenter"], **contexte,
    }  # fmt: skip
    saisie = Saisie(formulaire, ecrire_et_dire, retour, GABARIT, contexte, "C’est dit.")
    return traiter(request, saisie)


@require_POST
def fiche_fil_agir(request, uuid, fiche_uuid, commentaire_uuid, acte):
    """Résoudre un fil, ou le rouvrir."""
    if acte not in ACTES:
        raise Http404
    fiche, _ = ouvrir_fiche(request, uuid, fiche_uuid)
    fil = trouver(fiche, commentaire_uuid)
    regle, succes = ACTES[acte]
    retour = reverse("fiche_echanges", args=[uuid, fiche_uuid]) + f"#commentaire-{fil.uuid}"
    return agir(request, lambda: regle(fil, par=request.user), retour, succes)


def trouver(fiche: FicheAction, uuid) -> Commentaire:
    commentaire = get_object_or_404(
        Commentaire.objects.select_related(*AUTEURS, "parent"), fiche=fiche, uuid=uuid
    )
    commentaire.fiche = fiche
    return commentaire
