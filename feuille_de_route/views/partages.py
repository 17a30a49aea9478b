"""Partager une fiche avec une autre démarche de la gouvernance ; la lire et la reprendre depuis celle-ci."""

from uuid import uuid4

from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.echelles import fiche_lisible, partages
from feuille_de_route.forms.partages import FormulairePartage
from feuille_de_route.models import FicheAction, PartageDeFiche
from feuille_de_route.views.brouillons import ouvrir_le_brouillon
from feuille_de_route.views.fiches import ouvrir_fiche
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter


def fiche_partager(request, uuid, fiche_uuid):
    """Avec qui la fiche est partagée, et avec qui elle peut l'être."""
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    acces.exiger("partager_fiches")
    formulaire = FormulairePartage(request.POST or None, fiche=fiche)
    contexte = {
        "demarche": fiche.demarche,
        "acces": acces,
        "page": "Partager la fiche",
        "fiche": fiche,
        "motif": partages.motif_de_non_partage(fiche),
        "donnes": fiche.partages.select_related("demarche"),
        "possibles": formulaire.fields["demarche"].queryset.exists(),
    }
    saisie = Saisie(
        formulaire,
        lambda f: partages.partager(f, fiche, par=request.user),
        reverse("fiche_partager", args=[uuid, fiche_uuid]),
        "feuille_de_route/fiche_partager.html",
        contexte,
        "La fiche est partagée : elle figure dans le plan d’actions de l’autre démarche.",
    )
    return traiter(request, saisie)


@require_POST
def partage_retirer(request, uuid, partage):
    """De l'une ou de l'autre des deux démarches."""
    demarche, _ = ouvrir(request, uuid)
    des_deux = PartageDeFiche.objects.filter(Q(demarche=demarche) | Q(fiche__demarche=demarche))
    objet = get_object_or_404(des_deux.select_related("fiche__demarche", "demarche"), uuid=partage)
    donnee = objet.fiche.demarche_id == demarche.pk
    retour = (
        reverse("fiche_partager", args=[uuid, objet.fiche.uuid]) if donnee else reverse("plan", args=[uuid])
    )
    return agir(
        request,
        lambda: partages.retirer(objet, depuis=demarche, par=request.user),
        retour,
        f"« {objet.fiche} » n’est plus partagée avec « {objet.demarche} ».",
    )


@lecture_seule
def fiche_partagee(request, uuid, partage):
    """La fiche d'une autre démarche, à lire."""
    demarche, acces = ouvrir(request, uuid)
    objet = get_object_or_404(partages.recus(demarche), uuid=partage)
    fiche = fiche_lisible.completer(FicheAction.objects).get(pk=objet.fiche_id)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Fiche partagée",
        "partage": objet,
        "lue": fiche_lisible.lisible(fiche),
        "jeton": uuid4(),
    }
    return render(request, "feuille_de_route/fiche_partagee.html", contexte)


@require_POST
def partage_reprendre(request, uuid, partage):
    demarche, _ = ouvrir(request, uuid)
    objet = get_object_or_404(partages.recus(demarche), uuid=partage)
    return ouvrir_le_brouillon(
        request,
        lambda jeton: partages.reprendre(objet, par=request.user, jeton=jeton),
        reverse("partage", args=[uuid, partage]),
    )
