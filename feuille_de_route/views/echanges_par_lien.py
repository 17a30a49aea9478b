"""Ce que qui vient par un lien dit de sa fiche et y joint : les mêmes échanges et les mêmes pièces qu'avec un
compte, sans proposer le nom de personne.
"""

from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.dialogue import acces_par_lien
from feuille_de_route.dialogue.echanges import D_UN_AUTRE
from feuille_de_route.forms.echanges import (
    FormulaireCorrectionParLien,
    FormulaireParLien,
    FormulaireReponseParLien,
)
from feuille_de_route.forms.remarques import placer
from feuille_de_route.models import Commentaire, LienDeFiche, PieceDeFiche
from feuille_de_route.views.echanges import AUTEURS, Fil, fils, trouver
from feuille_de_route.views.session_de_lien import par_lien
from gouvernance.forms.seances import FormulairePiece
from gouvernance.pieces_jointes import PIECES_MAX
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir, traiter
from gouvernance.views.fichiers import du_coffre, fichier_de

DERNIERS = 3  # fils ouverts montrés sur la fiche
LUS = 60  # commentaires relus pour les trouver


class Apercu(NamedTuple):
    """Le dernier mot d'un fil ouvert ; `attend` : il est de quelqu'un d'autre, on peut y répondre."""

    mot: Commentaire
    attend: bool


def autour(lien: LienDeFiche) -> dict:
    """Ce que la page de la fiche montre des échanges et des pièces : deux requêtes."""
    ouverts = lien.fiche.commentaires.filter(resolu_le=None, parent__resolu_le=None)
    derniers: dict[int, Commentaire] = {}
    for mot in ouverts.select_related(*AUTEURS).order_by("-pk")[:LUS]:
        derniers.setdefault(mot.parent_id or mot.pk, mot)
    apercus = [Apercu(mot, mot.lien_id != lien.pk) for mot in derniers.values()]
    pieces = list(lien.fiche.pieces.all())
    return {
        "apercus": apercus[:DERNIERS],
        "attendent": sum(apercu.attend for apercu in apercus),
        "pieces": pieces,
        "pieces_max": len(pieces) >= PIECES_MAX,
    }


@lecture_seule
@par_lien
def echanges(request: HttpRequest, lien: LienDeFiche) -> HttpResponse:
    refus = acces_par_lien.motif_de_non_commentaire(lien)
    page = fils(lien.fiche, request.GET.get("page"), lambda dits: _fil(lien, dits, refus))
    contexte = {
        "lien": lien,
        "fiche": lien.fiche,
        "fils": page,
        "ouverts": [fil for fil in page if not fil.racine.resolu_le],
        "resolus": [fil for fil in page if fil.racine.resolu_le],
        "refus": refus,
        "formulaire": None if refus else FormulaireParLien(),
    }
    return render(request, "fiche_partagee/echanges.html", contexte)


def _fil(lien: LienDeFiche, dits: list[Commentaire], refus: str) -> Fil:
    racine, dernier = dits[0], dits[-1]
    sien = dernier.lien_id == lien.pk and not racine.resolu_le and not refus
    adresse = reverse("fiche_partagee_corriger", args=[lien.uuid, dernier.uuid]) if sien else ""
    return Fil(racine, dits[1:], "", adresse)


@par_lien
def commenter(request: HttpRequest, lien: LienDeFiche) -> HttpResponse:
    """Un mot sur la fiche ; `?remarque=` : à propos de ce que l'instruction demande de revoir."""
    depart = {}
    voulue = request.GET.get("remarque", "")
    remarque = next((r for r in lien.fiche.remarques.all() if str(r.uuid) == voulue), None)
    if remarque:
        depart["texte"] = f"À propos de « {placer([remarque], {})[0].libelle} » : "
    formulaire = FormulaireParLien(request.POST or None, initial=depart)
    contexte = {"titre": "Écrire un commentaire", "remarque": remarque, "fil": None}
    return _dire(request, lien, formulaire, contexte)


