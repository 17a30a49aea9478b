"""La bibliothèque des fiches signées : chercher, lire, s'en inspirer."""

from urllib.parse import urlencode
from uuid import uuid4

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.echelles import bibliotheque as regles
from feuille_de_route.echelles import fiche_lisible
from feuille_de_route.forms.partages import FormulaireBibliotheque
from feuille_de_route.models import FicheAction, Public
from feuille_de_route.views.brouillons import ouvrir_le_brouillon
from gouvernance.models import Demarche
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import ouvrir

PAR_PAGE = 20


@lecture_seule
def bibliotheque(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    filtre = FormulaireBibliotheque(request.GET, demarche=demarche)
    criteres = filtre.criteres
    mots = parametre(request, "q")
    trouvees = regles.chercher(_filtrer(demarche, criteres), mots)
    feuillets = Paginator(regles.ranger(trouvees, mots).values_list("pk", flat=True), PAR_PAGE)
    feuillets.count = trouvees.order_by().count()  # compter n'a pas à classer
    page = feuillets.get_page(request.GET.get("page"))
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Bibliothèque",
        "feuillet": page,
        "fiches": _fiches(list(page)),
        "filtre": filtre,
        "filtres_poses": bool(criteres),
        "parametres": urlencode({nom: request.GET[nom] for nom in filtre.fields if request.GET.get(nom)}),
    }
    return render(request, "feuille_de_route/bibliotheque.html", contexte)


def _filtrer(demarche: Demarche, criteres: dict):
    fiches = regles.fiches_signees(demarche)
    if public := criteres.get("public"):  # une action pour tous les publics vaut pour chacun
        fiches = fiches.filter(publics__overlap=[public, Public.TOUS])
    if service := criteres.get("service"):
        fiches = fiches.filter(services__contains=[service])
    if departement := criteres.get("departement"):
        fiches = fiches.filter(demarche__gouvernance__departement=departement)
    return fiches


def _fiches(cles: list[int]) -> list[dict]:
    """Les fiches d'une page, dans l'ordre trouvé ; chacune dit d'où elle vient et de quoi elle parle."""
    liens = ("demarche__gouvernance__departement", "structure_porteuse", "elu_referent")
    lues = FicheAction.objects.select_related(*liens).in_bulk(cles)
    return [
        {
            "fiche": lues[pk],
            "titre": fiche_lisible.titre(lues[pk]),
            "extrait": fiche_lisible.extrait(lues[pk]),
        }
        for pk in cles
    ]


@lecture_seule
def bibliotheque_fiche(request, uuid, signee):
    demarche, acces = ouvrir(request, uuid)
    signees = fiche_lisible.completer(regles.fiches_signees(demarche))
    fiche = get_object_or_404(signees, uuid=signee)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Fiche signée",
        "lue": fiche_lisible.lisible(fiche),
        "citation": regles.citer(fiche),
        "jeton": uuid4(),
    }
    return render(request, "feuille_de_route/bibliotheque_fiche.html", contexte)


@require_POST
def bibliotheque_reprendre(request, uuid, signee):
    demarche, _ = ouvrir(request, uuid)
    source = get_object_or_404(regles.fiches_signees(demarche), uuid=signee)
    return ouvrir_le_brouillon(
        request,
        lambda jeton: regles.s_inspirer(source.pk, demarche, par=request.user, jeton=jeton),
        reverse("bibliotheque_fiche", args=[uuid, signee]),
    )
