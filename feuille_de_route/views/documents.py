"""Les documents d'une démarche : projets, versions figées, PDF ; leur production se suit sans recharger."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.documents import demandes
from feuille_de_route.models import Document, EtatSignature, NatureDocument, Signature, VersionFigee
from feuille_de_route.views.travaux import signaler_travaux
from gouvernance.models import Etape
from gouvernance.permissions import Acces, exiger
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.fichiers import Fichier, du_coffre


def documents_visibles(demarche, acces: Acces):
    """Les projets portent des fiches en brouillon : seuls ceux qui les rédigent les lisent."""
    documents = Document.objects.filter(demarche=demarche).select_related("version_figee")
    if acces.autorise_nom("editer_projet"):
        return documents
    return documents.exclude(nature=NatureDocument.PROJET)


@lecture_seule
def liste(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    documents = list(
        documents_visibles(demarche, acces).prefetch_related("signatures__signataire__structure")
    )
    projets = [d for d in documents if d.nature == NatureDocument.PROJET]
    documents = [d for d in documents if d not in projets[1:]]  # un projet remplace le précédent
    courant = next((d for d in documents if d.nature == NatureDocument.A_SIGNER), None)
    signees = list(courant.signatures.all()) if courant else []
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Documents et signature",
        "documents": documents,
        "courant": courant,
        "ma_signature": _ma_signature(demarche, signees, request.user),
        "refusee": next((s for s in signees if s.etat == EtatSignature.REFUSEE), None),
        "en_signature": demarche.etape == Etape.EN_SIGNATURE,
        "versions": VersionFigee.objects.filter(demarche=demarche).defer("canonique").order_by("-numero"),
        "etats": Document.A_FAIRE,
    }
    return render(request, "feuille_de_route/documents.html", contexte)


def _ma_signature(demarche, tour: list[Signature], utilisateur) -> Signature | None:
    """La signature attendue de cette personne, si c'est son tour."""
    attendue = next((s for s in tour if s.etat != EtatSignature.APPOSEE), None)
    if attendue is None or attendue.etat != EtatSignature.ATTENDUE or demarche.etape != Etape.EN_SIGNATURE:
        return None
    return attendue if attendue.signataire.utilisateur_id == utilisateur.pk else None


@lecture_seule
def etat(request, uuid, document_uuid):
    """Le fragment que la page remplace tant que le document n'est pas prêt : 204 si rien n'a changé, et la
    page entière revient quand un document à signer aboutit (le tour de signature a changé aussi).
    """
    demarche, acces = ouvrir(request, uuid)
    document = get_object_or_404(documents_visibles(demarche, acces), uuid=document_uuid)
    contexte = {"demarche": demarche, "document": document, "acces": acces, "etats": Document.A_FAIRE}
    if not request.htmx:
        return render(request, "feuille_de_route/document_etat.html", {**contexte, "page": str(document)})
    if request.GET.get("vu") == f"{document.etat}-{document.essais}":
        return HttpResponse(status=204)
    reponse = render(request, "feuille_de_route/_document_etat.html", contexte)
    if document.nature == NatureDocument.A_SIGNER and document.etat not in Document.A_FAIRE:
        reponse["HX-Refresh"] = "true"
    return reponse


@lecture_seule
def pdf(request, uuid, document_uuid):
    demarche, acces = ouvrir(request, uuid)
    document = get_object_or_404(documents_visibles(demarche, acces), uuid=document_uuid)
    if not document.empreinte:
        raise Http404("Ce document n’a pas encore de fichier.")
    numero = f"-v{document.version_figee.numero}" if document.version_figee else ""
    nom = f"feuille-de-route-{demarche.identifiant}{numero}-{document.nature.replace('_', '-')}.pdf"
    absence = {
        "demarche": demarche,
        "page": str(document),
        "retour": reverse("documents", args=[uuid]),
        "conseil": "Prévenez qui exploite la plateforme : le fichier se retrouve dans ses sauvegardes.",
    }
    return du_coffre(request, Fichier(document.empreinte, "pdf", nom, en_ligne=True), absence)


@lecture_seule
def version_json(request, uuid, numero):
    """Le JSON canonique d'une version figée, octet pour octet."""
    demarche, _ = ouvrir(request, uuid)
    version = get_object_or_404(VersionFigee, demarche=demarche, numero=numero)
    reponse = HttpResponse(version.canonique.encode(), content_type="application/json; charset=utf-8")
    reponse["Content-Disposition"] = f'attachment; filename="{demarche.identifiant}-v{numero}.json"'
    return reponse


@require_POST
def editer_projet(request, uuid):
    demarche, _ = ouvrir(request, uuid)

    def acte():
        exiger(request.user, demarche, "editer_projet")
        demandes.editer_projet(demarche, par=request.user)
        signaler_travaux(demarche)

    return agir(request, acte, reverse("documents", args=[uuid]), "Le projet est en préparation.")


@require_POST
def reessayer(request, uuid, document_uuid):
    demarche, acces = ouvrir(request, uuid)
    document = get_object_or_404(documents_visibles(demarche, acces), uuid=document_uuid)

    def acte():
        exiger(request.user, demarche, "editer_projet")
        demandes.reessayer(document.pk, par=request.user)
        signaler_travaux(demarche)

    return agir(request, acte, reverse("documents", args=[uuid]), "La production reprend.")
