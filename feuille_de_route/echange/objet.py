"""Un objet du format : le modèle d'où viennent ses champs, et ce que chaque champ veut dire."""

from typing import NamedTuple

from django.db import models

from feuille_de_route.models import BesoinIngenierie, FicheAction
from gouvernance.models import Decision, Demarche, Seance

# L'import sait donner ces rangs lui-même quand le fichier ne les dit pas, dans l'ordre du fichier.
CALCULES = {(FicheAction, "numero"), (Seance, "numero"), (Decision, "ordre"), (BesoinIngenierie, "rang")}
CALCULES.add((Demarche, "identifiant"))


class Objet(NamedTuple):
    modele: type[models.Model]
    champs: dict[str, str]

    def champ(self, cle: str) -> models.Field:
        return self.modele._meta.get_field(cle)

    def requis(self, cle: str) -> bool:
        """Ce que la base ne peut ni laisser vide ni deviner."""
        champ = self.champ(cle)
        libre = champ.blank or champ.null or champ.has_default() or (self.modele, cle) in CALCULES
        return not libre
