"""Ce que partagent les parties de l'export : champs simples, références stables, structures et personnes."""

from typing import Any
from uuid import UUID

from django.db import models

from feuille_de_route.echange.format import OBJETS
from feuille_de_route.echange.valeurs import vers_json
from gouvernance.models import Epci, Personne, Structure
from gouvernance.socle.tri import cle_francaise


class Renvoi:
    """La place d'une référence à une structure ou à une personne, numérotées une fois toutes connues."""

    def __init__(self, cible: Structure | Personne):
        self.cible = cible


def simples(nom: str, ligne: models.Model) -> dict:
    """Les champs simples d'un objet du format."""
    objet = OBJETS[nom]
    return {cle: vers_json(objet.champ(cle), getattr(ligne, cle)) for cle in objet.champs}


def cle_structure(structure: Structure) -> tuple:
    return (cle_francaise(structure.nom), structure.nom, structure.siret or "", structure.pk)


def cle_personne(personne: Personne) -> tuple:
    noms = (personne.nom, personne.prenom, personne.fonction, personne.qualite)
    return (cle_structure(personne.structure), *noms, personne.pk)


def epci_json(epci: Epci | None) -> dict | None:
    return {"siren": epci.siren, "nom": epci.nom} if epci else None


class Renvois:
    """Les références d'un export, dans l'ordre où les objets s'exportent."""

    def __init__(self):
        self.structures: dict[int, Structure] = {}
        self.personnes: dict[int, Personne] = {}
        self.refs: dict[tuple[type, int], str] = {}
        self.par_uuid: dict[UUID, str] = {}

    def _numeroter(self, lettre: str, lignes: list) -> None:
        for rang, ligne in enumerate(lignes, start=1):
            self.refs[type(ligne), ligne.pk] = f"{lettre}{rang}"
            self.par_uuid[ligne.uuid] = f"{lettre}{rang}"

    def _ref(self, modele: type, pk: int | None) -> str | None:
        return self.refs.get((modele, pk)) if pk else None

    def _lien(self, ligne: models.Model, champ: str) -> str | None:
        """La référence de la ligne visée par une clé étrangère, sans la lire."""
        cle = ligne._meta.get_field(champ)
        return self._ref(cle.related_model, getattr(ligne, cle.attname))

    def _structure(self, structure: Structure | None) -> Renvoi | None:
        if structure is None:
            return None
        self.structures[structure.pk] = structure
        return Renvoi(structure)

    def _personne(self, personne: Personne | None) -> Renvoi | None:
        if personne is None:
            return None
        self.personnes[personne.pk] = personne
        self._structure(personne.structure)
        return Renvoi(personne)

    def _resoudre(self, valeur: Any) -> Any:
        match valeur:
            case Renvoi(cible=cible):
                return self.refs[type(cible), cible.pk]
            case dict():
                return {cle: self._resoudre(v) for cle, v in valeur.items()}
            case list():
                return [self._resoudre(v) for v in valeur]
        return valeur

    def _citees(self, lignes) -> list[str]:
        """Références d'objets liés, dans l'ordre d'export ; une ligne hors du dossier n'y est pas."""
        refs = [self._ref(type(ligne), ligne.pk) for ligne in lignes]
        return sorted((r for r in refs if r), key=lambda r: int(r[1:]))
