"""Autour de la table : ajouter une structure, donner ou retirer un rôle, lever un point de blocage."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from gouvernance import edition
from gouvernance.models import (
    College,
    Demarche,
    Evenement,
    Gouvernance,
    Mandat,
    Membre,
    PointDeBlocage,
    Role,
    StatutMembre,
    Structure,
    Utilisateur,
)
from gouvernance.permissions import ADMINISTRATION, exiger, lit_note_privee, roles_de


@transaction.atomic
def ajouter(demarche: Demarche, structure: Structure, *, par: Utilisateur | None, **champs) -> Membre:
    """Inscrit une structure comme membre candidat ; l'enregistre d'abord si elle est neuve.

    Un membre retiré redevient candidat. Lève ValidationError si la structure est déjà membre.
    """
    exiger(par, demarche, "cadrer")
    Gouvernance.objects.select_for_update(of=("self",)).get(pk=demarche.gouvernance_id)
    if structure.pk is None:
        structure.attribuer(par)
        structure.full_clean()
        structure.save()
        Evenement.consigner(structure, "créer", par=par, demarche=demarche, vers=structure.nom)
    membre = Membre.objects.filter(gouvernance=demarche.gouvernance_id, structure=structure).first()
    if membre and membre.statut != StatutMembre.RETIRE:
        raise ValidationError(f"« {structure} » est déjà membre de la gouvernance.")
    membre = membre or Membre(gouvernance_id=demarche.gouvernance_id, structure=structure)
    membre.statut = StatutMembre.CANDIDAT
    for champ, valeur in champs.items():
        setattr(membre, champ, valeur)
    membre.attribuer(par)
    membre.save()
    Evenement.consigner(membre, "inscrire comme candidat", par=par, demarche=demarche, vers=structure.college)
    return membre


def colleges_manquants(membres: list[Membre]) -> list[str]:
    """Les collèges attendus que nul membre confirmé ne représente assez, dits en mots."""
    confirmes = [m.structure.college_id for m in membres if m.statut == StatutMembre.CONFIRME]
    return [
        c.libelle if c.minimum < 2 else f"{c.libelle} ({confirmes.count(c.pk)} sur {c.minimum})"
        for c in College.objects.filter(attendu=True)
        if confirmes.count(c.pk) < c.minimum
    ]


@transaction.atomic
def donner_mandat(demarche: Demarche, utilisateur: Utilisateur, role: str, *, par) -> Mandat:
    """Donne un rôle à un compte ; le rôle de coordination ne se donne qu'entre coordinations."""
    demarche = Demarche.objects.select_for_update(of=("self",)).get(pk=demarche.pk)
    exiger(par, demarche, "cadrer")
    _exiger_coordination(par, demarche, role)
    mandat, cree = Mandat.objects.get_or_create(utilisateur=utilisateur, demarche=demarche, role=role)
    if not cree:
        raise ValidationError(f"{utilisateur} a déjà le rôle « {mandat.get_role_display()} ».")
    Evenement.consigner(mandat, "donner un rôle", par=par, vers=mandat)
    return mandat


@transaction.atomic
def retirer_mandat(demarche: Demarche, mandat: Mandat, *, par) -> None:
    """Retire un rôle ; une démarche garde toujours une coordination."""
    demarche = Demarche.objects.select_for_update(of=("self",)).get(pk=demarche.pk)
    exiger(par, demarche, "cadrer")
    _exiger_coordination(par, demarche, mandat.role)
    if mandat.role == Role.COORDINATION and demarche.mandats.filter(role=Role.COORDINATION).count() < 2:
        raise ValidationError("Une démarche garde au moins une coordination : nommez d’abord la suivante.")
    Evenement.consigner(mandat, "retirer un rôle", par=par, demarche=demarche, de=mandat)
    mandat.delete()


def _exiger_coordination(par, demarche: Demarche, role: str) -> None:
    gardiens = {Role.COORDINATION, ADMINISTRATION}
    if par is not None and role == Role.COORDINATION and not gardiens & roles_de(par, demarche.pk):
        raise PermissionDenied("Seule la coordination donne ou retire le rôle de coordination.")


@transaction.atomic
def lever_blocage(point_pk: int, *, par: Utilisateur | None) -> PointDeBlocage:
    """Lève un point de blocage ou une réserve ; il reste au journal."""
    point = PointDeBlocage.objects.select_for_update(of=("self",)).select_related("demarche").get(pk=point_pk)
    exiger(par, point.demarche, "cadrer")
    if point.leve_le:
        raise ValidationError("Ce point de blocage est déjà levé.")
    point.leve_le = timezone.now()
    point.attribuer(par)
    point.save()
    Evenement.consigner(point, "lever", par=par, vers=point)
    return point


def rediger_note_privee(formulaire, *, par: Utilisateur, demarche: Demarche) -> Gouvernance:
    """La note privée ne s'écrit, comme elle ne se lit, que par l'équipe de la préfecture."""
    if not lit_note_privee(par, demarche):
        raise PermissionDenied("La note privée appartient à l’équipe de la préfecture.")
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer")
