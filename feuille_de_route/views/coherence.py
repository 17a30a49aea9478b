"""La cohérence entre la feuille de route du département et celles de ses EPCI."""

from django.shortcuts import render

from feuille_de_route.axes import coherence as regles
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import ouvrir


@lecture_seule
def coherence(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("lire_coherence")
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Cohérence entre les échelles",
        "lue": regles.lire(demarche, request.user),
        "administration": request.user.administration or request.user.is_superuser,
    }
    return render(request, "feuille_de_route/coherence.html", contexte)
