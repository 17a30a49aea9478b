"""Le cachet réglé, vu du site : où sont ses autorités, et s'il est bien réel en production.

Le site ne signe pas : il ne charge ni la cryptographie ni la clé. Le certificat se lit dans un processus à
part (`documents/certificat_essai.py`), comme un PDF que l'on vérifie.
"""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from gouvernance.socle.bac_a_sable import ExecutionRefusee, executer

LECTEUR = "feuille_de_route.documents.certificat_essai"
ILLISIBLE = "SIGNATURE_CERTIFICAT ne se lit pas : fichier absent, malformé, ou SIGNATURE_MOT_DE_PASSE faux."
D_ESSAI = "SIGNATURE_CERTIFICAT est le certificat d’essai : la production demande un vrai cachet."


def racines_de(chemin: Path) -> Path:
    """Le fichier PEM des autorités reconnues, à côté du PKCS#12 : cachet.p12 → cachet.racines.pem."""
    return chemin.with_suffix(".racines.pem")


def racines() -> Path:
    """Les autorités reconnues par l'examen : réglage SIGNATURE_RACINES, sinon à côté du certificat."""
    return Path(getattr(settings, "SIGNATURE_RACINES", "") or racines_de(settings.SIGNATURE_CERTIFICAT))


def est_certificat_d_essai(chemin: Path, mot_de_passe: str | None = None) -> bool:
    """Vrai si le certificat du PKCS#12 est d'essai. Lève ImproperlyConfigured s'il ne se lit pas."""
    mot_de_passe = settings.SIGNATURE_MOT_DE_PASSE if mot_de_passe is None else mot_de_passe
    try:
        return executer(LECTEUR, entree=mot_de_passe.encode() + b"\n" + chemin.read_bytes())["essai"]
    except (OSError, ExecutionRefusee) as erreur:
        raise ImproperlyConfigured(ILLISIBLE) from erreur


def exiger_cachet_reel() -> None:
    """Au démarrage (site, travailleur) : en production, lève ImproperlyConfigured sur un certificat
    d'essai ou illisible.
    """
    if settings.EN_PRODUCTION and est_certificat_d_essai(settings.SIGNATURE_CERTIFICAT):
        raise ImproperlyConfigured(D_ESSAI)
