"""Cycle de vie d'une fiche action : le seul chemin d'écriture de FicheAction.etat."""

from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from feuille_de_route.financement import compte
from feuille_de_route.models import EtatFiche, FicheAction
from gouvernance.models import Decision, Demarche, Evenement, Role, Utilisateur
from gouvernance.permissions import DROITS, Acces, exiger, motif_d_etape, roles_de
from gouvernance.socle.manques import Manque

PORTEUR = "porteur"
PILOTES = frozenset({Role.COORDINATION, Role.CO_PORTEUR})
MODIFIABLES_PAR_PORTEUR = (EtatFiche.BROUILLON, EtatFiche.A_COMPLETER)


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


@transaction.atomic
def effectuer(
    action: str, fiche_pk: int, *, par: Utilisateur | None, motif: str = "", decision: Decision | None = None
) -> FicheAction:
    """Fait passer une fiche d'un état au suivant.

    Lève PermissionDenied (rôle), ValidationError (état, étape, motif ou décision manquants, fiche
    incomplète).
    """
    transition = TRANSITIONS[action]
    fiche = FicheAction.objects.select_for_update(of=("self",)).select_related("demarche").get(pk=fiche_pk)
    if par is not None and not transition.roles & _roles(fiche, par, roles_de(par, fiche.demarche_id)):
        raise PermissionDenied(f"Votre rôle ne permet pas de {transition.libelle.lower()} cette fiche.")
    _verifier(fiche, action, motif, decision)
    ancien, fiche.etat = fiche.get_etat_display(), transition.vers
    fiche.proposee_le = timezone.now() if action == "proposer" else fiche.proposee_le
    fiche.retenue_le = timezone.now() if transition.vers == EtatFiche.RETENUE else None
    fiche.decision = decision
    fiche.motif = motif.strip() if transition.motif else ""
    fiche.attribuer(par)
    fiche.save()
    Evenement.consigner(fiche, action, par=par, de=ancien, vers=fiche.motif or fiche.get_etat_display())
    return fiche


def _verifier(fiche: FicheAction, action: str, motif: str, decision: Decision | None) -> None:
    transition = TRANSITIONS[action]
    if refus := motif_d_etape(fiche.demarche, DROITS["editer_fiches"]):
        raise ValidationError(refus)
    if fiche.etat not in transition.depuis:
        raise ValidationError(f"La fiche « {fiche} » est « {fiche.get_etat_display()} ».")
    if transition.motif and not motif.strip():
        raise ValidationError({"motif": "Dites pourquoi, pour que le porteur sache quoi faire."})
    if transition.decision and decision is None:
        raise ValidationError("Une fiche est retenue ou écartée par une décision prise en séance.")
    if decision is not None and decision.seance.instance.demarche_id != fiche.demarche_id:
        raise ValidationError("Cette décision appartient à une autre démarche.")
    if action in {"proposer", "retenir"} and (manques := obligatoires(fiche)):
        raise ValidationError([f"« {fiche} » : {m}" if action == "retenir" else m for m in manques])


def _roles(fiche: FicheAction, utilisateur: Utilisateur, roles: set[str]) -> set[str]:
    """Les rôles, plus « porteur » si la fiche est celle de sa structure et qu'on a un mandat dans la
    démarche.
    """
    porteuse = fiche.structure_porteuse_id
    est_porteur = roles and porteuse and porteuse == utilisateur.structure_id
    return roles | ({PORTEUR} if est_porteur else set())


def motif_de_non_edition(fiche: FicheAction, acces: Acces) -> str:
    """Pourquoi cette personne ne peut pas modifier la fiche ; vide si elle le peut (DOMAINE §5)."""
    if refus := motif_d_etape(fiche.demarche, DROITS["editer_fiches"]):
        return refus
    if DROITS["editer_fiches"].roles & acces.roles:
        return ""
    if PORTEUR not in _roles(fiche, acces.utilisateur, acces.roles):
        return "Cette fiche est portée par une autre structure que la vôtre."
    if fiche.etat not in MODIFIABLES_PAR_PORTEUR:
        return (
            f"La fiche est « {fiche.get_etat_display()} » : demandez à la coordination de vous la renvoyer."
        )
    return ""


