"""Le lien de connexion reçu par courriel : quinze minutes, une seule fois, jamais sur un simple GET."""

from datetime import timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.utils import timezone

from gouvernance import courriels
from gouvernance.acces import tentatives
from gouvernance.acces.cles import LienPerime, armer, code_juste, page_du_lien
from gouvernance.arrivees import invitations
from gouvernance.models import Courriel, LienDeConnexion, Utilisateur
from gouvernance.socle import secrets

DUREE = timedelta(minutes=15)


def demander(email: str, *, origine: str, suite: str = "") -> list[Courriel]:
    """Envoie un lien de connexion au compte de cette adresse ; à défaut, renvoie ses invitations en cours.

    Une adresse inconnue ne reçoit rien et n'en sait rien. `suite` : la page où mènera le lien. Lève
    TropDEssais.
    """
    email = email.strip().lower()
    tentatives.reserver("lien", email, origine)
    compte = Utilisateur.objects.filter(email=email).first()
    if compte is None:
        return invitations.relancer(email)
    return [_envoyer(compte, suite)] if compte.is_active else []


@transaction.atomic
def _envoyer(compte: Utilisateur, suite: str) -> Courriel:
    lien = LienDeConnexion(utilisateur=compte)
    graine = armer(lien, pour=compte.email, duree=DUREE)
    lien.save()
    contexte = {
        "compte": compte,
        "page": page_du_lien("lien_ouvrir", urlencode({"next": suite}, safe="/") if suite else ""),
        "page_du_code": courriels.adresse("code_saisir"),
        "expire_le": lien.expire_le,
    }
    return courriels.deposer(
        courriels.Lettre(
            "lien_connexion", compte.email, "lien_de_connexion", contexte, cle=f"lien:{graine}", graine=graine
        )
    )


def lire(jeton: str) -> LienDeConnexion:
    """Le lien, sans rien y changer. Lève LienPerime s'il ne peut plus servir."""
    lien = LienDeConnexion.objects.select_related("utilisateur").filter(empreinte=secrets.empreinte(jeton))
    return _exiger_utile(lien.first())


@transaction.atomic
def consommer(jeton: str) -> Utilisateur:
    """Use le lien et rend son compte ; le second de deux envois simultanés lève LienPerime."""
    liens = LienDeConnexion.objects.select_for_update(of=("self",)).select_related("utilisateur")
    return _user(_exiger_utile(liens.filter(empreinte=secrets.empreinte(jeton)).first()))


@transaction.atomic
def consommer_code(email: str, code: str) -> Utilisateur | None:
    """Le compte dont le dernier lien porte ce code, usé du même coup ; None si le code est faux (compté)."""
    lien = (
        LienDeConnexion.objects.select_for_update(of=("self",))
        .select_related("utilisateur")
        .filter(utilisateur__email=email, utilisateur__is_active=True, consomme_le=None)
        .order_by("-pk")
        .first()
    )
    if lien is None or not code_juste(lien, code, pour=email):
        return None
    return _user(lien)


def est_de(jeton: str, compte) -> bool:
    """Le lien, usé ou non, est bien celui de ce compte connecté."""
    liens = LienDeConnexion.objects.filter(empreinte=secrets.empreinte(jeton), utilisateur=compte.pk)
    return compte.is_authenticated and liens.exists()


def _user(lien: LienDeConnexion) -> Utilisateur:
    lien.consomme_le = timezone.now()
    lien.save(update_fields=["consomme_le"])
    return lien.utilisateur


def _exiger_utile(lien: LienDeConnexion | None) -> LienDeConnexion:
    if lien is None or not lien.utilisateur.is_active:
        raise LienPerime("Ce lien de connexion n’existe pas, ou son adresse a été coupée en chemin.")
    if lien.consomme_le:
        raise LienPerime("Ce lien de connexion a déjà servi : chacun ne sert qu’une fois.")
    if lien.expire_le <= timezone.now():
        raise LienPerime("Ce lien de connexion a expiré : chacun est valable quinze minutes.")
    return lien


def purger() -> int:
    """Efface les liens expirés depuis plus d'un jour."""
    return LienDeConnexion.objects.filter(expire_le__lt=timezone.now() - timedelta(days=1)).delete()[0]
