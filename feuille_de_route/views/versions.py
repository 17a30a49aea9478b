"""Les versions d'une feuille de route, et ce qui change de l'une à l'autre."""

import json

from django.http import Http404
from django.shortcuts import render

from feuille_de_route import parcours
from feuille_de_route.echange import comparaison
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.mise_en_oeuvre import suivi
from feuille_de_route.models import VersionFigee
from gouvernance.models import Demarche, Etape
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import ouvrir

NUMERO_MAX = 32_767


def en_avenant(demarche: Demarche, en_vigueur: VersionFigee | None) -> bool:
    """Une version est en vigueur, et l'on en prépare une autre."""
    return en_vigueur is not None and Etape(demarche.etape).rang <= Etape.PLAN_ACTIONS.rang


@lecture_seule
def versions(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    en_vigueur = suivi.version_en_vigueur(demarche)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Versions",
        "versions": VersionFigee.objects.filter(demarche=demarche)
        .select_related("figee_par")
        .defer("canonique")
        .order_by("-numero"),
        "en_vigueur": en_vigueur,
        "avenant": en_avenant(demarche, en_vigueur),
        "revisable": acces.peut["conduire"] and demarche.etape in parcours.REVISION_POSSIBLE,
    }
    return render(request, "feuille_de_route/versions.html", contexte)


@lecture_seule
def version_comparer(request, uuid, numero):
    """De la version d'avant à la version `numero`."""
    demarche, acces = ouvrir(request, uuid)
    if numero > NUMERO_MAX:
        raise Http404
    lues = VersionFigee.objects.filter(demarche=demarche, numero__in=[numero - 1, numero])
    par_numero = {version.numero: version for version in lues}
    if numero not in par_numero:
        raise Http404
    avant = par_numero.get(numero - 1)
    changements = None
    if avant is not None:
        contenus = (json.loads(v.canonique) for v in (avant, par_numero[numero]))
        changements = comparaison.comparer_versions(*contenus)
    titres = {"avant": f"version {numero - 1}", "apres": f"version {numero}"}
    return _page(request, (demarche, acces), changements, titres)


@lecture_seule
def avenant_comparer(request, uuid):
    """De la version en vigueur à ce que l'avenant écrit en ce moment : ce que l'on figerait aujourd'hui."""
    demarche, acces = ouvrir(request, uuid)
    en_vigueur = suivi.version_en_vigueur(demarche)
    changements = None
    if en_avenant(demarche, en_vigueur):
        signee = json.loads(en_vigueur.canonique)
        changements = comparaison.comparer_versions(signee, exporter(demarche, seulement_retenues=True))
    avant = f"version {en_vigueur.numero}, en vigueur," if en_vigueur else "version en vigueur"
    return _page(request, (demarche, acces), changements, {"avant": avant, "apres": "avenant en cours"})


def _page(request, lieu: tuple, changements, titres: dict):
    demarche, acces = lieu
    contexte = {
        "demarche": demarche, "acces": acces, "page": "Ce qui change", "changements": changements, **titres,
    }  # fmt: skip
    return render(request, "feuille_de_route/version_comparer.html", contexte)
