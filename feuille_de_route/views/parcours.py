"""La page d'une démarche : où l'on en est, ce qui manque, qui valide, ce qui vient ensuite."""

from functools import cache
from operator import attrgetter
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.shortcuts import render
from django.urls import reverse

from feuille_de_route import parcours, transmissions
from feuille_de_route.dialogue import mentions
from feuille_de_route.mise_en_oeuvre import suivi, tableau_de_suivi
from feuille_de_route.models import Axe, EtatFiche, EtatRealisation, FicheAction
from feuille_de_route.views import a_faire
from gouvernance.cadre import adhesions, limites
from gouvernance.conduite import calendriers, retroplanning
from gouvernance.decisions import ETAPE_DU_JALON
from gouvernance.models import Demarche, Etape, Jalon, Role
from gouvernance.socle.mots import compter
from gouvernance.socle.vues import lecture_seule
from gouvernance.templatetags.feuille import badge_etat, date_longue
from gouvernance.views.commun import ouvrir

# L'écran où se travaille chaque étape.
ECRANS = {
    Etape.CADRAGE: "cahier",
    Etape.DIAGNOSTIC: "constats",
    Etape.ENJEUX: "enjeux",
    Etape.STRATEGIE: "axes",
    Etape.PLAN_ACTIONS: "plan",
    Etape.SOUMISE: "faire_valider",
    Etape.VALIDEE: "signataires",
    Etape.EN_SIGNATURE: "documents",
    Etape.SIGNEE: "transmission",
    Etape.TRANSMISE: "transmission",
    Etape.MISE_EN_OEUVRE: "suivi",
    Etape.CLOSE: "journal",
}

# Ce que l'on y fait, dit sur le lien qui y mène.
LIBELLES = {
    Etape.CADRAGE: "Écrire le cahier des charges",
    Etape.DIAGNOSTIC: "Travailler au diagnostic",
    Etape.ENJEUX: "Travailler aux enjeux",
    Etape.STRATEGIE: "Écrire les axes",
    Etape.PLAN_ACTIONS: "Voir le plan d’actions et ses fiches",
    Etape.SOUMISE: "Aller à la séance qui valide",
    Etape.VALIDEE: "Voir les signataires",
    Etape.EN_SIGNATURE: "Suivre les signatures",
    Etape.SIGNEE: "Transmettre à l’ANCT",
    Etape.TRANSMISE: "Suivre la transmission",
    Etape.MISE_EN_OEUVRE: "Suivre les actions",
    Etape.CLOSE: "Relire le journal",
}

# Ce que la page lit d'une fiche (montrée, jugée complète ou non) et d'un jalon : le reste ne se charge pas.
CHAMPS_DE_FICHE = [
    "uuid", "numero", "titre", "etat", "nature", "axe", "demarche", "objectifs", "description", "pilote",
    "debut", "etat_realisation", "structure_porteuse__nom", "structure_porteuse__sigle",
]  # fmt: skip
CHAMPS_DE_JALON = [
    "demarche", "code", "ordre", "echeance", "etat", "instance__nom", "instance__type", "decision__ordre",
    "decision__seance__uuid", "decision__seance__debut", "decision__seance__numero",
    "decision__seance__instance__type",
]  # fmt: skip

# Ce que l'on attend, aux étapes que la coordination ne franchit pas elle-même.
PHRASES = {
    Etape.SOUMISE: "La version est figée. L’instance désignée la valide ou la renvoie, en séance.",
    Etape.EN_SIGNATURE: "Chaque signataire signe à son tour. La dernière signature scelle la feuille de "
    "route.",
    Etape.SIGNEE: "La feuille de route est signée par tous. Il reste à la transmettre à l’ANCT.",
    Etape.TRANSMISE: "La feuille de route est transmise. On attend l’accusé de réception de l’ANCT.",
    Etape.MISE_EN_OEUVRE: "L’ANCT a accusé réception : la feuille de route est en œuvre.",
    Etape.CLOSE: "La démarche est close.",
    Etape.ABANDONNEE: "La démarche est abandonnée.",
}
COMPLEMENT = (
    "L’ANCT a demandé un complément. Transmettez de nouveau la feuille de route ; si elle doit changer, "
    "ouvrez un avenant."
)
A_LIRE = (Etape.SOUMISE, Etape.VALIDEE)  # le document est prêt, et l'écran de l'étape n'y mène pas


