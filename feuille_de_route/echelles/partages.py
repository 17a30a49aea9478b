"""Une fiche partagée avec une autre démarche de la gouvernance : elle y figure, en lecture, sans copie.

L'EPCI reconnaît ainsi une action du département comme sienne, et l'inverse. La fiche reste à la démarche qui
l'a écrite ; l'autre peut la reprendre à son compte (feuille_de_route.echelles.reprises), le lien gardé.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from feuille_de_route import fiches
from feuille_de_route.echelles import reprises
from feuille_de_route.echelles.reprises import NON_PARTAGEES
from feuille_de_route.models import EtatFiche, FicheAction, PartageDeFiche
from gouvernance.edition import consommer
from gouvernance.models import Demarche, Etape, Evenement, Utilisateur
from gouvernance.permissions import exiger

TERMINEES = (Etape.CLOSE, Etape.ABANDONNEE)


def recus(demarche: Demarche) -> QuerySet[PartageDeFiche]:
    """Les fiches d'autres démarches que celle-ci accueille : une requête."""
    visibles = PartageDeFiche.objects.filter(demarche=demarche).exclude(fiche__etat__in=NON_PARTAGEES)
    liens = ("fiche__demarche", "fiche__structure_porteuse")
    return visibles.exclude(fiche__demarche__etape=Etape.ABANDONNEE).select_related(*liens).order_by("pk")


def destinations(fiche: FicheAction) -> QuerySet[Demarche]:
    """Les autres démarches en cours de la gouvernance, où la fiche n'est pas déjà. Leur nom est public dans
    le département : on le montre même à qui n'y a pas de mandat.
    """
    soeurs = Demarche.objects.filter(gouvernance=fiche.demarche.gouvernance_id)
    deja = fiche.partages.values("demarche")
    return soeurs.exclude(pk=fiche.demarche_id).exclude(etape__in=TERMINEES).exclude(pk__in=deja)


def motif_de_non_partage(fiche: FicheAction) -> str:
    """Pourquoi la fiche ne se partage pas ; vide si elle le peut."""
    if fiche.etat == EtatFiche.BROUILLON:
        return "C’est encore un brouillon : proposez-la d’abord, l’autre démarche la lira."
    if fiche.etat == EtatFiche.ECARTEE:
        return "La fiche est écartée : elle ne se partage plus."
    return ""


@transaction.atomic
def partager(formulaire, fiche: FicheAction, *, par: Utilisateur | None) -> PartageDeFiche:
    """Partage la fiche avec `formulaire.cleaned_data["demarche"]`, et le dit au journal des deux démarches.

    Lève PermissionDenied (rôle dans la démarche de la fiche), ValidationError, DejaFait (double clic).
    """
    fiche = fiches.verrouiller(fiche.pk)
    exiger(par, fiche.demarche, "partager_fiches")
    consommer(formulaire.cleaned_data.get("jeton"), par)
    if motif := motif_de_non_partage(fiche):
        raise ValidationError(motif)
    vers = destinations(fiche).filter(pk=formulaire.cleaned_data["demarche"].pk).first()
    if vers is None:
        raise ValidationError(
            {"demarche": "La fiche est déjà partagée avec cette démarche, ou celle-ci est close."}
        )
    partage = PartageDeFiche(fiche=fiche, demarche=vers, mot=formulaire.cleaned_data["mot"])
    partage.attribuer(par)
    partage.save()
    Evenement.consigner(fiche, "partager", par=par, vers=f"Avec la démarche « {vers} »")
    de = f"De la démarche « {fiche.demarche} »"
    Evenement.consigner(partage, "recevoir une fiche", par=par, demarche=vers, de=de, vers=str(fiche))
    return partage


@transaction.atomic
def retirer(partage: PartageDeFiche, *, depuis: Demarche, par: Utilisateur | None) -> None:
    """Cesse le partage, depuis l'une ou l'autre des deux démarches : chacune en est maîtresse chez elle."""
    depuis = Demarche.objects.verrouiller(depuis.pk, no_key=True)
    exiger(par, depuis, "partager_fiches")
    fiche, vers = partage.fiche, partage.demarche
    if not PartageDeFiche.objects.filter(pk=partage.pk).exists():
        return  # l'autre démarche l'a retiré au même moment
    Evenement.consigner(fiche, "cesser de partager", par=par, de=f"Avec la démarche « {vers} »")
    Evenement.consigner(partage, "ne plus recevoir une fiche", par=par, demarche=vers, de=str(fiche))
    partage.delete()


@transaction.atomic
def reprendre(partage: PartageDeFiche, *, par: Utilisateur | None, jeton=None) -> FicheAction:
    """Un brouillon de la démarche d'accueil, tiré de la fiche partagée.

    Lève ValidationError (fiche retirée), et ce que lève reprises.reprendre.
    """
    if partage.fiche.etat in NON_PARTAGEES:
        raise ValidationError(
            "Cette fiche n’est plus partagée : elle a été reprise ou écartée par sa démarche."
        )
    citee = f"Fiche n° {partage.fiche.numero}, « {partage.fiche.demarche} »"
    reprise = reprises.Reprise(partage.fiche, partage.demarche, citee=citee)
    return reprises.reprendre(reprise, par=par, jeton=jeton)
