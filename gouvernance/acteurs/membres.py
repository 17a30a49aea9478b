"""Autour de la table : ajouter une structure, donner ou retirer un rôle."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone

from gouvernance import courriels, edition
from gouvernance.acces import sessions
from gouvernance.acteurs import colleges
from gouvernance.courriels import Lettre
from gouvernance.models import (
    Demarche,
    Epci,
    Evenement,
    Gouvernance,
    Mandat,
    Membre,
    Role,
    Siege,
    StatutMembre,
    Structure,
    Utilisateur,
)
from gouvernance.permissions import ADMINISTRATION, Acces, exiger, lit_note_privee, roles_de
from gouvernance.socle.mots import enumerer
from gouvernance.socle.tri import cle_francaise

ETAT = "etat"


@transaction.atomic
def ajouter(
    demarche: Demarche, structure: Structure, *, par: Utilisateur | None, epci: Epci | None = None, **champs
) -> Membre:
    """Inscrit une structure comme membre candidat ; l'enregistre d'abord si elle est neuve. `epci` : celui
    qu'elle est, ou où elle agit, si elle n'en dit pas déjà un.

    Un membre retiré redevient candidat. Lève ValidationError si la structure est déjà membre.
    """
    exiger(par, demarche, "cadrer")
    Gouvernance.objects.select_for_update(of=("self",)).get(pk=demarche.gouvernance_id)
    if structure.pk is None:
        structure.epci = epci or structure.epci
        structure.attribuer(par)
        structure.full_clean()
        structure.save()
        Evenement.consigner(structure, "créer", par=par, demarche=demarche, vers=structure.nom)
    elif epci and structure.epci_id is None:
        _rattacher(structure, epci, par=par, demarche=demarche)
    membre = Membre.objects.filter(gouvernance=demarche.gouvernance_id, structure=structure).first()
    if membre and membre.statut in {StatutMembre.CANDIDAT, StatutMembre.CONFIRME}:
        raise ValidationError(f"« {structure} » est déjà membre de la gouvernance.")
    membre = membre or Membre(gouvernance_id=demarche.gouvernance_id, structure=structure)
    membre.statut, membre.motif_refus = StatutMembre.CANDIDAT, ""
    for champ, valeur in champs.items():
        setattr(membre, champ, valeur)
    membre.attribuer(par)
    membre.save()
    Evenement.consigner(membre, "inscrire comme candidat", par=par, demarche=demarche, vers=structure.college)
    return membre


def _rattacher(structure: Structure, epci: Epci, *, par: Utilisateur | None, demarche: Demarche) -> None:
    """Dit l'EPCI d'une structure qui n'en disait pas : sous verrou, une autre gouvernance a pu le dire."""
    tenue = Structure.objects.select_for_update(of=("self",)).get(pk=structure.pk)
    if tenue.epci_id is None:
        tenue.verrouiller_version(tenue.version, epci=epci, modifie_par=par)
        Evenement.consigner(tenue, "rattacher à un EPCI", par=par, demarche=demarche, vers=epci)


@transaction.atomic
def changer_statut(membre_pk: int, statut: str, *, par: Utilisateur | None, demarche: Demarche) -> Membre:
    """Confirme un candidat ou retire un membre ; ses sièges se closent, et restent avec ses fiches dans
    l'histoire.

    Un candidat confirmé l'apprend par courriel. Lève ValidationError si c'est déjà fait.
    """
    if statut == StatutMembre.RETIRE:  # ses sièges se closent : les démarches d'abord, dans l'ordre
        demarches = Demarche.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
        list(demarches.filter(gouvernance=demarche.gouvernance_id))
    membre = _membre_tenu(membre_pk, par, demarche)
    if statut not in {StatutMembre.CONFIRME, StatutMembre.RETIRE}:
        raise ValidationError("On confirme ou on retire un membre ; un refus se dit avec son motif.")
    if membre.statut == statut:
        raise ValidationError(f"« {membre} » est déjà « {membre.get_statut_display()} ».")
    candidat = membre.statut == StatutMembre.CANDIDAT
    _passer(membre, statut, par=par, demarche=demarche)
    if statut == StatutMembre.RETIRE:
        _clore_ses_sieges(membre, par)
    if candidat and statut == StatutMembre.CONFIRME:
        _repondre(membre, demarche, "candidature_confirmee")
    return membre


def candidats(gouvernance: Gouvernance) -> QuerySet[Membre]:
    """Ceux qui attendent une réponse : d'abord ceux que la coordination a inscrits."""
    attendent = Membre.objects.filter(gouvernance=gouvernance, statut=StatutMembre.CANDIDAT)
    return attendent.select_related("structure__college").order_by(
        Case(When(candidature_email="", then=0), default=1), "structure__college", "structure__nom", "pk"
    )