@lecture_seule
def demarche(request, uuid):
    lus = suivi.premieres_dates() | limites.en_attente() | mentions.sans_reponse(request.user)
    demarche, acces = ouvrir(request, uuid, **lus)
    _precharger(demarche, acces)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "avenant": suivi.en_avenant(demarche),
        **_ou_en_est_on(demarche, acces),
        **_plan(demarche, acces),
        "gestes": _gestes(demarche, acces) + a_faire.citations(demarche, request.user),
    }
    return render(request, "feuille_de_route/demarche.html", contexte)


def _gestes(demarche: Demarche, acces) -> list:
    """Ce que l'on attend de la personne ; au plan, seul un partenaire a des fiches à reprendre."""
    if demarche.etape == Etape.CADRAGE:
        return _adhesion(demarche, acces)
    if demarche.etape == Etape.PLAN_ACTIONS:
        return _a_ecrire(demarche, acces)
    return a_faire.gestes(acces.utilisateur, [demarche])[demarche.pk]


def _a_ecrire(demarche: Demarche, acces) -> list:
    """Les fiches de sa structure, parmi celles déjà lues."""
    if Role.PARTENAIRE not in acces.roles or not acces.structure_id:
        return []
    siennes = [f for f in demarche.fiches.all() if f.structure_porteuse_id == acces.structure_id]
    return [g for f in sorted(siennes, key=attrgetter("etat", "numero")) if (g := a_faire.geste(f, demarche))]


def _phrase(demarche: Demarche) -> str:
    if demarche.etape == Etape.SIGNEE and transmissions.complement_attendu(demarche):
        return COMPLEMENT
    return PHRASES.get(demarche.etape, "")


def _libelle_ecran(demarche: Demarche, acces) -> str:
    if demarche.etape == Etape.CADRAGE and not acces.peut["cadrer"]:
        return "Lire le cahier des charges"
    return LIBELLES.get(demarche.etape, "")


def _adhesion(demarche: Demarche, acces) -> list:
    if not (acces.peut["adherer"] and adhesions.attendue(demarche, acces.structure_id)):
        return []
    texte = "Lire le cahier des charges et y adhérer au nom de votre structure."
    return [a_faire.Geste(texte, reverse("cahier", args=[demarche.uuid]))]


def _ou_en_est_on(demarche: Demarche, acces) -> dict:
    suivant = parcours.passage_suivant(demarche)
    manques = parcours.manques(demarche)
    jalons = list(demarche.jalons.all())
    ici = reverse("demarche", args=[demarche.uuid])
    liens = [(m, ici + _suite(m.ecran) if m.ecran else "") for m in manques]
    return {
        "etapes": [(e.value, e.label, ici + _suite(ECRANS[e])) for e in Etape.fil()],
        "ecran": ici + _suite(ECRANS[demarche.etape]) if demarche.etape in ECRANS else "",
        "libelle_ecran": _libelle_ecran(demarche, acces),
        "jalon_acquis": next(
            (j for j in jalons if j.acquis and ETAPE_DU_JALON.get(j.code) == demarche.etape), None
        ),
        "suivant": suivant,
        "motif_refus": _motif_refus(suivant, manques, acces),
        "bloquants": [(m.texte, url) for m, url in liens if m.bloquant],
        "avertissements": [(m.texte, url) for m, url in liens if not m.bloquant],
        "jalons": [_jalon(j, ici) for j in jalons],
        "retard": ""
        if demarche.etape in {Etape.ABANDONNEE, Etape.CLOSE} or suivi.en_avenant(demarche)
        else retroplanning.retard_du_prochain(jalons),
        "jalon_courant": next((j for j in jalons if not j.acquis), None),
        "phrase_etape": _phrase(demarche),
        "a_lire": ici + _suite("documents") if demarche.etape in A_LIRE else "",
        "revisable": demarche.etape in parcours.REVISION_POSSIBLE,
        "abandonnable": demarche.etape in parcours.ABANDON_POSSIBLE,
        "rouvrables": [j for j in jalons if j.acquis and j.code in parcours.RETOUR]
        if acces.peut["conduire"] and Etape(demarche.etape).rang <= Etape.PLAN_ACTIONS.rang
        else [],
    }


