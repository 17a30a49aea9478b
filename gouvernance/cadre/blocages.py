"""Points de blocage et réserves : qui s'en charge, pour quand, et comment on en est sorti."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from gouvernance import edition
from gouvernance.models import Demarche, Evenement, PointDeBlocage, Utilisateur
from gouvernance.permissions import exiger

FILTRES = {"a_lever": "À lever", "leves": "Levés", "tous": "Tous"}


def points(demarche: Demarche, filtre: str = "tous") -> list[PointDeBlocage]:
    """À lever d'abord, les plus pressés en tête ; `filtre` : une clé de FILTRES. Une requête."""
    requete = PointDeBlocage.objects.filter(demarche=demarche).select_related(
        "responsable", "decision__seance__instance"
    )
    if filtre in {"a_lever", "leves"}:
        requete = requete.filter(leve_le__isnull=filtre == "a_lever")
    ordre = (F("leve_le").desc(nulls_first=True), F("echeance").asc(nulls_last=True), "pk")
    return list(requete.order_by(*ordre))


@transaction.atomic
def modifier(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> PointDeBlocage:
    """Change qui s'en charge, l'échéance ou le texte d'un point qui n'est pas levé."""
    demarche = edition.tenir(demarche)
    point = PointDeBlocage.objects.select_for_update(of=("self",)).get(pk=formulaire.instance.pk)
    if point.leve_le:
        raise ValidationError("Ce point de blocage est levé : il ne se modifie plus.")
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer")


@transaction.atomic
def lever(point_pk: int, *, par: Utilisateur | None, resolution: str) -> PointDeBlocage:
    """Lève un point de blocage ou une réserve, en disant comment ; il reste au journal.

    Lève PermissionDenied ; ValidationError s'il est déjà levé, ou si l'on ne dit pas comment.
    """
    demarche = edition.tenir(Demarche.objects.get(points_de_blocage=point_pk))
    exiger(par, demarche, "cadrer")
    point = PointDeBlocage.objects.select_for_update(of=("self",)).get(pk=point_pk)
    if point.leve_le:
        raise ValidationError("Ce point de blocage est déjà levé.")
    if not resolution.strip():
        raise ValidationError({"resolution": "Dites en une phrase comment ce point a été levé."})
    point.leve_le, point.resolution = timezone.now(), resolution.strip()
    point.version += 1
    point.attribuer(par)
    point.save()
    Evenement.consigner(point, "lever", par=par, de=point, vers=point.resolution)
    return point
