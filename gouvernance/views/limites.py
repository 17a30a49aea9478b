"""Le registre « on peut, on va, on ne peut pas »."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance.cadre import limites as regles
from gouvernance.forms.cadrage import FormulaireAjoutLimite, FormulaireLimite
from gouvernance.forms.commun import en_edition
from gouvernance.models import Cible, Limite, LimiteDAction, PointOrdreDuJour
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.inscriptions import inscrire
from gouvernance.views.saisies import Page, saisir


@lecture_seule
def limites(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    registre = regles.registre(demarche)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "On peut, on va, on ne peut pas",
        "onglet": "limites",
        "colonnes": [(categorie, categorie.label, lignes) for categorie, lignes in registre.items()],
        "a_decider": sum(ligne.decision_id is None for lignes in registre.values() for ligne in lignes),
    }
    return render(request, "gouvernance/limites.html", contexte)


def _retour(uuid) -> str:
    return reverse("limites", args=[uuid])


def _trouver(demarche, uuid) -> LimiteDAction:
    return get_object_or_404(LimiteDAction.objects.select_related("demarche"), demarche=demarche, uuid=uuid)


def limite_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    categorie = parametre(request, "categorie")
    formulaire = FormulaireAjoutLimite(
        request.POST or None, gouvernance=demarche.gouvernance,
        initial={"categorie": categorie if categorie in Limite.values else Limite.ON_PEUT},
    )  # fmt: skip
    page = Page(
        "Ajouter une ligne", _retour(uuid),
        aide="Ce que l’on peut, ce que l’on va, ce que l’on ne peut pas faire : décidé en séance.",
    )  # fmt: skip
    return saisir(
        request, lieu, page, formulaire, lambda f: regles.rediger(f, par=request.user, demarche=demarche)
    )


def limite_modifier(request, uuid, limite):
    demarche, _ = lieu = ouvrir(request, uuid)
    limite = _trouver(demarche, limite)
    return saisir(
        request, lieu, Page("Modifier la ligne", _retour(uuid)),
        en_edition(FormulaireLimite, request, limite, gouvernance=demarche.gouvernance),
        lambda f: regles.rediger(f, par=request.user, demarche=demarche),
    )  # fmt: skip


def limite_remplacer(request, uuid, limite):
    """Une ligne décidée ne se modifie plus : on en propose une autre, à décider."""
    demarche, _ = lieu = ouvrir(request, uuid)
    ancienne = _trouver(demarche, limite)
    champs = ("categorie", "libelle", "explication", "responsable", "echeance")
    formulaire = FormulaireAjoutLimite(
        request.POST or None, gouvernance=demarche.gouvernance,
        initial={champ: getattr(ancienne, champ) for champ in champs},
    )  # fmt: skip
    page = Page(
        "Proposer un remplacement", _retour(uuid),
        aide=f"« {ancienne} » est décidée : elle reste en vigueur jusqu’à la décision suivante.",
    )  # fmt: skip
    return saisir(request, lieu, page, formulaire, lambda f: regles.remplacer(f, ancienne, par=request.user))


@require_POST
def limite_supprimer(request, uuid, limite):
    demarche, _ = ouvrir(request, uuid)
    limite = _trouver(demarche, limite)
    return agir(
        request, lambda: regles.retirer(limite, par=request.user), _retour(uuid), "La ligne est retirée."
    )


def limite_inscrire(request, uuid, limite):
    """À décider en séance : l'inscrire à l'ordre du jour."""
    lieu = ouvrir(request, uuid)
    limite = _trouver(lieu[0], limite)
    if limite.decision_id:
        raise Http404
    objet = f"{limite.get_categorie_display()} : {limite}"[:250]
    point = PointOrdreDuJour(
        objet=objet, cible_type=Cible.LIMITE, cible=limite.uuid, cible_libelle=str(limite)
    )  # fmt: skip
    return inscrire(request, lieu, point, _retour(uuid))
