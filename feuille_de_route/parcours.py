"""Le parcours d'une démarche : UNE table (étape, qui, conditions, suivante) ; le seul chemin d'écriture de
`etape`.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from diagnostic import constats, priorisation
from feuille_de_route import fiches, signatures, versions
from feuille_de_route.arbitrages import cibles, effets
from feuille_de_route.argent import enveloppes
from feuille_de_route.axes import lecture_du_fil, strategie
from feuille_de_route.mise_en_oeuvre import bilans
from feuille_de_route.models import Document, NatureDocument
from feuille_de_route.redaction import completude
from gouvernance import decisions
from gouvernance.cadre import limites
from gouvernance.conduite import demarches
from gouvernance.decisions import SaisieDecision
from gouvernance.models import (
    Cible,
    CodeJalon,
    Decision,
    Demarche,
    Etape,
    EtatJalon,
    EtatSeance,
    Evenement,
    Seance,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.reunions import convocations
from gouvernance.socle.manques import Manque, bloquants


class Passage(NamedTuple):
    """`droit` : clé de gouvernance.permissions.DROITS ; `conditions` : ce qui manque, bloquant ou non."""

    libelle: str
    depuis: Etape
    vers: Etape
    droit: str
    conditions: Callable[[Demarche], list[Manque]]


def _manques_soumission(demarche: Demarche) -> list[Manque]:
    du_fil = lecture_du_fil.manques(demarche)
    du_plan = completude.manques_du_plan(demarche) + enveloppes.manques(demarche)
    return du_plan + du_fil + signatures.manques(demarche) + limites.manques(demarche)


PASSAGES = {
    "ouvrir_diagnostic": Passage(
        "Ouvrir le diagnostic", Etape.CADRAGE, Etape.DIAGNOSTIC, "conduire", demarches.manques_cadrage
    ),
    "ouvrir_enjeux": Passage(
        "Ouvrir les enjeux", Etape.DIAGNOSTIC, Etape.ENJEUX, "conduire", constats.manques
    ),
    "ouvrir_strategie": Passage(
        "Ouvrir la stratégie", Etape.ENJEUX, Etape.STRATEGIE, "conduire", priorisation.manques
    ),
    "ouvrir_plan": Passage(
        "Ouvrir le plan d’actions", Etape.STRATEGIE, Etape.PLAN_ACTIONS, "conduire", strategie.manques
    ),
    "soumettre": Passage(
        "Soumettre la feuille de route", Etape.PLAN_ACTIONS, Etape.SOUMISE, "soumettre", _manques_soumission
    ),
    "ouvrir_signature": Passage(
        "Ouvrir la signature", Etape.VALIDEE, Etape.EN_SIGNATURE, "conduire", signatures.manques_ouverture
    ),
    "clore": Passage(
        "Clore la démarche", Etape.MISE_EN_OEUVRE, Etape.CLOSE, "conduire", bilans.manques_cloture
    ),
}  # fmt: skip

# Le jalon que chaque étape prépare, et l'étape à laquelle revient un jalon que l'on rouvre.
JALON_DE_L_ETAPE = {
    Etape.CADRAGE: CodeJalon.CADRAGE,
    Etape.DIAGNOSTIC: CodeJalon.DIAGNOSTIC,
    Etape.ENJEUX: CodeJalon.ENJEUX,
    Etape.STRATEGIE: CodeJalon.STRATEGIE,
    Etape.SOUMISE: CodeJalon.VALIDATION,
}
RETOUR = {
    CodeJalon.CADRAGE: Etape.CADRAGE,
    CodeJalon.DIAGNOSTIC: Etape.DIAGNOSTIC,
    CodeJalon.ENJEUX: Etape.ENJEUX,
    CodeJalon.STRATEGIE: Etape.STRATEGIE,
}
A_VENIR = (EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE)
ABANDON_POSSIBLE = tuple(e for e in Etape.fil() if e.rang < Etape.SIGNEE.rang)
REVISION_POSSIBLE = (Etape.SIGNEE, Etape.TRANSMISE, Etape.MISE_EN_OEUVRE)


def passage_suivant(demarche: Demarche) -> tuple[str, Passage] | None:
    """Le passage qui part de l'étape courante, s'il y en a un que la coordination déclenche."""
    return next(((nom, p) for nom, p in PASSAGES.items() if p.depuis == demarche.etape), None)


def manques(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour quitter l'étape courante : les mêmes phrases sur la page, le bouton et le refus."""
    suivant = passage_suivant(demarche)
    return suivant[1].conditions(demarche) if suivant else []


