"""Exporter une démarche : ce que l'on fige, que l'on publie et que l'on réimporte à l'identique."""

from feuille_de_route.echange.chargement import charger
from feuille_de_route.echange.ecrivain import Ecrivain
from feuille_de_route.echange.format import FORMAT, VERSION_FORMAT
from gouvernance.models import Demarche


def exporter(demarche: Demarche, *, seulement_retenues: bool = False) -> dict:
    """Toute la démarche au format d'échange (docs/format-echange.md), en un nombre fixe de requêtes.

    `seulement_retenues` : ce que l'on fige et publie, soit les fiches retenues et les membres confirmés.
    N'y figurent jamais : étape, comptes, adresses, note privée, votes, journal.
    """
    ecrivain = Ecrivain(charger(demarche.pk, seulement_retenues=seulement_retenues))
    return {"format": FORMAT, "version_format": VERSION_FORMAT, **ecrivain.ecrire()}
