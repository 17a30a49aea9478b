"""Renvoyer une fiche en disant, champ par champ, ce qu'il faut revoir ; et marquer ce qui est corrigé."""

from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from feuille_de_route import fiches
from feuille_de_route.dialogue import liens_de_fiche
from feuille_de_route.models import FicheAction, Remarque
from gouvernance.edition import consommer
from gouvernance.models import Courriel, Evenement, Utilisateur
from gouvernance.permissions import Acces

CORRIGEE, A_REVOIR = "corrigee", "a-revoir"
ACTES = {CORRIGEE: "corriger une remarque", A_REVOIR: "rouvrir une remarque"}


class Demande(NamedTuple):
    """`champ` : un champ de la fiche, une série de lignes ou une section ; `libelle` : son nom à l'écran."""

    champ: str
    libelle: str
    texte: str


@transaction.atomic
def renvoyer(
    fiche: FicheAction, motif: str, demandes: list[Demande], *, par: Utilisateur, jeton: UUID | None = None
) -> list[Courriel]:
    """La fiche passe « à compléter », chaque remarque à sa place ; qui l'écrit en est prévenu.

    Lève PermissionDenied, ValidationError (état, étape, motif), DejaFait.
    """
    consommer(jeton, par)
    fiche = fiches.effectuer("renvoyer", fiche.pk, par=par, motif=motif)
    neuves = [Remarque(fiche=fiche, champ=d.champ, texte=d.texte.strip(), cree_par=par) for d in demandes]
    for remarque in neuves:
        remarque.attribuer(par)
        remarque.save()
    if demandes:
        details = [[d.libelle, "", d.texte.strip()] for d in demandes]
        Evenement.consigner_saisie(fiche, "demander des corrections", par=par, details=details)
    return liens_de_fiche.prevenir_du_renvoi(fiche, demandes, par=par)


@transaction.atomic
def marquer(remarque: Remarque, acte: str, *, par: Utilisateur) -> Remarque:
    """Qui écrit la fiche dit que c'est corrigé, ou que cela ne l'est pas encore.

    Lève PermissionDenied (rôle), ValidationError (état, étape).
    """
    fiche = fiches.verrouiller(remarque.fiche_id)
    fiches.exiger_edition(fiche, Acces(par, fiche.demarche))
    return noter(remarque, acte, par=par)


def noter(remarque: Remarque, acte: str, *, par: Utilisateur | None, auteur: str = "") -> Remarque:
    """Le cœur de `marquer` ; l'appelant tient la fiche et a vérifié qui écrit. Sans effet si c'est dit."""
    remarque = Remarque.objects.select_for_update(of=("self",)).select_related("fiche").get(pk=remarque.pk)
    if acte not in ACTES:
        raise ValidationError("Une remarque est corrigée, ou reste à revoir.")
    if (remarque.levee_le is not None) == (acte == CORRIGEE):
        return remarque
    remarque.levee_le = timezone.now() if acte == CORRIGEE else None
    remarque.attribuer(par)
    remarque.save(update_fields=["levee_le", "modifie_par", "modifie_le"])
    dit = ("à revoir", "corrigé") if remarque.levee_le else ("corrigé", "à revoir")
    Evenement.consigner_saisie(
        remarque.fiche, ACTES[acte], par=par, details=[[remarque.texte[:200], *dit]], auteur=auteur
    )
    return remarque
