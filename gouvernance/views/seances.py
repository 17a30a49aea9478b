"""Les séances : les planifier, les convoquer, les ouvrir et les clore ; la page d'une séance."""

from datetime import timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef
from django.db.models.functions import JSONObject
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from gouvernance.decisions import EFFET, jalon_attendu
from gouvernance.forms.commun import en_edition
from gouvernance.forms.seances import FormulairePlanifier, FormulairePresences, FormulaireSeance
from gouvernance.models import Cible, Demarche, EtatSeance, PieceDeSeance, Seance
from gouvernance.permissions import Acces
from gouvernance.reunions import seances as regles
from gouvernance.reunions.convocations import annuler, avec_annonce, convoquer, envois, etat_du_siege
from gouvernance.reunions.ordre_du_jour import heure_de_fin, minutes
from gouvernance.socle.mots import compter
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import agir, ouvrir, une_fois
from gouvernance.views.saisies import Page, saisir

PAR_PAGE = 20
# Ce dont une autre décision défait l'effet ; une définition adoptée ou un compte rendu approuvé le restent.
REVISABLES = {Cible.JALON, Cible.FICHE, Cible.ENJEU}


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


def trouver(demarche: Demarche, uuid, **lus) -> Seance:
    """La séance de cette démarche, en une requête : le dernier rendez-vous parti (`annonce`), ses documents
    (`jointes`) et la décision qui l'a approuvée. `lus` : ce que la page annote de plus.
    """
    jointes = PieceDeSeance.objects.filter(seance=OuterRef("pk")).order_by("nom")
    dites = ArraySubquery(jointes.values(dit=JSONObject(uuid="uuid", nom="nom", taille="taille")))
    seances = avec_annonce(Seance.objects).annotate(jointes=dites, **lus)
    seances = seances.select_related("instance", "approbation__seance__instance")
    seance = get_object_or_404(seances, instance__demarche=demarche, uuid=uuid)
    seance.instance.demarche = demarche
    return seance


def contexte_seance(demarche: Demarche, acces: Acces, seance: Seance) -> dict:
    """Ce que montre la page d'une séance."""
    sieges = list(regles.sieges_notes(seance))
    points = list(seance.points.select_related("jalon"))
    decisions = list(seance.decisions.select_related("jalon", "cree_par").order_by("ordre"))
    _minuter(seance, points, decisions)
    voix = regles.compter_voix(s.note_etat for s in sieges)
    suivi, possibles = envois(seance, sieges, points), regles.actions_possibles(seance)
    return {
        "demarche": demarche,
        "acces": acces,
        "page": seance.reference,
        "seance": seance,
        "points": points,
        "duree": minutes(points),
        "fin": heure_de_fin(seance, points),
        "decisions": decisions,
        "pieces": seance.jointes,
        "envois": suivi,
        "convies": [(s, etat_du_siege(s, suivi)) for s in sieges if s.clos_le is None],
        "actions": [(nom, dit, QUESTIONS.get(nom, "")) for nom, dit in possibles.items()],
        "actes_secondaires": bool(suivi.changements) or (seance.etat == EtatSeance.OUVERTE and not decisions),
        "presences": FormulairePresences(sieges=sieges),
        "voix": voix,
        "quorum": regles.dire_quorum(voix, seance.instance.quorum),
        "modifiable": seance.etat not in regles.FINIES,
        "deplacable": seance.etat in regles.A_TENIR,
        "ouverte": seance.etat == EtatSeance.OUVERTE,
        "tenue": seance.etat in regles.TENUES,
        "convoquee": seance.etat == EtatSeance.CONVOQUEE,
        "geste": _prochain_geste(seance, points, sieges, suivi),
    }  # fmt: skip


