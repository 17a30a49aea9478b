"""Vie d'une fiche action : la créer, l'écrire, la faire passer d'un état au suivant.

Chaque écriture verrouille d'abord la démarche, puis la fiche : une fiche ne change pas pendant qu'on soumet
la feuille de route, et deux écritures ne s'attendent jamais l'une l'autre.
"""

from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from feuille_de_route.models import EtatFiche, FicheAction
from feuille_de_route.redaction import ecarts
from feuille_de_route.redaction.completude import obligatoires
from gouvernance.edition import consommer
from gouvernance.models import Decision, Demarche, Evenement, Role, Utilisateur
from gouvernance.permissions import DROITS, SANS_STRUCTURE, Acces, exiger, motif_d_etape, roles_de

PORTEUR = "porteur"
PILOTES = frozenset({Role.COORDINATION, Role.CO_PORTEUR})
MODIFIABLES_PAR_PORTEUR = (EtatFiche.BROUILLON, EtatFiche.A_COMPLETER)


PROPOSEE = (
    "La fiche est « Proposée » : on la lit, puis elle se décide en séance. Pour la changer d’ici là, "
    "demandez à la coordination de vous la renvoyer."
)


class Transition(NamedTuple):
    """`motif` : la transition exige une phrase ; `decision` : elle n'a lieu que par une décision en
    séance.
    """

    libelle: str
    depuis: tuple[EtatFiche, ...]
    vers: EtatFiche
    roles: frozenset
    motif: bool = False
    decision: bool = False


TRANSITIONS = {
    "proposer": Transition(
        "Proposer la fiche", MODIFIABLES_PAR_PORTEUR, EtatFiche.PROPOSEE,
        frozenset({PORTEUR, Role.COORDINATION, Role.CO_PORTEUR, Role.PORTEUR_EPCI}),
    ),
    "renvoyer": Transition(
        "Demander des compléments", (EtatFiche.PROPOSEE, EtatFiche.RETENUE), EtatFiche.A_COMPLETER,
        PILOTES | {Role.COTECH}, motif=True,
    ),
    "retenir": Transition("Retenir", (EtatFiche.PROPOSEE,), EtatFiche.RETENUE, PILOTES, decision=True),
    "ecarter": Transition(
        "Écarter", (EtatFiche.PROPOSEE,), EtatFiche.ECARTEE, PILOTES, motif=True, decision=True
    ),
    "rejuger": Transition(
        "Revenir sur la décision", (EtatFiche.RETENUE, EtatFiche.ECARTEE), EtatFiche.PROPOSEE, PILOTES,
        decision=True,
    ),
    "reprendre": Transition("Reprendre la fiche écartée", (EtatFiche.ECARTEE,), EtatFiche.BROUILLON, PILOTES),
}  # fmt: skip


def actions_possibles(fiche: FicheAction, acces: Acces) -> dict[str, Transition]:
    """Les boutons à montrer : la table qui contrôle est aussi celle qui affiche."""
    if motif_d_etape(fiche.demarche, DROITS["editer_fiches"]):
        return {}
    roles = _roles(fiche, acces.utilisateur, acces.roles)
    return {
        nom: t
        for nom, t in TRANSITIONS.items()
        if fiche.etat in t.depuis and t.roles & roles and not t.decision
    }


def verrouiller(fiche_pk: int, demarche_pk: int | None = None) -> FicheAction:
    """La démarche puis la fiche, verrouillées jusqu'à la fin de la transaction. Une fiche ne change jamais
    de démarche : qui la connaît déjà la donne.
    """
    if demarche_pk is None:
        demarche_pk = FicheAction.objects.values_list("demarche", flat=True).get(pk=fiche_pk)
    demarche = Demarche.objects.verrouiller(demarche_pk, no_key=True)
    fiche = FicheAction.objects.select_for_update(of=("self",)).get(pk=fiche_pk)
    fiche.demarche = demarche
    return fiche


