"""L'avis du COTECH sur une fiche, que le COPIL lit avant de décider."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from feuille_de_route import fiches
from feuille_de_route.models import Avis, EtatFiche, FicheAction
from gouvernance import edition
from gouvernance.models import Demarche, Instance, TypeInstance, Utilisateur

DROIT = "donner_avis"
JUGEABLES = (EtatFiche.PROPOSEE, EtatFiche.A_COMPLETER)


def instances(demarche: Demarche) -> QuerySet[Instance]:
    """Les comités techniques de la démarche qui se réunissent encore."""
    return Instance.objects.actives().filter(demarche=demarche, type=TypeInstance.COTECH)


def motif_de_non_avis(fiche: FicheAction) -> str:
    """Pourquoi la fiche ne reçoit pas d'avis maintenant ; vide si elle en reçoit."""
    if fiche.etat in JUGEABLES:
        return ""
    return f"La fiche est « {fiche.get_etat_display()} » : un avis se rend entre proposition et décision."


@transaction.atomic
def rendre(formulaire, *, par: Utilisateur) -> Avis:
    """Enregistre un avis, ou le corrige tant que le COPIL n'a pas décidé.

    Lève PermissionDenied (rôle), ValidationError (étape, état de la fiche), Conflit, DejaFait.
    """
    fiche = fiches.verrouiller(formulaire.instance.fiche_id)
    avis = edition.enregistrer(formulaire, par=par, demarche=fiche.demarche, droit=DROIT)
    if motif := motif_de_non_avis(fiche):
        raise ValidationError(motif)
    return avis


def des_fiches(fiches: list[int]) -> dict[int, list[Avis]]:
    """Clé de la fiche → ses avis, le plus récent d'abord : une requête."""
    rendus = Avis.objects.filter(fiche__in=fiches).select_related("instance", "seance__instance", "cree_par")
    trouves: dict[int, list[Avis]] = {}
    for avis in rendus:
        trouves.setdefault(avis.fiche_id, []).append(avis)
    return trouves
