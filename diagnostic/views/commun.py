"""Ce que les écrans du diagnostic, des enjeux et des ateliers ont en commun."""

from collections.abc import Callable, Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from gouvernance.models import Demarche, Etape
from gouvernance.socle.manques import Manque
from gouvernance.views.commun import Saisie, ouvrir, traiter

FORMULAIRE = "gouvernance/formulaire.html"


def manques_a_montrer(demarche: Demarche, manques: Iterable[Manque], ecran: str) -> dict:
    """`bloquants` et `avertissements` du composant ; pas de lien vers la page où l'on est déjà."""
    liens = [
        (m, reverse(m.ecran, args=[demarche.uuid]) if m.ecran not in {"", ecran} else "") for m in manques
    ]
    return {
        "bloquants": [(m.texte, url) for m, url in liens if m.bloquant],
        "avertissements": [(m.texte, url) for m, url in liens if not m.bloquant],
    }


def passee(demarche: Demarche, etape: Etape) -> bool:
    """L'étape est derrière : ce qu'on y a produit ne change plus."""
    return Etape(demarche.etape).rang > etape.rang or demarche.etape == Etape.ABANDONNEE


def page_de_saisie(request, uuid, droit: str, preparer: Callable):
    """Une page de formulaire, refusée (403) à qui n'a pas le rôle.

    `preparer(demarche)` rend un dictionnaire : formulaire, ecrire, retour, titre ; facultatifs : aide,
    gabarit, succes, contexte.
    """
    demarche, acces = ouvrir(request, uuid)
    if not acces.autorise_nom(droit):
        raise PermissionDenied(acces.refus[droit])
    page = preparer(demarche)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "titre": page["titre"],
        "aide": acces.refus[droit] or page.get("aide", ""),
        **page.get("contexte", {}),
    }
    saisie = Saisie(
        page["formulaire"], page["ecrire"], page["retour"], page.get("gabarit", FORMULAIRE), contexte,
        page.get("succes", "C’est enregistré."),
    )  # fmt: skip
    return traiter(request, saisie)


def page_d_ajout(request, uuid, droit: str, page: str, preparer: Callable):
    """Comme `page_de_saisie`, pour un objet qui a sa page, où l'ajout mène : `ecrire` le rend."""
    ajoutes = []

    def completer(demarche):
        saisie = preparer(demarche)
        return {**saisie, "ecrire": lambda formulaire: ajoutes.append(saisie["ecrire"](formulaire))}

    reponse = page_de_saisie(request, uuid, droit, completer)
    return redirect(page, uuid, ajoutes[0].uuid) if ajoutes else reponse


def sur(modele: type[Model], page: str, cle, preparer: Callable) -> Callable:
    """Ce que `page_de_saisie` attend, pour un objet de la démarche (sinon 404) : la saisie ramène à sa page.

    `preparer(demarche, objet)` rend le même dictionnaire, sans retour.
    """

    def completer(demarche):
        objet = get_object_or_404(modele, demarche=demarche, uuid=cle)
        return {"retour": reverse(page, args=[demarche.uuid, cle]), **preparer(demarche, objet)}

    return completer
