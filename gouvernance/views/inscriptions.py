"""Inscrire un objet du cadrage à l'ordre du jour d'une séance à venir."""

from django.contrib import messages
from django.shortcuts import redirect

from gouvernance.cadre.limites import A_TENIR
from gouvernance.forms.inscriptions import FormulaireInscription
from gouvernance.models import PointOrdreDuJour, Seance
from gouvernance.reunions import ordre_du_jour
from gouvernance.views.commun import une_fois
from gouvernance.views.saisies import Page, saisir


def inscrire(request, lieu, point: PointOrdreDuJour, retour: str):
    """Choisir la séance ; sans séance à tenir, on est mené à la page qui en planifie une."""
    demarche, acces = lieu
    acces.exiger("tenir_seance")
    seances = Seance.objects.filter(instance__demarche=demarche, etat__in=A_TENIR)
    seances = seances.exclude(points__cible=point.cible).select_related("instance").order_by("debut")
    if not seances.exists():
        messages.info(request, "Aucune séance à venir ne peut l’accueillir : planifiez-en une.")
        return redirect("seance_planifier", demarche.uuid)
    formulaire = FormulaireInscription(request.POST or None, seances=seances, initial={"seance": seances[0]})

    def ecrire(formulaire):
        seance = formulaire.cleaned_data["seance"]
        une_fois(
            formulaire, request.user,
            lambda: ordre_du_jour.inscrire_point(seance.pk, point, par=request.user),
        )  # fmt: skip

    page = Page(
        "Inscrire à l’ordre du jour", retour, droit="tenir_seance", aide=point.objet,
        succes="Le point est à l’ordre du jour.",
    )  # fmt: skip
    return saisir(request, lieu, page, formulaire, ecrire)
