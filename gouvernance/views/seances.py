"""Les séances : les planifier, les tenir, en garder trace."""

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance import seances as regles
from gouvernance.decisions import jalon_attendu
from gouvernance.forms.commun import en_edition
from gouvernance.forms.seances import (
    FormulaireCompteRendu,
    FormulairePlanifier,
    FormulairePoint,
    FormulairePresences,
    FormulaireSeance,
)
from gouvernance.models import Demarche, EtatSeance, PointOrdreDuJour, Seance
from gouvernance.permissions import Acces
from gouvernance.socle.identifiants import cle_ou_zero
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter, une_fois
from gouvernance.views.saisies import Page, saisir

PAR_PAGE = 20


@lecture_seule
def seances(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    tenues = (
        Seance.objects.filter(instance__demarche=demarche)
        .select_related("instance")
        .annotate(nb_decisions=Count("decisions"))
        .order_by("-debut")
    )
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Séances et décisions",
        "seances": Paginator(tenues, PAR_PAGE).get_page(request.GET.get("page")),
        "a_des_instances": demarche.instances.exists(),
    }
    return render(request, "gouvernance/seances.html", contexte)


def trouver(demarche: Demarche, uuid) -> Seance:
    seances = Seance.objects.select_related("instance__demarche")
    return get_object_or_404(seances, instance__demarche=demarche, uuid=uuid)


def contexte_seance(demarche: Demarche, acces: Acces, seance: Seance) -> dict:
    """Ce que montre la page d'une séance ; la page d'une décision, au-dessus, le complète."""
    presences = list(seance.presences.select_related("siege__structure", "siege__personne", "pouvoir_a"))
    sieges = list(seance.instance.sieges.select_related("structure", "personne"))
    voix = regles.compter_voix(presences)
    possibles = regles.actions_possibles(seance)
    points = list(seance.points.select_related("jalon"))
    decisions = list(seance.decisions.select_related("jalon", "seance__instance"))
    return {
        "demarche": demarche,
        "acces": acces,
        "page": seance.reference,
        "seance": seance,
        "points": points,
        "decisions": decisions,
        "actions": [(nom, dit, QUESTIONS.get(nom, "")) for nom, dit in possibles.items()],
        "presences": FormulairePresences(sieges=sieges, presences={p.siege_id: p for p in presences}),
        "voix": voix,
        "quorum_atteint": voix >= seance.instance.quorum,
        "modifiable": seance.etat not in {EtatSeance.CLOSE, EtatSeance.ANNULEE},
        "deplacable": seance.etat in {EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE},
        "ouverte": seance.etat == EtatSeance.OUVERTE,
        "tenue": seance.etat in {EtatSeance.OUVERTE, EtatSeance.CLOSE},
        "geste": _prochain_geste(seance, points, presences, decisions),
    }  # fmt: skip


def _prochain_geste(seance: Seance, points: list, presences: list, decisions: list) -> str:
    """Ce que l'on attend maintenant de qui tient la séance, en une phrase."""
    if seance.etat == EtatSeance.PLANIFIEE:
        suite = "Convoquez la séance" if points else "Inscrivez les points à l’ordre du jour, puis convoquez"
        return f"{suite}. Le jour venu, ouvrez-la pour noter les présences et consigner les décisions."
    if seance.etat == EtatSeance.CONVOQUEE:
        return "Le jour venu, ouvrez la séance pour noter les présences et consigner les décisions."
    if seance.etat != EtatSeance.OUVERTE:
        return ""
    if not presences:
        return "Notez d’abord qui est présent."
    if not decisions:
        return "Les présences sont notées : consignez les décisions."
    return "Consignez les autres décisions s’il y en a, puis closez la séance."


QUESTIONS = {
    "clore": "Clore la séance ? Ses décisions ne se modifieront plus.",
    "annuler": "Annuler cette séance ?",
}


@lecture_seule
def seance(request, uuid, seance):
    demarche, acces = ouvrir(request, uuid)
    contexte = contexte_seance(demarche, acces, trouver(demarche, seance))
    return render(request, "gouvernance/seance.html", contexte)


def _retour(uuid, seance, ancre="") -> str:
    return reverse("seance", args=[uuid, seance]) + (f"#{ancre}" if ancre else "")


