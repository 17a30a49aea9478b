"""Vie d'une séance : planifiée, convoquée, ouverte, close ; ordre du jour, présences, quorum."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gouvernance import edition
from gouvernance.models import (
    Demarche,
    EtatJalon,
    EtatPresence,
    EtatSeance,
    Evenement,
    Instance,
    Jalon,
    PointOrdreDuJour,
    Presence,
    Seance,
    Utilisateur,
)
from gouvernance.permissions import exiger


class Transition(NamedTuple):
    libelle: str
    depuis: tuple[EtatSeance, ...]
    vers: EtatSeance


TRANSITIONS = {
    "convoquer": Transition("Convoquer", (EtatSeance.PLANIFIEE,), EtatSeance.CONVOQUEE),
    "ouvrir": Transition(
        "Ouvrir la séance", (EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE), EtatSeance.OUVERTE
    ),
    "clore": Transition("Clore la séance", (EtatSeance.OUVERTE,), EtatSeance.CLOSE),
    "annuler": Transition("Annuler", (EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE), EtatSeance.ANNULEE),
}


def actions_possibles(seance: Seance) -> dict[str, str]:
    """Nom de l'action → libellé du bouton, selon l'état de la séance."""
    return {nom: t.libelle for nom, t in TRANSITIONS.items() if seance.etat in t.depuis}


@transaction.atomic
def planifier(seance: Seance, *, par: Utilisateur | None, jalon: Jalon | None = None) -> Seance:
    """Enregistre une séance neuve et lui donne son numéro dans l'année de l'instance.

    `jalon` : celui qu'elle doit décider ; il s'inscrit à l'ordre du jour.
    """
    instance = Instance.objects.select_related("demarche").get(pk=seance.instance_id)
    Demarche.objects.select_for_update(of=("self",)).get(pk=instance.demarche_id)  # un numéro à la fois
    exiger(par, instance.demarche, "tenir_seance")
    annee = timezone.localtime(seance.debut).year
    memes = Seance.objects.filter(
        instance__demarche=instance.demarche, instance__type=instance.type, debut__year=annee
    ).values_list("numero", flat=True)
    seance.numero = max(memes, default=0) + 1
    seance.attribuer(par)
    seance.save()
    Evenement.consigner(seance, "planifier", par=par, demarche=instance.demarche, vers=seance.reference)
    if jalon:
        point = PointOrdreDuJour(objet=f"Validation du jalon « {jalon} »", jalon=jalon)
        inscrire_point(seance.pk, point, par=par)
    return seance


def seance_prevue(jalon: Jalon) -> Seance | None:
    """La séance à venir, ou ouverte, de l'instance désignée qui a ce jalon à l'ordre du jour."""
    a_tenir = [EtatSeance.OUVERTE, EtatSeance.CONVOQUEE, EtatSeance.PLANIFIEE]
    seances = Seance.objects.filter(instance=jalon.instance_id, points__jalon=jalon, etat__in=a_tenir)
    return seances.order_by("debut").first()


@transaction.atomic
def effectuer(action: str, seance_pk: int, *, par: Utilisateur | None) -> Seance:
    """Fait passer la séance d'un état au suivant. Lève PermissionDenied, ValidationError."""
    transition = TRANSITIONS[action]
    seance = _verrouiller(seance_pk)
    demarche = seance.instance.demarche
    exiger(par, demarche, "tenir_seance")
    if seance.etat not in transition.depuis:
        raise ValidationError(f"La séance est déjà « {seance.get_etat_display()} ».")
    if action == "convoquer":
        _soumettre_jalons(seance, par)
    if action == "clore":
        _verifier_presences(seance)
    ancien, seance.etat = seance.get_etat_display(), transition.vers
    if transition.vers == EtatSeance.OUVERTE:
        seance.ouverte_le = timezone.now()
    if transition.vers == EtatSeance.CLOSE:
        seance.close_le = timezone.now()
    seance.attribuer(par)
    seance.save()
    Evenement.consigner(seance, action, par=par, demarche=demarche, de=ancien, vers=seance.get_etat_display())
    return seance


def _verrouiller(seance_pk: int) -> Seance:
    return (
        Seance.objects.select_for_update(of=("self",)).select_related("instance__demarche").get(pk=seance_pk)
    )


def _soumettre_jalons(seance: Seance, par) -> None:
    if not seance.points.exists():
        raise ValidationError("Ajoutez au moins un point à l’ordre du jour avant de convoquer.")
    attendus = Jalon.objects.filter(points__seance=seance, etat__in=[EtatJalon.EN_COURS, EtatJalon.RENVOYE])
    for jalon in attendus.distinct():
        Evenement.consigner(
            jalon, "soumettre à l’instance", par=par, de=jalon.get_etat_display(), vers=seance
        )
        Jalon.objects.filter(pk=jalon.pk).update(etat=EtatJalon.SOUMIS)


def _verifier_presences(seance: Seance) -> None:
    if not seance.presences.filter(etat=EtatPresence.PRESENT).exists():
        raise ValidationError("Notez qui était présent avant de clore la séance.")