@transaction.atomic
def effectuer(
    action: str, fiche_pk: int, *, par: Utilisateur | None, motif: str = "", decision: Decision | None = None
) -> FicheAction:
    """Fait passer une fiche d'un état au suivant.

    Lève PermissionDenied (rôle), ValidationError (état, étape, motif ou décision manquants, fiche
    incomplète).
    """
    transition = TRANSITIONS[action]
    fiche = verrouiller(fiche_pk)
    if par is not None and not transition.roles & _roles(fiche, par, roles_de(par, fiche.demarche_id)):
        raise PermissionDenied(f"Votre rôle ne permet pas de {transition.libelle.lower()} cette fiche.")
    _verifier(fiche, action, motif, decision)
    ancien = _passer(fiche, action, par, motif, decision)
    Evenement.consigner(fiche, action, par=par, de=ancien, vers=fiche.motif or fiche.get_etat_display())
    return fiche


def proposer_sans_compte(fiche: FicheAction, *, auteur: str) -> FicheAction:
    """« proposer », par qui a reçu un lien. L'appelant tient la fiche et a vérifié le lien : le rôle ne l'est
    pas ici. Lève ValidationError (état, étape, fiche incomplète).
    """
    _verifier(fiche, "proposer", "", None)
    ancien = _passer(fiche, "proposer", None, "", None)
    details = [["État", ancien, fiche.get_etat_display()]]
    Evenement.consigner_saisie(fiche, "proposer", par=None, details=details, auteur=auteur)
    return fiche


def _passer(
    fiche: FicheAction, action: str, par: Utilisateur | None, motif: str, decision: Decision | None
) -> str:
    """Écrit l'état suivant ; rend le libellé de l'ancien."""
    transition = TRANSITIONS[action]
    ancien, fiche.etat = fiche.get_etat_display(), transition.vers
    fiche.proposee_le = timezone.now() if action == "proposer" else fiche.proposee_le
    fiche.retenue_le = timezone.now() if transition.vers == EtatFiche.RETENUE else None
    fiche.decision = decision
    fiche.motif = motif.strip() if transition.motif else ""
    fiche.attribuer(par)
    fiche.save()
    return ancien


def _verifier(fiche: FicheAction, action: str, motif: str, decision: Decision | None) -> None:
    transition = TRANSITIONS[action]
    if refus := motif_d_etape(fiche.demarche, DROITS["editer_fiches"]):
        raise ValidationError(refus)
    if fiche.etat not in transition.depuis:
        raise ValidationError(f"La fiche « {fiche} » est « {fiche.get_etat_display()} ».")
    if transition.motif and not motif.strip():
        raise ValidationError({"motif": "Dites pourquoi, pour que le porteur sache quoi faire."})
    if transition.decision and decision is None:
        raise ValidationError("Une fiche est retenue ou écartée par une décision prise en séance.")
    if decision is not None and decision.seance.instance.demarche_id != fiche.demarche_id:
        raise ValidationError("Cette décision appartient à une autre démarche.")
    if action in {"proposer", "retenir"} and (manques := obligatoires(fiche)):
        raise ValidationError([f"« {fiche} » : {m}" if action == "retenir" else m for m in manques])


def _roles(fiche: FicheAction, utilisateur: Utilisateur, roles: set[str]) -> set[str]:
    """Les rôles, plus « porteur » pour le partenaire dont la structure porte la fiche."""
    porteuse = fiche.structure_porteuse_id
    est_porteur = Role.PARTENAIRE in roles and porteuse and porteuse == utilisateur.structure_id
    return roles | ({PORTEUR} if est_porteur else set())


def motif_de_role(fiche: FicheAction, acces: Acces) -> str:
    """Pourquoi cette personne n'écrira jamais cette fiche ; vide si elle le peut, au moins par moments."""
    ecrivent = DROITS["editer_fiches"].roles | {PORTEUR}
    if ecrivent & _roles(fiche, acces.utilisateur, acces.roles):
        return ""
    if Role.PARTENAIRE in acces.roles:
        return "Cette fiche est portée par une autre structure que la vôtre."
    return DROITS["editer_fiches"].refus


