"""Les points de blocage : ce qui gêne, qui s'en charge, comment on en est sorti."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from gouvernance import edition
from gouvernance.cadre import blocages as regles
from gouvernance.forms.blocages import FormulaireBlocage, FormulaireBlocageModifie, FormulaireLevee
from gouvernance.forms.commun import en_edition
from gouvernance.models import PointDeBlocage
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import ouvrir
from gouvernance.views.saisies import Page, saisir


@lecture_seule
def blocages(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    demande = parametre(request, "etat")
    filtre = demande if demande in regles.FILTRES else "a_lever"
    points = regles.points(demarche, filtre)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Points de blocage",
        "onglet": "blocages",
        "blocages": points,
        "filtres": regles.FILTRES.items(),
        "filtre": filtre,
        "en_retard": sum(bool(point.retard) for point in points),
    }
    return render(request, "gouvernance/blocages.html", contexte)


def _retour(uuid) -> str:
    return reverse("blocages", args=[uuid])


def blocage_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    return saisir(
        request, lieu, Page("Signaler un point de blocage", _retour(uuid)),
        FormulaireBlocage(request.POST or None, gouvernance=demarche.gouvernance),
        lambda f: edition.enregistrer(
            f, par=request.user, demarche=demarche, droit="cadrer", lien="demarche"
        ),
    )  # fmt: skip


def blocage_modifier(request, uuid, blocage):
    demarche, _ = lieu = ouvrir(request, uuid)
    point = get_object_or_404(PointDeBlocage, demarche=demarche, uuid=blocage)
    return saisir(
        request, lieu, Page("Modifier le point de blocage", _retour(uuid)),
        en_edition(FormulaireBlocageModifie, request, point, gouvernance=demarche.gouvernance),
        lambda f: regles.modifier(f, par=request.user, demarche=demarche),
    )  # fmt: skip


def blocage_lever(request, uuid, blocage):
    demarche, _ = lieu = ouvrir(request, uuid)
    point = get_object_or_404(PointDeBlocage, demarche=demarche, uuid=blocage)
    page = Page(
        "Lever un point de blocage", _retour(uuid), aide=point.libelle,
        succes="Le point de blocage est levé.",
    )  # fmt: skip
    return saisir(
        request, lieu, page, FormulaireLevee(request.POST or None),
        lambda f: regles.lever(point.pk, par=request.user, resolution=f.cleaned_data["resolution"]),
    )  # fmt: skip
