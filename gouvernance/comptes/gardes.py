"""Signer et transmettre demandent une identité vérifiée il y a un quart d'heure au plus."""

from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from gouvernance.comptes.entree import preuve_fraiche, vers

SAISIE_GARDEE = 100_000  # signes ; une saisie plus longue n'est pas gardée


def reauthentification_requise(vue):
    """Sans preuve fraîche, mène à « Confirmez que c'est vous », puis ramène ici ; une saisie est gardée.

    La page elle-même demande la preuve : on ne commence à écrire que si elle est fraîche.
    """

    @wraps(vue)
    def enveloppe(request, *args, **kwargs):
        if preuve_fraiche(request):
            return vue(request, *args, **kwargs)
        if request.method == "POST":
            garder_la_saisie(request)
        return redirect(vers("confirmer", request.path))

    return enveloppe


def garder_la_saisie(request) -> None:
    """Ce qui a été tapé attend dans la session, à l'adresse où il allait."""
    champs = [
        (nom, valeur)
        for nom, valeurs in request.POST.lists()
        for valeur in valeurs
        if nom != "csrfmiddlewaretoken"
    ]
    if sum(len(valeur) for _, valeur in champs) <= SAISIE_GARDEE:
        request.session["saisie_gardee"] = {"chemin": request.path, "champs": champs}


def saisie_gardee(request, chemin: str) -> list | None:
    """Les champs tapés pour cette adresse, rendus une fois."""
    gardee = request.session.get("saisie_gardee")
    if gardee is None or gardee["chemin"] != chemin:
        return None
    del request.session["saisie_gardee"]
    return gardee["champs"]


def revenir(request: HttpRequest, chemin: str) -> HttpResponse:
    """À la page demandée ; si une saisie y attendait, on la montre prête à être renvoyée."""
    champs = saisie_gardee(request, chemin)
    if champs is None:
        return redirect(chemin)
    montres = [
        valeur for nom, valeur in champs if nom not in {"jeton", "version", "empreinte", "enregistrer"}
    ]
    contexte = {"chemin": chemin, "champs": champs, "montres": [v for v in montres if len(v.split()) > 1]}
    return render(request, "comptes/reprise.html", contexte)
