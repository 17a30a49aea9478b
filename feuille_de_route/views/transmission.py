"""Transmettre à l'ANCT, suivre l'envoi, accuser réception."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route import transmissions
from feuille_de_route.forms.transmissions import (
    FormulaireAccuse,
    FormulaireComplement,
    FormulaireTransmission,
    FormulaireTransmissionIncomplete,
)
from feuille_de_route.models import EtatTransmission, Transmission
from feuille_de_route.views.travaux import signaler_travaux
from gouvernance.comptes.gardes import reauthentification_requise
from gouvernance.models import Etape
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.saisies import Page, saisir


@lecture_seule
def page(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    envois = list(
        Transmission.objects.filter(demarche=demarche).select_related("document__version_figee", "par")
    )
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Transmission",
        "envois": envois,
        "a_envoyer": not envois
        or envois[0].etat == EtatTransmission.COMPLEMENT
        or demarche.etape in transmissions.TRANSMISSIBLE,  # un avenant s'envoie après la version d'avant
        "motif_refus": _motif_refus(demarche, acces),
        "incomplete": demarche.etape == Etape.EN_SIGNATURE,
        "en_cours": any(e.etat == EtatTransmission.EN_FILE for e in envois),
    }
    gabarit = "feuille_de_route/_envois.html" if request.htmx else "feuille_de_route/transmission.html"
    return render(request, gabarit, contexte)


def _motif_refus(demarche, acces) -> str:
    """Pourquoi on ne peut pas transmettre maintenant ; vide si on le peut."""
    if not acces.peut["transmettre"]:
        return acces.refus["transmettre"]
    if Etape(demarche.etape).rang < Etape.EN_SIGNATURE.rang:
        return "La feuille de route n’est pas encore à la signature."
    if demarche.etape not in transmissions.TRANSMISSIBLE:
        return f"La démarche est « {demarche.get_etape_display()} »."
    if transmissions.a_transmettre(demarche) is None:
        return "Le document est encore en préparation."
    return ""


@reauthentification_requise
def demander(request, uuid):
    demarche, acces = ouvrir(request, uuid)

    def ecrire(formulaire):
        transmissions.demander(demarche.pk, par=request.user, motif=formulaire.cleaned_data.get("motif", ""))
        signaler_travaux(demarche)

    incomplete = demarche.etape == Etape.EN_SIGNATURE
    page = Page(
        "Transmettre sans signature complète" if incomplete else "Transmettre à l’ANCT",
        reverse("transmission", args=[uuid]), "transmettre",
        aide=AIDE_INCOMPLETE if incomplete else AIDE_COMPLETE, succes="La feuille de route part vers l’ANCT.",
    )  # fmt: skip
    classe = FormulaireTransmissionIncomplete if incomplete else FormulaireTransmission
    return saisir(request, (demarche, acces), page, classe(request.POST or None), ecrire)


AIDE_COMPLETE = (
    "La feuille de route est signée par tous. Le paquet part une seule fois ; l’ANCT en accusera réception."
)
AIDE_INCOMPLETE = (
    "Une signature manque encore. En transmettant maintenant, vous arrêtez le tour de signature ; "
    "le motif accompagne l’envoi."
)


ACTES = {
    "accuser": (FormulaireAccuse, "Accuser réception", transmissions.accuser, "reference"),
    "complement": (
        FormulaireComplement,
        "Demander un complément",
        transmissions.demander_complement,
        "complement",
    ),
}


def repondre(request, uuid, transmission_uuid, acte):
    """L'ANCT accuse réception ou demande un complément."""
    if acte not in ACTES:
        raise Http404
    demarche, acces = ouvrir(request, uuid)
    envoi = get_object_or_404(Transmission, demarche=demarche, uuid=transmission_uuid)
    classe, titre, regle, champ = ACTES[acte]
    page = Page(f"{titre} : {envoi.reference}", reverse("transmission", args=[uuid]), "accuser")
    return saisir(
        request,
        (demarche, acces),
        page,
        classe(request.POST or None),
        lambda f: regle(envoi.pk, par=request.user, **{champ: f.cleaned_data[champ]}),
    )


@require_POST
def reessayer(request, uuid, transmission_uuid):
    demarche, _ = ouvrir(request, uuid)
    envoi = get_object_or_404(Transmission, demarche=demarche, uuid=transmission_uuid)

    def acte():
        transmissions.reessayer(envoi.pk, par=request.user)
        signaler_travaux(demarche)

    return agir(request, acte, reverse("transmission", args=[uuid]), "L’envoi est remis en file.")
