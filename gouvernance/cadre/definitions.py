"""La définition commune de l'inclusion numérique : un projet que l'on écrit, une édition qu'une décision
adopte.

L'édition adoptée reste en vigueur tant qu'une autre ne l'est pas ; la récrire ouvre l'édition suivante.
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from gouvernance import edition
from gouvernance.models import (
    Cible,
    CodeJalon,
    Decision,
    DefinitionAdoptee,
    DefinitionCommune,
    Demarche,
    EtatSeance,
    Evenement,
    NatureDecision,
    Seance,
    Utilisateur,
)
from gouvernance.permissions import exiger

ADOPTENT = {NatureDecision.VALIDATION, NatureDecision.VALIDATION_RESERVES}
TENUES = {EtatSeance.OUVERTE, EtatSeance.CLOSE}


@transaction.atomic
def rediger(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> DefinitionCommune:
    """Enregistre le texte ; récrire une définition adoptée ouvre l'édition suivante, « en projet ».

    Lève PermissionDenied, ValidationError (étape), Conflit.
    """
    demarche = edition.tenir(demarche)
    definition = DefinitionCommune.objects.select_for_update(of=("self",)).get(demarche=demarche)
    change = "texte" in formulaire.changed_data
    edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer")
    if change and definition.decision_id:
        suivante = definition.edition + 1
        DefinitionCommune.objects.filter(pk=definition.pk).update(edition=suivante, decision=None)
        Evenement.consigner(
            definition, "nouvelle édition en projet", par=par,
            de=f"édition {definition.edition}, adoptée", vers=f"édition {suivante}",
        )  # fmt: skip
    return definition


@transaction.atomic
def adopter(decision: Decision, *, par: Utilisateur | None) -> DefinitionAdoptee:
    """La décision adopte le projet courant, tel qu'il est écrit à cet instant ; rien d'autre ne le peut.

    Lève PermissionDenied ; ValidationError si la séance n'est pas tenue, si la décision n'est pas une
    validation de cette définition (ou du jalon « Cahier des charges »), s'il n'y a pas de texte, ou s'il est
    déjà adopté.
    """
    demarche = edition.tenir(decision.seance.instance.demarche)
    exiger(par, demarche, "tenir_seance")
    definition = DefinitionCommune.objects.select_for_update(of=("self",)).filter(demarche=demarche).first()
    _verifier(decision, definition)
    adoptee = DefinitionAdoptee.objects.create(
        demarche=demarche, edition=definition.edition, texte=definition.texte, decision=decision
    )
    definition.decision = decision
    definition.attribuer(par)
    definition.save(update_fields=["decision", "modifie_par", "modifie_le"])
    Evenement.consigner(
        definition, "adopter la définition commune", par=par,
        vers=f"édition {definition.edition}, décision {decision.numero}",
    )  # fmt: skip
    return adoptee


def _verifier(decision: Decision, definition: DefinitionCommune | None) -> None:
    if decision.seance.etat not in TENUES:
        raise ValidationError("La définition commune s’adopte par une décision prise dans une séance tenue.")
    if decision.nature not in ADOPTENT or not _vise(decision, definition):
        raise ValidationError("Cette décision ne valide pas la définition commune.")
    if definition is None or not definition.texte.strip():
        raise ValidationError("La définition commune n’est pas écrite : on n’adopte pas un texte vide.")
    if definition.decision_id:
        raise ValidationError(f"L’édition {definition.edition} de la définition commune est déjà adoptée.")


def _vise(decision: Decision, definition: DefinitionCommune | None) -> bool:
    if decision.cible_type == Cible.DEFINITION:
        return definition is not None and decision.cible == definition.uuid
    return decision.jalon is not None and decision.jalon.code == CodeJalon.CADRAGE


def a_adopter(demarche: Demarche) -> DefinitionCommune | None:
    """Le projet qui attend une décision : un texte écrit, pas encore adopté."""
    return DefinitionCommune.objects.filter(demarche=demarche, decision=None).exclude(texte="").first()


def inscrite(demarche: Demarche) -> Seance | None:
    """La prochaine séance qui l'a déjà à son ordre du jour."""
    siennes = Seance.objects.filter(instance__demarche=demarche, points__cible_type=Cible.DEFINITION)
    siennes = siennes.exclude(etat__in=[EtatSeance.CLOSE, EtatSeance.ANNULEE]).select_related("instance")
    return siennes.order_by("debut").first()


def en_vigueur(demarche: Demarche) -> DefinitionAdoptee | None:
    """La dernière édition adoptée, avec sa décision."""
    adoptees = DefinitionAdoptee.objects.filter(demarche=demarche).order_by("-edition")
    return adoptees.select_related("decision__seance__instance").first()


def adoptees(demarche: Demarche) -> list[DefinitionAdoptee]:
    """Toutes les éditions adoptées, la plus récente (en vigueur) d'abord."""
    toutes = DefinitionAdoptee.objects.filter(demarche=demarche).order_by("-edition")
    return list(toutes.select_related("decision__seance__instance"))
