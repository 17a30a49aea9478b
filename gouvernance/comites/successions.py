"""« Succède à » : le groupe projet devient le comité de pilotage, en un seul acte."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gouvernance import edition
from gouvernance.comites import instances
from gouvernance.comites.instances import Place
from gouvernance.models import (
    JALON_ACQUIS,
    Demarche,
    EtatSeance,
    Evenement,
    Instance,
    Jalon,
    Seance,
    Utilisateur,
)
from gouvernance.reunions import convocations

A_VENIR = (EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE)


class Releve(NamedTuple):
    """Ce qui passe d'une instance à celle qui lui succède.

    `places` : ses premiers sièges ; `deplacees` : identifiants des séances à venir qu'elle tiendra, les
    autres séances à venir de l'ancienne sont annulées.
    """

    places: list[Place]
    deplacees: set[int]


def seances_a_venir(instance: Instance) -> list[Seance]:
    return list(instance.seances.filter(etat__in=A_VENIR).select_related("instance").order_by("debut"))


def jalons_a_redesigner(instance: Instance) -> list[Jalon]:
    """Les jalons que l'ancienne devait valider et qui ne le sont pas."""
    return list(instance.jalons.exclude(etat__in=JALON_ACQUIS).order_by("ordre"))


@transaction.atomic
def succeder(ancienne_pk: int, formulaire, releve: Releve, *, par: Utilisateur | None) -> Instance:
    """Crée l'instance qui succède à l'ancienne, et dissout celle-ci, en une transaction.

    Les jalons qui ne sont pas acquis passent à la nouvelle ; ses séances à venir aussi, ou sont annulées.
    Lève PermissionDenied ; ValidationError si l'ancienne est déjà remplacée ou tient une séance ; DejaFait.
    """
    demarche_pk = Instance.objects.values_list("demarche", flat=True).get(pk=ancienne_pk)
    Demarche.objects.verrouiller(demarche_pk)  # le verrou entier des séances
    ancienne = instances.verrouiller(ancienne_pk, par, "tenir_seance")
    if ancienne.seances.filter(etat=EtatSeance.OUVERTE).exists():
        raise ValidationError(f"« {ancienne} » est en séance : closez d’abord la séance ouverte.")
    instances.verifier_places(ancienne.demarche, releve.places)
    formulaire.instance.succede_a = ancienne
    nouvelle = edition.enregistrer(
        formulaire, par=par, demarche=ancienne.demarche, droit="tenir_seance", lien="demarche"
    )
    sieges = instances.asseoir(nouvelle, releve.places, par=par)
    _redesigner(ancienne, nouvelle, par)
    for seance in seances_a_venir(ancienne):
        if seance.pk in releve.deplacees:
            _confier(seance, nouvelle, par)
        else:
            convocations.annuler(seance.pk, par=par)
    _dissoudre(ancienne, nouvelle, par)
    Evenement.consigner(
        nouvelle, "succéder", par=par, de=ancienne,
        vers=", ".join(str(s) for s in sieges) or "aucun siège pour l’instant",
    )  # fmt: skip
    return nouvelle


def _redesigner(ancienne: Instance, nouvelle: Instance, par) -> None:
    jalons = jalons_a_redesigner(ancienne)
    for jalon in jalons:
        jalon.instance = nouvelle
        jalon.version += 1
        jalon.attribuer(par)
        jalon.save(update_fields=["instance", "version", "modifie_par", "modifie_le"])
        Evenement.consigner(jalon, "redésigner l’instance", par=par, de=ancienne, vers=nouvelle)


def _confier(seance: Seance, nouvelle: Instance, par) -> None:
    """La séance garde sa date et son ordre du jour ; elle prend le numéro de la nouvelle instance.

    Déjà convoquée, elle le reste : « prévenir » y annonce le changement et convoque les nouveaux membres.
    """
    avant = f"{seance.reference} ({seance.get_etat_display().lower()})"
    if seance.instance.type != nouvelle.type:
        annee = timezone.localtime(seance.debut).year
        memes = Seance.objects.filter(
            instance__demarche=nouvelle.demarche_id, instance__type=nouvelle.type, debut__year=annee
        )
        seance.numero = max(memes.values_list("numero", flat=True), default=0) + 1
    seance.instance = nouvelle
    seance.version += 1
    seance.attribuer(par)
    seance.save()
    Evenement.consigner(
        seance, "confier à l’instance qui succède", par=par, demarche=nouvelle.demarche, de=avant,
        vers=seance.reference,
    )  # fmt: skip


def _dissoudre(ancienne: Instance, nouvelle: Instance, par) -> None:
    ancienne.dissoute_le = timezone.now()
    ancienne.version += 1
    ancienne.attribuer(par)
    ancienne.save(update_fields=["dissoute_le", "version", "modifie_par", "modifie_le"])
    Evenement.consigner(ancienne, "dissoudre", par=par, vers=f"remplacée par « {nouvelle} »")
