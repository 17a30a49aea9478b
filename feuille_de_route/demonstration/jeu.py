"""Le déroulé d'une démarche : des pas gardés par l'état de la base, qu'une interruption n'abîme pas."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction

from feuille_de_route.demonstration.calendrier import Calendrier
from feuille_de_route.demonstration.textes import lire
from gouvernance.models import (
    Demarche,
    Etape,
    Evenement,
    Instance,
    Personne,
    Structure,
    Utilisateur,
)

DOMAINE = "demo.example"
FIN = "terminer la mise en scène de la démonstration"


class DemonstrationImpossible(Exception):
    """Une phrase pour qui a lancé la commande."""


class Jeu:
    """Une démarche en train d'être jouée. `piece` : dossier de son contenu ; `avancer` : voir travailleur."""

    def __init__(self, piece: str, *, dire: Callable[[str], None], attendre: Callable):
        self.piece, self.dire, self.attendre = piece, dire, attendre
        self.nom: str = self.lire("demarche")["nom"]

    def lire(self, nom: str) -> Any:
        return lire(self.piece, nom)

    @property
    def demarche(self) -> Demarche | None:
        """Relue à chaque fois : les règles la changent."""
        return Demarche.objects.select_related("gouvernance__departement").filter(nom=self.nom).first()

    @property
    def calendrier(self) -> Calendrier:
        return Calendrier(self.demarche.debut, self.lire("demarche")["duree"])

    def jour(self, numero: int) -> date:
        return self.calendrier.jour(numero)

    def passe(self, etape: Etape) -> bool:
        """L'étape est-elle déjà atteinte ?"""
        demarche = self.demarche
        return demarche is not None and Etape(demarche.etape).rang >= etape.rang

    def compte(self, nom: str) -> Utilisateur:
        return Utilisateur.objects.select_related("structure").get(email=f"{nom}@{DOMAINE}")

    def structure(self, sigle: str) -> Structure:
        """La structure membre de la gouvernance qui porte ce sigle (dans le contenu de la démonstration)."""
        nom = lire("", "structures")[sigle]["nom"]
        membres = {"adhesions_gouvernance__gouvernance": self.demarche.gouvernance_id}
        return Structure.objects.get(nom=nom, **membres)

    def personne(self, nom: str) -> Personne:
        return Personne.objects.get(nom=nom, gouvernance=self.demarche.gouvernance_id)

    def instance(self, type_: str) -> Instance:
        return Instance.objects.get(demarche=self.demarche, type=type_)

    @property
    def fini(self) -> bool:
        return Evenement.objects.filter(demarche__nom=self.nom, action=FIN).exists()


class Pas(NamedTuple):
    """Un moment de l'histoire. `fait` : la base le montre déjà ; `attente` : hors transaction."""

    libelle: str
    fait: Callable[[Jeu], bool]
    faire: Callable[[Jeu], object]
    attente: bool = False


def derouler(jeu: Jeu, pas: list[Pas]) -> None:
    """Joue ce qui ne l'est pas encore ; chaque pas est entier ou n'est pas.

    Une démarche entièrement jouée n'est plus touchée, quoi qu'on en ait fait depuis.
    """
    if jeu.fini:
        jeu.dire(f"« {jeu.nom} » est déjà jouée.")
        return
    jeu.dire(f"« {jeu.nom} »")
    for un in pas:
        if un.fait(jeu):
            continue
        jeu.dire(un.libelle)
        if un.attente:
            un.faire(jeu)
            continue
        with transaction.atomic():
            un.faire(jeu)
    Evenement.consigner(jeu.demarche, FIN, par=jeu.compte("admin"), vers=jeu.demarche.get_etape_display())