@transaction.atomic
def confirmer(choisis: Iterable[Membre], *, par: Utilisateur | None, demarche: Demarche) -> list[Membre]:
    """Confirme plusieurs candidats à la fois, tous ou aucun : une ligne au journal et une réponse chacun.

    Lève PermissionDenied, ValidationError (l'un d'eux n'est plus candidat, ou aucun n'est choisi).
    """
    exiger(par, demarche, "cadrer")
    cles = sorted(membre.pk for membre in choisis)
    tenus = Membre.objects.select_for_update(of=("self",)).select_related("structure").order_by("pk")
    tenus = list(tenus.filter(pk__in=cles, gouvernance=demarche.gouvernance_id))
    if deja := [f"« {m} »" for m in tenus if m.statut != StatutMembre.CANDIDAT]:
        verbe = "ne sont plus candidates" if len(deja) > 1 else "n’est plus candidate"
        raise ValidationError(f"{enumerer(deja)} {verbe} : rien n’a été changé, relisez la liste.")
    if not cles or len(tenus) != len(cles):
        raise ValidationError("Cochez au moins une structure de la liste.")
    for membre in tenus:
        _passer(membre, StatutMembre.CONFIRME, par=par, demarche=demarche)
        _repondre(membre, demarche, "candidature_confirmee")
    return tenus


@transaction.atomic
def refuser(membre_pk: int, motif: str, *, par: Utilisateur | None, demarche: Demarche) -> Membre:
    """Refuse une candidature ; le motif est obligatoire, et dit au candidat par courriel."""
    membre = _membre_tenu(membre_pk, par, demarche)
    if membre.statut != StatutMembre.CANDIDAT:
        phrase = f"« {membre} » est « {membre.get_statut_display().lower()} » : on ne refuse qu’un candidat."
        raise ValidationError(phrase)
    if not motif.strip():
        raise ValidationError({"motif": "Dites pourquoi : le candidat recevra cette phrase."})
    _passer(membre, StatutMembre.REFUSE, par=par, demarche=demarche, motif=motif.strip())
    _repondre(membre, demarche, "candidature_refusee")
    return membre


def _membre_tenu(membre_pk: int, par: Utilisateur | None, demarche: Demarche) -> Membre:
    exiger(par, demarche, "cadrer")
    membres = Membre.objects.select_for_update(of=("self",)).select_related("structure")
    return membres.get(pk=membre_pk, gouvernance=demarche.gouvernance_id)


def _clore_ses_sieges(membre: Membre, par) -> None:
    """Qui n'est plus autour de la table n'est plus convoqué, dans aucune démarche de la gouvernance."""
    ouverts = Siege.objects.select_for_update(of=("self",), no_key=True).ouverts()
    siens = ouverts.filter(structure=membre.structure, instance__demarche__gouvernance=membre.gouvernance_id)
    for siege in siens.select_related("instance__demarche", "personne", "structure").order_by("pk"):
        siege.clos_le = timezone.now()
        siege.version += 1
        siege.attribuer(par)
        siege.save(update_fields=["clos_le", "version", "modifie_par", "modifie_le"])
        Evenement.consigner(siege, "clore le siège", par=par, demarche=siege.instance.demarche, de=siege)


def _passer(membre: Membre, statut: str, *, par, demarche: Demarche, motif: str = "") -> None:
    ancien, membre.statut = membre.get_statut_display(), statut
    membre.confirme_le = timezone.now() if statut == StatutMembre.CONFIRME else None
    membre.motif_refus = motif
    membre.attribuer(par)
    membre.save()
    Evenement.consigner(
        membre, "changer le statut", par=par, demarche=demarche, de=ancien, vers=membre.get_statut_display()
    )


def _repondre(membre: Membre, demarche: Demarche, gabarit: str) -> None:
    """La réponse à qui s'est présenté ; rien si la coordination l'avait inscrit elle-même."""
    if not membre.candidature_email:
        return
    courriels.deposer(Lettre(
        genre="candidature", destinataire=membre.candidature_email, gabarit=gabarit, demarche=demarche,
        objet_lie=membre.uuid, cle=f"{gabarit}:{membre.uuid}:{membre.modifie_le.isoformat()}",
        contexte={"membre": membre, "demarche": demarche, "departement": demarche.departement},
    ))  # fmt: skip


def tables(gouvernance: Gouvernance, acces: Acces) -> list[Membre]:
    """Les membres, par collège ; un refus n'est connu que de qui tient la gouvernance."""
    membres = Membre.objects.filter(gouvernance=gouvernance).select_related("structure__college")
    if not acces.autorise_nom("cadrer"):
        membres = membres.exclude(statut=StatutMembre.REFUSE)
    return sorted(membres, key=lambda m: (m.structure.college.ordre, cle_francaise(m.structure.nom)))


def colleges_manquants(gouvernance: Gouvernance, membres: list[Membre]) -> list[str]:
    """Les collèges attendus que nul membre confirmé ne représente assez, dits en mots."""
    confirmes = [m.structure.college_id for m in membres if m.statut == StatutMembre.CONFIRME]
    return [
        c.libelle if c.minimum < 2 else f"{c.libelle} ({confirmes.count(c.pk)} sur {c.minimum})"
        for c in colleges.attendus(gouvernance)
        if confirmes.count(c.pk) < c.minimum
    ]