@par_lien
def repondre(request: HttpRequest, lien: LienDeFiche, commentaire_uuid) -> HttpResponse:
    fil = trouver(lien.fiche, commentaire_uuid)
    formulaire = FormulaireReponseParLien(request.POST or None)
    titre = f"Répondre à {fil.nomme or 'ce commentaire'}"
    return _dire(request, lien, formulaire, {"titre": titre, "remarque": None, "fil": fil})


@par_lien
def corriger(request: HttpRequest, lien: LienDeFiche, commentaire_uuid) -> HttpResponse:
    commentaire = trouver(lien.fiche, commentaire_uuid)
    if commentaire.lien_id != lien.pk:
        raise PermissionDenied(D_UN_AUTRE)
    formulaire = FormulaireCorrectionParLien(request.POST or None, commentaire=commentaire)

    def ecrire(valide):
        acces_par_lien.corriger(
            commentaire, valide.cleaned_data["texte"], lien=lien, version=valide.version_lue
        )

    contexte = {"titre": "Corriger mon commentaire", "remarque": None, "fil": None, "previent": False}
    return _traiter(request, lien, formulaire, ecrire, contexte, "C’est corrigé.")


def _dire(request, lien: LienDeFiche, formulaire, contexte: dict) -> HttpResponse:
    def ecrire(valide):
        donnees = valide.cleaned_data
        acces_par_lien.commenter(lien, donnees["texte"], fil=contexte["fil"], jeton=donnees["jeton"])

    succes = "C’est dit. La coordination en sera prévenue par courriel."
    return _traiter(request, lien, formulaire, ecrire, contexte, succes)


def _traiter(request, lien: LienDeFiche, formulaire, ecrire, contexte: dict, succes: str) -> HttpResponse:
    contexte = {
        "lien": lien, "fiche": lien.fiche, "adresse": request.get_full_path(), "previent": True,
        "refus": acces_par_lien.motif_de_non_commentaire(lien), **contexte,
    }  # fmt: skip
    retour = reverse("fiche_partagee_echanges", args=[lien.uuid])
    return traiter(
        request, Saisie(formulaire, ecrire, retour, "fiche_partagee/commenter.html", contexte, succes)
    )


@par_lien
def piece_joindre(request: HttpRequest, lien: LienDeFiche) -> HttpResponse:
    formulaire = FormulairePiece(*((request.POST, request.FILES) if request.method == "POST" else ()))

    def ecrire(valide):
        fichier = valide.cleaned_data["fichier"]
        acces_par_lien.joindre(lien, fichier.name, fichier.read())

    contexte = {"lien": lien, "fiche": lien.fiche, "refus": acces_par_lien.motif_de_non_ecriture(lien)}
    succes = "Le document est joint à la fiche."
    return traiter(
        request, Saisie(formulaire, ecrire, _pieces(lien), "fiche_partagee/joindre.html", contexte, succes)
    )


@require_POST
@par_lien
def piece_retirer(request: HttpRequest, lien: LienDeFiche, piece_uuid) -> HttpResponse:
    piece = get_object_or_404(_jointes(lien), uuid=piece_uuid)
    succes = "Le document est retiré."
    return agir(request, lambda: acces_par_lien.retirer(piece, lien=lien), _pieces(lien), succes)


@lecture_seule
@par_lien
def piece_lire(request: HttpRequest, lien: LienDeFiche, piece_uuid) -> HttpResponse:
    piece = get_object_or_404(_jointes(lien), uuid=piece_uuid)
    absence = {
        "cadre": "fiche_partagee/cadre.html", "demarche": lien.fiche.demarche, "retour": _pieces(lien),
        "conseil": "Joignez-le de nouveau, ou demandez-le à la coordination.",
    }  # fmt: skip
    return du_coffre(request, fichier_de(piece), absence)


def _jointes(lien: LienDeFiche) -> QuerySet[PieceDeFiche]:
    return lien.fiche.pieces.all()


def _pieces(lien: LienDeFiche) -> str:
    return reverse("fiche_partagee", args=[lien.uuid]) + "#pieces"
