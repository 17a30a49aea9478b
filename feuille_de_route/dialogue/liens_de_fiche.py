"""Confier une fiche à un partenaire par un lien envoyé par courriel : envoyer, renvoyer, relancer, révoquer.

Le lien ouvre cette fiche et rien d'autre, sans compte ; il vaut trente jours et sert autant de fois qu'il le
faut. Ce qu'en fait la personne qui l'a reçu : `acces_par_lien`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from feuille_de_route import fiches
from feuille_de_route.models import Commentaire, FicheAction, LienDeFiche
from feuille_de_route.redaction.completude import obligatoires
from gouvernance import courriels
from gouvernance.acces.cles import armer, page_du_lien
from gouvernance.acces.sessions import INACTIVITE
from gouvernance.edition import consommer
from gouvernance.models import Courriel, Demarche, Evenement, Structure, Utilisateur
from gouvernance.permissions import exiger

DUREE = timedelta(days=30)
PERIODE = timedelta(days=7)  # une relance par lien et par période
DROIT = "confier_fiches"
ENVOI, RELANCE, MOT = "lien-fiche", "relance-fiche", "mot-fiche"


class Envoi(NamedTuple):
    """Une fiche, la structure à qui on la confie, une adresse. `ou` : la case du formulaire."""

    fiche: FicheAction
    structure: Structure
    email: str
    nom: str = ""
    ou: str = ""


@transaction.atomic
def confier(
    demarche: Demarche, envois: Iterable[Envoi], *, par: Utilisateur, message: str = "",
    jeton: UUID | None = None,
) -> list[LienDeFiche]:  # fmt: skip
    """Envoie tous les liens, ou aucun. La fiche change de structure porteuse si l'envoi en nomme une autre.

    Lève PermissionDenied ; ValidationError (étape, ou une phrase par case refusée) ; DejaFait (double clic).
    """
    demarche = Demarche.objects.verrouiller(demarche.pk, no_key=True)
    exiger(par, demarche, DROIT)
    consommer(jeton, par)
    liens, fautes = [], {}
    for envoi in envois:
        try:
            liens.append(_confier_une(envoi, par, message))
        except ValidationError as faute:
            fautes.setdefault(envoi.ou, []).extend(faute.messages)
    if fautes:
        raise ValidationError(fautes)
    return liens


def _confier_une(envoi: Envoi, par: Utilisateur, message: str) -> LienDeFiche:
    fiche, email = fiches.verrouiller(envoi.fiche.pk, envoi.fiche.demarche_id), envoi.email.strip().lower()
    if fiche.etat not in fiches.MODIFIABLES_PAR_PORTEUR:
        raise ValidationError(
            f"La fiche est « {fiche.get_etat_display()} » : un partenaire n’y écrirait pas. "
            "Demandez d’abord des compléments."
        )
    _porter(fiche, envoi.structure, par)
    _remplacer(fiche, envoi.structure, email, par)
    lien = LienDeFiche(
        fiche=fiche, structure=envoi.structure, email=email, nom=envoi.nom.strip(), message=message.strip()
    )
    lien.attribuer(par)
    _envoyer(lien, par)
    _consigner(lien, "confier la fiche par un lien", par)
    return lien


def _remplacer(fiche: FicheAction, structure: Structure, email: str, par: Utilisateur) -> None:
    """Le lien que cette adresse tenait d'une autre structure ne vaut plus ; d'une même structure, on le
    renvoie plutôt que d'en faire deux.
    """
    ancien = fiche.liens.select_for_update(of=("self",)).filter(email=email, revoque_le=None).first()
    if ancien is None:
        return
    if ancien.structure_id == structure.pk:
        raise ValidationError(f"{email} a déjà un lien vers cette fiche : renvoyez-le depuis le tableau.")
    _revoquer(ancien, par)


def _porter(fiche: FicheAction, structure: Structure, par: Utilisateur) -> None:
    """La fiche passe à cette structure ; les liens de la précédente ne valent plus."""
    if fiche.structure_porteuse_id == structure.pk:
        return
    ancienne = fiche.structure_porteuse
    ecrit = {"structure_porteuse": structure, "modifie_par": par, "modifie_le": timezone.now()}
    fiche.verrouiller_version(fiche.version, **ecrit)
    fiche.structure_porteuse = structure
    Evenement.consigner(fiche, "confier à une structure", par=par, de=ancienne or "", vers=structure)
    for lien in fiche.liens.select_for_update(of=("self",)).filter(revoque_le=None):
        _revoquer(lien, par)


@transaction.atomic
def renvoyer(lien: LienDeFiche, *, par: Utilisateur) -> Courriel:
    """Un lien neuf, pour trente jours, à la même adresse ; celui du courriel précédent ne vaut plus."""
    lien = _tenir(lien, par)
    if est_caduc(lien):
        raise ValidationError("La fiche est passée à une autre structure : confiez-la de nouveau.")
    courriel = _envoyer(lien, par)
    _consigner(lien, "renvoyer le lien de la fiche", par)
    return courriel


@transaction.atomic
def revoquer(lien: LienDeFiche, *, par: Utilisateur) -> LienDeFiche:
    """Le lien ne vaut plus, tout de suite, même pour qui est en train d'écrire."""
    return _revoquer(_tenir(lien, par), par)


