"""Les rencontres : ce qui est couvert, ce qui est prévu, ce qui en est sorti."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance.acteurs import rencontres as regles
from gouvernance.acteurs.couverture import HORS_EPCI, couverture, ensemble, epcis_de
from gouvernance.forms.commun import en_edition
from gouvernance.forms.rencontres import (
    FormulaireAjoutRencontre,
    FormulaireCompteRendu,
    FormulaireRencontre,
    FormulaireTypeRencontre,
)
from gouvernance.models import Demarche, EtatRencontre, Rencontre, TypeRencontre
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.saisies import Page, saisir


@lecture_seule
def rencontres(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    parts = couverture(demarche, epcis_de(demarche))
    choisie = next((p for p in parts if p.cle == parametre(request, "epci")), None)
    epci = choisie.cle if choisie and choisie.cle != HORS_EPCI else ""
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Rencontres",
        "parts": parts,
        "ensemble": ensemble(parts),
        "choisie": choisie,
        "agenda": regles.agenda(demarche, epci, tout=parametre(request, "tout") == "1"),
    }
    return render(request, "gouvernance/rencontres.html", contexte)


@lecture_seule
def rencontre(request, uuid, rencontre):
    demarche, acces = ouvrir(request, uuid)
    rencontre = _rencontre(demarche, rencontre)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": str(rencontre),
        "rencontre": rencontre,
        "communes": rencontre.communes.all(),
        "referents": rencontre.referents.select_related("structure"),
        "elus": rencontre.elus.select_related("personne"),
    }
    return render(request, "gouvernance/rencontre.html", contexte)


def _rencontre(demarche: Demarche, uuid) -> Rencontre:
    rencontres = Rencontre.objects.select_related("demarche__gouvernance__departement", "epci")
    return get_object_or_404(rencontres, demarche=demarche, uuid=uuid)


def _retour(uuid, rencontre: Rencontre | None = None) -> str:
    return (
        reverse("rencontre", args=[uuid, rencontre.uuid]) if rencontre else reverse("rencontres", args=[uuid])
    )


def rencontre_prevoir(request, uuid):
    """Deux temps, dans une même adresse : le type et le territoire (GET), puis le reste."""
    demarche, acces = lieu = ouvrir(request, uuid)
    if not acces.autorise_nom("rencontrer"):
        raise PermissionDenied(acces.refus["rencontrer"])
    epcis = epcis_de(demarche)
    choix = FormulaireTypeRencontre(request.GET if "type" in request.GET else None, epcis=epcis)
    if not choix.is_valid():
        return _demander_type(request, lieu, choix)
    genre, cle = choix.cleaned_data["type"], choix.cleaned_data["epci"]
    epci = next((e for e in epcis if e.pk == cle), None)
    formulaire = FormulaireAjoutRencontre(
        request.POST or None, demarche=demarche, instance=Rencontre(type=genre, epci=epci),
        initial={"communes": request.GET.getlist("commune")},
    )  # fmt: skip
    titre = TypeRencontre(genre).label + (f" : {epci}" if epci else "")
    page = Page(titre, _retour(uuid), droit="rencontrer", succes="La rencontre est prévue.")
    return saisir(
        request, lieu, page, formulaire, lambda f: regles.prevoir(f, par=request.user, demarche=demarche)
    )


def _demander_type(request, lieu, choix):
    demarche, acces = lieu
    contexte = {
        "demarche": demarche, "acces": acces, "titre": "Prévoir une rencontre", "formulaire": choix,
        "retour": _retour(demarche.uuid),
        "aide": "Une visite se fait à un ou deux référents ; une conférence réunit les maires d’un EPCI.",
    }  # fmt: skip
    statut = 422 if choix.is_bound or request.method == "POST" else 200
    return render(request, "gouvernance/formulaire.html", contexte, status=statut)


def rencontre_modifier(request, uuid, rencontre):
    demarche, _ = lieu = ouvrir(request, uuid)
    rencontre = _rencontre(demarche, rencontre)
    formulaire = en_edition(FormulaireRencontre, request, rencontre, demarche=demarche)
    page = Page(f"Modifier : {rencontre}", _retour(uuid, rencontre), droit="rencontrer")
    return saisir(
        request, lieu, page, formulaire, lambda f: regles.prevoir(f, par=request.user, demarche=demarche)
    )


def rencontre_tenir(request, uuid, rencontre):
    demarche, _ = lieu = ouvrir(request, uuid)
    rencontre = _rencontre(demarche, rencontre)
    corrige = rencontre.etat == EtatRencontre.TENUE
    page = Page(
        f"{'Corriger le récit' if corrige else 'Noter ce qui en est sorti'} : {rencontre}",
        _retour(uuid, rencontre), droit="rencontrer", succes="La rencontre est notée.",
    )  # fmt: skip
    return saisir(
        request, lieu, page, FormulaireCompteRendu(request.POST or None, rencontre=rencontre),
        lambda f: regles.tenir(rencontre.pk, f.compte, par=request.user),
    )  # fmt: skip


@require_POST
def rencontre_annuler(request, uuid, rencontre):
    demarche, _ = ouvrir(request, uuid)
    rencontre = _rencontre(demarche, rencontre)
    return agir(
        request,
        lambda: regles.annuler(rencontre.pk, par=request.user),
        _retour(uuid, rencontre),
        "La rencontre est annulée.",
    )