def motif_d_etat(fiche: FicheAction, acces: Acces) -> str:
    """Pourquoi la fiche ne s'écrit pas maintenant : l'étape de la démarche, ou l'état de la fiche."""
    if refus := motif_d_etape(fiche.demarche, DROITS["editer_fiches"]):
        return refus
    if fiche.etat == EtatFiche.ECARTEE and DROITS["editer_fiches"].roles & acces.roles:
        suite = f"« {TRANSITIONS['reprendre'].libelle} »" if PILOTES & acces.roles else ""
        return f"La fiche est écartée : {suite or 'la coordination'} la remet d’abord en brouillon."
    if DROITS["editer_fiches"].roles & acces.roles or fiche.etat in MODIFIABLES_PAR_PORTEUR:
        return ""
    if fiche.etat == EtatFiche.PROPOSEE:
        return PROPOSEE
    return f"La fiche est « {fiche.get_etat_display()} » : demandez à la coordination de vous la renvoyer."


def motif_de_non_edition(fiche: FicheAction, acces: Acces) -> str:
    """Pourquoi cette personne ne peut pas modifier la fiche ; vide si elle le peut."""
    return motif_de_role(fiche, acces) or motif_d_etat(fiche, acces)


def exiger_edition(fiche: FicheAction, acces: Acces) -> None:
    """Lève PermissionDenied (rôle) ou ValidationError (étape, état) si la personne ne peut pas écrire la
    fiche.
    """
    if motif := motif_de_role(fiche, acces):
        raise PermissionDenied(motif)
    if motif := motif_d_etat(fiche, acces):
        raise ValidationError(motif)


@transaction.atomic
def creer(fiche: FicheAction, *, par: Utilisateur | None, jeton: UUID | None = None) -> FicheAction:
    """Enregistre une fiche neuve et lui donne le numéro suivant. Un partenaire la crée pour sa structure.

    Lève PermissionDenied (rôle), ValidationError (étape, compte sans structure), DejaFait (jeton déjà reçu).
    """
    demarche = Demarche.objects.verrouiller(fiche.demarche_id, no_key=True)
    exiger(par, demarche, "creer_fiche")
    consommer(jeton, par)
    if par is not None and not DROITS["editer_fiches"].roles & roles_de(par, demarche.pk):
        if par.structure is None:
            raise ValidationError(SANS_STRUCTURE)
        fiche.structure_porteuse = par.structure
    fiche.demarche = demarche
    fiche.numero = (demarche.fiches.aggregate(m=Max("numero"))["m"] or 0) + 1
    fiche.attribuer(par)
    fiche.full_clean(exclude=["numero"])
    fiche.save()
    Evenement.consigner(fiche, "créer", par=par, vers=fiche.titre)
    return fiche


@transaction.atomic
def modifier(formulaire, *, par: Utilisateur | None) -> FicheAction:
    """Enregistre une section de la fiche, par qui a un compte (`par=None` : une commande d'exploitation).

    Lève PermissionDenied (rôle), ValidationError (étape, état), et ce que lève `ecrire`.
    """
    fiche = verrouiller(formulaire.instance.pk, formulaire.instance.demarche_id)
    if par is not None:
        exiger_edition(fiche, Acces(par, fiche.demarche))
    return ecrire(fiche, formulaire, par=par)


def ecrire(fiche: FicheAction, formulaire, *, par: Utilisateur | None, auteur: str = "") -> FicheAction:
    """Le cœur de `modifier` : les champs et les séries d'une section, et le journal de ce qui a changé.

    L'appelant tient la fiche (`verrouiller`) dans sa transaction et a vérifié qui écrit : rien n'est
    vérifié ici. `auteur` : qui écrit sans compte. Une saisie qui ne change rien n'écrit rien.
    Lève Conflit (quelqu'un a écrit entre-temps), DejaFait (double clic).
    """
    consommer(formulaire.cleaned_data.get("jeton"), par)
    changements = ecarts.de_la_saisie(formulaire)
    if not changements:
        return fiche
    ecrit = {"modifie_par": par, "modifie_le": timezone.now()}
    fiche.verrouiller_version(formulaire.version_lue, **formulaire.valeurs(), **ecrit)
    formulaire.enregistrer_les_listes()
    details = [list(ecart) for ecart in changements]
    action = f"modifier : {formulaire.titre}"
    Evenement.consigner_saisie(fiche, action, par=par, details=details, auteur=auteur)
    return fiche
