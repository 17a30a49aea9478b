"""Formuler et trancher les enjeux ; les classer ensemble : une session ouverte, des points par structure, un
rang à la clôture.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Max, QuerySet, Sum
from django.utils import timezone

from diagnostic.models import Enjeu, EtatEnjeu, SessionPriorisation, Vote
from gouvernance import edition
from gouvernance.conduite.demarches import jalon_non_acquis, membres_confirmes
from gouvernance.models import CodeJalon, Demarche, Etape, Evenement, Structure, Utilisateur
from gouvernance.permissions import SANS_STRUCTURE, Acces, exiger
from gouvernance.socle.manques import Manque

ENJEUX_CONSEILLES = 7
TROP_PEU = "Formulez au moins deux enjeux avant de les classer."
POINTS_MAX = 100


class Transition(NamedTuple):
    """`motif` : l'acte demande de dire pourquoi."""

    libelle: str
    depuis: tuple[EtatEnjeu, ...]
    vers: EtatEnjeu
    motif: bool = False


TRANSITIONS = {
    "retenir": Transition("Retenir", (EtatEnjeu.PROPOSE,), EtatEnjeu.RETENU),
    "ecarter": Transition("Écarter", (EtatEnjeu.PROPOSE, EtatEnjeu.RETENU), EtatEnjeu.ECARTE, True),
    "remettre": Transition("Remettre en débat", (EtatEnjeu.RETENU, EtatEnjeu.ECARTE), EtatEnjeu.PROPOSE),
}


def actions_possibles(enjeu: Enjeu) -> dict[str, Transition]:
    return {nom: t for nom, t in TRANSITIONS.items() if enjeu.etat in t.depuis}


def est_question(texte: str) -> bool:
    return texte.rstrip().endswith("?")


