"""Consigner une décision, sur la page de la séance : ses effets touchent l'étape et les fiches."""

from django.core.exceptions import PermissionDenied
from django.urls import reverse

from feuille_de_route import parcours
from feuille_de_route.forms.decisions import FormulaireDecisionEtFiches
from gouvernance.permissions import DROITS
from gouvernance.views.commun import Saisie, ouvrir, traiter, une_fois
from gouvernance.views.seances import contexte_seance, trouver


def decision_consigner(request, uuid, seance):
    demarche, acces = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    if not acces.autorise(DROITS["tenir_seance"]):
        raise PermissionDenied(acces.refus["tenir_seance"])
    formulaire = FormulaireDecisionEtFiches(request.POST or None, seance=trouvee, demarche=demarche)

    def ecrire(formulaire):
        une_fois(formulaire, request.user, lambda: parcours.consigner_decision(
            trouvee.pk, formulaire.saisie(), par=request.user,
            retenir=formulaire.fiches("retenir"), ecarter=formulaire.fiches("ecarter"),
        ))  # fmt: skip

    saisie = Saisie(
        formulaire, ecrire, reverse("seance", args=[uuid, seance]) + "#decisions", "gouvernance/seance.html",
        {**contexte_seance(demarche, acces, trouvee), "formulaire_decision": formulaire},
        "La décision est consignée.",
    )  # fmt: skip
    return traiter(request, saisie)