@transaction.atomic
def relancer(lien: LienDeFiche, *, par: Utilisateur) -> Courriel:
    """Rappelle la fiche à cette adresse, avec un lien neuf : une fois par période.

    Lève ValidationError : fiche déjà proposée, ou dernier courriel trop récent (dit quand ce sera possible).
    """
    lien = _tenir(lien, par)
    if motif := motif_de_non_relance(lien):
        raise ValidationError(motif)
    return _relancer(lien, par)


@transaction.atomic
def relancer_en_retard(demarche: Demarche, *, par: Utilisateur, jeton: UUID | None = None) -> list[Courriel]:
    """Relance chaque lien que l'on peut relancer aujourd'hui. Lève ValidationError s'il n'y en a aucun."""
    demarche = Demarche.objects.verrouiller(demarche.pk, no_key=True)
    exiger(par, demarche, DROIT)
    consommer(jeton, par)
    liens = _lus().select_for_update(of=("self",)).filter(fiche__demarche=demarche, revoque_le=None)
    dus = [lien for lien in liens.order_by("pk") if not motif_de_non_relance(lien)]
    if not dus:
        raise ValidationError("Personne n’est à relancer aujourd’hui.")
    return [_relancer(lien, par) for lien in dus]


def en_file(liens: list[LienDeFiche]):
    """Les courriels de ces liens qui attendent de partir."""
    return Courriel.objects.a_faire().filter(objet_lie__in=[lien.uuid for lien in liens])


def prochaine_relance(lien: LienDeFiche) -> datetime:
    return lien.envoye_le + PERIODE


def motif_de_non_relance(lien: LienDeFiche) -> str:
    """Pourquoi ce lien ne se relance pas maintenant ; vide s'il le peut."""
    fiche = lien.fiche
    if lien.revoque_le or est_caduc(lien):
        return "Ce lien ne vaut plus."
    if fiche.etat not in fiches.MODIFIABLES_PAR_PORTEUR:
        return f"La fiche est « {fiche.get_etat_display()} » : il n’y a plus rien à demander."
    if (possible := prochaine_relance(lien)) > timezone.now():
        return f"Un courriel est parti le {_jour(lien.envoye_le)} : relance possible le {_jour(possible)}."
    return ""


def liens_vivants(fiche: FicheAction):
    """Ceux qui n'ont été ni révoqués ni laissés à une autre structure."""
    siens = fiche.liens.filter(revoque_le=None, structure=fiche.structure_porteuse_id)
    return siens.select_related("structure").order_by("pk")


def est_caduc(lien: LienDeFiche) -> bool:
    """La fiche a changé de structure depuis l'envoi."""
    return lien.fiche.structure_porteuse_id != lien.structure_id


def prevenir_du_renvoi(fiche: FicheAction, remarques: list, *, par: Utilisateur | None) -> list[Courriel]:
    """La fiche revient à compléter : un lien neuf à chaque adresse, une lettre à chaque compte concerné.

    L'appelant tient la fiche.
    """
    contexte = {"motif": fiche.motif, "remarques": remarques}
    ecrits = []
    for lien in fiche.liens.select_for_update(of=("self",)).filter(revoque_le=None).order_by("pk"):
        lien.fiche = fiche
        if not est_caduc(lien):
            ecrits.append(_envoyer(lien, par, "fiche_a_completer", **contexte))
    return ecrits + _ecrire_aux_comptes(fiche, {*(c.destinataire for c in ecrits)}, par, contexte)


def _ecrire_aux_comptes(
    fiche: FicheAction, deja: set[str], par: Utilisateur | None, contexte: dict
) -> list[Courriel]:
    comptes = Utilisateur.objects.filter(
        is_active=True, structure=fiche.structure_porteuse_id, mandats__demarche=fiche.demarche_id,
        mandats__role="partenaire",
    )  # fmt: skip
    page = courriels.adresse("fiche", fiche.demarche.uuid, fiche.uuid)
    contexte |= {"fiche": fiche, "demarche": fiche.demarche, "par": par, "page": page, "lien": None}
    lettre = courriels.Lettre(
        "fiche-a-completer", "", "fiche_a_completer", contexte,
        f"fiche-a-completer:{fiche.uuid}:{fiche.version}", demarche=fiche.demarche, objet_lie=fiche.uuid,
    )  # fmt: skip
    return courriels.deposer_pour(lettre, comptes.exclude(email__in=deja), sauf=par)


