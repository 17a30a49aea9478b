"""Faire avancer une démarche, ou revenir : franchir une étape, rouvrir un jalon, réviser, abandonner."""

from django.http import Http404
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route import parcours
from feuille_de_route.forms.parcours import FormulaireMotif
from feuille_de_route.mise_en_oeuvre import suivi
from feuille_de_route.views.travaux import signaler_travaux
from gouvernance.models import CodeJalon, Demarche
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter

ACTES = {
    "rouvrir": "Rouvrir un jalon",
    "abandonner": "Abandonner la démarche",
    "reviser": "Ouvrir un avenant",
}
AIDES = {
    "rouvrir": "Ce jalon et les suivants seront à revalider en séance. Les décisions déjà prises restent au "
    "journal.",
    "abandonner": "La démarche ne se modifiera plus et son périmètre sera libéré. Rien n’est effacé.",
    "reviser": "La version signée reste en vigueur ; le plan d’actions se rouvre pour préparer la suivante. "
    "Le motif dit ce que l’avenant change.",
}
EN_VIGUEUR = (
    "Attention : une version signée est en vigueur. Elle restera authentique, mais abandonner la démarche "
    "arrête aussi le suivi de ses actions. Pour renoncer au seul avenant, laissez-le de côté."
)


@require_POST
def franchir(request, uuid, passage):
    if passage not in parcours.PASSAGES:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    libelle = parcours.PASSAGES[passage].vers.label

    def acte():
        parcours.franchir(passage, demarche.pk, par=request.user)
        signaler_travaux(demarche)

    return agir(
        request,
        acte,
        reverse("demarche", args=[uuid]),
        f"La démarche passe à l’étape « {libelle} ».",
    )


def acte_motive(request, uuid, acte, code=""):
    """Les actes qui demandent un motif : rouvrir un jalon, abandonner, réviser."""
    if acte not in ACTES or (acte == "rouvrir") != (code in CodeJalon.values):
        raise Http404
    demarche, acces = ouvrir(request, uuid, **suivi.premieres_dates())
    acces.exiger("conduire")

    def ecrire(formulaire):
        motif = formulaire.cleaned_data["motif"]
        if acte == "rouvrir":
            return parcours.rouvrir(demarche.pk, code, par=request.user, motif=motif)
        return getattr(parcours, acte)(demarche.pk, par=request.user, motif=motif)

    titre = f"{ACTES[acte]} : {CodeJalon(code).label}" if code else ACTES[acte]
    contexte = {"demarche": demarche, "acces": acces, "titre": titre, "aide": _aide(demarche, acte)}
    saisie = Saisie(
        FormulaireMotif(request.POST or None), ecrire, reverse("demarche", args=[uuid]),
        "gouvernance/formulaire.html", contexte,
    )  # fmt: skip
    return traiter(request, saisie)


def _aide(demarche: Demarche, acte: str) -> str:
    en_vigueur = acte == "abandonner" and suivi.en_avenant(demarche)
    return f"{EN_VIGUEUR} {AIDES[acte]}" if en_vigueur else AIDES[acte]
