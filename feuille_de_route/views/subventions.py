"""Les subventions de l'État : ce qui reste au département, les demandes, leur instruction."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.argent import enveloppes, subventions
from feuille_de_route.argent.subventions import Suite
from feuille_de_route.forms.subventions import (
    FormulaireAccord,
    FormulaireDemande,
    FormulaireDemandeModifiee,
    FormulaireRefus,
    FormulaireRenvoi,
    initiales,
)
from feuille_de_route.models import DemandeSubvention, Enveloppe, FicheAction
from gouvernance.models import Demarche, Evenement
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.saisies import Page, saisir

RELATIONS = ("fiche", "enveloppe", "beneficiaire")
TITRE = "Subventions de l’État"
DECISIONS = {"renvoyer": FormulaireRenvoi, "accepter": FormulaireAccord, "refuser": FormulaireRefus}
ECRITES = {
    "renvoyer": "La demande est renvoyée : la coordination est prévenue, et la déposera de nouveau.",
    "accepter": "La demande est acceptée : la part de l’État est acquise dans la fiche.",
    "refuser": "La demande est refusée : elle rend sa part du plafond.",
}
SIMPLES = {
    "deposer": "La demande est déposée : l’administration va l’instruire.",
    "instruire": "La demande est en cours d’instruction.",
}


@lecture_seule
def liste(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": TITRE,
        "parts": enveloppes.parts(departement=demarche.gouvernance.departement_id),
        "demandes": list(_visibles(request, demarche)),
    }
    return render(request, "feuille_de_route/subventions.html", contexte)


def _visibles(request, demarche: Demarche):
    demandes = DemandeSubvention.objects.visibles_par(request.user).filter(demarche=demarche)
    return demandes.select_related(*RELATIONS).order_by("-enveloppe__annee", "pk")


def _trouver(request, demarche: Demarche, demande_uuid) -> DemandeSubvention:
    demande = get_object_or_404(_visibles(request, demarche), uuid=demande_uuid)
    demande.demarche = demarche
    return demande


@lecture_seule
def demande(request, uuid, demande_uuid):
    demarche, acces = ouvrir(request, uuid)
    demande = _trouver(request, demarche, demande_uuid)
    possibles = subventions.actions_possibles(demande, acces)
    actes = [
        {"nom": nom, "libelle": t.libelle, "url": reverse(_adresse(nom), args=[uuid, demande_uuid, nom])}
        for nom, t in possibles.items()
    ]
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": f"Demande de {demande.beneficiaire}",
        "demande": demande,
        **enveloppes.avant_et_apres(demande),
        "actes": actes,
        "simples": SIMPLES,
        "motif_edition": subventions.motif_de_non_edition(demande, acces),
        "suivi": _suivi(demande),
    }
    return render(request, "feuille_de_route/subvention.html", contexte)


def _suivi(demande: DemandeSubvention) -> list[Evenement]:
    """Ses passages d'un état à l'autre, dans l'ordre : ce qui s'est dit ne se perd pas."""
    passages = [t.libelle.lower() for t in subventions.TRANSITIONS.values()]
    lignes = Evenement.objects.filter(
        objet_type=DemandeSubvention._meta.model_name, objet_id=str(demande.pk), action__in=passages
    )
    return list(lignes.select_related("par").order_by("pk"))


def _adresse(action: str) -> str:
    return "subvention_agir" if action in SIMPLES else "subvention_decider"


def ajouter(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    acces.exiger(subventions.DEMANDER)
    parts = enveloppes.parts(departement=demarche.gouvernance.departement_id)
    fiche = _fiche(request, demarche)
    formulaire = FormulaireDemande(
        request.POST or None, demarche=demarche, parts=parts, initial=initiales(fiche, parts)
    )
    aide = acces.refus[subventions.DEMANDER] or _aide(parts)
    page = Page(
        "Demander une subvention", reverse("subventions", args=[uuid]), subventions.DEMANDER, aide=aide,
        succes=_succes(request, "Le brouillon est enregistré : il reste à le déposer."),
    )  # fmt: skip
    return saisir(request, (demarche, acces), page, formulaire, _ecrire(request, demarche))


def _fiche(request, demarche: Demarche) -> FicheAction | None:
    """Celle que nomme l'adresse (« ?fiche= »), si la personne la voit."""
    try:
        cherchee = UUID(parametre(request, "fiche"))
    except ValueError:
        return None
    visibles = FicheAction.objects.visibles_par(request.user).filter(demarche=demarche)
    return visibles.filter(uuid=cherchee).first()


def _aide(parts: list[enveloppes.Part]) -> str:
    if not parts:
        return "Aucune enveloppe de l’État n’est ouverte à votre département pour l’instant."
    if all(enveloppes.motif_de_fermeture(part.plafond.enveloppe) for part in parts):
        return "Aucune enveloppe ne reçoit de demande aujourd’hui : vous pouvez préparer un brouillon."
    return "Enregistrez un brouillon et revenez-y, ou déposez tout de suite. Une demande déposée est figée."