@transaction.atomic
def creer(fiche: FicheAction, *, par: Utilisateur | None) -> FicheAction:
    """Enregistre une fiche neuve et lui donne le numéro suivant. Un partenaire la crée pour sa structure."""
    demarche = Demarche.objects.select_for_update(of=("self",)).get(pk=fiche.demarche_id)
    exiger(par, demarche, "creer_fiche")
    if par is not None and not DROITS["editer_fiches"].roles & roles_de(par, demarche.pk):
        if par.structure is None:
            raise ValidationError(
                "Votre compte n’est rattaché à aucune structure : demandez-le à la coordination."
            )
        fiche.structure_porteuse = par.structure
    fiche.demarche = demarche
    fiche.numero = (demarche.fiches.aggregate(m=Max("numero"))["m"] or 0) + 1
    fiche.attribuer(par)
    fiche.full_clean(exclude=["numero"])
    fiche.save()
    Evenement.consigner(fiche, "créer", par=par, vers=fiche.titre)
    return fiche


def exiger_edition(fiche: FicheAction, par: Utilisateur | None) -> None:
    """Lève PermissionDenied ou ValidationError si `par` ne peut pas modifier la fiche."""
    if par is None:
        return
    acces = Acces(par, fiche.demarche)
    if refus := motif_d_etape(fiche.demarche, DROITS["editer_fiches"]):
        raise ValidationError(refus)
    if motif := motif_de_non_edition(fiche, acces):
        raise PermissionDenied(motif)


OBLIGATOIRES = {
    "axe_id": "Rattacher la fiche à un axe.",
    "nature": "Dire si l’action est existante, renforcée ou nouvelle.",
    "objectifs": "Écrire les objectifs.",
    "description": "Décrire l’action.",
    "structure_porteuse_id": "Nommer la structure porteuse.",
    "pilote": "Nommer le pilote.",
    "debut": "Donner la date de début.",
}


def obligatoires(fiche: FicheAction) -> list[str]:
    """Ce qui reste à remplir avant de proposer la fiche, en phrases."""
    manques = [
        phrase for champ, phrase in OBLIGATOIRES.items() if not str(getattr(fiche, champ) or "").strip()
    ]
    if not fiche.indicateurs.all():
        manques.append("Donner au moins un indicateur.")
    if not fiche.lignes_budget.all():
        manques.append("Chiffrer au moins une ligne de budget (0 € si l’action ne coûte rien).")
    solde = compte(fiche).solde
    if solde < 0:
        manques.append(f"Corriger le plan de financement : {compte(fiche).phrase}.")
    return manques


def completude(fiche: FicheAction) -> int:
    """Part des champs obligatoires remplis, en pour cent entier."""
    total = len(OBLIGATOIRES) + 2
    return round(100 * max(0, total - len(obligatoires(fiche))) / total)


def manques_du_plan(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour soumettre la feuille de route (DOMAINE §5, soumettre)."""
    fiches = list(
        FicheAction.objects.filter(demarche=demarche).prefetch_related(
            "lignes_budget", "financements", "indicateurs"
        )
    )
    retenues = [f for f in fiches if f.etat == EtatFiche.RETENUE]
    manques = _axes_sans_fiche(demarche, retenues)
    manques += [
        Manque(f"Trancher la fiche « {f} » : elle est encore proposée.", ecran="plan")
        for f in fiches
        if f.etat == EtatFiche.PROPOSEE
    ]
    for fiche in retenues:
        manques += [Manque(f"Fiche « {fiche} » : {m}", ecran="plan") for m in obligatoires(fiche)]
    manques += [
        Manque(f"Fiche « {f} » : {compte(f).phrase}.", False, "plan") for f in retenues if compte(f).solde > 0
    ]
    if retenues and all(f.nature == "existante" for f in retenues):
        manques.append(
            Manque("Toutes les actions existent déjà : agréger l’existant ne suffit pas.", False, "plan")
        )
    return manques


def _axes_sans_fiche(demarche: Demarche, retenues: list[FicheAction]) -> list[Manque]:
    axes = list(demarche.axes.all())
    peuples = {f.axe_id for f in retenues}
    peuples |= {a.parent_id for a in axes if a.pk in peuples}
    manques = [
        Manque(f"Retenir au moins une fiche pour l’axe « {axe} ».", ecran="plan")
        for axe in axes
        if axe.parent_id is None and axe.pk not in peuples
    ]
    if demarche.perimetre == "groupement":
        manques += [
            Manque(f"L’axe « {axe} » ne dit pas quel axe départemental il sert.", False, "axes")
            for axe in axes
            if axe.parent_id is None and axe.axe_departemental_id is None
        ]
    return manques
