"""Vie d'une séance : planifiée, convoquée, ouverte, close ; présences, quorum, compte rendu.

Chaque écriture verrouille d'abord la démarche, puis la séance : deux actes ne s'attendent pas l'un l'autre.
"""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, FilteredRelation, Q
from django.utils import timezone

from gouvernance import edition
from gouvernance.models import (
    Cible,
    Decision,
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


# La date que chaque état pose en y entrant.
DATEES = {
    EtatSeance.CONVOQUEE: "convoquee_le",
    EtatSeance.OUVERTE: "ouverte_le",
    EtatSeance.CLOSE: "close_le",
}
A_TENIR = {EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE}
TENUES = {EtatSeance.OUVERTE, EtatSeance.CLOSE}
FINIES = {EtatSeance.CLOSE, EtatSeance.ANNULEE}


def actions_possibles(seance: Seance) -> dict[str, str]:
    """Nom de l'action → libellé du bouton, selon l'état de la séance."""
    return {nom: t.libelle for nom, t in TRANSITIONS.items() if seance.etat in t.depuis}


@transaction.atomic
def planifier(seance: Seance, *, par: Utilisateur | None, jalon: Jalon | None = None) -> Seance:
    """Enregistre une séance neuve et lui donne son numéro dans l'année de l'instance.

    `jalon` : celui qu'elle doit décider ; il s'inscrit à l'ordre du jour.
    """
    instance = Instance.objects.select_related("demarche").get(pk=seance.instance_id)
    Demarche.objects.verrouiller(instance.demarche_id)  # un numéro à la fois
    exiger(par, instance.demarche, "tenir_seance")
    if instance.dissoute_le:
        raise ValidationError(
            f"« {instance} » ne se réunit plus : planifiez une séance de celle qui lui succède."
        )
    annee = timezone.localtime(seance.debut).year
    memes = Seance.objects.filter(
        instance__demarche=instance.demarche, instance__type=instance.type, debut__year=annee
    ).values_list("numero", flat=True)
    seance.numero = max(memes, default=0) + 1
    seance.attribuer(par)
    seance.save()
    Evenement.consigner(seance, "planifier", par=par, demarche=instance.demarche, vers=seance.reference)
    if jalon:
        point = PointOrdreDuJour(
            objet=f"Validation du jalon « {jalon} »", jalon=jalon, ordre=1, seance=seance,
            cible_type=Cible.JALON, cible=jalon.uuid, cible_libelle=str(jalon),
        )  # fmt: skip
        point.save()
        Evenement.consigner(
            point, "inscrire à l’ordre du jour", par=par, demarche=instance.demarche, vers=seance
        )
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
    seance = verrouiller(seance_pk)
    demarche = seance.instance.demarche
    exiger(par, demarche, "tenir_seance")
    if seance.etat not in transition.depuis:
        raise ValidationError(f"La séance est déjà « {seance.get_etat_display()} ».")
    if action == "convoquer":
        _soumettre_jalons(seance, par)
    if action == "clore":
        _verifier_presences(seance)
    ancien, seance.etat = seance.get_etat_display(), transition.vers
    if champ := DATEES.get(transition.vers):
        setattr(seance, champ, timezone.now())
    seance.attribuer(par)
    seance.save()
    Evenement.consigner(seance, action, par=par, demarche=demarche, de=ancien, vers=seance.get_etat_display())
    return seance


def verrouiller(seance_pk: int) -> Seance:
    """La démarche, puis la séance, tenues jusqu'à la fin de la transaction."""
    demarche_pk = Seance.objects.values_list("instance__demarche", flat=True).get(pk=seance_pk)
    demarche = Demarche.objects.verrouiller(demarche_pk)
    seances = Seance.objects.select_for_update(of=("self",)).select_related("instance")
    seance = seances.get(pk=seance_pk)
    seance.instance.demarche = demarche
    return seance


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
    seance = verrouiller(seance_pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    if seance.etat != EtatSeance.OUVERTE:
        raise ValidationError("Les présences se notent pendant la séance, quand elle est ouverte.")
    sieges = set(seance.instance.sieges.de_la_seance(seance).values_list("pk", flat=True))
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


def sieges_notes(seance: Seance):
    """Les sièges de la séance, chacun avec `note_etat` et `note_pouvoir` (None s'il n'est pas noté)."""
    note = FilteredRelation("presences", condition=Q(presences__seance=seance.pk))
    return (
        seance.instance.sieges.de_la_seance(seance)
        .select_related("structure", "personne__utilisateur")
        .annotate(note=note, note_etat=F("note__etat"), note_pouvoir=F("note__pouvoir_a"))
    )


def voix(seance: Seance) -> int:
    """Sièges présents ou représentés."""
    return compter_voix(seance.presences.values_list("etat", flat=True))


def compter_voix(etats) -> int:
    """`etats` : celui de chaque siège, vide ou None pour un absent."""
    return sum(bool(etat) and etat != EtatPresence.EXCUSE for etat in etats)


def dire_quorum(voix: int, quorum: int) -> str:
    """« 3 sièges présents ou représentés : le quorum est atteint (il en faut 2). » — redit par seance.js."""
    s = "s" if voix > 1 else ""
    compte = f"{voix} siège{s} présent{s} ou représenté{s}"
    if not quorum:
        return f"{compte}. Cette instance n’a pas de quorum."
    if voix >= quorum:
        return f"{compte}. Le quorum est atteint (il en faut {quorum})."
    return f"{compte}. Le quorum n’est pas atteint : il en faut {quorum} pour décider."


def quorum_atteint(seance: Seance) -> bool:
    return voix(seance) >= seance.instance.quorum


def refuser_si_finie(seance: Seance, suite: str) -> None:
    if seance.etat in FINIES:
        raise ValidationError(f"La séance est « {seance.get_etat_display()} » : {suite}.")


@transaction.atomic
def deplacer(formulaire, *, par: Utilisateur | None) -> Seance:
    """Change la date, la durée ou le lieu d'une séance à venir, dans la même année (son numéro en dépend)."""
    seance = verrouiller(formulaire.instance.pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    debut = formulaire.cleaned_data["debut"]
    if seance.etat not in A_TENIR:
        raise ValidationError(f"La séance est « {seance.get_etat_display()} » : sa date ne change plus.")
    if timezone.localtime(debut).year != timezone.localtime(seance.debut).year:
        raise ValidationError(
            {"debut": "D’une année à l’autre, annulez cette séance et planifiez-en une autre."}
        )
    return edition.enregistrer(formulaire, par=par, demarche=seance.instance.demarche, droit="tenir_seance")


@transaction.atomic
def rediger_compte_rendu(formulaire, *, par: Utilisateur | None) -> Seance:
    """Écrit le compte rendu d'une séance ouverte ou close, en entier ou point par point.

    Lève ValidationError si une séance suivante l'a déjà approuvé.
    """
    seance = verrouiller(formulaire.instance.pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    if seance.etat not in TENUES:
        raise ValidationError("Le compte rendu s’écrit quand la séance est ouverte, ou après.")
    if seance.approbation_id:
        raise ValidationError(
            f"Le compte rendu est approuvé (décision {seance.approbation.numero}) : il ne change plus."
        )
    return edition.enregistrer(formulaire, par=par, demarche=seance.instance.demarche, droit="tenir_seance")


@transaction.atomic
def approuver_compte_rendu(decision: Decision, *, par: Utilisateur | None) -> Seance:
    """La décision approuve le compte rendu de la séance qu'elle vise ; il ne change plus ensuite.

    La démarche est tenue par qui consigne la décision. Lève ValidationError (autre démarche, séance pas
    close, rien d'écrit, déjà approuvé).
    """
    demarche = decision.seance.instance.demarche
    seances = Seance.objects.select_for_update(of=("self",)).filter(instance__demarche=demarche)
    visee = seances.select_related("instance", "approbation__seance__instance").get(uuid=decision.cible)
    if visee.etat != EtatSeance.CLOSE:
        raise ValidationError(
            f"La séance {visee.reference} n’est pas close : son compte rendu n’est pas prêt."
        )
    if not visee.compte_rendu.strip() and not visee.points.exclude(echanges="").exists():
        raise ValidationError(f"Le compte rendu de la séance {visee.reference} n’est pas encore écrit.")
    if visee.approbation_id and visee.approbation.pk != decision.pk:
        raise ValidationError(
            f"Le compte rendu de {visee.reference} est déjà approuvé (décision {visee.approbation.numero})."
        )
    visee.approbation = decision
    visee.attribuer(par)
    visee.save(update_fields=["approbation", "modifie_par", "modifie_le"])
    Evenement.consigner(
        visee, "approuver le compte rendu", par=par, demarche=demarche, vers=f"décision {decision.numero}"
    )
    return visee