def modifier(request, uuid, demande_uuid):
    demarche, acces = ouvrir(request, uuid)
    demande = _trouver(request, demarche, demande_uuid)
    acces.exiger(subventions.DEMANDER)
    parts = enveloppes.parts(departement=demarche.gouvernance.departement_id)
    formulaire = FormulaireDemandeModifiee(
        request.POST or None, instance=demande, demarche=demarche, parts=parts,
        initial={"version": demande.version},
    )  # fmt: skip
    aide = subventions.motif_de_non_edition(demande, acces) or _rappel(demande)
    retour = reverse("subvention", args=[uuid, demande_uuid])
    reste = "Vos changements sont enregistrés : il reste à déposer la demande."
    succes = _succes(request, reste)
    page = Page("Modifier la demande", retour, subventions.DEMANDER, aide=aide, succes=succes)
    return saisir(request, (demarche, acces), page, formulaire, _ecrire(request, demarche))


def _rappel(demande: DemandeSubvention) -> str:
    """Ce qu'il faut modifier, et ce qui ne peut plus l'être."""
    dit = f"Ce que dit l’instruction : «\u00a0{demande.motif}\u00a0»" if demande.motif else ""
    return "\n".join(phrase for phrase in (dit, subventions.place_tenue(demande)) if phrase)


def _succes(request, enregistree: str) -> str:
    return SIMPLES["deposer"] if "deposer" in request.POST else enregistree


def _ecrire(request, demarche: Demarche):
    """Enregistrer, et déposer si c'est le bouton choisi : l'un ne va pas sans l'autre."""

    @transaction.atomic
    def ecrire(formulaire):
        demande = subventions.enregistrer(formulaire, par=request.user, demarche=demarche)
        if "deposer" in request.POST:
            subventions.effectuer("deposer", demande.pk, par=request.user)

    return ecrire


@require_POST
def agir_demande(request, uuid, demande_uuid, action):
    """Déposer, prendre en instruction : un bouton."""
    if action not in SIMPLES:
        raise Http404
    demarche, acces = ouvrir(request, uuid)
    demande = _trouver(request, demarche, demande_uuid)
    acces.exiger(subventions.TRANSITIONS[action].droit)
    retour = reverse("subvention", args=[uuid, demande_uuid])
    acte = lambda: subventions.effectuer(action, demande.pk, par=request.user)  # noqa: E731
    return agir(request, acte, retour, SIMPLES[action])


def decider(request, uuid, demande_uuid, action):
    """Accepter, refuser, renvoyer : l'administration donne le montant ou le motif."""
    if action not in DECISIONS:
        raise Http404
    demarche, acces = ouvrir(request, uuid)
    demande = _trouver(request, demarche, demande_uuid)
    acces.exiger(subventions.INSTRUIRE)
    formulaire = DECISIONS[action](request.POST or None, initial={"accorde": demande.montant})

    def ecrire(valide):
        lu = valide.cleaned_data
        suite = Suite(lu.get("motif", ""), lu.get("accorde"))
        subventions.effectuer(action, demande.pk, par=request.user, suite=suite, jeton=lu["jeton"])

    page = Page(
        f"{subventions.TRANSITIONS[action].libelle} de {demande.beneficiaire}",
        reverse("subvention", args=[uuid, demande_uuid]), subventions.INSTRUIRE,
        succes=ECRITES[action],
    )  # fmt: skip
    return saisir(request, (demarche, acces), page, formulaire, ecrire)


@require_POST
def supprimer(request, uuid, demande_uuid):
    demarche, acces = ouvrir(request, uuid)
    demande = _trouver(request, demarche, demande_uuid)
    acces.exiger(subventions.DEMANDER)
    acte = lambda: subventions.supprimer(demande.pk, par=request.user)  # noqa: E731
    return agir(request, acte, reverse("subventions", args=[uuid]), "Le brouillon est effacé.")


@lecture_seule
def nationale(request):
    """L'administration : une enveloppe, la part de chaque département, les demandes qui attendent."""
    if not (request.user.administration or request.user.is_superuser):
        raise PermissionDenied("Les enveloppes nationales sont tenues par l’administration.")
    toutes = list(Enveloppe.objects.all())
    choisie = next((e for e in toutes if str(e.uuid) == request.GET.get("enveloppe")), None)
    choisie = choisie or next(iter(toutes), None)
    parts = enveloppes.parts(enveloppe=choisie) if choisie else []
    contexte = {
        "enveloppes": toutes,
        "choisie": choisie,
        "periode": enveloppes.periode(choisie) if choisie else "",
        "parts": parts,
        "total": enveloppes.total(parts),
        "a_decider": enveloppes.a_decider(choisie),
    }
    return render(request, "feuille_de_route/enveloppes.html", contexte)
