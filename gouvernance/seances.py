"""Vie d'une séance : planifiée, convoquée, ouverte, close ; ordre du jour, présences, quorum."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gouvernance.models import (
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
def planifier(seance: Seance, *, par: Utilisateur | None) -> Seance:
    """Enregistre une séance neuve et lui donne son numéro dans l'année de l'instance."""
    instance = (
        Instance.objects.select_for_update(of=("self",)).select_related("demarche").get(pk=seance.instance_id)
    )
    exiger(par, instance.demarche, "tenir_seance")
    annee = timezone.localtime(seance.debut).year
    memes = Seance.objects.filter(
        instance__demarche=instance.demarche, instance__type=instance.type, debut__year=annee
    ).values_list("numero", flat=True)
    seance.numero = max(memes, default=0) + 1
    seance.attribuer(par)
    seance.save()
    Evenement.consigner(seance, "planifier", par=par, demarche=instance.demarche, vers=seance.reference)
    return seance


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
    return seance.presences.exclude(etat=EtatPresence.EXCUSE).count()


def quorum_atteint(seance: Seance) -> bool:
    return voix(seance) >= seance.instance.quorum


@transaction.atomic
def inscrire_point(seance_pk: int, point: PointOrdreDuJour, *, par: Utilisateur | None) -> PointOrdreDuJour:
    """Ajoute un point à la fin de l'ordre du jour d'une séance qui n'est pas close."""
    seance = _verrouiller(seance_pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    if seance.etat in {EtatSeance.CLOSE, EtatSeance.ANNULEE}:
        raise ValidationError(
            f"La séance est « {seance.get_etat_display()} » : son ordre du jour ne change plus."
        )
    if point.jalon and point.jalon.demarche_id != seance.instance.demarche_id:
        raise ValidationError("Ce jalon appartient à une autre démarche.")
    point.seance = seance
    point.ordre = (seance.points.order_by("-ordre").values_list("ordre", flat=True).first() or 0) + 1
    point.save()
    Evenement.consigner(
        point, "inscrire à l’ordre du jour", par=par, demarche=seance.instance.demarche, vers=seance
    )
    return point
