"""Le cahier des charges : le lire, l'écrire par section, relire ses éditions, y adhérer, relancer."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance.cadre import adhesions, cadrage, contrats
from gouvernance.conduite import demarches
from gouvernance.forms.cadrage import SECTIONS, FormulaireAdhesion, FormulaireCahier
from gouvernance.forms.commun import en_edition
from gouvernance.geographie import perimetres
from gouvernance.models import CahierDesCharges, Courriel, Role, Structure
from gouvernance.permissions import SANS_STRUCTURE
from gouvernance.socle.signalement import signaler
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir, une_fois
from gouvernance.views.saisies import Page, saisir

TACHE = "gouvernance.tasks.envoyer"


@lecture_seule
def cahier(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    if (cahier := adhesions.lire_cahier(demarche)) is None:
        raise Http404
    tour = adhesions.tour(demarche, cahier)
    absents = [ligne for ligne in tour if not ligne.adhesion]
    champs = {section: CahierDesCharges._meta.get_field(section) for section in cadrage.SECTIONS}
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Cahier des charges",
        "onglet": "cahier",
        "cahier": cahier,
        "sections": [(s, champ.verbose_name, getattr(cahier, s)) for s, champ in champs.items()],
        "territoire": perimetres.dire(demarche),
        "adossement": contrats.adossements().get(demarche.contrat),
        "tour": tour,
        "absents": absents,
        "adherents": len(tour) - len(absents),
        "ma_structure": next(
            (ligne.membre.structure for ligne in absents if ligne.membre.structure_id == acces.structure_id),
            None,
        ),
        "coordonne": Role.COORDINATION in acces.roles,
    }
    return render(request, "gouvernance/cahier.html", contexte)


@lecture_seule
def editions(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    cahier = get_object_or_404(CahierDesCharges, demarche=demarche)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Éditions du cahier des charges",
        "onglet": "cahier",
        "versions": cadrage.histoire(cahier),
    }
    return render(request, "gouvernance/editions.html", contexte)


def cahier_modifier(request, uuid):
    return _ecrire(request, uuid, FormulaireCahier, "Écrire le cahier des charges")


def cahier_section(request, uuid, section):
    if section not in SECTIONS:
        raise Http404
    libelle = CahierDesCharges._meta.get_field(section).verbose_name
    return _ecrire(request, uuid, SECTIONS[section], f"Cahier des charges : {libelle}", f"#{section}")


def _ecrire(request, uuid, classe, titre, ancre=""):
    demarche, acces = lieu = ouvrir(request, uuid)
    cahier = get_object_or_404(CahierDesCharges, demarche=demarche)
    nombre = cahier.adhesions.filter(edition=cahier.edition).count()
    coordonne = Role.COORDINATION in acces.roles
    aide = ""
    if nombre:
        suite = (
            "dites plus bas si votre changement leur demande d’adhérer de nouveau."
            if coordonne
            else "un changement ouvrira une nouvelle édition, à laquelle chacune adhérera de nouveau. "
            "Seule la coordination peut déclarer une correction mineure."
        )
        qui = f"{nombre} structures ont" if nombre > 1 else "1 structure a"
        aide = f"{qui} déjà adhéré à l’édition {cahier.edition} : {suite}"
    return saisir(
        request, lieu, Page(titre, reverse("cahier", args=[uuid]) + ancre, aide=aide),
        en_edition(classe, request, cahier, choix_de_portee=bool(nombre) and coordonne),
        lambda f: cadrage.rediger_cahier(f, par=request.user, demarche=demarche),
    )  # fmt: skip


@require_POST
def adherer(request, uuid):
    """Le bouton : la structure de la personne connectée adhère."""
    demarche, _ = ouvrir(request, uuid)
    if request.user.structure is None:
        raise PermissionDenied(SANS_STRUCTURE)
    return agir(
        request,
        lambda: adhesions.adherer(demarche, request.user.structure, par=request.user),
        reverse("cahier", args=[uuid]) + "#adhesions",
        f"« {request.user.structure} » adhère au cahier des charges.",
    )


def adhesion_consigner(request, uuid):
    """La coordination consigne l'accord d'une autre structure, reçu par écrit ou en séance."""
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
        une_fois(formulaire, request.user, lambda: adhesions.adherer(demarche, structure, par=request.user))

    page = Page("Consigner une adhésion", reverse("cahier", args=[uuid]) + "#adhesions", droit="adherer")
    formulaire = FormulaireAdhesion(request.POST or None, structures=structures)
    return saisir(request, lieu, page, formulaire, ecrire)


@require_POST
def adhesions_relancer(request, uuid):
    """Un courriel par personne et par semaine aux structures qui n'ont pas adhéré."""
    demarche, _ = ouvrir(request, uuid)
    try:
        relance = adhesions.relancer(demarche, par=request.user)
    except ValidationError as erreur:
        messages.error(request, " ".join(erreur.messages))
    else:
        (messages.success if relance.ecrits else messages.info)(request, relance.phrase)
        lettres = Courriel.objects.a_faire().filter(demarche=demarche, genre=adhesions.GENRE)
        signaler((TACHE, pk) for pk in lettres.values_list("pk", flat=True))
    return redirect(reverse("cahier", args=[uuid]) + "#adhesions")
