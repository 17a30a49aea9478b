"""Agir sur plusieurs fiches : choisir l'acte, sa valeur, relire ce qui changera, confirmer."""

import uuid as identifiants
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from feuille_de_route.forms.lots import NUMERO_MAX, VUE, FormulaireLot
from feuille_de_route.plan_d_actions import lots
from gouvernance.edition import DejaFait
from gouvernance.socle.mots import compter
from gouvernance.views.commun import ouvrir, rattacher


class Demande(NamedTuple):
    """Ce que dit l'adresse (ou l'envoi) : l'acte, la valeur, les numéros cochés, où revenir."""

    acte: str
    valeur: str
    numeros: list[int]
    retour: str


def lot(request, uuid):
    """GET : de la question à la confirmation, selon ce que l'on a déjà dit ; POST : le faire."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger(lots.DROIT)
    lieu = (demarche, acces)
    if request.method != "POST":
        return _montrer(request, lieu, _demande(request.GET))
    formulaire, demande = FormulaireLot(request.POST), _demande(request.POST)
    if not formulaire.is_valid():
        return _montrer(request, lieu, demande, formulaire, 422)
    dit = formulaire.cleaned_data
    try:
        nombre = lots.appliquer(
            dit["acte"], dit["valeur"], dit["v"], par=request.user, demarche=demarche, jeton=dit["jeton"]
        )
    except ValidationError as erreur:
        rattacher(formulaire, erreur)
        return _montrer(request, lieu, demande, formulaire, 422)
    except lots.Depassee as conflit:
        rattacher(formulaire, ValidationError(conflit.phrases))
        return _montrer(request, lieu, demande, formulaire, 409)
    except DejaFait:
        messages.info(request, "C’était déjà fait : le second envoi n’a rien changé.")
    else:
        verbe = "a changé" if nombre == 1 else "ont changé"
        messages.success(request, f"C’est fait : {compter(nombre, 'fiche')} {verbe}.")
    return redirect(_plan(uuid, demande.retour))


def _demande(parametres: QueryDict) -> Demande:
    """Les numéros viennent des cases du plan (« f »), ou de la page de confirmation (« v »)."""
    mots = [mot.split(".")[0] for mot in parametres.getlist("v") if VUE.fullmatch(mot)]
    mots += parametres.getlist("f")
    numeros = {int(m) for m in mots if m.isascii() and m.isdigit() and len(m) < 6 and int(m) <= NUMERO_MAX}
    acte = parametres.get("acte", "")
    valeur = parametres.get("valeur", "").replace("\x00", "")[:60]
    retour = QueryDict(parametres.get("retour", "").replace("\x00", "")[:2000]).urlencode()
    return Demande(acte if acte in lots.ACTES else "", valeur, sorted(numeros), retour)


def _plan(uuid, retour: str) -> str:
    return reverse("plan", args=[uuid]) + (f"?{retour}" if retour else "")


def _montrer(request, lieu: tuple, demande: Demande, refuse: FormulaireLot | None = None, statut: int = 200):
    """La page, avec un jeton neuf et les versions d'à présent ; `refuse` : l'envoi refusé."""
    demarche, acces = lieu
    fiches = lots.choisies(demarche, demande.numeros, request.user)
    possibles = lots.valeurs(demande.acte, demarche) if demande.acte else {}
    choisie = possibles.get(demande.valeur)
    pret = bool(demande.acte) and (choisie is not None or not lots.ACTES[demande.acte].champ)
    effets = lots.prevoir(demande.acte, choisie, fiches) if pret else []
    changent = [effet for effet in effets if not effet.motif]
    contexte = {
        "demarche": demarche, "acces": acces, "page": "Agir sur plusieurs fiches",
        "demande": demande, "acte": lots.ACTES.get(demande.acte), "actes": lots.ACTES,
        "valeurs": possibles.values(), "choisie": choisie, "fiches": fiches, "pret": pret,
        "changent": changent, "restent": [effet for effet in effets if effet.motif],
        "refus": acces.refus[lots.DROIT], "retour": _plan(demarche.uuid, demande.retour),
        "erreurs": [phrase for phrases in refuse.errors.values() for phrase in phrases] if refuse else [],
        "oubli": _oubli(request, demande, choisie),
        "url_lot": reverse("plan_lot", args=[demarche.uuid]),
        "formulaire": _confirmation(demande, changent),
    }  # fmt: skip
    return render(request, "feuille_de_route/plan_lot.html", contexte, status=statut)


def _oubli(request, demande: Demande, choisie: lots.Valeur | None) -> str:
    """La question est posée une seconde fois : ce qui n'a pas été choisi."""
    if not demande.acte:
        return "Choisissez ce qu’il faut faire de ces fiches." if "acte" in request.GET else ""
    sans_reponse = "valeur" in request.GET and lots.ACTES[demande.acte].champ and choisie is None
    return "Choisissez une réponse dans la liste." if sans_reponse else ""


def _confirmation(demande: Demande, changent: list[lots.Effet]) -> FormulaireLot:
    return FormulaireLot(
        initial={
            "jeton": identifiants.uuid4(),
            "acte": demande.acte,
            "valeur": demande.valeur,
            "retour": demande.retour,
            "v": [f"{effet.fiche.numero}.{effet.fiche.version}" for effet in changent],
        }
    )
