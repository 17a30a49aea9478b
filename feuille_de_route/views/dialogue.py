"""Autour d'une fiche : son histoire, ses pièces jointes, ce que l'on en reprend."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.dialogue import pieces_de_fiche
from feuille_de_route.echelles.reprises import a_reprendre, demarches_d_accueil, reprendre
from feuille_de_route.fiches import motif_d_etat, motif_de_role
from feuille_de_route.forms.reprises import FormulaireReprise
from feuille_de_route.models import PieceDeFiche
from feuille_de_route.plan_d_actions.recherche import trouver
from feuille_de_route.redaction import histoire
from feuille_de_route.views.fiches import ouvrir_fiche
from gouvernance.forms.seances import FormulairePiece
from gouvernance.permissions import DROITS, motif_d_etape
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter
from gouvernance.views.fichiers import piece_jointe

PAR_PAGE = 30


@lecture_seule
def fiche_histoire(request, uuid, fiche_uuid):
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    contexte = {
        "demarche": fiche.demarche, "acces": acces, "fiche": fiche, "page": "Histoire",
        "moments": histoire.page(fiche, request.GET.get("page")),
    }  # fmt: skip
    return render(request, "feuille_de_route/fiche_histoire.html", contexte)


def piece_joindre(request, uuid, fiche_uuid):
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    if refus := motif_de_role(fiche, acces):
        raise PermissionDenied(refus)
    formulaire = FormulairePiece(*((request.POST, request.FILES) if request.method == "POST" else ()))

    def ecrire(formulaire):
        fichier = formulaire.cleaned_data["fichier"]
        pieces_de_fiche.joindre(fiche, fichier.name, fichier.read(), par=request.user)

    contexte = {
        "demarche": fiche.demarche, "acces": acces, "titre": f"Joindre un document à « {fiche.titre} »",
        "aide": motif_d_etat(fiche, acces)
        or "Un devis, une convention, une photo : ceux qui voient la fiche pourront le télécharger.",
    }  # fmt: skip
    retour = reverse("fiche", args=[uuid, fiche_uuid]) + "#pieces"
    succes = "Le document est joint à la fiche."
    return traiter(
        request, Saisie(formulaire, ecrire, retour, "gouvernance/formulaire.html", contexte, succes)
    )


@require_POST
def piece_retirer(request, uuid, fiche_uuid, piece_uuid):
    fiche, _ = ouvrir_fiche(request, uuid, fiche_uuid)
    piece = get_object_or_404(PieceDeFiche.objects.select_related("fiche"), fiche=fiche, uuid=piece_uuid)
    retour = reverse("fiche", args=[uuid, fiche_uuid]) + "#pieces"
    return agir(
        request, lambda: pieces_de_fiche.retirer(piece, par=request.user), retour, "Le document est retiré."
    )


@lecture_seule
def piece_lire(request, uuid, fiche_uuid, piece_uuid):
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    piece = get_object_or_404(PieceDeFiche, fiche=fiche, uuid=piece_uuid)
    return piece_jointe(request, acces, piece, reverse("fiche", args=[uuid, fiche_uuid]) + "#pieces")


@lecture_seule
def reprises(request, uuid):
    """Les fiches des autres démarches de la gouvernance, à reprendre dans celle-ci."""
    demarche, acces = ouvrir(request, uuid)
    fiches = a_reprendre(demarche, request.user)
    if texte := parametre(request, "q"):
        fiches = fiches.filter(pk__in=trouver(fiches, texte))
    fiches = fiches.select_related("demarche", "structure_porteuse")
    contexte = {
        "demarche": demarche, "acces": acces, "page": "Reprendre des fiches", "q": texte,
        "parametres": urlencode({"q": texte}) if texte else "",
        "fiches": Paginator(fiches, PAR_PAGE).get_page(request.GET.get("page")),
    }  # fmt: skip
    return render(request, "feuille_de_route/reprises.html", contexte)


def fiche_reprendre(request, uuid, fiche_uuid):
    """Dupliquer la fiche, la reprendre l'an prochain ou dans une autre démarche. L'adresse de la copie est
    tirée du jeton : un double clic ramène à la même.
    """
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    accueil = list(demarches_d_accueil(fiche, request.user))
    if not accueil:
        raise PermissionDenied(DROITS["creer_fiche"].refus)
    voulue = parametre(request, "vers")
    formulaire = FormulaireReprise(request.POST or None, fiche=fiche, accueil=accueil, voulue=voulue)
    retour = reverse("fiche", args=[uuid, fiche_uuid])
    if request.method == "POST" and formulaire.is_valid():
        retour = reverse("fiche", args=[formulaire.reprise.vers.uuid, formulaire.cleaned_data["jeton"]])
    refus = [motif_d_etape(demarche, DROITS["creer_fiche"]) for demarche in accueil]
    contexte = {
        "demarche": fiche.demarche, "acces": acces, "fiche": fiche, "page": "Reprendre",
        "refus": refus[0] if all(refus) else "",
    }  # fmt: skip
    succes = "Le brouillon est créé : relisez chaque section, changez ce qui doit l’être, puis proposez-le."

    def ecrire(valide):
        reprendre(valide.reprise, par=request.user, jeton=valide.cleaned_data["jeton"])

    return traiter(
        request, Saisie(formulaire, ecrire, retour, "feuille_de_route/fiche_reprendre.html", contexte, succes)
    )
