"""Inviter une personne à tenir un rôle : inviter, renvoyer, annuler, accepter."""

from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gouvernance import courriels
from gouvernance.acces.cles import LienPerime, armer, celle_du_code, page_du_lien
from gouvernance.acteurs.membres import ETAT, exiger_coordination
from gouvernance.models import Courriel, Demarche, Evenement, Invitation, Mandat, Role, Utilisateur
from gouvernance.permissions import ADMINISTRATION, exiger, roles_de
from gouvernance.socle import secrets

DUREE = timedelta(days=14)
SANS_LA_SIENNE = (
    "Cette personne a déjà ce rôle, mais son compte n’est rattaché à aucune structure : choisissez la sienne."
)


class Identite(NamedTuple):
    """Ce que dit d'elle la personne qui accepte et n'a pas encore de compte."""

    prenom: str = ""
    nom: str = ""
    mot_de_passe: str = ""


def en_cours(demarche: Demarche):
    """Les invitations sans réponse d'une démarche, expirées comprises, la plus récente d'abord."""
    attente = Invitation.objects.filter(demarche=demarche, acceptee_le=None, annulee_le=None)
    return attente.select_related("structure", "cree_par").order_by("-pk")


@transaction.atomic
def inviter(invitation: Invitation, *, par: Utilisateur) -> Invitation:
    """Enregistre l'invitation et écrit le courriel. Lève ValidationError si elle est sans objet."""
    demarche = Demarche.objects.verrouiller(invitation.demarche_id)
    _exiger(par, demarche, invitation.role)
    invitation.email = invitation.email.strip().lower()
    _refuser_si_detournee(invitation, demarche, par)
    memes = {"demarche": demarche, "role": invitation.role}
    titulaires = Mandat.objects.filter(utilisateur__email=invitation.email, **memes)
    if (mandat := titulaires.select_related("utilisateur").first()) is not None:
        _refuser_si_inutile(invitation, mandat.utilisateur)
    if en_cours(demarche).filter(email__iexact=invitation.email, role=invitation.role).exists():
        raise ValidationError(
            {"email": "Cette adresse est déjà invitée à ce rôle : renvoyez l’invitation, plus bas."}
        )
    invitation.attribuer(par)
    _envoyer(invitation, par)
    _consigner(invitation, "inviter", par)
    return invitation


@transaction.atomic
def renvoyer(invitation: Invitation, *, par: Utilisateur) -> Invitation:
    """Un lien neuf pour quatorze jours ; le précédent ne vaut plus."""
    invitation = _a_traiter(invitation, par)
    _envoyer(invitation, par)
    _consigner(invitation, "renvoyer l’invitation", par)
    return invitation


@transaction.atomic
def annuler(invitation: Invitation, *, par: Utilisateur) -> Invitation:
    invitation = _a_traiter(invitation, par)
    invitation.annulee_le = timezone.now()
    invitation.attribuer(par)
    invitation.save(update_fields=["annulee_le", "modifie_par", "modifie_le"])
    _consigner(invitation, "annuler l’invitation", par)
    return invitation


@transaction.atomic
def relancer(email: str) -> list[Courriel]:
    """La personne invitée redemande un lien : toutes ses invitations en cours repartent."""
    attente = Invitation.objects.select_for_update(of=("self",)).select_related("cree_par", "demarche")
    invitations = attente.filter(email=email, acceptee_le=None, annulee_le=None).order_by("pk")
    envoyes = []
    for invitation in invitations:
        envoyes.append(_envoyer(invitation, invitation.cree_par))
        _consigner(invitation, "redemander l’invitation", None)
    return envoyes


def lire(jeton: str) -> Invitation:
    """L'invitation, sans rien y changer. Lève LienPerime si elle ne peut plus être acceptée."""
    return _exiger_utile(_lues().filter(empreinte=secrets.empreinte(jeton)).first())


def lire_par_uuid(uuid: str | None) -> Invitation:
    """Celle dont la personne a prouvé le code ou l'adresse dans sa session."""
    return _exiger_utile(_lues().filter(uuid=uuid).first() if uuid else None)


def pour(email: str):
    """Les invitations auxquelles cette adresse peut répondre."""
    return _lues().filter(email=email, acceptee_le=None, annulee_le=None, expire_le__gt=timezone.now())


@transaction.atomic
def trouver_par_code(email: str, code: str) -> Invitation | None:
    """L'invitation de cette adresse qui porte ce code ; un code faux compte pour toutes."""
    invitations = _lues().select_for_update(of=("self",))
    invitations = invitations.filter(email=email, acceptee_le=None, annulee_le=None).order_by("pk")
    return celle_du_code(invitations, code, pour=email)


