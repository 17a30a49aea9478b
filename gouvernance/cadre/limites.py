"""On peut, on va, on ne peut pas : le consensus dit en clair, ligne par ligne, et décidé en séance.

Une ligne se modifie tant qu'elle n'est pas décidée ; ensuite, on en propose une nouvelle, à décider.
"""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL

from gouvernance import edition
from gouvernance.models import (
    Cible,
    Decision,
    Demarche,
    EtatSeance,
    Evenement,
    Limite,
    LimiteDAction,
    NatureDecision,
    PointOrdreDuJour,
    Seance,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.socle.manques import Manque
from gouvernance.socle.mots import compter

ADOPTENT = {NatureDecision.VALIDATION, NatureDecision.VALIDATION_RESERVES, NatureDecision.ORIENTATION}
A_TENIR = [EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE, EtatSeance.OUVERTE]
VERROUILLEE = (
    "« {limite} » est décidée ({numero}) : elle ne se modifie plus. Proposez une nouvelle ligne, à décider."
)


# Écrite à la main : la page d'une démarche la lit à chaque visite.
A_DECIDER = """(SELECT COUNT(*) FROM gouvernance_limitedaction
    WHERE demarche_id = gouvernance_demarche.id AND decision_id IS NULL)"""


@transaction.atomic
def rediger(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> LimiteDAction:
    """Ajoute ou modifie une ligne qui n'est pas encore décidée.

    Lève PermissionDenied ; ValidationError si elle est décidée ; Conflit ; DejaFait.
    """
    demarche = edition.tenir(demarche)
    if formulaire.instance.pk:
        _tenir_non_decidee(formulaire.instance)
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer", lien="demarche")


@transaction.atomic
def remplacer(formulaire, ancienne: LimiteDAction, *, par: Utilisateur | None) -> LimiteDAction:
    """Propose une ligne à la place d'une ligne décidée, qui reste en vigueur jusqu'à la décision suivante.

    Lève ValidationError si l'ancienne n'est pas décidée, ou a déjà sa remplaçante.
    """
    demarche = edition.tenir(ancienne.demarche)
    exiger(par, demarche, "cadrer")
    tenue = LimiteDAction.objects.select_for_update(of=("self",)).get(pk=ancienne.pk)
    if tenue.decision_id is None:
        raise ValidationError(f"« {tenue} » n’est pas encore décidée : modifiez-la.")
    if suivante := LimiteDAction.objects.filter(remplace=tenue).first():
        raise ValidationError(f"Une ligne est déjà proposée à sa place : « {suivante} ».")
    formulaire.instance.remplace = tenue
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer", lien="demarche")


@transaction.atomic
def retirer(limite: LimiteDAction, *, par: Utilisateur | None) -> None:
    """Retire une ligne qui n'est pas encore décidée."""
    edition.tenir(limite.demarche)
    _tenir_non_decidee(limite)
    edition.supprimer(limite, par=par, demarche=limite.demarche, droit="cadrer")


def _tenir_non_decidee(limite: LimiteDAction) -> None:
    tenue = LimiteDAction.objects.select_for_update(of=("self",)).filter(pk=limite.pk).first()
    if tenue is None:
        raise ValidationError("Cette ligne vient d’être retirée.")
    if tenue.decision_id:
        raise ValidationError(VERROUILLEE.format(limite=tenue, numero=tenue.decision.numero))


@transaction.atomic
def decider(decision: Decision, *, par: Utilisateur | None) -> LimiteDAction:
    """La décision arrête la ligne qu'elle vise (cible « limite ») ; elle ne se modifie plus ensuite.

    Lève PermissionDenied ; ValidationError si la séance n'est pas tenue, si la décision n'est ni une
    validation ni une orientation, si la ligne est d'une autre démarche ou déjà décidée.
    """
    demarche = edition.tenir(decision.seance.instance.demarche)
    exiger(par, demarche, "tenir_seance")
    if decision.seance.etat not in {EtatSeance.OUVERTE, EtatSeance.CLOSE}:
        raise ValidationError("Cette ligne se décide dans une séance tenue.")
    if decision.cible_type != Cible.LIMITE or decision.nature not in ADOPTENT:
        raise ValidationError("Cette décision n’arrête pas une ligne « on peut, on va, on ne peut pas ».")
    limites = LimiteDAction.objects.select_for_update(of=("self",)).filter(demarche=demarche)
    limite = limites.filter(uuid=decision.cible).first()
    if limite is None:
        raise ValidationError("Cette ligne n’est pas, ou n’est plus, au registre de la démarche.")
    if limite.decision_id:
        raise ValidationError(f"« {limite} » est déjà décidée ({limite.decision.numero}).")
    limite.decision = decision
    limite.attribuer(par)
    limite.save(update_fields=["decision", "modifie_par", "modifie_le"])
    Evenement.consigner(
        limite, "décider", par=par, vers=f"{limite.get_categorie_display()}, décision {decision.numero}"
    )
    return limite


def a_decider(demarche: Demarche):
    """Les lignes qui attendent une décision, dans l'ordre du registre."""
    return LimiteDAction.objects.filter(demarche=demarche, decision=None)


def en_attente() -> dict[str, RawSQL]:
    """Combien de lignes attendent une décision, à lire avec la démarche (voir `manques`)."""
    return {"limites_a_decider": RawSQL(A_DECIDER, [], IntegerField())}  # noqa: S611 – le texte est constant


def manques(demarche: Demarche) -> list[Manque]:
    """Ce que le document à signer montrerait « pas encore décidé en séance » : on le dit, sans bloquer."""
    lu = getattr(demarche, "limites_a_decider", None)
    nombre = a_decider(demarche).count() if lu is None else lu
    if not nombre:
        return []
    dites = "ne sont pas encore décidées" if nombre > 1 else "n’est pas encore décidée"
    phrase = f"{compter(nombre, 'limite')} {dites} en séance : le document à signer l’écrira en clair."
    return [Manque(phrase, False, "limites")]


def _inscrites(demarche: Demarche) -> dict[UUID, Seance]:
    """Identifiant d'une ligne → la séance à tenir dont elle est à l'ordre du jour (une requête)."""
    points = PointOrdreDuJour.objects.filter(
        seance__instance__demarche=demarche, cible_type=Cible.LIMITE, seance__etat__in=A_TENIR
    )
    return {p.cible: p.seance for p in points.select_related("seance__instance").order_by("-seance__debut")}


def registre(demarche: Demarche) -> dict[Limite, list[LimiteDAction]]:
    """Toutes les lignes par catégorie, dans leur ordre, avec décision et remplaçante, en deux requêtes.

    `inscrite` : la séance à tenir où la ligne est à l'ordre du jour.
    """
    prevues = _inscrites(demarche)
    lignes = LimiteDAction.objects.filter(demarche=demarche).order_by("pk")
    par_categorie = {categorie: [] for categorie in Limite}
    for limite in lignes.select_related(
        "responsable", "decision__seance__instance", "remplace", "remplacante__decision"
    ):
        limite.inscrite = prevues.get(limite.uuid)
        par_categorie[Limite(limite.categorie)].append(limite)
    return par_categorie
