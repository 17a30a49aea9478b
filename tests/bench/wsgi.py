"""Le site et ses planchers sous gunicorn, pour les lignes qui passent par le réseau."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
settings.ROOT_URLCONF = "tests.bench.planchers"