@transaction.atomic
def enregistrer(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Enjeu:
    """Crée ou modifie un enjeu, la démarche verrouillée : son étape ne peut plus changer entre-temps."""
    demarche = Demarche.objects.verrouiller(demarche.pk)
    if formulaire.instance.pk is None:
        formulaire.instance.ordre = prochain_ordre(demarche)
    return edition.enregistrer(
        formulaire, par=par, demarche=demarche, droit="formuler_enjeux", lien="demarche"
    )


def prochain_ordre(demarche: Demarche) -> int:
    """À lire la démarche verrouillée."""
    return (demarche.enjeux.aggregate(dernier=Max("ordre"))["dernier"] or 0) + 1


def assez_pour_classer(enjeux) -> bool:
    """Une seule question ne se classe pas."""
    return sum(enjeu.etat != EtatEnjeu.ECARTE for enjeu in enjeux) >= 2


@transaction.atomic
def ouvrir_session(demarche: Demarche, *, par: Utilisateur | None, points: int = 10) -> SessionPriorisation:
    """Ouvre le classement collectif. Lève ValidationError si une session est déjà ouverte ou s'il n'y a
    rien à classer.
    """
    demarche = Demarche.objects.verrouiller(demarche.pk)
    exiger(par, demarche, "formuler_enjeux")
    if demarche.etape != Etape.ENJEUX:
        raise ValidationError("On classe les enjeux à l’étape « Enjeux », une fois le diagnostic validé.")
    if not 1 <= points <= POINTS_MAX:
        raise ValidationError({"points": f"Donnez entre 1 et {POINTS_MAX} points à chaque structure."})
    if SessionPriorisation.objects.filter(demarche=demarche, close_le=None).exists():
        raise ValidationError("Une session de priorisation est déjà ouverte.")
    if not assez_pour_classer(demarche.enjeux.all()):
        raise ValidationError(TROP_PEU)
    session = SessionPriorisation(demarche=demarche, points_par_structure=points)
    session.attribuer(par)
    session.save()
    Evenement.consigner(session, "ouvrir la priorisation", par=par, vers=f"{points} points par structure")
    return session


@transaction.atomic
def voter(session_pk: int, structure: Structure, points: dict[int, int], *, par: Utilisateur | None) -> None:
    """Répartit les points d'une structure : identifiant de l'enjeu → points. Un nouveau vote remplace le
    précédent.

    Lève ValidationError si la session est close, si le total dépasse les points donnés, ou si un enjeu est
    étranger.
    """
    session = _verrouiller(session_pk)
    exiger(par, session.demarche, "voter")
    if par is not None and par.structure_id != structure.pk:
        raise PermissionDenied("On ne vote que pour sa propre structure.")
    _inscrire(session, structure, points, par)
    Evenement.consigner(session, "voter", par=par, vers=f"{structure} : {sum(points.values())} points")


@transaction.atomic
def consigner_vote(
    session_pk: int, structure: Structure, points: dict[int, int], *, par: Utilisateur
) -> None:
    """Écrit le bulletin de papier d'une structure qui n'a pas encore voté ; le journal dit qui l'a recopié.

    Lève ValidationError comme `voter`, et si cette structure a déjà voté : un vote de papier n'efface rien.
    """
    session = _verrouiller(session_pk)
    exiger(par, session.demarche, "consigner_vote")
    if session.votes.filter(structure=structure).exists():
        raise ValidationError(
            {"structure": f"« {structure} » a déjà voté : elle seule peut changer son vote."}
        )
    _inscrire(session, structure, points, par)
    vers = f"{structure} : {sum(points.values())} points, sur papier"
    Evenement.consigner(session, "consigner un vote", par=par, vers=vers)


def _inscrire(session: SessionPriorisation, structure: Structure, points: dict[int, int], par) -> None:
    _verifier_vote(session, structure, points)
    session.votes.filter(structure=structure).delete()
    Vote.objects.bulk_create(
        Vote(session=session, enjeu_id=enjeu, structure=structure, points=valeur, par=par)
        for enjeu, valeur in points.items()
        if valeur
    )


def _verrouiller(session_pk: int) -> SessionPriorisation:
    """La session et sa démarche, verrouillées dans l'ordre où tous les prennent : la démarche d'abord."""
    demarche_pk = SessionPriorisation.objects.values_list("demarche", flat=True).get(pk=session_pk)
    demarche = Demarche.objects.verrouiller(demarche_pk)
    session = SessionPriorisation.objects.select_for_update(of=("self",)).get(pk=session_pk)
    session.demarche = demarche
    return session


def session_courante(demarche: Demarche) -> SessionPriorisation | None:
    """La dernière ouverte, close ou non."""
    return max(demarche.sessions.all(), key=lambda session: session.pk, default=None)


def a_classer(demarche: Demarche | int):
    """Les enjeux que l'on n'a pas écartés, dans l'ordre où ils ont été formulés."""
    return Enjeu.objects.filter(demarche=demarche).exclude(etat=EtatEnjeu.ECARTE).order_by("ordre", "pk")


def points_de(session: SessionPriorisation, structure: Structure) -> dict[int, int]:
    """Identifiant de l'enjeu → points déjà donnés par cette structure."""
    return dict(session.votes.filter(structure=structure).values_list("enjeu", "points"))


def votants(session: SessionPriorisation) -> list[Structure]:
    """Les structures qui ont voté."""
    return list(Structure.objects.filter(pk__in=session.votes.values("structure")))


def electeurs(demarche: Demarche):
    """Les structures qui peuvent voter : les membres confirmés de la gouvernance."""
    return Structure.objects.filter(pk__in=membres_confirmes(demarche).values("structure"))


def refus_de_vote(session: SessionPriorisation | None, acces: Acces) -> str:
    """Pourquoi cette personne ne peut pas voter ; vide si elle le peut."""
    if not acces.peut["voter"]:
        return acces.refus["voter"]
    if session is None:
        return "La priorisation n’est pas encore ouverte."
    if session.close_le:
        return "La priorisation est close : on ne vote plus."
    if acces.structure_id is None:
        return SANS_STRUCTURE
    if not membres_confirmes(acces.demarche).filter(structure=acces.structure_id).exists():
        return "Votre structure n’est pas membre confirmé de la gouvernance."
    return ""


def _verifier_vote(session: SessionPriorisation, structure: Structure, points: dict[int, int]) -> None:
    if session.close_le:
        raise ValidationError("La priorisation est close : on ne vote plus.")
    if not membres_confirmes(session.demarche).filter(structure=structure).exists():
        raise ValidationError(f"« {structure} » n’est pas membre confirmé de la gouvernance.")
    if any(valeur < 0 for valeur in points.values()):
        raise ValidationError("Un nombre de points ne peut pas être négatif.")
    if sum(points.values()) > session.points_par_structure:
        raise ValidationError(
            f"Vous avez réparti {sum(points.values())} points ; vous en avez {session.points_par_structure}."
        )
    connus = set(session.demarche.enjeux.exclude(etat=EtatEnjeu.ECARTE).values_list("pk", flat=True))
    if not set(points) <= connus:
        raise ValidationError("L’un de ces enjeux n’est pas à classer dans cette démarche.")


@transaction.atomic
def clore_session(session_pk: int, *, par: Utilisateur | None) -> SessionPriorisation:
    """Clôt le classement : le rang suit les points, puis l'ordre de formulation."""
    session = _verrouiller(session_pk)
    exiger(par, session.demarche, "formuler_enjeux")
    if session.close_le:
        raise ValidationError("La priorisation est déjà close.")
    if not session.votes.exists():
        raise ValidationError("Personne n’a encore voté : il n’y a pas de classement à clore.")
    Enjeu.objects.filter(demarche=session.demarche_id).update(rang=None)
    for rang, (enjeu, _points) in enumerate(resultats(session), start=1):
        Enjeu.objects.filter(pk=enjeu.pk).update(rang=rang)
    session.close_le = timezone.now()
    session.attribuer(par)
    session.save()
    Evenement.consigner(session, "clore la priorisation", par=par, vers=f"{session.votes.count()} votes")
    return session


def resultats(session: SessionPriorisation, enjeux: Iterable[Enjeu] | None = None) -> list[tuple[Enjeu, int]]:
    """Les enjeux non écartés avec leurs points, du premier au dernier.

    `enjeux` : ceux de la démarche, s'ils sont déjà lus, dans l'ordre où ils ont été formulés.
    """
    points = dict(
        session.votes.values_list("enjeu").annotate(total=Sum("points")).values_list("enjeu", "total")
    )
    classes = a_classer(session.demarche_id) if enjeux is None else enjeux
    return sorted(((e, points.get(e.pk, 0)) for e in classes), key=lambda paire: -paire[1])


@transaction.atomic
def trancher(enjeu_pk: int, etat: str, *, par: Utilisateur | None, motif: str = "") -> Enjeu:
    """Retient, écarte (avec motif) ou remet en débat un enjeu, selon TRANSITIONS."""
    demarche_pk = Enjeu.objects.values_list("demarche", flat=True).get(pk=enjeu_pk)
    demarche = Demarche.objects.verrouiller(demarche_pk)
    enjeu = Enjeu.objects.select_for_update(of=("self",)).get(pk=enjeu_pk)
    exiger(par, demarche, "formuler_enjeux")
    if not any(t.vers == etat for t in actions_possibles(enjeu).values()):
        raise ValidationError(f"L’enjeu est déjà « {enjeu.get_etat_display()} ».")
    if etat == EtatEnjeu.ECARTE and not motif.strip():
        raise ValidationError({"motif": "Dites pourquoi cet enjeu est écarté."})
    ancien, enjeu.etat = enjeu.get_etat_display(), EtatEnjeu(etat)
    enjeu.motif = motif.strip() if etat == EtatEnjeu.ECARTE else ""
    enjeu.attribuer(par)
    enjeu.save(update_fields=["etat", "motif", "modifie_par", "modifie_le"])
    vers = f"{enjeu.get_etat_display()} : {enjeu.motif}" if enjeu.motif else enjeu.get_etat_display()
    Evenement.consigner(enjeu, "trancher", par=par, de=ancien, vers=vers)
    return enjeu


def avec_liens(enjeux: QuerySet) -> QuerySet:
    """Chaque enjeu dit combien de constats et de thématiques il relie."""
    return enjeux.annotate(
        nb_constats=Count("constats", distinct=True),
        nb_thematiques=Count("constats__thematique", distinct=True),
    )


def manques(demarche: Demarche, enjeux: Iterable[Enjeu] | None = None) -> list[Manque]:
    """Ce qui manque pour ouvrir la stratégie.

    `enjeux` : ceux de la démarche `avec_liens`, s'ils sont déjà lus.
    """
    lus = avec_liens(Enjeu.objects.filter(demarche=demarche)) if enjeux is None else enjeux
    retenus = [enjeu for enjeu in lus if enjeu.etat == EtatEnjeu.RETENU]
    manques = [] if retenus else [Manque("Retenir au moins un enjeu.", ecran="enjeux")]
    for enjeu in retenus:
        manques += _manques_enjeu(enjeu)
    if not any(session.close_le for session in demarche.sessions.all()):
        manques.append(Manque("Classer les enjeux ensemble, puis clore la priorisation.", ecran="enjeux"))
    manques += jalon_non_acquis(list(demarche.jalons.select_related("instance")), CodeJalon.ENJEUX)
    if len(retenus) > ENJEUX_CONSEILLES:
        manques.append(
            Manque(
                f"{len(retenus)} enjeux retenus : le territoire n’aura pas les moyens de tout traiter.",
                False,
                "enjeux",
            )
        )
    return manques


def _manques_enjeu(enjeu: Enjeu) -> list[Manque]:
    manques = []
    if not est_question(enjeu.question):
        manques.append(
            Manque(f"Formuler en question l’enjeu « {enjeu} » (il finit par « ? »).", ecran="enjeux")
        )
    if enjeu.nb_constats < 2:
        manques.append(Manque(f"Relier l’enjeu « {enjeu} » à au moins deux constats.", ecran="enjeux"))
    elif enjeu.nb_thematiques < 2:
        manques.append(Manque(f"L’enjeu « {enjeu} » ne croise qu’une thématique.", False, "enjeux"))
    return manques
