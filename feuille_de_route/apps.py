from django.apps import AppConfig
from django.core.checks import Tags, register

from feuille_de_route.checks import cachet_de_production


class FeuilleDeRouteConfig(AppConfig):
    name = "feuille_de_route"
    verbose_name = "Feuille de route"

    def ready(self):
        register(cachet_de_production, Tags.security)
