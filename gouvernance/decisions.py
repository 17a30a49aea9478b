"""Consigner une décision : dans une séance ouverte de l'instance désignée, quorum atteint, dans l'ordre
des jalons.
"""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from gouvernance import edition
from gouvernance.cadre import definitions
from gouvernance.models import (
    Cible,
    CodeJalon,
    Decision,
    Demarche,
    Etape,
    EtatJalon,
    EtatSeance,
    Evenement,
    Jalon,
    NatureDecision,
    PointDeBlocage,
    PointOrdreDuJour,
    Seance,
    Structure,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.reunions.seances import quorum_atteint, verrouiller, voix

DELAI_RESERVES = timedelta(days=60)

# À quelle étape se décide chaque jalon, et ce que chaque nature de décision en fait.
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
    """Ce que l'on tape en séance. `echeance`, `responsable` : ceux des réserves, soixante jours par défaut.

    `cible_*` : l'objet visé, que l'appelant a trouvé dans la démarche ; `etat_vu` : l'état où on l'a vu.
    `remplace` : la décision de cette séance sur laquelle on revient en connaissance de cause.
    """

    nature: str
    objet: str
    texte: str = ""
    reserves: str = ""
    jalon: Jalon | None = None
    echeance: date | None = None
    responsable: Structure | None = None
    cible_type: str = ""
    cible: UUID | None = None
    cible_libelle: str = ""
    point: PointOrdreDuJour | None = None
    remplace: UUID | None = None
    etat_vu: str = ""


def jalon_attendu(demarche: Demarche) -> Jalon | None:
    """Le jalon à décider à l'étape où en est la démarche, s'il y en a un et qu'il n'est pas acquis."""
    code = next((c for c, etape in ETAPE_DU_JALON.items() if etape == demarche.etape), None)
    jalon = Jalon.objects.filter(demarche=demarche, code=code).select_related("instance").first()
    return None if jalon is None or jalon.acquis else jalon


@transaction.atomic
def consigner(seance_pk: int, saisie: SaisieDecision, *, par: Utilisateur | None) -> Decision:
    """Enregistre une décision numérotée et son effet sur le jalon visé.

    Lève PermissionDenied (rôle) ; ValidationError si la séance n'est pas ouverte, le quorum manque,
    l'instance n'est pas celle que le jalon désigne, un précédent n'est pas acquis, le jalon l'est déjà, ou
    l'objet vient d'être décidé dans cette séance.
    """
    seance = verrouiller(seance_pk)
    demarche = seance.instance.demarche
    exiger(par, demarche, "tenir_seance")
    _verifier_seance(seance)
    _verifier_reserves(saisie)
    saisie = _avec_jalon(saisie, demarche)
    remplacee = _decision_remplacee(seance, saisie)
    if saisie.jalon:
        _verifier_jalon(seance, demarche, saisie.jalon, remplacee)
    decision = _creer(seance, saisie, par)
    Evenement.consigner(decision, "décider", par=par, demarche=demarche, vers=decision.get_nature_display())
    if remplacee:
        _remplacer(remplacee, decision, par)
    if saisie.jalon and saisie.nature in EFFET:
        _appliquer(decision, demarche, par)
    if decision.reserves:
        _ouvrir_point_de_blocage(decision, demarche, saisie, par)
    return decision


def _avec_jalon(saisie: SaisieDecision, demarche: Demarche) -> SaisieDecision:
    """La clé `jalon` et la cible disent la même chose, quelle que soit celle que l'on a donnée."""
    if saisie.jalon:
        return saisie._replace(
            cible_type=Cible.JALON, cible=saisie.jalon.uuid, cible_libelle=str(saisie.jalon)
        )
    if saisie.cible_type != Cible.JALON:
        return saisie
    jalon = Jalon.objects.filter(demarche=demarche, uuid=saisie.cible).first()
    if jalon is None:
        raise ValidationError("Ce jalon appartient à une autre démarche.")
    return saisie._replace(jalon=jalon, cible_libelle=str(jalon))


def _decision_remplacee(seance: Seance, saisie: SaisieDecision) -> Decision | None:
    """La décision de cette séance qui a tranché le même objet, s'il y en a une et que l'on revient dessus.

    Lève ValidationError si l'on ne le sait pas : quelqu'un d'autre vient de trancher.
    """
    if saisie.cible is None or saisie.nature not in EFFET:
        return None
    memes = seance.decisions.filter(cible=saisie.cible, nature__in=list(EFFET))
    derniere = memes.select_related("seance__instance", "cree_par").order_by("-ordre").first()
    if derniere is None or derniere.uuid == saisie.remplace:
        return derniere
    qui = f" par {derniere.cree_par}" if derniere.cree_par else ""
    raise ValidationError(
        f"« {derniere.cible_libelle or derniere.objet} » est déjà validé ou tranché dans cette séance : "
        f"{derniere.numero}, {derniere.get_nature_display().lower()}{qui}. Votre saisie est gardée "
        "ci-dessous ; si l’instance change d’avis, partez de cette décision : « Revenir sur cette décision »."
    )


def _creer(seance: Seance, saisie: SaisieDecision, par) -> Decision:
    dernier = seance.decisions.aggregate(m=Max("ordre"))["m"] or 0
    decision = Decision(
        seance=seance, ordre=dernier + 1, nature=saisie.nature, objet=saisie.objet, texte=saisie.texte,
        reserves=saisie.reserves.strip(), jalon=saisie.jalon, point=saisie.point,
        cible_type=saisie.cible_type, cible=saisie.cible, cible_libelle=saisie.cible_libelle,
    )  # fmt: skip
    decision.attribuer(par)
    decision.full_clean()
    decision.save()
    return decision


def _remplacer(ancienne: Decision, nouvelle: Decision, par) -> None:
    """La première reste au relevé ; les réserves qu'elle avait ouvertes sont levées."""
    dit = f"Décision remplacée par {nouvelle.numero}."
    PointDeBlocage.objects.filter(decision=ancienne, leve_le=None).update(
        leve_le=timezone.now(), resolution=dit
    )
    demarche = nouvelle.seance.instance.demarche
    Evenement.consigner(ancienne, "revenir sur la décision", par=par, demarche=demarche, vers=nouvelle.numero)


@transaction.atomic
def corriger(formulaire, *, par: Utilisateur | None) -> Decision:
    """Corrige les mots d'une décision (objet, texte, réserves) tant que la séance est ouverte.

    La nature et l'objet visé ne changent jamais : leur effet a eu lieu. Pour cela, une autre décision revient
    sur celle-ci. Lève PermissionDenied, ValidationError, Conflit.
    """
    decision = formulaire.instance
    seance = verrouiller(decision.seance_id)
    demarche = seance.instance.demarche
    exiger(par, demarche, "tenir_seance")
    if seance.etat != EtatSeance.OUVERTE:
        raise ValidationError("La séance n’est plus ouverte : ses décisions ne se modifient plus.")
    edition.enregistrer(formulaire, par=par, demarche=demarche, droit="tenir_seance")
    reserves = PointDeBlocage.objects.filter(decision=decision, leve_le=None)
    if decision.reserves and reserves.exclude(libelle=decision.reserves).update(libelle=decision.reserves):
        Evenement.consigner(reserves.first(), "réécrire la réserve", par=par, vers=decision.reserves)
    return decision


def _verifier_seance(seance: Seance) -> None:
    if seance.etat != EtatSeance.OUVERTE:
        raise ValidationError(
            f"La séance est « {seance.get_etat_display()} » : une décision se prend dans une séance ouverte."
        )
    if not quorum_atteint(seance):
        raise ValidationError(
            f"Le quorum n’est pas atteint : {voix(seance)} siège(s) présent(s) ou représenté(s), "
            f"il en faut {seance.instance.quorum}."
        )


def _verifier_reserves(saisie: SaisieDecision) -> None:
    if saisie.nature == NatureDecision.VALIDATION_RESERVES and not saisie.reserves.strip():
        raise ValidationError({"reserves": "Écrivez les réserves, ou choisissez « Validation »."})
    if saisie.nature != NatureDecision.VALIDATION_RESERVES and saisie.reserves.strip():
        raise ValidationError(
            {"reserves": "Choisissez « Validation avec réserves » pour consigner des réserves."}
        )


def _verifier_jalon(seance: Seance, demarche: Demarche, vise: Jalon, remplacee: Decision | None) -> None:
    jalons = list(
        Jalon.objects.filter(demarche=demarche).select_related("instance", "decision__seance__instance")
    )
    jalon = next((j for j in jalons if j.pk == vise.pk), None)
    if jalon is None:
        raise ValidationError("Ce jalon appartient à une autre démarche.")
    if jalon.instance_id != seance.instance_id:
        designee = f"« {jalon.instance} »" if jalon.instance else "une instance qui n’est pas encore désignée"
        raise ValidationError(
            f"Le jalon « {jalon} » se décide par {designee}, pas par « {seance.instance} »."
        )
    if jalon.acquis and not (remplacee and jalon.decision_id == remplacee.pk):
        raise ValidationError(f"Le jalon « {jalon} » est déjà validé (décision {jalon.decision.numero}).")
    avant = [j for j in jalons if j.ordre < jalon.ordre and not j.acquis]
    if avant:
        raise ValidationError(f"Le jalon « {avant[0]} » doit être validé avant « {jalon} ».")
    etape = ETAPE_DU_JALON[jalon.code]
    if demarche.etape != etape:
        raise ValidationError(
            f"Le jalon « {jalon} » se décide à l’étape « {etape.label} » ; "
            f"la démarche en est à « {demarche.get_etape_display()} »."
        )


def _appliquer(decision: Decision, demarche: Demarche, par) -> None:
    jalon = Jalon.objects.select_for_update(of=("self",)).get(pk=decision.jalon_id)
    ancien, jalon.etat = jalon.get_etat_display(), EFFET[decision.nature]
    jalon.decision = decision
    jalon.attribuer(par)
    jalon.save()
    Evenement.consigner(jalon, "décision sur le jalon", par=par, de=ancien, vers=jalon.get_etat_display())
    if jalon.code == CodeJalon.CADRAGE and jalon.acquis:
        _adopter_la_definition(decision, demarche, par)


def _adopter_la_definition(decision: Decision, demarche: Demarche, par) -> None:
    """Avec le cahier des charges, sauf si elle est inscrite à part : on l'adopte en venant à son point."""
    a_part = PointOrdreDuJour.objects.filter(seance=decision.seance_id, cible_type=Cible.DEFINITION)
    if definitions.a_adopter(demarche) and not a_part.exists():
        definitions.adopter(decision, par=par)


def _ouvrir_point_de_blocage(decision: Decision, demarche: Demarche, saisie: SaisieDecision, par) -> None:
    point = PointDeBlocage(
        demarche=demarche, libelle=decision.reserves, decision=decision, responsable=saisie.responsable,
        echeance=saisie.echeance or timezone.localdate() + DELAI_RESERVES,
    )  # fmt: skip
    point.attribuer(par)
    point.save()
    pour = f", confié à {point.responsable}" if point.responsable else ""
    Evenement.consigner(point, "réserve à lever", par=par, vers=f"pour le {point.echeance:%d/%m/%Y}{pour}")


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
