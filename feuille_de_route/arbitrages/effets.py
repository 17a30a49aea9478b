"""Ce que fait une décision à l'objet qu'elle vise : UNE table (objet, nature) → effet, que le formulaire dit
en une phrase et que la règle exécute.

L'effet sur un jalon est celui de gouvernance.decisions (il y est exécuté) ; l'étape suit dans le parcours.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.core.exceptions import ValidationError

from diagnostic import priorisation
from diagnostic.models import Enjeu, EtatEnjeu
from feuille_de_route import fiches
from feuille_de_route.arbitrages.cibles import SUIVIE, Objet, ne_fait_que_suivre
from feuille_de_route.dialogue import liens_de_fiche
from feuille_de_route.models import EtatFiche, FicheAction
from gouvernance.cadre import definitions, limites
from gouvernance.models import Cible, CodeJalon, Decision, NatureDecision, Utilisateur
from gouvernance.reunions import seances

VALIDATION, RESERVES = NatureDecision.VALIDATION, NatureDecision.VALIDATION_RESERVES
AJOURNEMENT, REJET = NatureDecision.AJOURNEMENT, NatureDecision.REJET
ORIENTATION = NatureDecision.ORIENTATION
RIEN = "sera consignée, sans rien changer d’autre"


class Effet(NamedTuple):
    """`phrase` suit « Cette décision » ; `acte` reçoit (décision, par)."""

    phrase: str
    acte: Callable[[Decision, Utilisateur | None], object] | None = None


def _motif(decision: Decision) -> str:
    return decision.texte.strip() or decision.objet


def _fiche(action: str):
    def acte(decision: Decision, par):
        fiche = FicheAction.objects.get(demarche=decision.seance.instance.demarche_id, uuid=decision.cible)
        vers = fiches.TRANSITIONS[action].vers
        if fiche.etat == vers == EtatFiche.RETENUE:
            return  # l'instance confirme : une fiche suivie pendant un avenant, le plus souvent
        if fiche.etat == vers:
            raise ValidationError(f"La fiche « {fiche} » est déjà « {fiche.get_etat_display()} ».")
        if fiche.etat in {EtatFiche.RETENUE, EtatFiche.ECARTEE} and action != "renvoyer":
            fiches.effectuer("rejuger", fiche.pk, par=par, decision=decision)
        fiche = fiches.effectuer(action, fiche.pk, par=par, decision=decision, motif=_motif(decision))
        if action == "renvoyer":
            liens_de_fiche.prevenir_du_renvoi(fiche, [], par=par)

    return acte


def _enjeu(vers: str):
    def acte(decision: Decision, par):
        enjeu = Enjeu.objects.get(demarche=decision.seance.instance.demarche_id, uuid=decision.cible)
        if enjeu.etat == vers:
            return  # une décision confirme ce que la coordination avait préparé
        if {enjeu.etat, vers} == {EtatEnjeu.ECARTE, EtatEnjeu.RETENU} and vers == EtatEnjeu.RETENU:
            priorisation.trancher(enjeu.pk, EtatEnjeu.PROPOSE, par=par)
        priorisation.trancher(enjeu.pk, vers, par=par, motif=_motif(decision))

    return acte


def _adopter(decision: Decision, par):
    definitions.adopter(decision, par=par)


def _arreter(decision: Decision, par):
    limites.decider(decision, par=par)


def _approuver(decision: Decision, par):
    seances.approuver_compte_rendu(decision, par=par)


EFFETS: dict[tuple[str, str], Effet] = {
    (Cible.JALON, VALIDATION): Effet("validera le jalon « {} »"),
    (Cible.JALON, RESERVES): Effet("validera le jalon « {} » avec réserves"),
    (Cible.JALON, AJOURNEMENT): Effet("renverra le jalon « {} » : il sera à présenter de nouveau"),
    (Cible.JALON, REJET): Effet("renverra le jalon « {} » : il sera à reprendre"),
    (Cible.FICHE, VALIDATION): Effet("retiendra la fiche « {} »", _fiche("retenir")),
    (Cible.FICHE, RESERVES): Effet("retiendra la fiche « {} », avec des réserves à lever", _fiche("retenir")),
    (Cible.FICHE, AJOURNEMENT): Effet(
        "renverra la fiche « {} » à son porteur, à compléter ; le texte sera son motif", _fiche("renvoyer")
    ),
    (Cible.FICHE, REJET): Effet("écartera la fiche « {} » ; le texte sera son motif", _fiche("ecarter")),
    (Cible.ENJEU, VALIDATION): Effet("retiendra l’enjeu « {} »", _enjeu(EtatEnjeu.RETENU)),
    (Cible.ENJEU, RESERVES): Effet(
        "retiendra l’enjeu « {} », avec des réserves à lever", _enjeu(EtatEnjeu.RETENU)
    ),
    (Cible.ENJEU, AJOURNEMENT): Effet("remettra en débat l’enjeu « {} »", _enjeu(EtatEnjeu.PROPOSE)),
    (Cible.ENJEU, REJET): Effet(
        "écartera l’enjeu « {} » ; le texte sera son motif", _enjeu(EtatEnjeu.ECARTE)
    ),
    (Cible.DEFINITION, VALIDATION): Effet("adoptera la définition commune", _adopter),
    (Cible.DEFINITION, RESERVES): Effet(
        "adoptera la définition commune, avec des réserves à lever", _adopter
    ),
    (Cible.LIMITE, VALIDATION): Effet("arrêtera « {} » au registre", _arreter),
    (Cible.LIMITE, RESERVES): Effet("arrêtera « {} » au registre, avec des réserves à lever", _arreter),
    (Cible.LIMITE, ORIENTATION): Effet("arrêtera « {} » au registre", _arreter),
    (Cible.SEANCE, VALIDATION): Effet("approuvera ce compte rendu : il ne changera plus", _approuver),
    (Cible.SEANCE, RESERVES): Effet("approuvera ce compte rendu, avec des réserves à lever", _approuver),
}


ACQUIERENT = (EFFETS[Cible.JALON, VALIDATION], EFFETS[Cible.JALON, RESERVES])
AVEC_LE_CADRAGE = (
    " Elle adoptera aussi la définition commune en projet, si celle-ci n’a pas son propre point à l’ordre du "
    "jour."
)
CONFIRMENT = (EFFETS[Cible.FICHE, VALIDATION], EFFETS[Cible.FICHE, RESERVES])
CONFIRMER = Effet("sera consignée ; la fiche « {} » est déjà retenue et le reste")


def phrase(objet: Objet | None, nature: str) -> str:
    """« Cette décision retiendra la fiche « 12. … ». »"""
    effet, suite = EFFETS.get((objet.type, nature)) if objet and objet.etat != SUIVIE else None, ""
    if objet and objet.type == Cible.FICHE and objet.etat == EtatFiche.RETENUE and effet in CONFIRMENT:
        effet = CONFIRMER
    dit = effet.phrase.format(objet.libelle) if effet else RIEN
    if objet and objet.libelle == CodeJalon.CADRAGE.label and effet in ACQUIERENT:
        suite = AVEC_LE_CADRAGE
    reserves = " Les réserves deviendront un point de blocage." if nature == RESERVES else ""
    return f"Cette décision {dit}.{suite}{reserves}"


def appliquer(decision: Decision, *, par: Utilisateur | None) -> None:
    """Exécute l'effet de la décision sur ce qu'elle vise, s'il y en a un, dans la transaction en cours.

    Lève ce que lève la règle de l'objet (étape, état, rôle).
    """
    effet = EFFETS.get((decision.cible_type, decision.nature))
    if decision.cible_type == Cible.FICHE and ne_fait_que_suivre(decision.seance.instance.demarche):
        return  # la fiche est signée : la décision se consigne, un avenant la traduira
    if effet and effet.acte:
        effet.acte(decision, par)
