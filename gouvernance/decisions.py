"""Consigner une décision : dans une séance ouverte de l'instance désignée, quorum atteint, dans l'ordre
des jalons.
"""

from datetime import date, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gouvernance.models import (
    CodeJalon,
    Decision,
    DefinitionCommune,
    Demarche,
    Etape,
    EtatJalon,
    EtatSeance,
    Evenement,
    Jalon,
    NatureDecision,
    PointDeBlocage,
    Seance,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.seances import quorum_atteint, voix

DELAI_RESERVES = timedelta(days=60)

# À quelle étape se décide chaque jalon, et ce que chaque nature de décision en fait (DOMAINE §5).
ETAPE_DU_JALON = {
    CodeJalon.CADRAGE: Etape.CADRAGE,
    CodeJalon.DIAGNOSTIC: Etape.DIAGNOSTIC,
    CodeJalon.ENJEUX: Etape.ENJEUX,
    CodeJalon.STRATEGIE: Etape.STRATEGIE,
    CodeJalon.VALIDATION: Etape.SOUMISE,
}
EFFET = {
    NatureDecision.VALIDATION: EtatJalon.VALIDE,
    NatureDecision.VALIDATION_RESERVES: EtatJalon.VALIDE_AVEC_RESERVES,
    NatureDecision.AJOURNEMENT: EtatJalon.RENVOYE,
    NatureDecision.REJET: EtatJalon.RENVOYE,
}


class SaisieDecision(NamedTuple):
    """Ce que l'on tape en séance. `echeance` : celle des réserves, soixante jours par défaut."""

    nature: str
    objet: str
    texte: str = ""
    reserves: str = ""
    jalon: Jalon | None = None
    echeance: date | None = None


def jalon_attendu(demarche: Demarche) -> Jalon | None:
    """Le jalon à décider à l'étape où en est la démarche, s'il y en a un et qu'il n'est pas acquis."""
    code = next((c for c, etape in ETAPE_DU_JALON.items() if etape == demarche.etape), None)
    jalon = Jalon.objects.filter(demarche=demarche, code=code).select_related("instance").first()
    return None if jalon is None or jalon.acquis else jalon


@transaction.atomic
def consigner(seance_pk: int, saisie: SaisieDecision, *, par: Utilisateur | None) -> Decision:
    """Enregistre une décision numérotée et son effet sur le jalon visé.

    Lève PermissionDenied (rôle) ; ValidationError si la séance n'est pas ouverte, le quorum manque,
    l'instance n'est pas celle que le jalon désigne, un précédent n'est pas acquis, ou le jalon l'est déjà.
    """
    seance = (
        Seance.objects.select_for_update(of=("self",)).select_related("instance__demarche").get(pk=seance_pk)
    )
    demarche = Demarche.objects.select_for_update(of=("self",)).get(pk=seance.instance.demarche_id)
    exiger(par, demarche, "tenir_seance")
    _verifier_seance(seance)
    _verifier_reserves(saisie)
    if saisie.jalon:
        _verifier_jalon(seance, demarche, saisie.jalon)
    decision = Decision(
        seance=seance, ordre=seance.decisions.count() + 1, nature=saisie.nature, objet=saisie.objet,
        texte=saisie.texte, reserves=saisie.reserves.strip(), jalon=saisie.jalon,
    )  # fmt: skip
    decision.attribuer(par)
    decision.full_clean()
    decision.save()
    Evenement.consigner(decision, "décider", par=par, demarche=demarche, vers=decision.get_nature_display())
    if saisie.jalon and saisie.nature in EFFET:
        _appliquer(decision, demarche, par)
    if decision.reserves:
        _ouvrir_point_de_blocage(decision, demarche, saisie.echeance, par)
    return decision


def _verifier_seance(seance: Seance) -> None:
    if seance.etat != EtatSeance.OUVERTE:
        raise ValidationError(
            f"La séance est « {seance.get_etat_display()} » : une décision se prend dans une séance ouverte."
        )
    if not quorum_atteint(seance):
        raise ValidationError(
            f"Le quorum n’est pas atteint : {voix(seance)} siège(s) présent(s) ou représenté(s), "
            f"il en faut {seance.instance.quorum}."
        )


def _verifier_reserves(saisie: SaisieDecision) -> None:
    if saisie.nature == NatureDecision.VALIDATION_RESERVES and not saisie.reserves.strip():
        raise ValidationError({"reserves": "Écrivez les réserves, ou choisissez « Validation »."})
    if saisie.nature != NatureDecision.VALIDATION_RESERVES and saisie.reserves.strip():
        raise ValidationError(
            {"reserves": "Choisissez « Validation avec réserves » pour consigner des réserves."}
        )


def _verifier_jalon(seance: Seance, demarche: Demarche, vise: Jalon) -> None:
    jalons = list(
        Jalon.objects.filter(demarche=demarche).select_related("instance", "decision__seance__instance")
    )
    jalon = next((j for j in jalons if j.pk == vise.pk), None)
    if jalon is None:
        raise ValidationError("Ce jalon appartient à une autre démarche.")
    if jalon.instance_id != seance.instance_id:
        designee = f"« {jalon.instance} »" if jalon.instance else "une instance qui n’est pas encore désignée"
        raise ValidationError(
            f"Le jalon « {jalon} » se décide par {designee}, pas par « {seance.instance} »."
        )
    if jalon.acquis:
        raise ValidationError(f"Le jalon « {jalon} » est déjà validé (décision {jalon.decision.numero}).")
    avant = [j for j in jalons if j.ordre < jalon.ordre and not j.acquis]
    if avant:
        raise ValidationError(f"Le jalon « {avant[0]} » doit être validé avant « {jalon} ».")
    etape = ETAPE_DU_JALON[jalon.code]
    if demarche.etape != etape:
        raise ValidationError(
            f"Le jalon « {jalon} » se décide à l’étape « {etape.label} » ; "
            f"la démarche en est à « {demarche.get_etape_display()} »."
        )


def _appliquer(decision: Decision, demarche: Demarche, par) -> None:
    jalon = Jalon.objects.select_for_update(of=("self",)).get(pk=decision.jalon_id)
    ancien, jalon.etat = jalon.get_etat_display(), EFFET[decision.nature]
    jalon.decision = decision
    jalon.attribuer(par)
    jalon.save()
    Evenement.consigner(jalon, "décision sur le jalon", par=par, de=ancien, vers=jalon.get_etat_display())
    if jalon.code == CodeJalon.CADRAGE and jalon.acquis:
        DefinitionCommune.objects.filter(demarche=demarche).exclude(texte="").update(decision=decision)


def _ouvrir_point_de_blocage(decision: Decision, demarche: Demarche, echeance: date | None, par) -> None:
    point = PointDeBlocage(
        demarche=demarche, libelle=decision.reserves, decision=decision,
        echeance=echeance or timezone.localdate() + DELAI_RESERVES,
    )  # fmt: skip
    point.attribuer(par)
    point.save()
    Evenement.consigner(point, "réserve à lever", par=par, vers=f"pour le {point.echeance:%d/%m/%Y}")


@transaction.atomic
def invalider_jalons(demarche: Demarche, depuis: str, *, par: Utilisateur | None, motif: str) -> None:
    """Rouvre un jalon acquis : lui et les suivants ne le sont plus ; les décisions restent dans
    l'histoire.
    """
    jalons = list(Jalon.objects.select_for_update(of=("self",)).filter(demarche=demarche).order_by("ordre"))
    cible = next(j for j in jalons if j.code == depuis)
    for jalon in jalons:
        if jalon.ordre < cible.ordre:
            continue
        etat = EtatJalon.EN_COURS if jalon.pk == cible.pk else EtatJalon.A_VENIR
        if jalon.etat != etat:
            Evenement.consigner(jalon, "rouvrir le jalon", par=par, de=jalon.get_etat_display(), vers=motif)
            Jalon.objects.filter(pk=jalon.pk).update(etat=etat, decision=None)


def mettre_en_cours(demarche: Demarche, code: str) -> None:
    """Le jalon de l'étape qui s'ouvre passe « En cours »."""
    Jalon.objects.filter(demarche=demarche, code=code, etat=EtatJalon.A_VENIR).update(etat=EtatJalon.EN_COURS)
