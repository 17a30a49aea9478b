"""Le journal d'une démarche : qui a fait quoi, quand, de quoi à quoi."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import render

from gouvernance.models import Evenement
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import ouvrir

PAR_PAGE = 50


@lecture_seule
def journal(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    texte = parametre(request, "q")
    qui = parametre(request, "qui")
    evenements = Evenement.objects.filter(demarche=demarche).select_related("par").order_by("-pk")
    for mot in texte.split():
        evenements = evenements.filter(
            Q(action__icontains=mot) | Q(objet__icontains=mot) | Q(de__icontains=mot) | Q(vers__icontains=mot)
        )
    for mot in qui.split():
        evenements = evenements.filter(
            Q(par__nom__icontains=mot)
            | Q(par__prenom__icontains=mot)
            | Q(par__email__icontains=mot)
            | Q(auteur__icontains=mot)
        )
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Journal",
        "evenements": Paginator(evenements, PAR_PAGE).get_page(request.GET.get("page")),
        "q": texte,
        "qui": qui,
        "parametres": urlencode({c: v for c, v in (("q", texte), ("qui", qui)) if v}),
    }
    return render(request, "gouvernance/journal.html", contexte)
