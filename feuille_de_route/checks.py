"""Contrôles de démarrage propres au projet (`manage.py check`), inscrits par apps.py."""

from django.conf import settings
from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured

from feuille_de_route.documents.cachet import exiger_cachet_reel


def cachet_de_production(app_configs=None, **kwargs) -> list[Error]:
    """En production, le cachet doit exister, se lire et ne pas être celui d'essai."""
    if not settings.EN_PRODUCTION:
        return []
    try:
        exiger_cachet_reel()
    except ImproperlyConfigured as erreur:
        conseil = (
            "Donnez le PKCS#12 de votre cachet par SIGNATURE_CERTIFICAT et SIGNATURE_MOT_DE_PASSE[_FILE]."
        )
        return [Error(str(erreur), hint=conseil, id="feuille_de_route.E001")]
    return []
