"""Ce que les écrans du diagnostic, des enjeux et des ateliers ont en commun."""

from collections.abc import Callable, Iterable

from django.db.models import Model
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from gouvernance.models import Demarche, Etape
from gouvernance.socle.manques import Manque
from gouvernance.views.commun import ouvrir
from gouvernance.views.saisies import Page, saisir


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
    """Comme `saisir`, pour une page qui ne se prépare qu'une fois le rôle vérifié (sinon 403).

    `preparer(demarche)` rend un dictionnaire : formulaire, ecrire, retour, titre ; facultatifs : aide,
    gabarit, succes, contexte.
    """
    demarche, acces = lieu = ouvrir(request, uuid)
    acces.exiger(droit)
    dite = preparer(demarche)
    formulaire, ecrire = dite.pop("formulaire"), dite.pop("ecrire")
    dite["aide"] = acces.refus[droit] or dite.get("aide", "")
    return saisir(request, lieu, Page(droit=droit, **dite), formulaire, ecrire)


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
