"""La définition commune, son adoption, et le glossaire qui l'accompagne."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance import edition
from gouvernance.cadre import definitions, glossaire
from gouvernance.forms.cadrage import (
    FormulaireAjoutTerme,
    FormulaireDefinition,
    FormulairePropositions,
    FormulaireTerme,
)
from gouvernance.forms.commun import en_edition
from gouvernance.models import Cible, DefinitionCommune, PointOrdreDuJour, Terme
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.inscriptions import inscrire
from gouvernance.views.saisies import Page, saisir


@lecture_seule
def definition(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Définition commune et glossaire",
        "onglet": "definition",
        "definition": get_object_or_404(DefinitionCommune, demarche=demarche),
        "adoptees": definitions.adoptees(demarche),
        "inscrite": definitions.inscrite(demarche),
        "termes": glossaire.termes(demarche),
    }
    return render(request, "gouvernance/definition.html", contexte)


def _retour(uuid, ancre: str = "") -> str:
    return reverse("definition", args=[uuid]) + ancre


def definition_modifier(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    definition = get_object_or_404(DefinitionCommune, demarche=demarche)
    aide = "Ce n’est pas uniquement la fibre : dites ce que les parties entendent ensemble."
    if definition.decision_id:
        aide += (
            f" L’édition {definition.edition} est adoptée : la récrire ouvre la suivante, en projet,"
            " et l’adoptée reste en vigueur jusqu’à la décision suivante."
        )
    return saisir(
        request, lieu, Page("Définition commune de l’inclusion numérique", _retour(uuid), aide=aide),
        en_edition(FormulaireDefinition, request, definition),
        lambda f: definitions.rediger(f, par=request.user, demarche=demarche),
    )  # fmt: skip


def definition_inscrire(request, uuid):
    """À adopter en séance : l'inscrire à l'ordre du jour."""
    lieu = ouvrir(request, uuid)
    definition = definitions.a_adopter(lieu[0])
    if definition is None:
        raise Http404
    dit = f"Définition commune de l’inclusion numérique, édition {definition.edition}"
    point = PointOrdreDuJour(
        objet=f"Adoption : {dit}", cible_type=Cible.DEFINITION, cible=definition.uuid, cible_libelle=dit
    )  # fmt: skip
    return inscrire(request, lieu, point, _retour(uuid))


def terme_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    return saisir(
        request, lieu, Page("Ajouter un terme au glossaire", _retour(uuid, "#glossaire")),
        FormulaireAjoutTerme(request.POST or None, instance=Terme(demarche=demarche)),
        lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer"),
    )  # fmt: skip


def termes_proposes(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    page = Page(
        "Partir de termes proposés", _retour(uuid, "#glossaire"), succes="Les termes sont au glossaire.",
        aide="Cochez ceux que vous employez ; vous pourrez ensuite en récrire la définition.",
    )  # fmt: skip
    formulaire = FormulairePropositions(
        request.POST or None, propositions=glossaire.proposables(demarche)
    )  # fmt: skip

    def ecrire(formulaire):
        donnees = formulaire.cleaned_data
        glossaire.reprendre(demarche, donnees["termes"], par=request.user, jeton=donnees["jeton"])

    return saisir(request, lieu, page, formulaire, ecrire)


def terme_modifier(request, uuid, terme):
    demarche, _ = lieu = ouvrir(request, uuid)
    terme = get_object_or_404(Terme, demarche=demarche, uuid=terme)
    return saisir(
        request, lieu, Page(f"Modifier « {terme} »", _retour(uuid, "#glossaire")),
        en_edition(FormulaireTerme, request, terme),
        lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer"),
    )  # fmt: skip


@require_POST
def terme_supprimer(request, uuid, terme):
    demarche, _ = ouvrir(request, uuid)
    terme = get_object_or_404(Terme, demarche=demarche, uuid=terme)
    return agir(
        request,
        lambda: edition.supprimer(terme, par=request.user, demarche=demarche, droit="cadrer"),
        _retour(uuid, "#glossaire"),
        f"« {terme} » n’est plus au glossaire.",
    )
