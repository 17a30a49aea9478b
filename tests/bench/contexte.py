"""Ce que partagent les lignes d'un même lancement, construit à la demande."""

import tempfile
from functools import cached_property
from pathlib import Path

from gouvernance.models import Demarche, Etape, Mandat, Role, Utilisateur
from tests.bench.bases import Bases
from tests.bench.donnees import demarche_riche, structures, utilisateur
from tests.bench.masse import masse
from tests.bench.navigation import ouvrir_session

LISTE, FICHES = 101, 30


class Contexte:
    """`bases`, les démarches mesurées, et la session de leur coordination."""

    def __init__(self, bases: Bases, dossier: Path, *, complet: bool = False):
        self.bases, self.dossier, self.complet = bases, dossier, complet

    @cached_property
    def coordination(self) -> Utilisateur:
        return utilisateur("coordination", structures(1)[0])

    @cached_property
    def cookie(self) -> str:
        return ouvrir_session(self.coordination)

    @cached_property
    def demarche(self) -> Demarche:
        """Cinq axes, trente fiches."""
        return demarche_riche(12, self.coordination, fiches=FICHES)

    @cached_property
    def accueil(self) -> tuple[Utilisateur, str]:
        """Une coordinatrice qui a 101 démarches, et sa session."""
        compte = utilisateur("coordination", structures(1)[0])
        masse(LISTE / 1105, compte)
        cles = Demarche.objects.filter(etape=Etape.PLAN_ACTIONS, identifiant__startswith="masse-")[:LISTE]
        Mandat.objects.bulk_create(
            Mandat(utilisateur=compte, demarche=d, role=Role.COORDINATION) for d in cles
        )
        return compte, ouvrir_session(compte)

    def fichier(self, nom: str) -> Path:
        return Path(tempfile.mkdtemp(dir=self.dossier)) / nom