@lecture_seule
def faire_valider(request, uuid):
    """Là où se décide le jalon attendu : sa séance s'il y en a une, sinon la page qui la planifie."""
    demarche, acces = ouvrir(request, uuid)
    jalon = jalon_attendu(demarche)
    if jalon is None or not acces.peut["tenir_seance"]:
        return redirect("seances", uuid)
    if jalon.instance_id is None:
        return redirect("jalons", uuid)
    if prevue := regles.seance_prevue(jalon):
        return redirect("seance", uuid, prevue.uuid)
    return redirect(f"{reverse('seance_planifier', args=[uuid])}?jalon={jalon.code}")


def seance_planifier(request, uuid):
    """L'adresse de la séance est tirée du jeton : un double clic ramène à la même."""
    demarche, _ = lieu = ouvrir(request, uuid)
    jalon = demarche.jalons.filter(code=parametre(request, "jalon"), instance__isnull=False).first()
    attendus = {"jalon": jalon, "instance": jalon.instance_id} if jalon else {}
    formulaire = FormulairePlanifier(request.POST or None, demarche=demarche, initial=attendus)
    retour = reverse("seances", args=[uuid])
    if request.method == "POST" and formulaire.is_valid():
        formulaire.instance.uuid = formulaire.cleaned_data["jeton"]
        retour = _retour(uuid, formulaire.instance.uuid)
    page = Page("Planifier une séance", retour, "tenir_seance", succes="La séance est planifiée.")

    def ecrire(formulaire):
        une_fois(
            formulaire, request.user,
            lambda: regles.planifier(
                formulaire.instance, par=request.user, jalon=formulaire.cleaned_data["jalon"]
            ),
        )  # fmt: skip

    return saisir(request, lieu, page, formulaire, ecrire)


def seance_modifier(request, uuid, seance):
    demarche, _ = lieu = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    page = Page("Changer la date ou le lieu", _retour(uuid, seance), droit="tenir_seance")
    formulaire = en_edition(FormulaireSeance, request, trouvee)
    return saisir(request, lieu, page, formulaire, lambda f: regles.deplacer(f, par=request.user))


def compte_rendu(request, uuid, seance):
    demarche, _ = lieu = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    page = Page("Compte rendu", _retour(uuid, seance, "compte-rendu"), droit="tenir_seance")
    formulaire = en_edition(FormulaireCompteRendu, request, trouvee)
    return saisir(request, lieu, page, formulaire, lambda f: regles.rediger_compte_rendu(f, par=request.user))


@require_POST
def seance_agir(request, uuid, seance, action):
    if action not in regles.TRANSITIONS:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    return agir(
        request,
        lambda: regles.effectuer(action, trouvee.pk, par=request.user),
        _retour(uuid, seance),
        f"La séance est {regles.TRANSITIONS[action].vers.label.lower()}.",
    )


def point_ajouter(request, uuid, seance):
    demarche, _ = lieu = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    page = Page("Inscrire un point à l’ordre du jour", _retour(uuid, seance, "ordre-du-jour"), "tenir_seance")
    formulaire = FormulairePoint(request.POST or None, demarche=demarche)

    def ecrire(formulaire):
        une_fois(
            formulaire, request.user,
            lambda: regles.inscrire_point(trouvee.pk, formulaire.instance, par=request.user),
        )  # fmt: skip

    return saisir(request, lieu, page, formulaire, ecrire)


@require_POST
def point_agir(request, uuid, seance, action):
    """Monter ou retirer le point dont l'identifiant est dans le corps de la requête."""
    actes = {"monter": regles.monter_point, "retirer": regles.retirer_point}
    if action not in actes:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    cle = request.POST.get("point", "")
    point = get_object_or_404(PointOrdreDuJour, seance=trouvee, pk=cle_ou_zero(cle))
    return agir(
        request,
        lambda: actes[action](trouvee.pk, point.pk, par=request.user),
        _retour(uuid, seance, "ordre-du-jour"),
        "L’ordre du jour est à jour.",
    )


@require_POST
def presences_noter(request, uuid, seance):
    demarche, acces = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    sieges = list(trouvee.instance.sieges.select_related("structure", "personne"))
    formulaire = FormulairePresences(request.POST, sieges=sieges, presences={})
    contexte = {**contexte_seance(demarche, acces, trouvee), "presences": formulaire}

    def ecrire(formulaire):
        regles.noter_presences(trouvee.pk, formulaire.saisies(), par=request.user)

    retour = _retour(uuid, seance, "presences")
    return traiter(request, Saisie(formulaire, ecrire, retour, "gouvernance/seance.html", contexte))
