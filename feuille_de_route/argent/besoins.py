"""Les besoins en ingénierie d'une démarche, du plus pressant au moins pressant (codes de l'ANCT)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from feuille_de_route.models import BesoinIngenierie
from gouvernance.edition import consommer
from gouvernance.edition import supprimer as supprimer_et_consigner
from gouvernance.models import Demarche, Evenement, Utilisateur
from gouvernance.permissions import exiger


def _verrouiller(demarche_pk: int) -> Demarche:
    return Demarche.objects.verrouiller(demarche_pk, no_key=True)


@transaction.atomic
def ajouter(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> BesoinIngenierie:
    """Inscrit un besoin au dernier rang. Lève ValidationError (déjà exprimé), DejaFait (double clic)."""
    demarche = _verrouiller(demarche.pk)
    exiger(par, demarche, "editer_fiches")
    consommer(formulaire.cleaned_data.get("jeton"), par)
    besoin, deja = formulaire.instance, BesoinIngenierie.objects.filter(demarche=demarche)
    if deja.filter(code=besoin.code).exists():
        raise ValidationError({"code": "Ce besoin est déjà exprimé."})
    besoin.demarche, besoin.rang = demarche, (deja.aggregate(m=Max("rang"))["m"] or 0) + 1
    besoin.save()
    Evenement.consigner(besoin, "créer", par=par, vers=f"rang {besoin.rang}")
    return besoin


@transaction.atomic
def preciser(besoin: BesoinIngenierie, precision: str, *, lue: str, par: Utilisateur | None) -> None:
    """Récrit la précision d'un besoin. `lue` : celle que l'auteur avait sous les yeux.

    Lève PermissionDenied, ValidationError (étape ; quelqu'un l'a changée entre-temps).
    """
    demarche = _verrouiller(besoin.demarche_id)
    exiger(par, demarche, "editer_fiches")
    besoin = BesoinIngenierie.objects.filter(pk=besoin.pk).first()
    if besoin is None:
        raise ValidationError({"precision": "Ce besoin vient d’être retiré de la liste."})
    if besoin.precision != lue:
        phrase = f"Quelqu’un vient d’écrire « {besoin.precision} » ici : rouvrez la page pour le reprendre."
        raise ValidationError({"precision": phrase})
    besoin.precision = precision
    besoin.save(update_fields=["precision"])
    Evenement.consigner(besoin, "préciser", par=par, demarche=demarche, de=lue, vers=precision)


@transaction.atomic
def deplacer(besoin: BesoinIngenierie, sens: int, *, par: Utilisateur | None) -> None:
    """Monte (-1) ou descend (+1) un besoin d'un rang ; sans effet au bout de la liste."""
    demarche = _verrouiller(besoin.demarche_id)
    exiger(par, demarche, "editer_fiches")
    liste = list(BesoinIngenierie.objects.filter(demarche=demarche).order_by("rang"))
    ancien = next((i for i, b in enumerate(liste) if b.pk == besoin.pk), None)
    if ancien is None or not 0 <= ancien + sens < len(liste):
        return
    autre = liste[ancien + sens]
    besoins = BesoinIngenierie.objects
    besoins.filter(pk=autre.pk).update(rang=liste[-1].rang + 1)  # le rang est unique : on passe par un libre
    besoins.filter(pk=besoin.pk).update(rang=autre.rang)
    besoins.filter(pk=autre.pk).update(rang=liste[ancien].rang)
    Evenement.consigner(
        besoin,
        "déplacer",
        par=par,
        demarche=demarche,
        de=f"rang {ancien + 1}",
        vers=f"rang {ancien + sens + 1}",
    )


@transaction.atomic
def supprimer(besoin: BesoinIngenierie, *, par: Utilisateur | None) -> None:
    """Retire un besoin de la liste."""
    demarche = _verrouiller(besoin.demarche_id)
    supprimer_et_consigner(besoin, par=par, demarche=demarche, droit="editer_fiches")
