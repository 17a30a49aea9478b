"""Mes démarches : où elles en sont, et ce que j'ai à y faire, dit en une phrase."""

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from gouvernance.conduite import calendriers, retroplanning
from gouvernance.models import (
    JALON_ACQUIS,
    Adhesion,
    Demarche,
    Etape,
    EtatSeance,
    Jalon,
    Membre,
    Role,
    Seance,
    StatutMembre,
    Utilisateur,
)
from gouvernance.permissions import DROITS, roles_lus
from gouvernance.socle.mots import compter

TERMINEES = {Etape.CLOSE, Etape.ABANDONNEE}
PILOTES = {Role.COORDINATION, Role.CO_PORTEUR}
# Ce qu'attend la coordination aux étapes qu'aucun jalon ne ferme.
SUITES = {
    Etape.PLAN_ACTIONS: "Réunir les fiches actions et soumettre la feuille de route.",
    Etape.VALIDEE: "Ouvrir la signature.",
    Etape.EN_SIGNATURE: "Suivre les signatures.",
    Etape.SIGNEE: "Transmettre la feuille de route à l’ANCT.",
    Etape.TRANSMISE: "Attendre l’accusé de réception de l’ANCT.",
    Etape.MISE_EN_OEUVRE: "Suivre la mise en œuvre des actions.",
}


def demarches_de(utilisateur: Utilisateur, recherche: str = ""):
    """Les démarches visibles, de la plus récemment modifiée à la plus ancienne."""
    demarches = Demarche.objects.visibles_par(utilisateur)
    for mot in recherche.split():
        demarches = demarches.filter(
            Q(nom__icontains=mot)
            | Q(gouvernance__departement__nom__icontains=mot)
            | Q(gouvernance__departement__code__iexact=mot)
            | Q(porteur__nom__icontains=mot)
        )
    return demarches.order_by("-modifie_le", "-pk")


def completer(cles: list[int], utilisateur: Utilisateur, **lus) -> list[Demarche]:
    """Les démarches d'une page et ce qu'il en faut dire : trois requêtes, quel que soit leur nombre. `lus` :
    ce que les écrans d'au-dessus y lisent de plus.
    """
    restants = calendriers.avec_date_nationale(Jalon.objects.exclude(etat__in=JALON_ACQUIS))
    restants = restants.select_related("instance").order_by("ordre")
    demarches = (
        Demarche.objects.filter(pk__in=cles)
        .select_related("gouvernance__departement")
        .defer("gouvernance__note_contexte", "gouvernance__note_privee")
        .prefetch_related(Prefetch("jalons", restants))
        .annotate(
            objectifs=F("cahier__objectifs"),
            blocages_echus=Count(
                "points_de_blocage",
                Q(points_de_blocage__leve_le=None, points_de_blocage__echeance__lt=timezone.localdate()),
            ),
            adhesion_attendue=_adhesion_attendue(utilisateur),
            **lus,
        )
    )
    par_cle = {d.pk: d for d in demarches.annotate(roles_lus=roles_lus(utilisateur))}
    seances = _prochaines_seances(cles)
    for demarche in par_cle.values():
        demarche.retard = ""
        if demarche.etape not in TERMINEES:
            demarche.retard = retroplanning.retard_du_prochain(demarche.jalons.all())
    return [_decrire(par_cle[cle], seances.get(cle)) for cle in cles if cle in par_cle]


def _prochaines_seances(cles: list[int]) -> dict[int, Seance]:
    """Clé de la démarche → la première de ses séances ouvertes, ou convoquées et à venir."""
    a_venir = Q(etat=EtatSeance.CONVOQUEE, debut__date__gte=timezone.localdate())
    tenues = Seance.objects.filter(a_venir | Q(etat=EtatSeance.OUVERTE), instance__demarche__in=cles)
    seances = tenues.select_related("instance").order_by("-debut", "-pk")
    return {
        seance.instance.demarche_id: seance for seance in seances
    }  # la dernière lue est la première tenue


def _adhesion_attendue(utilisateur: Utilisateur):
    membre = Membre.objects.filter(
        gouvernance=OuterRef("gouvernance"), structure=utilisateur.structure_id, statut=StatutMembre.CONFIRME
    )
    adhesion = Adhesion.objects.filter(
        cahier__demarche=OuterRef("pk"), structure=utilisateur.structure_id, edition=F("cahier__edition")
    )
    return Exists(membre) & ~Exists(adhesion)


def _decrire(demarche: Demarche, prochaine_seance: Seance | None) -> Demarche:
    demarche.prochain_jalon = next(iter(demarche.jalons.all()), None)  # seuls ceux qui restent sont lus
    demarche.prochaine_seance = prochaine_seance
    demarche.roles = set(demarche.roles_lus)
    demarche.a_faire = a_faire(demarche)
    demarche.a_faire_url = _ou(demarche)
    return demarche


def a_faire(demarche: Demarche) -> str:
    """Le prochain geste de la personne dans cette démarche ; vide si l'on n'attend rien d'elle."""
    if demarche.etape in TERMINEES:
        return ""
    if _doit_adherer(demarche):
        return "Lire le cahier des charges et y adhérer au nom de votre structure."
    if demarche.roles & PILOTES:
        return _geste_de_pilote(demarche)
    return _seance_a_preparer(demarche) if demarche.roles else ""


def _ou(demarche: Demarche) -> str:
    """L'écran où s'en acquitter ; à défaut la page de la démarche, qui y mène."""
    pilote = bool(demarche.roles & PILOTES)
    if _doit_adherer(demarche):
        return reverse("cahier", args=[demarche.uuid])
    if pilote and demarche.blocages_echus:
        return reverse("blocages", args=[demarche.uuid])
    if pilote and demarche.etape == Etape.CADRAGE and not _objectifs(demarche):
        return reverse("cahier_modifier", args=[demarche.uuid])
    if demarche.prochaine_seance and not pilote:
        return reverse("seance", args=[demarche.uuid, demarche.prochaine_seance.uuid])
    return reverse("demarche", args=[demarche.uuid])


def _seance_a_preparer(demarche: Demarche) -> str:
    """Une séance à venir se prépare ; ouverte, elle se tient ; une fois en signature, on attend de signer."""
    seance = demarche.prochaine_seance
    if seance is None or demarche.etape == Etape.EN_SIGNATURE:
        return ""
    if seance.etat == EtatSeance.OUVERTE:
        return f"La séance est ouverte : {seance}."
    return f"Préparer la séance : {seance}."


def _doit_adherer(demarche: Demarche) -> bool:
    droit = DROITS["adherer"]
    return (
        bool(demarche.roles & droit.roles)
        and demarche.adhesion_attendue
        and _objectifs(demarche)
        and Etape(demarche.etape).rang <= droit.jusqu_a.rang
    )


def _objectifs(demarche: Demarche) -> bool:
    return bool((demarche.objectifs or "").strip())


def _geste_de_pilote(demarche: Demarche) -> str:
    if demarche.blocages_echus:
        points = compter(demarche.blocages_echus, "point")
        return f"Lever {points} de blocage dont l’échéance est passée."
    if demarche.etape == Etape.CADRAGE and not _objectifs(demarche):
        return "Écrire le cahier des charges."
    if phrase := SUITES.get(demarche.etape):
        return phrase
    jalon = demarche.prochain_jalon
    if jalon is None:
        return ""
    qui = f" par « {jalon.instance} »" if jalon.instance else ", une fois désignée l’instance qui décide"
    return f"Faire valider le jalon « {jalon} »{qui}."
