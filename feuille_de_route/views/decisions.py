"""Décider en séance, point par point : ses effets touchent l'étape, les jalons, les fiches, les enjeux."""

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from feuille_de_route import parcours
from feuille_de_route.arbitrages import cibles
from feuille_de_route.arbitrages.cibles import Objet
from feuille_de_route.forms.decisions import FormulaireCorrection, FormulaireDecision, Propos
from gouvernance.decisions import ETAPE_DU_JALON, corriger
from gouvernance.forms.commun import en_edition
from gouvernance.models import (
    JALON_ACQUIS,
    Cible,
    CodeJalon,
    Decision,
    Demarche,
    EtatPresence,
    PointOrdreDuJour,
    Seance,
)
from gouvernance.reunions import seances
from gouvernance.reunions.ordre_du_jour import cible_de
from gouvernance.socle.vues import parametre
from gouvernance.views.commun import Saisie, ouvrir, traiter, une_fois
from gouvernance.views.saisies import Page, saisir
from gouvernance.views.seances import retour

DROIT = "tenir_seance"


def _seance(demarche: Demarche, uuid) -> Seance:
    """La séance, ses voix et le nombre de ses décisions, en une requête."""
    comptes = {
        "voix": Count("presences", ~Q(presences__etat=EtatPresence.EXCUSE), distinct=True),
        "nb_decisions": Count("decisions", distinct=True),
    }
    seances_ = Seance.objects.filter(instance__demarche=demarche).select_related("instance")
    seance = get_object_or_404(seances_.annotate(**comptes), uuid=uuid)
    seance.instance.demarche = demarche
    return seance


def _nomme(request, seance: Seance, nom: str, modele):
    """Le point ou la décision que nomme l'adresse (« ?point=… »), dans cette séance ; None sans nom."""
    if not (valeur := parametre(request, nom)):
        return None
    try:
        return get_object_or_404(modele, seance=seance, uuid=valeur)
    except ValidationError as erreur:
        raise Http404 from erreur


def _propos(request, demarche: Demarche, seance: Seance) -> Propos:
    """Ce dont on décide : l'objet envoyé, sinon celui de l'adresse, du point, de la décision que l'on révise,
    sinon le jalon que l'étape attend de cette instance.
    """
    objets = cibles.choisissables(demarche)
    point = _nomme(request, seance, "point", PointOrdreDuJour.objects.select_related("jalon"))
    avant = _nomme(request, seance, "remplace", Decision)
    if avant:
        avant.seance = seance
    if request.method == "POST":
        valeur = request.POST.get("cible", "")
    elif "cible" in request.GET:
        valeur = parametre(request, "cible")
    elif point or avant:
        type_, cible = cible_de(point) if point else (avant.cible_type, avant.cible)
        valeur = f"{type_}:{cible}"
    else:
        valeur = _jalon_attendu(demarche, seance, objets)
    objet = next((o for o in objets if o.valeur == valeur), None)
    return Propos(objet, objets, point, avant)


def _jalon_attendu(demarche: Demarche, seance: Seance, objets: list[Objet]) -> str:
    codes = [CodeJalon(code).label for code, etape in ETAPE_DU_JALON.items() if etape == demarche.etape]
    attendus = (
        o.valeur for o in objets
        if o.type == Cible.JALON and o.libelle in codes and o.instance == seance.instance_id
        and o.etat not in JALON_ACQUIS
    )  # fmt: skip
    return next(attendus, "")


def decision_consigner(request, uuid, seance):
    demarche, acces = ouvrir(request, uuid)
    trouvee = _seance(demarche, seance)
    acces.exiger(DROIT)
    propos = _propos(request, demarche, trouvee)
    formulaire = FormulaireDecision(request.POST or None, demarche=demarche, propos=propos)

    def ecrire(formulaire):
        une_fois(formulaire, request.user, lambda: parcours.consigner_decision(
            trouvee.pk, formulaire.saisie(), par=request.user,
            retenir=formulaire.fiches("retenir"), ecarter=formulaire.fiches("ecarter"),
        ))  # fmt: skip

    contexte = {
        "demarche": demarche, "acces": acces, "seance": trouvee, "propos": propos, "page": "Décider",
        "quorum": seances.dire_quorum(trouvee.voix, trouvee.instance.quorum),
        "choix": cibles.en_groupes(propos.objets, "Aucun objet particulier"),
        "numero": f"{trouvee.reference}-D{trouvee.nb_decisions + 1}",
    }  # fmt: skip
    ancre = "ordre-du-jour" if propos.point else "decisions"
    saisie = Saisie(
        formulaire, ecrire, retour(uuid, seance, ancre), "feuille_de_route/decision.html", contexte,
        "La décision est consignée.",
    )  # fmt: skip
    return traiter(request, saisie)


def decision_corriger(request, uuid, seance, decision):
    demarche, acces = lieu = ouvrir(request, uuid)
    trouvee = get_object_or_404(
        Decision.objects.select_related("seance__instance"),
        seance__uuid=seance, seance__instance__demarche=demarche, uuid=decision,
    )  # fmt: skip
    acces.exiger(DROIT)
    aide = (
        f"{trouvee.numero}, {trouvee.get_nature_display().lower()}. La nature ne change pas, car son effet "
        "a eu lieu : pour cela, prenez une autre décision, qui revient sur celle-ci."
    )
    page = Page("Corriger la décision", retour(uuid, seance, "decisions"), DROIT, aide)
    formulaire = en_edition(FormulaireCorrection, request, trouvee)
    return saisir(request, lieu, page, formulaire, lambda f: corriger(f, par=request.user))
