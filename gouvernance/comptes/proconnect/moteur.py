"""ProConnect : vérifier le jeton d'identité, retrouver le compte, n'en créer aucun.

La bibliothèque mozilla-django-oidc échange le code et vérifie état, nonce et signature ; s'y ajoutent ici
l'émetteur, le destinataire, l'échéance, et le rapprochement par `sub` puis par adresse vérifiée.
"""

from datetime import UTC, datetime

import jwt
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from gouvernance.arrivees import invitations
from gouvernance.models import Evenement, Utilisateur


class CompteAbsent(Exception):
    """ProConnect a reconnu la personne, mais aucun compte ne lui est ouvert ici.

    `invitation` : celle qui l'attend à son adresse vérifiée, s'il y en a une.
    """

    def __init__(self, invitation=None):
        self.invitation = invitation
        super().__init__("Aucun compte n’est ouvert ici pour cette identité.")


class MoteurProConnect(OIDCAuthenticationBackend):
    """Lève CompteAbsent, SuspiciousOperation ou jwt.InvalidTokenError : la vue les dit en français."""

    def _verify_jws(self, payload, key):
        """La bibliothèque ne vérifie ni l'émetteur ni le destinataire."""
        if jwt.get_unverified_header(payload).get("alg") != self.OIDC_RP_SIGN_ALGO:
            raise SuspiciousOperation("Le jeton n’est pas signé comme convenu.")
        return jwt.decode(
            payload, key, algorithms=[self.OIDC_RP_SIGN_ALGO], audience=self.OIDC_RP_CLIENT_ID,
            issuer=settings.PROCONNECT, leeway=30, options={"require": ["iss", "aud", "sub"]},
        )  # fmt: skip

    def verify_token(self, token, **kwargs):
        charge = super().verify_token(token, **kwargs)
        if "nonce" in kwargs and not (kwargs["nonce"] and "exp" in charge):
            raise SuspiciousOperation("Le jeton d’identité n’a ni nonce ni échéance.")
        return charge

    def get_or_create_user(self, access_token, id_token, payload):
        dits = self.get_userinfo(access_token, id_token, payload)
        if dits.get("sub") != payload["sub"]:
            raise SuspiciousOperation("Les deux réponses de ProConnect ne parlent pas de la même personne.")
        if not isinstance(payload["sub"], str) or len(payload["sub"]) > 200:
            raise SuspiciousOperation("Identifiant ProConnect illisible.")
        email = self._adresse_verifiee(dits)
        self.request.proconnect_auth_time = _instant(payload.get("auth_time"))
        compte = _compte(payload["sub"], email)
        if compte is None:
            raise CompteAbsent(invitations.pour(email).first() if email else None)
        return compte

    @staticmethod
    def _adresse_verifiee(dits: dict) -> str:
        """L'adresse, si elle est dite vérifiée ou si l'exploitant s'y fie (PROCONNECT_ADRESSES_SURES)."""
        sure = dits.get("email_verified", settings.PROCONNECT_ADRESSES_SURES) is True
        return str(dits.get("email") or "").strip().lower() if sure else ""


@transaction.atomic
def _compte(sub: str, email: str) -> Utilisateur | None:
    """Le compte actif déjà relié, sinon celui de l'adresse vérifiée, relié à cette première fois."""
    comptes = Utilisateur.objects.select_for_update(of=("self",)).filter(is_active=True)
    relie = Utilisateur.objects.filter(sub_proconnect=sub).first()
    if relie:
        return relie if relie.is_active else None
    compte = comptes.filter(email=email, sub_proconnect=None).first() if email else None
    if compte:
        compte.sub_proconnect = sub
        compte.save(update_fields=["sub_proconnect"])
        Evenement.consigner(compte, "relier à ProConnect", par=compte)
    return compte


def _instant(secondes) -> datetime | None:
    return datetime.fromtimestamp(secondes, UTC) if isinstance(secondes, int) and secondes > 0 else None