def _minuter(seance: Seance, points: list, decisions: list) -> None:
    """Pose sur chaque point son heure et les décisions qu'il a données ; sur chaque décision, sa séance."""
    heure, prises = seance.debut, {}
    for decision in decisions:
        decision.seance = seance
        prises.setdefault(decision.point_id, []).append(decision)
    for point in points:
        point.heure, point.prises = heure, prises.get(point.pk, [])
        heure += timedelta(minutes=point.duree or 0)
    tranchees = {}  # on revient sur la dernière décision prise sur un objet, pas sur les précédentes
    for decision in decisions:
        decision.revisable = decision.cible_type in REVISABLES and decision.nature in EFFET
        if decision.revisable:
            if precedente := tranchees.get(decision.cible):
                precedente.revisable, precedente.remplacee = False, decision
            tranchees[decision.cible] = decision


def _prochain_geste(seance: Seance, points: list, sieges: list, suivi) -> str:
    """Ce que l'on attend maintenant de qui tient la séance, en une phrase."""
    if seance.etat == EtatSeance.PLANIFIEE:
        suite = "Convoquez la séance" if points else "Inscrivez les points à l’ordre du jour, puis convoquez"
        return f"{suite}. Le jour venu, ouvrez-la pour noter les présences et consigner les décisions."
    if seance.etat == EtatSeance.CONVOQUEE:
        if suivi.changements:
            return "Prévenez les convoqués : ce qu’ils ont reçu n’est plus exact."
        return "Le jour venu, ouvrez la séance pour noter les présences et consigner les décisions."
    return _geste_en_seance(points, sieges) if seance.etat == EtatSeance.OUVERTE else ""


def _geste_en_seance(points: list, sieges: list) -> str:
    if not any(s.note_etat for s in sieges):
        return "Notez d’abord qui est présent."
    if any(not point.prises for point in points):
        return "Les présences sont notées : décidez, point par point, puis closez la séance."
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


def retour(uuid, seance, ancre="") -> str:
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
    if voulue := parametre(request, "instance"):
        proposees = (i for i in demarche.instances.actives() if str(i.uuid) == voulue)
        attendus = {"instance": next(proposees, None), **attendus}
    formulaire = FormulairePlanifier(request.POST or None, demarche=demarche, initial=attendus)
    suite = reverse("seances", args=[uuid])
    if request.method == "POST" and formulaire.is_valid():
        formulaire.instance.uuid = formulaire.cleaned_data["jeton"]
        suite = retour(uuid, formulaire.instance.uuid)
    page = Page("Planifier une séance", suite, "tenir_seance", succes="La séance est planifiée.")

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
    dit = "C’est enregistré."
    if trouvee.etat == EtatSeance.CONVOQUEE:
        dit = "C’est enregistré. Les convoqués ne le savent pas encore : prévenez-les quand tout est prêt."
    page = Page("Changer la date ou le lieu", retour(uuid, seance), droit="tenir_seance", succes=dit)
    formulaire = en_edition(FormulaireSeance, request, trouvee)
    return saisir(request, lieu, page, formulaire, lambda f: regles.deplacer(f, par=request.user))


ACTES = {"convoquer": convoquer, "annuler": annuler}
ANNONCES = {
    "convoquer": "La séance est convoquée{}.",
    "annuler": "La séance est annulée{}.",
    "ouvrir": "La séance est ouverte.",
    "clore": "La séance est close.",
}


@require_POST
def seance_agir(request, uuid, seance, action):
    """Convoquer, ouvrir, clore, annuler. Ouvrir une séance prévue plus tard se confirme."""
    if action not in regles.TRANSITIONS:
        raise Http404
    demarche, acces = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    future = timezone.localdate(trouvee.debut) > timezone.localdate()
    acces.exiger("tenir_seance")
    if action == "ouvrir" and future and trouvee.etat in regles.A_TENIR and "confirme" not in request.POST:
        contexte = {"demarche": demarche, "acces": acces, "seance": trouvee, "page": trouvee.reference}
        return render(request, "gouvernance/seance_confirmer.html", contexte)
    dits = []

    def acte():
        if action in ACTES:
            partis = ACTES[action](trouvee.pk, par=request.user)
            dits.append(f" : {compter(partis, 'courriel')} en partance" if partis else "")
        else:
            regles.effectuer(action, trouvee.pk, par=request.user)

    return agir(request, acte, retour(uuid, seance), lambda: ANNONCES[action].format(*dits or [""]))
