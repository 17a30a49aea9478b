"""Désigner les signataires ; signer ou refuser, à son tour, l'exact document que l'on a sous les yeux."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route import signatures
from feuille_de_route.forms.signatures import (
    CompteDuSignataire,
    FormulaireRefus,
    FormulaireSignature,
    NouveauSignataire,
    SignataireExistant,
)
from feuille_de_route.models import (
    Document,
    EtatDocument,
    EtatSignature,
    NatureDocument,
    Signataire,
    Signature,
)
from feuille_de_route.views.travaux import signaler_travaux
from gouvernance.comptes.gardes import reauthentification_requise
from gouvernance.edition import enregistrer, supprimer
from gouvernance.models import Etape
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter
from gouvernance.views.saisies import Page, saisir


@lecture_seule
def signataires(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    validee = demarche.etape == Etape.VALIDEE
    manques = signatures.manques_ouverture(demarche) if validee else signatures.manques(demarche)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Signataires",
        "signataires": demarche.signataires.select_related("structure", "utilisateur"),
        "bloquants": [m.texte for m in manques if m.bloquant],
        "avertissements": [m.texte for m in manques if not m.bloquant],
    }
    return render(request, "feuille_de_route/signataires.html", contexte)


def signataire(request, uuid, signataire_uuid=None):
    """Ajouter ou modifier un signataire."""
    demarche, acces = ouvrir(request, uuid)
    if signataire_uuid is None:
        suivant = demarche.signataires.count() + 1
        formulaire = NouveauSignataire(request.POST or None, demarche=demarche, initial={"ordre": suivant})
        titre = "Ajouter un signataire"
    else:
        objet = get_object_or_404(Signataire, demarche=demarche, uuid=signataire_uuid)
        if acces.refus["engager"] and acces.peut["choisir_compte"]:
            return _choisir_compte(request, (demarche, acces), objet)
        formulaire = SignataireExistant(
            request.POST or None, instance=objet, demarche=demarche, initial={"version": objet.version}
        )
        titre = f"Modifier : {objet.nom}"
    page = Page(titre, reverse("signataires", args=[uuid]), "engager", aide=acces.refus["engager"])
    return saisir(
        request,
        (demarche, acces),
        page,
        formulaire,
        lambda f: signatures.designer(f, par=request.user, demarche=demarche),
    )


def _choisir_compte(request, lieu, objet: Signataire):
    """La version est figée : il reste à dire quel compte signera."""
    demarche, _ = lieu
    formulaire = CompteDuSignataire(
        request.POST or None, instance=objet, demarche=demarche, initial={"version": objet.version}
    )
    aide = "La version est figée : le nom, la qualité et l’engagement ne changent plus."
    retour = reverse("signataires", args=[demarche.uuid])
    page = Page(f"Le compte qui signe pour {objet.nom}", retour, "choisir_compte", aide)
    return saisir(
        request, lieu, page, formulaire,
        lambda f: enregistrer(f, par=request.user, demarche=demarche, droit="choisir_compte"),
    )  # fmt: skip


@require_POST
def retirer_signataire(request, uuid, signataire_uuid):
    demarche, _ = ouvrir(request, uuid)
    objet = get_object_or_404(Signataire, demarche=demarche, uuid=signataire_uuid)
    return agir(
        request,
        lambda: supprimer(objet, par=request.user, demarche=demarche, droit="engager"),
        reverse("signataires", args=[uuid]),
        "Le signataire est retiré.",
    )


def _mienne(request, demarche, document_uuid) -> Signature:
    """La signature de cette personne sur ce document : celle qu'elle doit encore, sinon la dernière donnée.

    On peut signer pour deux structures, chacune à son rang.
    """
    document = get_object_or_404(
        Document, demarche=demarche, uuid=document_uuid, nature=NatureDocument.A_SIGNER
    )
    lignes = document.signatures.select_related("signataire__structure", "document__version_figee")
    miennes = list(lignes.filter(signataire__utilisateur=request.user).order_by("ordre"))
    if not miennes:
        raise Http404("Aucune signature ne vous est demandée sur ce document.")
    return next((s for s in miennes if s.etat == EtatSignature.ATTENDUE), miennes[-1])


@reauthentification_requise
def signer(request, uuid, document_uuid):
    """Lire le PDF, puis signer : le formulaire porte l'empreinte de ce qui a été montré."""
    demarche, acces = ouvrir(request, uuid)
    signature = _mienne(request, demarche, document_uuid)
    document = signature.document
    formulaire = FormulaireSignature(request.POST or None, initial={"empreinte": document.empreinte})
    ouvert = demarche.etape == Etape.EN_SIGNATURE
    a_mon_tour = ouvert and signatures.attendue(document) == signature

    def ecrire(f):
        donnees = f.cleaned_data
        signatures.consentir(
            signature.pk, par=request.user, empreinte_vue=donnees["empreinte"], reserves=donnees["reserves"]
        )
        signaler_travaux(demarche)

    saisie = Saisie(
        formulaire,
        ecrire,
        reverse("documents", args=[uuid]),
        "feuille_de_route/signer.html",
        {
            "demarche": demarche,
            "acces": acces,
            "page": "Signer",
            "signature": signature,
            "document": document,
            "ouvert": ouvert,
            "a_mon_tour": a_mon_tour,
            "a_signer": a_mon_tour and document.etat == EtatDocument.PRET,
            "etats": Document.A_FAIRE,
        },
        "Vous avez signé. Le cachet est en cours d’apposition dans le PDF.",
    )
    return traiter(request, saisie)


@reauthentification_requise
def refuser(request, uuid, document_uuid):
    demarche, acces = ouvrir(request, uuid)
    signature = _mienne(request, demarche, document_uuid)
    saisie = Saisie(
        FormulaireRefus(request.POST or None),
        lambda f: signatures.refuser(signature.pk, par=request.user, motif=f.cleaned_data["motif"]),
        reverse("documents", args=[uuid]),
        "gouvernance/formulaire.html",
        {
            "demarche": demarche,
            "acces": acces,
            "titre": "Refuser de signer",
            "page": "Refuser de signer",
            "aide": "Le tour de signature s’arrêtera. La coordination lira votre motif et pourra vous "
            "redemander de signer.",
        },
        "Votre refus est enregistré. La coordination en est prévenue.",
    )
    return traiter(request, saisie)


@require_POST
def redemander(request, uuid, document_uuid, ordre):
    demarche, _ = ouvrir(request, uuid)
    signature = get_object_or_404(
        Signature, document__demarche=demarche, document__uuid=document_uuid, ordre=ordre
    )
    return agir(
        request,
        lambda: signatures.redemander(signature.pk, par=request.user),
        reverse("documents", args=[uuid]),
        f"La signature est redemandée à {signature.signataire.nom}.",
    )
