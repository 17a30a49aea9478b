"""La revue d'une séance et les bilans annuels : lus à l'écran, puis demandés en document."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route import papiers
from feuille_de_route.documents.papiers import contexte as contenus
from feuille_de_route.documents.papiers import suivi as mots
from feuille_de_route.documents.papiers.blocs import soigne
from feuille_de_route.mise_en_oeuvre import bilans as regles_bilan
from feuille_de_route.mise_en_oeuvre import revues, suivi
from feuille_de_route.models import NaturePapier
from gouvernance.models import EtatSeance, NatureDecision
from gouvernance.permissions import DROITS
from gouvernance.socle.identifiants import cle_ou_zero
from gouvernance.socle.mots import compter
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.seances import trouver

TENUES = {EtatSeance.OUVERTE, EtatSeance.CLOSE}
INSCRIPTIBLES = {EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE, EtatSeance.OUVERTE}


@lecture_seule
def revue(request, uuid, seance):
    demarche, acces = ouvrir(request, uuid, **suivi.premieres_dates())
    trouvee = trouver(demarche, seance, inscrites=revues.inscrites(), prises=revues.decisions())
    ouvert = suivi.ouverture(demarche)
    refus = regles_bilan.refus(demarche, ouvert=ouvert)
    dit = None if refus else contenus.revue(trouvee, ouvert)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Revue",
        "seance": trouvee,
        "refus": refus,
        "dit": dit,
        "blocs": mots.blocs_de_revue(soigne(dit)) if dit else [],
        "demandes": (demandes := _demandes(trouvee, dit) if dit else []),
        "reste": not all(demande["inscrite"] for demande in demandes),
        "motif": _motif(acces, trouvee),
        "tenue": trouvee.etat in TENUES,
        "seul": papiers.Seul(NaturePapier.REVUE, dit=dit),
    }
    return render(request, "feuille_de_route/revue.html", contexte)


def _demandes(seance, dit: dict) -> list[dict]:
    """Ce que la revue propose, s'il est déjà à l'ordre du jour, et ce que la séance en a décidé."""
    inscrites = revues.cles_des_points(seance.inscrites)
    prises = [{**p, "dite": NatureDecision(p["nature"]).label} for p in seance.prises]
    return [
        {**d, "inscrite": d["cle"] in inscrites, "prises": [p for p in prises if p["cible"] == d["cle"]]}
        for d in revues.proposables(dit)
    ]


def _motif(acces, seance) -> str:
    """Pourquoi l'ordre du jour ne se complète pas d'ici ; vide s'il le peut."""
    if not acces.peut["tenir_seance"]:
        return acces.refus["tenir_seance"] or DROITS["tenir_seance"].refus
    if seance.etat not in INSCRIPTIBLES:
        return f"La séance est « {seance.get_etat_display()} » : son ordre du jour ne change plus."
    return ""


@require_POST
def inscrire(request, uuid, seance):
    """Inscrit à l'ordre du jour les points à décider que l'on a cochés."""
    demarche, _ = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    nombre = []

    def acte():
        cles = request.POST.getlist("fiche")[:1000]
        nombre.append(revues.inscrire(trouvee.pk, cles, par=request.user))

    def succes():
        combien = nombre[0]
        if not combien:
            return "Ces points étaient déjà à l’ordre du jour."
        return f"{compter(combien, 'point')} à l’ordre du jour."

    return agir(request, acte, reverse("revue", args=[uuid, seance]), succes)


@lecture_seule
def bilans(request, uuid):
    """Le bilan de l'année choisie (`?annee=`), la plus récente par défaut."""
    demarche, acces = ouvrir(request, uuid, **suivi.premieres_dates())
    ouvert = suivi.ouverture(demarche)
    annees = regles_bilan.annees(demarche)
    demandee = parametre(request, "annee")
    choisie = cle_ou_zero(demandee) if demandee else 0
    annee = choisie if choisie in annees else next(iter(annees), None)
    refus = regles_bilan.refus(demarche, ouvert=ouvert) or ("" if annees else regles_bilan.PAS_OUVERT)
    dit = None if refus else contenus.bilan(demarche, annee, ouvert)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Bilan annuel",
        "annees": annees,
        "annee": annee,
        "seul": papiers.Seul(NaturePapier.BILAN, annee, dit),
        "refus": refus,
        "dit": dit,
        "blocs": mots.blocs_de_bilan(soigne(dit)) if dit else [],
    }
    return render(request, "feuille_de_route/bilans.html", contexte)