@cache
def _suite(nom: str) -> str:
    """Ce que l'adresse d'un écran ajoute à celle de sa démarche : cherché une fois, et non à chaque page."""
    ici, la = (reverse(n, args=[UUID(int=0)]) for n in ("demarche", nom))
    if not la.startswith(ici):
        raise ValueError(f"L’écran « {nom} » n’est pas sous l’adresse de sa démarche.")
    return la.removeprefix(ici)


def _jalon(jalon: Jalon, ici: str) -> tuple[str, str, str, str, str, str]:
    """Son nom, son échéance, qui le valide, son état ; la décision qui l'a tranché et sa séance."""
    qui, le = str(jalon.instance or "à désigner"), date_longue(jalon.echeance) or "à fixer"
    badge, decision = badge_etat(jalon.etat, jalon.get_etat_display()), jalon.decision
    seance = f"{ici}{_suite('seances')}{decision.seance.uuid}/" if decision else ""
    return str(jalon), le, qui, badge, seance, decision.numero if decision else ""


def _motif_refus(suivant, manques, acces) -> str:
    """Pourquoi le bouton est inactif ; vide s'il peut servir."""
    if suivant is None:
        return ""
    if not acces.peut[suivant[1].droit]:
        return "votre rôle ne permet pas de faire avancer la démarche."
    nombre = sum(m.bloquant for m in manques)
    verbe = "bloquent" if nombre > 1 else "bloque"
    return f"{compter(nombre, 'point')} {verbe} le passage." if nombre else ""


def _precharger(demarche: Demarche, acces) -> None:
    """Les fiches, les axes et les jalons : lus une fois, pour ce qui manque et pour ce que l'on montre.

    `montree` : la personne voit la fiche ; qui les modifie toutes les voit toutes.
    """
    fiches = FicheAction.objects.select_related("structure_porteuse").only(*CHAMPS_DE_FICHE)
    if not acces.autorise_nom("editer_fiches"):
        visibles = FicheAction.objects.visibles_par(acces.utilisateur).filter(pk=OuterRef("pk"))
        fiches = fiches.annotate(montree=Exists(visibles))
    axes = Axe.objects.only("pk", "uuid", "intitule", "ordre", "parent", "demarche", "axe_departemental")
    jalons = calendriers.avec_date_nationale(Jalon.objects.order_by("ordre")).only(*CHAMPS_DE_JALON)
    jalons = jalons.select_related("instance", "decision__seance__instance")
    lus = {"fiches": fiches, "axes": axes, "jalons": jalons}
    prefetch_related_objects([demarche], *(Prefetch(nom, lignes) for nom, lignes in lus.items()))


def _plan(demarche: Demarche, acces) -> dict:
    """Les axes et leurs fiches visibles, parmi celles déjà lues."""
    fiches = [f for f in demarche.fiches.all() if f.etat != EtatFiche.ECARTEE and getattr(f, "montree", True)]
    axes, plan = list(demarche.axes.all()), reverse("plan", args=[demarche.uuid])
    lignes = {f.pk: _ligne(f, plan) for f in fiches}
    racine = {axe.pk: axe.parent_id or axe.pk for axe in axes}
    groupes = [
        (axe, [lignes[f.pk] for f in fiches if racine.get(f.axe_id) == axe.pk])
        for axe in axes
        if axe.parent_id is None
    ]
    return {
        "groupes": groupes,
        "sans_axe": [lignes[f.pk] for f in fiches if f.axe_id is None],
        "nb_fiches": len(fiches),
        "suivi_en_bref": tableau_de_suivi.phrase(
            [f.etat_realisation for f in fiches if f.etat == EtatFiche.RETENUE]
        ),
    }


def _ligne(fiche: FicheAction, plan: str) -> tuple[str, str, str, str]:
    """Son adresse, son titre, qui la porte et son état, écrits : trente fiches cherchées une à une par le
    gabarit coûtaient le quart de la page.
    """
    etat = EtatRealisation(fiche.etat_realisation) if fiche.etat_realisation else EtatFiche(fiche.etat)
    porteur = str(fiche.structure_porteuse or "porteur à désigner")
    return f"{plan}fiches/{fiche.uuid}/", str(fiche), porteur, badge_etat(etat.value, etat.label)
