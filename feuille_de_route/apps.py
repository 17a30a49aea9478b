from django.apps import AppConfig


class FeuilleDeRouteConfig(AppConfig):
    name = "feuille_de_route"
    verbose_name = "Feuille de route"
