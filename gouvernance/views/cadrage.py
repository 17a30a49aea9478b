"""Le cahier des charges et qui y adhère ; le calendrier des jalons."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance import cadrage, calendriers, demarches, edition
from gouvernance.forms.cadrage import (
    FormulaireAdhesion,
    FormulaireCahier,
    FormulaireDefinition,
    FormulaireJalons,
)
from gouvernance.forms.commun import en_edition
from gouvernance.models import CahierDesCharges, DefinitionCommune, Role, Structure
from gouvernance.permissions import DROITS
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter, une_fois
from gouvernance.views.saisies import Page, saisir

PARTIES = ["contexte", "objectifs", "methode", "moyens", "vigilance"]


@lecture_seule
def cahier(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    cahier = get_object_or_404(CahierDesCharges, demarche=demarche)
    adhesions = {
        a.structure_id: a
        for a in cahier.adhesions.filter(edition=cahier.edition).select_related("structure", "par")
    }
    membres = list(demarches.membres_confirmes(demarche).select_related("structure"))
    absents = [m for m in membres if m.structure_id not in adhesions]
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Cahier des charges",
        "cahier": cahier,
        "parties": [(CahierDesCharges._meta.get_field(p).verbose_name, getattr(cahier, p)) for p in PARTIES],
        "definition": DefinitionCommune.objects.select_related("decision__seance__instance")
        .filter(demarche=demarche)
        .first(),
        "adhesions": list(adhesions.values()),
        "absents": absents,
        "ma_structure": next((m.structure for m in absents if m.structure_id == acces.structure_id), None),
        "coordonne": Role.COORDINATION in acces.roles,
    }
    return render(request, "gouvernance/cahier.html", contexte)


def cahier_modifier(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    cahier = get_object_or_404(CahierDesCharges, demarche=demarche)
    aide = ""
    if nombre := cahier.adhesions.filter(edition=cahier.edition).count():
        aide = (
            f"{nombre} structure{'s ont' if nombre > 1 else ' a'} déjà adhéré à l’édition {cahier.edition} : "
            "un changement ouvrira une nouvelle édition, à laquelle chacun adhérera de nouveau."
        )
    return saisir(
        request, lieu, Page("Écrire le cahier des charges", reverse("cahier", args=[uuid]), aide=aide),
        en_edition(FormulaireCahier, request, cahier),
        lambda f: cadrage.rediger_cahier(f, par=request.user, demarche=demarche),
    )  # fmt: skip


def definition_modifier(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    definition = get_object_or_404(DefinitionCommune, demarche=demarche)
    page = Page(
        "Définition commune de l’inclusion numérique", reverse("cahier", args=[uuid]),
        aide="Ce n’est pas uniquement la fibre : dites ce que les parties entendent ensemble.",
    )  # fmt: skip
    return saisir(
        request, lieu, page, en_edition(FormulaireDefinition, request, definition),
        lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer"),
    )  # fmt: skip


@require_POST
def adherer(request, uuid):
    """Le bouton : la structure de la personne connectée adhère."""
    demarche, _ = ouvrir(request, uuid)
    if request.user.structure is None:
        raise PermissionDenied("Votre compte n’est rattaché à aucune structure.")
    return agir(
        request,
        lambda: demarches.adherer(demarche, request.user.structure, par=request.user),
        reverse("cahier", args=[uuid]),
        f"« {request.user.structure} » adhère au cahier des charges.",
    )


def adhesion_consigner(request, uuid):
    """La coordination consigne l'accord d'une autre structure."""
    demarche, acces = lieu = ouvrir(request, uuid)
    if Role.COORDINATION not in acces.roles:
        raise PermissionDenied("Seule la coordination consigne l’accord d’une autre structure.")
    cahier = get_object_or_404(CahierDesCharges, demarche=demarche)
    adherentes = cahier.adhesions.filter(edition=cahier.edition).values("structure")
    structures = Structure.objects.filter(
        pk__in=demarches.membres_confirmes(demarche).values("structure")
    ).exclude(pk__in=adherentes)

    def ecrire(formulaire):
        structure = formulaire.cleaned_data["structure"]
        une_fois(formulaire, request.user, lambda: demarches.adherer(demarche, structure, par=request.user))

    page = Page("Consigner une adhésion", reverse("cahier", args=[uuid]), droit="adherer")
    formulaire = FormulaireAdhesion(request.POST or None, structures=structures)
    return saisir(request, lieu, page, formulaire, ecrire)


def jalons(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    if request.method == "POST":
        acces.exiger("cadrer")
    liste = list(demarche.jalons.select_related("instance", "decision__seance__instance"))
    formulaire = FormulaireJalons(
        request.POST or None, jalons=liste, instances=list(demarche.instances.all())
    )
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Calendrier et jalons",
        "frise": [(str(j), j.echeance, j.etat, j.get_etat_display()) for j in liste],
        "presets": calendriers.presets(),
        "modifiable": acces.autorise(DROITS["cadrer"]),
    }

    def ecrire(formulaire):
        version = formulaire.cleaned_data["version"]
        cadrage.cadrer_jalons(demarche, formulaire.saisies(), version=version, par=request.user)

    retour = reverse("jalons", args=[uuid])
    return traiter(request, Saisie(formulaire, ecrire, retour, "gouvernance/jalons.html", contexte))


@require_POST
def calendrier_appliquer(request, uuid):
    demarche, _ = ouvrir(request, uuid)
    nom = request.POST.get("calendrier", "")
    if nom not in {p.nom for p in calendriers.presets()}:
        raise Http404
    return agir(
        request,
        lambda: demarches.appliquer_calendrier(demarche, nom, par=request.user),
        reverse("jalons", args=[uuid]),
        f"Le calendrier « {nom} » est posé : ajustez les échéances s’il le faut.",
    )
