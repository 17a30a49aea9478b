"""La stratégie : l'arbre des axes, ce qui les relie aux enjeux, et de quoi le modifier."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from diagnostic.models import Enjeu, EtatEnjeu
from feuille_de_route.axes import strategie
from feuille_de_route.forms.axes import AxeExistant, NouvelAxe
from feuille_de_route.models import Axe
from gouvernance.models import Demarche, Etape
from gouvernance.socle.modeles import Conflit
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter

SENS = {"monter": -1, "descendre": 1}


@lecture_seule
def axes(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    contexte = _strategie(demarche, acces)
    arbre = contexte["arbre"]
    departement = strategie.departementale(demarche)
    a_servir = departement is not None and strategie.axes_departementaux(demarche).exists()
    contexte |= {
        "page": "Axes",
        "enjeux_sans_axe": Enjeu.objects.filter(demarche=demarche, etat=EtatEnjeu.RETENU, axes=None),
        "axes_sans_enjeu": [n["axe"] for n in arbre if not n["enjeux"] and not n["enjeux_des_sous_axes"]],
        "departement": departement,
        "en_discussion": departement is not None and Etape(departement.etape).rang <= Etape.STRATEGIE.rang,
        "axes_sans_departement": [
            n["axe"] for n in arbre if a_servir and n["axe"].axe_departemental_id is None
        ],
    }
    return render(request, "feuille_de_route/axes.html", contexte)


def _strategie(demarche: Demarche, acces, message: str = "") -> dict:
    """Les axes numérotés et leurs sous-axes, avec ce qu'il faut pour les ranger : une requête, et une pour
    leurs enjeux.
    """
    tous = list(demarche.axes.select_related("axe_departemental").prefetch_related("enjeux"))
    return {
        "demarche": demarche,
        "acces": acces,
        "arbre": _arbre(tous),
        "vu": strategie.empreinte_de_l_ordre(tous),
        "message": message,
    }


def _arbre(tous: list[Axe]) -> list[dict]:
    noeuds = [_noeud(axe, rang) for rang, axe in strategie.numerotes(tous)]
    arbre = _freres(noeuds, None)
    for noeud in arbre:
        noeud["sous_axes"] = _freres(noeuds, noeud["axe"].pk)
        noeud["enjeux_des_sous_axes"] = any(n["enjeux"] for n in noeud["sous_axes"])
    return arbre


def _freres(noeuds: list[dict], parent_pk: int | None) -> list[dict]:
    """Ceux d'un même parent : le premier ne monte pas, le dernier ne descend pas."""
    freres = [n for n in noeuds if n["axe"].parent_id == parent_pk]
    for noeud in freres:
        noeud["premier"], noeud["dernier"] = noeud is freres[0], noeud is freres[-1]
    return freres


def _noeud(axe: Axe, numero: str) -> dict:
    return {
        "axe": axe,
        "numero": numero,
        "enjeux": list(axe.enjeux.all()),
        "avis": strategie.avis_sur_intitule(axe.intitule),
    }


def axe(request, uuid, axe_uuid=None):
    """Ajouter ou modifier un axe ; `?parent=` ouvre un sous-axe."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("structurer")
    if axe_uuid is None:
        parent = _parent_demande(request, demarche)
        neuf = Axe(demarche=demarche)
        formulaire = NouvelAxe(
            request.POST or None, demarche=demarche, instance=neuf, initial={"parent": parent}
        )
        titre = f"Ajouter un sous-axe à « {parent} »" if parent else "Ajouter un axe"
    else:
        objet = get_object_or_404(Axe, demarche=demarche, uuid=axe_uuid)
        formulaire = AxeExistant(
            request.POST or None, demarche=demarche, instance=objet, initial={"version": objet.version}
        )
        titre = f"Modifier : {objet}"
    contexte = {"demarche": demarche, "acces": acces, "titre": titre, "aide": acces.refus["structurer"]}
    retour = reverse("axes", args=[uuid])
    ecrire = _ecrire_axe(request, demarche)
    return traiter(request, Saisie(formulaire, ecrire, retour, "gouvernance/formulaire.html", contexte))


def _parent_demande(request, demarche: Demarche) -> Axe | None:
    demande = request.GET.get("parent", "")
    return next((a for a in demarche.axes.filter(parent=None) if str(a.uuid) == demande), None)


def _ecrire_axe(request, demarche: Demarche):
    def ecrire(formulaire):
        axe = strategie.enregistrer_axe(formulaire, par=request.user, demarche=demarche)
        if avis := strategie.avis_sur_intitule(axe.intitule):
            messages.warning(request, avis)

    return ecrire


@require_POST
def deplacer(request, uuid, axe_uuid, sens):
    if sens not in SENS:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    objet = get_object_or_404(Axe, demarche=demarche, uuid=axe_uuid)
    return agir(
        request,
        lambda: strategie.deplacer_axe(objet.pk, SENS[sens], par=request.user),
        f"{reverse('axes', args=[uuid])}#axe-{objet.uuid}",
        f"« {objet} » a changé de place.",
    )


@require_POST
def ordonner(request, uuid):
    """Ranger les axes d'un geste. Le script reçoit la stratégie à jour (409 si elle avait changé) ; sans lui,
    on revient à la page.
    """
    demarche, acces = ouvrir(request, uuid)
    demande = request.POST.get("parent", "")
    parent = next((a for a in demarche.axes.filter(parent=None) if str(a.uuid) == demande), None)
    if demande and parent is None:
        raise Http404
    statut, message = 200, "L’ordre est enregistré."
    try:
        strategie.ordonner_axes(
            demarche, request.POST.getlist("axes"), parent=parent, vu=request.POST.get("vu", ""),
            par=request.user,
        )  # fmt: skip
    except Conflit as conflit:
        statut, message = 409, str(conflit)
    except ValidationError as refus:
        statut, message = 422, " ".join(refus.messages)
    if not request.htmx:
        (messages.success if statut == 200 else messages.error)(request, message)
        return redirect("axes", uuid=uuid)
    contexte = _strategie(demarche, acces, message)
    return render(request, "feuille_de_route/_axes_arbre.html", contexte, status=statut)


@require_POST
def supprimer(request, uuid, axe_uuid):
    demarche, _ = ouvrir(request, uuid)
    objet = get_object_or_404(Axe, demarche=demarche, uuid=axe_uuid)
    return agir(
        request,
        lambda: strategie.supprimer_axe(objet.pk, par=request.user),
        reverse("axes", args=[uuid]),
        f"« {objet} » est supprimé.",
    )
