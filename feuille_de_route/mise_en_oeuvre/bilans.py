"""Le bilan d'une année : où en est chaque fiche au 31 décembre, ce que l'on a mesuré, dépensé et décidé."""

from datetime import date

from django.db.models import QuerySet, Sum
from django.utils import timezone

from feuille_de_route.mise_en_oeuvre import releve_de_suivi as releve
from feuille_de_route.mise_en_oeuvre import suivi
from feuille_de_route.mise_en_oeuvre.releve_de_suivi import Lecture
from feuille_de_route.mise_en_oeuvre.suivi import Ouverture
from feuille_de_route.mise_en_oeuvre.tableau_de_suivi import total_note
from feuille_de_route.models import (
    Axe,
    EtatPapier,
    FicheAction,
    LigneBudget,
    NaturePapier,
    Papier,
)
from gouvernance.models import Decision, Demarche, Etape, NatureDecision
from gouvernance.socle.manques import Manque

PAS_OUVERT = "Il n’y a pas de bilan avant la signature : il n’y a encore rien à suivre."


def annees(demarche: Demarche) -> list[int]:
    """Les années dont on peut dresser le bilan, la plus récente d'abord : de la signature à aujourd'hui."""
    debut = None if demarche.etape == Etape.ABANDONNEE else suivi.signee_le(demarche)
    if debut is None:
        return []
    return list(range(timezone.localdate().year, timezone.localtime(debut).year - 1, -1))


def refus(demarche: Demarche, annee: int | None = None, ouvert: Ouverture | None = None) -> str:
    """Pourquoi ce bilan (ou une revue, sans année) ne se dresse pas maintenant ; vide s'il le peut.

    `ouvert` : l'ouverture du suivi, si la page l'a déjà lue.
    """
    if demarche.etape == Etape.ABANDONNEE:
        return "La démarche est abandonnée : elle ne se modifie plus."
    if demarche.etape != Etape.CLOSE and (ouvert or suivi.ouverture(demarche)).refus:
        return PAS_OUVERT
    if annee is not None and annee not in annees(demarche):
        return f"Il n’y a pas de bilan de {annee} : le suivi va de la signature à aujourd’hui."
    return ""


def derniere_annee(demarche: Demarche) -> int:
    """L'année que couvre le bilan final : celle où la démarche finit, ou celle en cours."""
    cette_annee = timezone.localdate().year
    return min(cette_annee, demarche.fin.year) if demarche.fin else cette_annee


def manques_cloture(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour clore : le bilan de la dernière année."""
    annee = derniere_annee(demarche)
    prets = Papier.objects.filter(
        demarche=demarche, nature=NaturePapier.BILAN, annee__gte=annee, etat=EtatPapier.PRET
    )
    manques = [] if prets.exists() else [Manque(f"Préparer le bilan de {annee}.", ecran="bilans")]
    ouvertes = suivi.suivies(demarche).exclude(etat_realisation__in=["realisee", "abandonnee"]).count()
    if ouvertes:
        dit = "fiche n’est ni réalisée ni abandonnée" if ouvertes == 1 else (
            "fiches ne sont ni réalisées ni abandonnées"
        )  # fmt: skip
        manques.append(Manque(f"{ouvertes} {dit}.", False, "suivi"))
    return manques


def contenu(demarche: Demarche, annee: int, ouvert: Ouverture | None = None) -> dict:
    """Tout ce que le bilan dit, en données simples ; un nombre fixe de requêtes."""
    fin = min(date(annee, 12, 31), timezone.localdate())
    lecture = releve.lire(suivi.suivies(demarche, ouvert), date(annee - 1, 12, 31), fin)
    argent, freins = _argent(lecture, annee), lecture.recents
    indicateurs = releve.indicateurs(lecture)
    return {
        "annee": annee,
        "en_cours": timezone.localdate() <= date(annee, 12, 31),
        "phrase": releve.phrase(lecture),
        **releve.parts(lecture),
        "prevu": releve.en_texte(sum(p for p, _ in argent.values())) if argent else None,
        "realise": _total_realise(argent),
        "axes": [
            {"axe": titre, "fiches": [_fiche(f, lecture, argent, freins) for f in fiches]}
            for titre, fiches in _par_axe(lecture)
        ],
        "indicateurs": indicateurs,
        "retards": releve.retards(lecture),
        "decisions": _decisions(demarche, annee),
    }


def _par_axe(lecture: Lecture) -> list[tuple[str, list[FicheAction]]]:
    """Les fiches sous leur axe (celui de premier niveau), dans l'ordre de la stratégie."""
    groupes: dict[int, tuple[Axe | None, list[FicheAction]]] = {}
    for fiche in lecture.fiches:
        racine = (fiche.axe.parent or fiche.axe) if fiche.axe else None
        groupes.setdefault(racine.pk if racine else 0, (racine, []))[1].append(fiche)
    ordre = sorted(groupes.values(), key=lambda g: (g[0] is None, g[0].ordre if g[0] else 0))
    return [(str(axe) if axe else "Sans axe", fiches) for axe, fiches in ordre]


def _fiche(fiche: FicheAction, lecture: Lecture, argent: dict, points: dict) -> dict:
    prevu, realise = argent.get(fiche.pk, (None, None))
    siens = points.get(fiche.pk, [])
    return {
        "fiche": str(fiche),
        "porteur": releve.porteur(fiche),
        **releve.dire_point(lecture.points.get(fiche.pk)),
        "fait": "\n".join(dict.fromkeys(p.fait.strip() for p in siens if p.fait.strip())),
        "freins": "\n".join(dict.fromkeys(p.freins.strip() for p in siens if p.freins.strip())),
        "prevu": releve.en_texte(prevu),
        "realise": releve.en_texte(realise),
    }


def _argent(lecture: Lecture, annee: int) -> dict[int, tuple]:
    """Fiche → (prévu, réalisé) de l'année, en euros ; réalisé None quand rien n'est noté."""
    lignes = LigneBudget.objects.filter(fiche__in=[f.pk for f in lecture.fiches], annee=annee).order_by()
    sommes = lignes.values_list("fiche").annotate(Sum("montant"), Sum("realise"))
    return {fiche: (prevu, realise) for fiche, prevu, realise in sommes}


def _total_realise(argent: dict[int, tuple]) -> str | None:
    return releve.en_texte(total_note(realise for _, realise in argent.values()))


def _decisions(demarche: Demarche, annee: int) -> list[dict]:
    """Les décisions des instances de la démarche, dans l'année, les informations à part."""
    prises: QuerySet[Decision] = (
        Decision.objects.filter(seance__instance__demarche=demarche, seance__debut__year=annee)
        .exclude(nature=NatureDecision.INFORMATION)
        .select_related("seance__instance")
        .order_by("seance__debut", "ordre")
    )
    return [
        {
            "numero": decision.numero, "le": timezone.localtime(decision.seance.debut).date().isoformat(),
            "instance": str(decision.seance.instance), "nature": decision.nature, "objet": decision.objet,
        }
        for decision in prises
    ]  # fmt: skip