def prevenir_du_mot(
    commentaire: Commentaire, liens: Iterable[LienDeFiche], *, par: Utilisateur | None
) -> list[Courriel]:
    """Un commentaire s'adresse à qui vient par un lien : un courriel, un seul jusqu'à sa prochaine visite.

    L'appelant tient la fiche.
    """
    vivants = commentaire.fiche.liens.select_for_update(of=("self",)).filter(
        pk__in=[lien.pk for lien in liens], revoque_le=None
    )
    ecrits = []
    for lien in vivants.select_related("structure").order_by("pk"):
        lien.fiche = commentaire.fiche
        if not est_caduc(lien):
            ecrits.append(_dire_le_mot(lien, commentaire, par))
    return [ecrit for ecrit in ecrits if ecrit]


def _dire_le_mot(lien: LienDeFiche, commentaire: Commentaire, par: Utilisateur | None) -> Courriel | None:
    """Le courriel porte un lien neuf, sauf si la personne était là il y a moins de deux heures : on ne lui
    referme pas sa page pour une réponse.
    """
    cle = f"{MOT}:{lien.uuid}:{lien.vu_le or 'jamais'}"
    if lien.expire or lien.vu_le is None or timezone.now() - lien.vu_le > INACTIVITE:
        if Courriel.objects.filter(cle=cle).exists():
            return None
        return _envoyer(lien, par, "mot_sur_fiche", cle=cle, commentaire=commentaire)
    contexte = {
        "commentaire": commentaire, "page": "", "page_nouveau": courriels.adresse("lien_renouveler"),
    }  # fmt: skip
    return _deposer(lien, MOT, "mot_sur_fiche", contexte, cle=cle)


def _tenir(lien: LienDeFiche, par: Utilisateur) -> LienDeFiche:
    """La démarche puis le lien, verrouillés : une écriture en cours par ce lien finit avant, ou attend."""
    demarche_pk = FicheAction.objects.values_list("demarche", flat=True).get(pk=lien.fiche_id)
    demarche = Demarche.objects.verrouiller(demarche_pk, no_key=True)
    exiger(par, demarche, DROIT)
    lien = _lus().select_for_update(of=("self",)).get(pk=lien.pk)
    if lien.revoque_le:
        raise ValidationError("Ce lien est déjà révoqué.")
    return lien


def _lus():
    return LienDeFiche.objects.select_related("fiche__demarche__gouvernance__departement", "structure")


def _revoquer(lien: LienDeFiche, par: Utilisateur) -> LienDeFiche:
    lien.revoque_le = timezone.now()
    lien.attribuer(par)
    lien.save(update_fields=["revoque_le", "modifie_par", "modifie_le"])
    _consigner(lien, "révoquer le lien de la fiche", par)
    return lien


def _relancer(lien: LienDeFiche, par: Utilisateur) -> Courriel:
    manques = obligatoires(lien.fiche)
    remarques = lien.fiche.remarques.filter(levee_le=None).count()
    courriel = _envoyer(lien, par, "relance_fiche", manques=manques, remarques=remarques)
    _consigner(lien, "relancer le partenaire", par)
    return courriel


def redemander(lien: LienDeFiche) -> Courriel:
    """La personne redemande un lien : il repart à son adresse, et à elle seule. L'appelant tient le lien."""
    courriel = _envoyer(lien, lien.cree_par)
    Evenement.consigner_saisie(
        lien.fiche, "redemander le lien de la fiche", par=None, details=[], auteur=lien.auteur
    )
    return courriel


def _envoyer(
    lien: LienDeFiche, par: Utilisateur | None, gabarit: str = "lien_fiche", *, cle: str = "", **sus
) -> Courriel:
    """Un secret neuf, et le courriel qui le porte. La clé d'une relance suit le courriel d'avant."""
    relance = gabarit == "relance_fiche"
    if relance and lien.envoye_le:
        cle = f"{RELANCE}:{lien.uuid}:{lien.envoye_le:%Y%m%d%H%M%S%f}"
    graine = armer(lien, pour=lien.email, duree=DUREE)
    lien.envoye_le = timezone.now()
    lien.save()
    contexte = {
        "par": par, "page": page_du_lien("lien_de_fiche"), "page_du_code": courriels.adresse("lien_code"),
        **sus,
    }  # fmt: skip
    genre = RELANCE if relance else ENVOI
    return _deposer(lien, genre, gabarit, contexte, cle=cle or f"{ENVOI}:{graine}", graine=graine)


def _deposer(lien: LienDeFiche, genre: str, gabarit: str, contexte: dict, **sus) -> Courriel | None:
    fiche = lien.fiche
    contexte = {"lien": lien, "fiche": fiche, "demarche": fiche.demarche, **contexte}
    lettre = courriels.Lettre(
        genre, lien.email, gabarit, contexte, demarche=fiche.demarche, objet_lie=lien.uuid, **sus
    )
    return courriels.deposer(lettre)


def _consigner(lien: LienDeFiche, action: str, par: Utilisateur) -> None:
    """Au journal de la fiche : qui ne voit pas un brouillon n'y lit pas son titre."""
    Evenement.consigner(lien.fiche, action, par=par, vers=lien)


def _jour(instant: datetime) -> str:
    return f"{timezone.localtime(instant):%d/%m/%Y}"