@transaction.atomic
def franchir(nom: str, demarche_pk: int, *, par: Utilisateur | None) -> Demarche:
    """Fait passer la démarche à l'étape suivante.

    Lève PermissionDenied (rôle), ValidationError (étape déjà quittée, ou une phrase par condition bloquante).
    """
    passage = PASSAGES[nom]
    demarche = Demarche.objects.verrouiller(demarche_pk)
    exiger(par, demarche, passage.droit)
    if demarche.etape != passage.depuis:
        raise ValidationError(f"La démarche en est à l’étape « {demarche.get_etape_display()} ».")
    if refus := bloquants(passage.conditions(demarche)):
        raise ValidationError([m.texte for m in refus])
    _passer(demarche, passage.vers, passage.libelle.lower(), par=par)
    EFFETS.get(nom, lambda *_: None)(demarche, par)
    return demarche


def _passer(demarche: Demarche, vers: Etape, action: str, *, par, motif: str = "") -> None:
    """Écrit l'étape et les dates qu'elle implique, et le journal."""
    ancien = demarche.get_etape_display()
    demarche.etape = vers
    demarche.motif = motif
    maintenant = timezone.now()
    for champ, seuil in (
        ("soumise_le", Etape.SOUMISE),
        ("validee_le", Etape.VALIDEE),
        ("signee_le", Etape.SIGNEE),
    ):
        if vers.rang < seuil.rang:
            setattr(demarche, champ, None)
        elif vers == seuil:
            setattr(demarche, champ, maintenant)
    if vers == Etape.TRANSMISE:
        demarche.transmise_le = demarche.transmise_le or maintenant
    demarche.attribuer(par)
    demarche.save()
    if code := JALON_DE_L_ETAPE.get(vers):
        decisions.mettre_en_cours(demarche, code)
    Evenement.consigner(demarche, action, par=par, de=ancien, vers=motif or demarche.get_etape_display())


def _a_la_soumission(demarche: Demarche, par) -> None:
    version = versions.figer(demarche, par=par)
    Document.objects.create(
        demarche=demarche, version_figee=version, nature=NatureDocument.SOUMIS, cree_par=par
    )


def _a_l_ouverture_de_la_signature(demarche: Demarche, par) -> None:
    signatures.ouvrir(demarche, par=par)


def _a_la_cloture(demarche: Demarche, par) -> None:
    """Le territoire se libère : une autre démarche peut s'y ouvrir."""
    demarche.perimetres.update(actif=False)


EFFETS = {
    "soumettre": _a_la_soumission,
    "ouvrir_signature": _a_l_ouverture_de_la_signature,
    "clore": _a_la_cloture,
}


@transaction.atomic
def consigner_decision(
    seance_pk: int, saisie: SaisieDecision, *, par: Utilisateur | None, retenir=(), ecarter=()
) -> Decision:
    """Consigne une décision de séance et ses effets : jalon, étape, fiches retenues ou écartées.

    `retenir`, `ecarter` : identifiants de fiches. Lève ce que lèvent decisions.consigner et fiches.effectuer.
    """
    decision = decisions.consigner(seance_pk, saisie, par=par)
    _refuser_si_vu_autrement(decision, saisie)
    effets.appliquer(decision, par=par)
    for pk in retenir:
        fiches.effectuer("retenir", pk, par=par, decision=decision)
    for pk in ecarter:
        fiches.effectuer("ecarter", pk, par=par, decision=decision, motif=saisie.texte or saisie.objet)
    jalon = decision.jalon
    if jalon and jalon.code == CodeJalon.VALIDATION and saisie.nature in decisions.EFFET:
        _decider_validation(decision, par)
    return decision


def _refuser_si_vu_autrement(decision: Decision, saisie: SaisieDecision) -> None:
    """L'objet a changé d'état pendant la saisie : l'effet annoncé n'est plus celui qui aurait lieu."""
    if not saisie.etat_vu or saisie.cible_type == Cible.JALON:
        return
    demarche = decision.seance.instance.demarche
    objet = cibles.trouver(demarche, decision.cible_type, decision.cible)
    if objet is None or objet.etat != saisie.etat_vu:
        raise ValidationError(
            f"« {decision.cible_libelle} » vient de changer d’état : quelqu’un d’autre a décidé pendant "
            "votre saisie. Elle est gardée ci-dessous ; rechargez la séance avant de décider."
        )


def _decider_validation(decision: Decision, par) -> None:
    """Le COPIL valide la version soumise, ou la renvoie au plan d'actions avec son motif."""
    demarche = Demarche.objects.verrouiller(decision.seance.instance.demarche_id)
    if decisions.EFFET[decision.nature] == EtatJalon.RENVOYE:
        _passer(demarche, Etape.PLAN_ACTIONS, "renvoyer", par=par, motif=decision.texte or decision.objet)
    else:
        _passer(demarche, Etape.VALIDEE, "valider", par=par)