@transaction.atomic
def accepter(invitation: Invitation, identite: Identite) -> Invitation:
    """Donne le rôle au compte de l'adresse, créé au besoin. Un second envoi lève LienPerime."""
    Demarche.objects.verrouiller(invitation.demarche_id)
    invitation = _exiger_utile(_lues().select_for_update(of=("self",)).filter(pk=invitation.pk).first())
    compte = _compte(invitation, identite)
    invitation.acceptee_le, invitation.utilisateur = timezone.now(), compte
    invitation.attribuer(compte)
    invitation.save(update_fields=["acceptee_le", "utilisateur", "modifie_par", "modifie_le"])
    mandat, neuf = Mandat.objects.get_or_create(
        utilisateur=compte, demarche=invitation.demarche, role=invitation.role
    )
    _consigner(invitation, "accepter l’invitation", compte)
    if neuf:
        Evenement.consigner(mandat, "recevoir un rôle", par=compte, vers=mandat)
    return invitation


def _compte(invitation: Invitation, identite: Identite) -> Utilisateur:
    mot_de_passe = make_password(identite.mot_de_passe or None)
    champs = {"prenom": identite.prenom, "nom": identite.nom, "structure": invitation.structure}
    compte, neuf = Utilisateur.objects.get_or_create(
        email=invitation.email, defaults={**champs, "password": mot_de_passe}
    )
    if not compte.is_active:
        raise ValidationError("Le compte de cette adresse est fermé : adressez-vous à la coordination.")
    if neuf:
        Evenement.consigner(compte, "créer son compte", par=compte, demarche=invitation.demarche, vers=compte)
    elif compte.structure_id is None and invitation.structure_id:
        compte.structure = invitation.structure
        compte.save(update_fields=["structure"])
        Evenement.consigner(
            compte, "rattacher à une structure", par=compte, demarche=invitation.demarche,
            vers=invitation.structure,
        )  # fmt: skip
    return compte


def _lues():
    return Invitation.objects.select_related("demarche__gouvernance__departement", "structure", "cree_par")


def _exiger(par: Utilisateur, demarche: Demarche, role: str) -> None:
    exiger(par, demarche, "cadrer")
    exiger_coordination(par, demarche, role)


def _refuser_si_detournee(invitation: Invitation, demarche: Demarche, par: Utilisateur) -> None:
    """Une invitation rattache un compte à une structure, donc à ce qu'elle signe, vote et lit : nul ne se
    l'accorde, et l'équipe de la préfecture (qui lit la note privée) ne se compose pas sans elle.
    """
    if invitation.email == par.email:
        raise ValidationError({"email": "C’est votre propre adresse : on ne s’invite pas soi-même."})
    if invitation.role == Role.CO_PORTEUR and demarche.gouvernance.prefecture_seule:
        raise ValidationError({"role": "La préfecture porte seule cette gouvernance : pas de co-porteur."})
    de_l_etat = invitation.structure and invitation.structure.college_id == ETAT
    agent = par.structure and par.structure.college_id == ETAT
    if de_l_etat and not (agent or ADMINISTRATION in roles_de(par, demarche.pk)):
        raise ValidationError(
            {"structure": "Un service de l’État invite lui-même au nom d’une structure de l’État."}
        )


def _refuser_si_inutile(invitation: Invitation, titulaire: Utilisateur) -> None:
    """Qui a déjà ce rôle ne s'invite plus, sauf pour rattacher son compte à la structure qui lui manque."""
    if titulaire.structure_id is not None:
        raise ValidationError({"email": "Cette personne a déjà ce rôle dans la démarche."})
    if invitation.structure is None:
        raise ValidationError({"structure": SANS_LA_SIENNE})


def _a_traiter(invitation: Invitation, par: Utilisateur) -> Invitation:
    demarche = Demarche.objects.verrouiller(invitation.demarche_id)
    invitation = _lues().select_for_update(of=("self",)).get(pk=invitation.pk)
    _exiger(par, demarche, invitation.role)
    if invitation.acceptee_le:
        raise ValidationError("Cette invitation vient d’être acceptée.")
    if invitation.annulee_le:
        raise ValidationError("Cette invitation est déjà annulée.")
    return invitation


def _exiger_utile(invitation: Invitation | None) -> Invitation:
    if invitation is None:
        raise LienPerime("Cette invitation n’existe pas, ou un lien plus récent l’a remplacée.")
    if invitation.acceptee_le:
        raise LienPerime("Cette invitation est déjà acceptée : votre compte est ouvert.")
    if invitation.annulee_le:
        raise LienPerime("Cette invitation a été annulée par la coordination.")
    if invitation.expire_le <= timezone.now():
        raise LienPerime("Cette invitation a expiré : elle est valable quatorze jours.")
    return invitation


def _envoyer(invitation: Invitation, par: Utilisateur | None) -> Courriel:
    graine = armer(invitation, pour=invitation.email, duree=DUREE)
    invitation.save()
    contexte = {
        "invitation": invitation,
        "demarche": invitation.demarche,
        "par": par,
        "page": page_du_lien("invitation"),
        "page_du_code": courriels.adresse("code_saisir"),
    }
    return courriels.deposer(
        courriels.Lettre(
            "invitation", invitation.email, "invitation", contexte, cle=f"invitation:{graine}",
            demarche=invitation.demarche, objet_lie=invitation.uuid, graine=graine,
        )
    )  # fmt: skip


def _consigner(invitation: Invitation, action: str, par: Utilisateur | None) -> None:
    Evenement.consigner(invitation, action, par=par, vers=invitation)
