"""Le cadre que les parties acceptent : cahier des charges et son édition, calendrier des jalons."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from gouvernance import edition
from gouvernance.demarches import verifier_echeances
from gouvernance.models import CahierDesCharges, Demarche, Evenement, Instance, Jalon, Utilisateur
from gouvernance.permissions import exiger
from gouvernance.socle.modeles import Conflit


@transaction.atomic
def rediger_cahier(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> CahierDesCharges:
    """Enregistre le cahier ; si quelqu'un avait adhéré à ce texte, le nouveau est une nouvelle édition."""
    cahier = CahierDesCharges.objects.select_for_update(of=("self",)).get(demarche=demarche)
    change = set(formulaire.changed_data) - {"version"}
    adherents = cahier.adhesions.filter(edition=cahier.edition).count()
    edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer")
    if change and adherents:
        CahierDesCharges.objects.filter(pk=cahier.pk).update(edition=F("edition") + 1)
        Evenement.consigner(
            cahier, "nouvelle édition", par=par,
            de=f"édition {cahier.edition}, {adherents} adhésion(s)", vers=f"édition {cahier.edition + 1}",
        )  # fmt: skip
    return cahier


@transaction.atomic
def cadrer_jalons(
    demarche: Demarche, saisies: dict[str, tuple[date | None, Instance | None]], *, version: int, par
) -> None:
    """Fixe d'un coup l'échéance et l'instance de chaque jalon ; ceux qui sont acquis ne changent plus.

    `version` : la somme des versions lues. Lève Conflit si quelqu'un a écrit depuis ; ValidationError, au
    nom du jalon, si les échéances reculent.
    """
    exiger(par, demarche, "cadrer")
    jalons = list(
        Jalon.objects.select_for_update(of=("self",)).select_related("instance").filter(demarche=demarche)
    )
    if sum(j.version for j in jalons) != version:
        raise Conflit("Le calendrier a été modifié par quelqu’un d’autre pendant votre saisie.")
    voulues = {j.code: (j.echeance, j.instance) if j.acquis else saisies[j.code] for j in jalons}
    verifier_echeances({code: echeance for code, (echeance, _) in voulues.items()})
    if any(i and i.demarche_id != demarche.pk for _, i in voulues.values()):
        raise ValidationError("Cette instance appartient à une autre démarche.")
    for jalon in jalons:
        _replanifier(jalon, *voulues[jalon.code], par=par)


def _replanifier(jalon: Jalon, echeance: date | None, instance: Instance | None, *, par) -> None:
    if (jalon.echeance, jalon.instance) == (echeance, instance):
        return
    Evenement.consigner(
        jalon, "planifier le jalon", par=par, de=dire_jalon(jalon.echeance, jalon.instance),
        vers=dire_jalon(echeance, instance),
    )  # fmt: skip
    jalon.echeance, jalon.instance = echeance, instance
    jalon.version += 1
    jalon.attribuer(par)
    jalon.save()


def dire_jalon(echeance: date | None, instance: Instance | None) -> str:
    """« 03/03/2026, COPIL »."""
    return f"{echeance:%d/%m/%Y}, {instance or '–'}" if echeance else f"sans échéance, {instance or '–'}"