@transaction.atomic
def regler(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Gouvernance:
    """Modifie la gouvernance ; la préfecture ne la porte seule que s'il n'y a pas d'autre co-porteur."""
    gouvernance = formulaire.instance
    if gouvernance.prefecture_seule:
        autres = Membre.objects.filter(gouvernance=gouvernance.pk, co_porteur=True).exclude(
            Q(structure__college=ETAT) | Q(statut__in=[StatutMembre.RETIRE, StatutMembre.REFUSE])
        )
        if noms := ", ".join(f"« {m} »" for m in autres.select_related("structure")):
            phrase = f"{noms} : co-porteur de la gouvernance. Retirez d’abord cette mention, page Membres."
            raise ValidationError({"prefecture_seule": phrase})
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer")


@transaction.atomic
def corriger_structure(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Structure:
    """Corrige l'identité d'une structure membre, tant qu'aucune autre gouvernance ne compte sur elle."""
    if motif := motif_structure_partagee(formulaire.instance, demarche, par):
        raise ValidationError(motif)
    _garder_le_college_de_l_etat(formulaire, par, demarche)
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer")


def _garder_le_college_de_l_etat(formulaire, par: Utilisateur | None, demarche: Demarche) -> None:
    """Le collège « État » ouvre la note privée : n'y entre, n'en sort que par l'équipe de la préfecture."""
    avant = Structure.objects.values_list("college", flat=True).get(pk=formulaire.instance.pk)
    touche = avant != formulaire.instance.college_id and ETAT in {avant, formulaire.instance.college_id}
    permis = par is None or par.administration or par.is_superuser or lit_note_privee(par, demarche)
    if touche and not permis:
        phrase = "Seule l’équipe de la préfecture fait entrer une structure dans ce collège, ou l’en sort."
        raise ValidationError({"college": phrase})


def motif_structure_partagee(structure: Structure, demarche: Demarche, par: Utilisateur | None) -> str:
    """Pourquoi cette gouvernance ne peut corriger la structure ; vide si elle le peut."""
    ailleurs = Membre.objects.filter(structure=structure.pk).exclude(gouvernance=demarche.gouvernance_id)
    administre = par is None or par.administration or par.is_superuser
    if administre or not ailleurs.exists():
        return ""
    return (
        "Cette structure est aussi membre d’une autre gouvernance : demandez à l’administration du site de "
        "la corriger."
    )


@transaction.atomic
def donner_mandat(demarche: Demarche, utilisateur: Utilisateur, role: str, *, par) -> Mandat:
    """Donne un rôle à un compte ; le rôle de coordination ne se donne qu'entre coordinations."""
    demarche = Demarche.objects.verrouiller(demarche.pk)
    exiger(par, demarche, "cadrer")
    exiger_coordination(par, demarche, role)
    mandat, cree = Mandat.objects.get_or_create(utilisateur=utilisateur, demarche=demarche, role=role)
    if not cree:
        raise ValidationError(f"{utilisateur} a déjà le rôle « {mandat.get_role_display()} ».")
    Evenement.consigner(mandat, "donner un rôle", par=par, vers=mandat)
    sessions.fermer_pour_role(utilisateur, par=par)
    return mandat


@transaction.atomic
def retirer_mandat(demarche: Demarche, mandat: Mandat, *, par) -> None:
    """Retire un rôle ; une démarche garde toujours une coordination."""
    demarche = Demarche.objects.verrouiller(demarche.pk)
    exiger(par, demarche, "cadrer")
    exiger_coordination(par, demarche, mandat.role)
    if mandat.role == Role.COORDINATION and demarche.mandats.filter(role=Role.COORDINATION).count() < 2:
        raise ValidationError("Une démarche garde au moins une coordination : nommez d’abord la suivante.")
    Evenement.consigner(mandat, "retirer un rôle", par=par, demarche=demarche, de=mandat)
    sessions.fermer_pour_role(mandat.utilisateur, par=par)
    mandat.delete()


def exiger_coordination(par, demarche: Demarche, role: str) -> None:
    """Le rôle de coordination ne se donne qu'entre coordinations."""
    gardiens = {Role.COORDINATION, ADMINISTRATION}
    if par is not None and role == Role.COORDINATION and not gardiens & roles_de(par, demarche.pk):
        raise PermissionDenied("Seule la coordination donne ou retire le rôle de coordination.")


def rediger_note_privee(formulaire, *, par: Utilisateur, demarche: Demarche) -> Gouvernance:
    """La note privée ne s'écrit, comme elle ne se lit, que par l'équipe de la préfecture."""
    if not lit_note_privee(par, demarche):
        raise PermissionDenied("La note privée appartient à l’équipe de la préfecture.")
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer")