@transaction.atomic
def noter_presences(
    seance_pk: int, presences: dict[int, tuple[str, int | None]], *, par: Utilisateur | None
) -> Seance:
    """Note les présences : identifiant du siège → (état, siège qui porte le pouvoir ou None).

    Un siège absent du dictionnaire est noté absent. Lève ValidationError hors d'une séance ouverte.
    """
    seance = _verrouiller(seance_pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    if seance.etat != EtatSeance.OUVERTE:
        raise ValidationError("Les présences se notent pendant la séance, quand elle est ouverte.")
    sieges = set(seance.instance.sieges.values_list("pk", flat=True))
    _verifier_pouvoirs(presences, sieges)
    seance.presences.all().delete()
    Presence.objects.bulk_create(
        Presence(seance=seance, siege_id=siege, etat=etat, pouvoir_a_id=pouvoir)
        for siege, (etat, pouvoir) in presences.items()
    )
    Evenement.consigner(
        seance,
        "noter les présences",
        par=par,
        demarche=seance.instance.demarche,
        vers=f"{len(presences)} sièges",
    )
    return seance


def _verifier_pouvoirs(presences: dict[int, tuple[str, int | None]], sieges: set[int]) -> None:
    porteurs = [pouvoir for _, pouvoir in presences.values() if pouvoir]
    if not set(presences) <= sieges or not set(porteurs) <= sieges:
        raise ValidationError("L’un de ces sièges n’appartient pas à l’instance.")
    for etat, pouvoir in presences.values():
        if (etat == EtatPresence.REPRESENTE) != (pouvoir is not None):
            raise ValidationError("Un siège représenté nomme celui qui porte son pouvoir, et lui seul.")
    absents = [p for p in porteurs if presences.get(p, ("",))[0] != EtatPresence.PRESENT]
    if absents:
        raise ValidationError("Un pouvoir ne se donne qu’à un siège présent.")


def voix(seance: Seance) -> int:
    """Sièges présents ou représentés."""
    return compter_voix(seance.presences.all())


def compter_voix(presences) -> int:
    return sum(presence.etat != EtatPresence.EXCUSE for presence in presences)


def quorum_atteint(seance: Seance) -> bool:
    return voix(seance) >= seance.instance.quorum


@transaction.atomic
def inscrire_point(seance_pk: int, point: PointOrdreDuJour, *, par: Utilisateur | None) -> PointOrdreDuJour:
    """Ajoute un point à la fin de l'ordre du jour d'une séance qui n'est pas close."""
    seance = _verrouiller(seance_pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    _refuser_si_finie(seance, "son ordre du jour ne change plus")
    if point.jalon and point.jalon.demarche_id != seance.instance.demarche_id:
        raise ValidationError("Ce jalon appartient à une autre démarche.")
    point.seance = seance
    point.ordre = (seance.points.order_by("-ordre").values_list("ordre", flat=True).first() or 0) + 1
    point.save()
    Evenement.consigner(
        point, "inscrire à l’ordre du jour", par=par, demarche=seance.instance.demarche, vers=seance
    )
    return point


@transaction.atomic
def retirer_point(seance_pk: int, point_pk: int, *, par: Utilisateur | None) -> None:
    """Retire un point de l'ordre du jour d'une séance qui n'est pas close."""
    seance, points = _points_modifiables(seance_pk, par)
    point = _trouver(points, point_pk)
    Evenement.consigner(
        point, "retirer de l’ordre du jour", par=par, demarche=seance.instance.demarche, de=seance
    )
    point.delete()


@transaction.atomic
def monter_point(seance_pk: int, point_pk: int, *, par: Utilisateur | None) -> None:
    """Échange un point avec celui qui le précède ; sans effet sur le premier."""
    seance, points = _points_modifiables(seance_pk, par)
    rang = points.index(_trouver(points, point_pk))
    if rang == 0:
        return
    avant, point = points[rang - 1], points[rang]
    avant.ordre, point.ordre = point.ordre, avant.ordre
    PointOrdreDuJour.objects.bulk_update([avant, point], ["ordre"])
    Evenement.consigner(
        point,
        "avancer à l’ordre du jour",
        par=par,
        demarche=seance.instance.demarche,
        vers=f"avant « {avant} »",
    )


def _points_modifiables(seance_pk: int, par) -> tuple[Seance, list[PointOrdreDuJour]]:
    seance = _verrouiller(seance_pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    _refuser_si_finie(seance, "son ordre du jour ne change plus")
    return seance, list(seance.points.order_by("ordre"))


def _trouver(points: list[PointOrdreDuJour], point_pk: int) -> PointOrdreDuJour:
    point = next((p for p in points if p.pk == point_pk), None)
    if point is None:
        raise ValidationError("Ce point n’est plus à l’ordre du jour.")
    return point


def _refuser_si_finie(seance: Seance, suite: str) -> None:
    if seance.etat in {EtatSeance.CLOSE, EtatSeance.ANNULEE}:
        raise ValidationError(f"La séance est « {seance.get_etat_display()} » : {suite}.")


@transaction.atomic
def deplacer(formulaire, *, par: Utilisateur | None) -> Seance:
    """Change la date ou le lieu d'une séance à venir, dans la même année (son numéro en dépend)."""
    seance = _verrouiller(formulaire.instance.pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    debut = formulaire.cleaned_data["debut"]
    if seance.etat not in {EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE}:
        raise ValidationError(f"La séance est « {seance.get_etat_display()} » : sa date ne change plus.")
    if timezone.localtime(debut).year != timezone.localtime(seance.debut).year:
        raise ValidationError(
            {"debut": "D’une année à l’autre, annulez cette séance et planifiez-en une autre."}
        )
    return edition.enregistrer(formulaire, par=par, demarche=seance.instance.demarche, droit="tenir_seance")


@transaction.atomic
def rediger_compte_rendu(formulaire, *, par: Utilisateur | None) -> Seance:
    """Écrit le compte rendu d'une séance ouverte ou close."""
    seance = _verrouiller(formulaire.instance.pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    if seance.etat not in {EtatSeance.OUVERTE, EtatSeance.CLOSE}:
        raise ValidationError("Le compte rendu s’écrit quand la séance est ouverte, ou après.")
    return edition.enregistrer(formulaire, par=par, demarche=seance.instance.demarche, droit="tenir_seance")
