"""Ce que partagent les parties de l'import qui écrivent : lignes nommées, liens, rangs."""

from collections.abc import Iterator
from uuid import UUID, uuid4

from django.db import models

from feuille_de_route.echange.format import OBJETS
from feuille_de_route.echange.regles import elements
from feuille_de_route.echange.valeurs import vers_python
from gouvernance.models import Demarche, Jalon, Utilisateur


def valeurs(nom: str, donnees: dict) -> dict:
    """Les champs simples d'un objet, prêts pour son modèle ; ce qui manque prend le défaut du modèle."""
    objet = OBJETS[nom]
    return {cle: vers_python(objet.champ(cle), donnees.get(cle)) for cle in objet.champs}


def objets(donnees: dict | None, cle: str) -> list[dict]:
    return [element for _, element in elements(donnees, cle)]


def numerotes(lignes: list[dict], cle: str) -> Iterator[tuple[int, dict]]:
    """Chaque objet avec son numéro : celui du fichier, sinon le suivant du plus grand."""
    dernier = max((ligne[cle] for ligne in lignes if ligne.get(cle) is not None), default=0)
    for ligne in lignes:
        numero = ligne.get(cle)
        if numero is None:
            dernier = numero = dernier + 1
        yield numero, ligne


class Ecriture:
    """Une par import. `avertissements` : ce que la plateforme savait autrement, et qu'elle a gardé."""

    def __init__(self, donnees: dict, par: Utilisateur | None):
        self.donnees, self.par = donnees, par
        self.refs: dict[str, models.Model] = {}
        self.uuids: dict[str, UUID] = {}
        self.avertissements: list[str] = []
        self.jalons: dict[str, Jalon] = {}
        self.demarche: Demarche | None = None

    def creer(self, modele: type[models.Model], donnees: dict, **champs) -> models.Model:
        """Enregistre une ligne, et la nomme si le fichier lui donne une référence."""
        ligne = modele(**champs)
        if donnees.get("ref"):
            ligne.uuid = self.uuid_de(donnees["ref"])
        if hasattr(ligne, "attribuer"):
            ligne.attribuer(self.par)
        ligne.save()
        if donnees.get("ref"):
            self.refs[donnees["ref"]] = ligne
        return ligne

    def uuid_de(self, ref: str) -> UUID:
        """L'identifiant public que porte, ou portera, l'objet du fichier que cette référence nomme."""
        return self.uuids.setdefault(ref, uuid4())

    def lien(self, donnees: dict, cle: str) -> models.Model | None:
        ref = donnees.get(cle)
        return self.refs[ref] if ref else None

    def liens(self, donnees: dict, cle: str) -> list[models.Model]:
        return [self.refs[ref] for ref in donnees.get(cle) or ()]
