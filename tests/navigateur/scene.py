"""La démonstration, jouée une fois dans la base d'un essai."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from diagnostic import references
from feuille_de_route.demonstration.pieces import jouer
from gouvernance.acteurs import colleges
from gouvernance.geographie import territoires
from tests.feuille_de_route.scenes import travailler


def planter_la_demonstration() -> None:
    """Références et démarches de démonstration, dans un fil à part : Playwright tient une boucle dans
    celui-ci, et la signature en lance une autre.
    """
    with ThreadPoolExecutor(1) as fil:
        fil.submit(_planter).result()


def _planter() -> None:
    try:
        territoires.charger()
        colleges.charger_defauts()
        references.charger()
        jouer(lambda _: None, avancer=lambda demarche: travailler())
    finally:
        connection.close()
