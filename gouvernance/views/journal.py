"""Le journal d'une démarche : qui a fait quoi, quand, de quoi à quoi."""

from urllib.parse import urlencode

from django.apps import apps
from django.core.paginator import Paginator
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.shortcuts import render

from gouvernance.models import Evenement
from gouvernance.permissions import PILOTES, Acces
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import ouvrir

PAR_PAGE = 25


@lecture_seule
def journal(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    texte = parametre(request, "q")
    qui = parametre(request, "qui")
    evenements = _lisibles(acces).select_related("par").order_by("-pk")
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


def _lisibles(acces: Acces) -> QuerySet[Evenement]:
    """Les lignes du journal, moins celles des objets que cette personne ne voit pas : les mots d'un brouillon
    ne se lisent pas non plus ici. Qui pilote la démarche lit tout, et ce qui a été effacé.
    """
    lignes = Evenement.objects.filter(demarche=acces.demarche)
    if PILOTES & acces.roles:
        return lignes
    for modele in apps.get_models():  # chaque modèle dit lui-même qui le voit
        voir = getattr(modele._default_manager, "visibles_par", None)
        if voir is None or not hasattr(modele, "demarche"):
            continue
        vus = voir(acces.utilisateur).filter(demarche=acces.demarche).order_by()
        cles = vus.annotate(cle=Cast("pk", CharField())).values("cle")
        lignes = lignes.filter(~Q(objet_type=modele._meta.model_name) | Q(objet_id__in=cles))
    return lignes