@transaction.atomic
def rouvrir(demarche_pk: int, code: str, *, par: Utilisateur | None, motif: str) -> Demarche:
    """Rouvre un jalon acquis : lui et les suivants sont à revalider, la démarche revient à son étape."""
    demarche = Demarche.objects.verrouiller(demarche_pk)
    exiger(par, demarche, "conduire")
    if not motif.strip():
        raise ValidationError({"motif": "Dites pourquoi ce jalon est rouvert : les instances le liront."})
    if code not in RETOUR or not demarche.jalons.get(code=code).acquis:
        raise ValidationError("Ce jalon n’est pas validé : il n’y a rien à rouvrir.")
    if Etape(demarche.etape).rang > Etape.PLAN_ACTIONS.rang:
        raise ValidationError("La feuille de route est soumise : le COPIL doit d’abord la renvoyer.")
    decisions.invalider_jalons(demarche, code, par=par, motif=motif.strip())
    _passer(demarche, RETOUR[code], "rouvrir", par=par, motif=motif.strip())
    return demarche


@transaction.atomic
def abandonner(demarche_pk: int, *, par: Utilisateur | None, motif: str) -> Demarche:
    """Abandonne la démarche, avec motif, tant qu'elle n'est pas signée.

    Son périmètre se libère, ses séances à venir s'annulent et ceux qu'elles avaient convoqués l'apprennent.
    """
    demarche = Demarche.objects.verrouiller(demarche_pk)
    exiger(par, demarche, "conduire")
    if not motif.strip():
        raise ValidationError({"motif": "Dites pourquoi la démarche est abandonnée."})
    if demarche.etape not in ABANDON_POSSIBLE:
        raise ValidationError(f"Une démarche « {demarche.get_etape_display()} » ne s’abandonne plus.")
    a_venir = Seance.objects.filter(instance__demarche=demarche, etat__in=A_VENIR).order_by("pk")
    for seance_pk in a_venir.values_list("pk", flat=True):
        convocations.annuler(seance_pk, par=par)
    demarche.perimetres.update(actif=False)
    ancien = demarche.get_etape_display()
    demarche.etape, demarche.motif, demarche.abandonnee_le = Etape.ABANDONNEE, motif.strip(), timezone.now()
    demarche.attribuer(par)
    demarche.save()
    Evenement.consigner(demarche, "abandonner", par=par, de=ancien, vers=motif.strip())
    return demarche


@transaction.atomic
def reviser(demarche_pk: int, *, par: Utilisateur | None, motif: str) -> Demarche:
    """Ouvre un avenant : retour au plan d'actions pour la version n+1 ; la version n reste en vigueur."""
    demarche = Demarche.objects.verrouiller(demarche_pk)
    exiger(par, demarche, "conduire")
    if not motif.strip():
        raise ValidationError({"motif": "Dites ce que l’avenant change."})
    if demarche.etape not in REVISION_POSSIBLE:
        raise ValidationError("On révise une feuille de route signée.")
    decisions.invalider_jalons(demarche, CodeJalon.VALIDATION, par=par, motif=motif.strip())
    demarche.transmise_le = None
    _passer(demarche, Etape.PLAN_ACTIONS, "réviser", par=par, motif=motif.strip())
    return demarche


def marquer_signee(demarche: Demarche, *, par=None) -> None:
    """La dernière signature est apposée (appelée par la production du document, verrou tenu)."""
    _passer(demarche, Etape.SIGNEE, "sceller", par=par)


def marquer_transmise(demarche: Demarche, *, par) -> None:
    """La feuille de route est confiée à l'envoi."""
    _passer(demarche, Etape.TRANSMISE, "transmettre", par=par)


def marquer_recue(demarche: Demarche, *, par) -> None:
    """L'ANCT accuse réception : la mise en œuvre commence."""
    _passer(demarche, Etape.MISE_EN_OEUVRE, "accuser réception", par=par)


def reprendre_apres_complement(demarche: Demarche, *, par) -> None:
    """L'ANCT demande un complément : la feuille de route, toujours signée, est de nouveau à transmettre."""
    demarche.transmise_le = None
    signee_le = demarche.signee_le
    _passer(demarche, Etape.SIGNEE if signee_le else Etape.EN_SIGNATURE, "demander un complément", par=par)
    Demarche.objects.filter(pk=demarche.pk, signee_le__isnull=False).update(signee_le=signee_le)
