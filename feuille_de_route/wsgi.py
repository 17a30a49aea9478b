"""Point d'entrée WSGI (gunicorn)."""

import os

from django.core.wsgi import get_wsgi_application

from feuille_de_route.documents.cachet import exiger_cachet_reel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "feuille_de_route.settings")

application = get_wsgi_application()
exiger_cachet_reel()
