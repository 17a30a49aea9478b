"""Les secrets à usage unique envoyés par courriel : un lien, et un code à six chiffres.

La base n'en garde que des empreintes ; le courriel dérive le secret de sa graine au moment de partir.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.utils import timezone

from gouvernance import courriels
from gouvernance.models.acces import Cle
from gouvernance.socle import secrets

ESSAIS_DU_CODE = 5
CODE_FAUX = "Ce code ne correspond pas à cette adresse, ou il n’a plus cours. Vérifiez les six chiffres."


class LienPerime(ValidationError):
    """Le lien a expiré, a déjà servi, a été annulé ou n'existe pas : on en propose un nouveau."""


def armer(cle: Cle, *, pour: str, duree: timedelta) -> UUID:
    """Donne à la ligne un secret neuf et une échéance ; rend la graine à passer au courriel."""
    graine = uuid4()
    secret = secrets.tirer(graine)
    cle.empreinte = secrets.empreinte(secret.jeton)
    cle.empreinte_code = secrets.empreinte_code(secret.code, pour.lower())
    cle.expire_le, cle.essais = timezone.now() + duree, 0
    return graine


def code_juste(cle: Cle, code: str, *, pour: str) -> bool:
    """Compare le code ; un code faux est compté, et le sixième essai n'est plus évalué.

    La ligne doit être verrouillée. La transaction doit aboutir même si le code est faux : lever après elle.
    """
    return celle_du_code([cle], code, pour=pour) is not None


def celle_du_code(cles: Iterable[Cle], code: str, *, pour: str) -> Cle | None:
    """Celle des lignes d'une adresse, verrouillées, dont c'est le code. Un code qui n'est à aucune compte
    pour toutes ; celui de l'une n'use pas les autres.
    """
    ouvertes = [c for c in cles if c.essais < ESSAIS_DU_CODE and c.expire_le > timezone.now()]
    empreinte = secrets.empreinte_code(code, pour.lower())
    juste = next((c for c in ouvertes if secrets.egaux(c.empreinte_code, empreinte)), None)
    if juste is None:
        for cle in ouvertes:
            cle.essais += 1
            cle.save(update_fields=["essais"])
    return juste


def page_du_lien(nom: str, suite: str = "") -> str:
    """L'adresse d'une page à jeton, telle que la cite le gabarit du courriel."""
    adresse = courriels.adresse(nom, "jeton").replace("/jeton/", f"/{courriels.JETON}/")
    return adresse + (f"?{suite}" if suite else "")
