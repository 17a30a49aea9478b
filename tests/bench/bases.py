"""Les bases du banc : une base d'essai neuve, ses copies, et de quoi passer de l'une à l'autre."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import connect, sql


class Bases:
    """La base courante porte le COG et les données du banc ; `vierge` n'a que le schéma."""

    def __init__(self):
        self._creees: list[str] = []
        self._initiale = connection.settings_dict["NAME"]

    def __enter__(self):
        self.principale = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        self.vierge = self.copier("vierge")
        return self

    def __exit__(self, *exc):
        connections.close_all()
        for nom in self._creees:
            self._administrer("DROP DATABASE {nom} WITH (FORCE)", nom)
        connection.creation.destroy_test_db(self._initiale, verbosity=0)

    def copier(self, suffixe: str) -> BaseDatabaseWrapper:
        """Une copie de la base courante, et une connexion à elle."""
        nom = f"{self.principale}_{suffixe}"
        connections.close_all()
        self._administrer("CREATE DATABASE {nom} TEMPLATE {modele}", nom, self.principale)
        self._creees.append(nom)
        copie = connections.create_connection("default")
        copie.settings_dict = {**connection.settings_dict, "NAME": nom}
        return copie

    def _administrer(self, requete: str, nom: str, modele: str = "") -> None:
        reglages = connection.settings_dict
        acces = {
            "host": reglages["HOST"],
            "port": reglages["PORT"],
            "user": reglages["USER"],
            "password": reglages["PASSWORD"],
        }
        texte = sql.SQL(requete).format(nom=sql.Identifier(nom), modele=sql.Identifier(modele or nom))
        with connect(dbname="postgres", autocommit=True, **acces) as admin:
            admin.execute(texte)


@contextmanager
def sur(base: BaseDatabaseWrapper) -> Iterator[None]:
    """Le temps du bloc, Django parle à `base`."""
    courante = connections["default"]
    connections["default"] = base
    try:
        yield
    finally:
        connections["default"] = courante
