"""Ce qui change d'un code officiel géographique au suivant, dit en français."""

from typing import NamedTuple

from django.db import models

from gouvernance.geographie import cog
from gouvernance.models import Commune, Departement, Epci, Region


class Nature(models.TextChoices):
    CREE = "cree", "créé"
    RETABLI = "retabli", "rétabli"
    RENOMME = "renomme", "renommé"
    DEPLACE = "deplace", "déplacé"
    FUSIONNE = "fusionne", "fusionné"
    RETIRE = "retire", "retiré"

    def accorde(self, feminin: bool, nombre: int = 1) -> str:
        """Le participe accordé : « créé », « créées »…"""
        return self.label + "e" * feminin + "s" * (nombre > 1)


class Table(NamedTuple):
    """Un modèle, le fichier du COG qui le remplit, et le lien dont le changement se dit « déplacé »."""

    modele: type[models.Model]
    fichier: str
    lien: str = ""
    feminin: bool = False

    @property
    def nom(self) -> str:
        return self.modele._meta.db_table

    @property
    def cle(self) -> str:
        return cog.FICHIERS[self.fichier][0].colonne

    @property
    def colonnes(self) -> list[str]:
        return [colonne.colonne for colonne in cog.FICHIERS[self.fichier]]

    @property
    def retirable(self) -> bool:
        return any(champ.name == "retire_le" for champ in self.modele._meta.fields)

    @property
    def libelle(self) -> str:
        libelle = str(self.modele._meta.verbose_name)
        return libelle if libelle.isupper() else libelle.capitalize()

    @property
    def libelle_pluriel(self) -> str:
        pluriel = str(self.modele._meta.verbose_name_plural)
        return pluriel if pluriel.isupper() else pluriel.capitalize()


TABLES = (
    Table(Region, "regions", feminin=True),
    Table(Departement, "departements", "region_id"),
    Table(Epci, "epci", "departement_id"),
    Table(Commune, "communes", "epci_id", feminin=True),
)
EPCI = TABLES[2]


class Changement(NamedTuple):
    fichier: str
    nature: Nature
    code: str
    phrase: str

    def __str__(self):
        return self.phrase


class Ecart(NamedTuple):
    """Une ligne qui diffère entre la base (avant) et le dossier (après) ; None : absente de ce côté."""

    code: str
    present_avant: bool
    present_apres: bool
    retire: bool
    nom_avant: str | None
    nom_apres: str | None
    lien_avant: str | None
    lien_apres: str | None


def raconter(ecarts: dict[Table, list[Ecart]], destinations: dict[str, list[str | None]]) -> list[Changement]:
    """Une phrase par changement ; `destinations` dit où sont passées les communes des EPCI disparus.

    À appeler une fois la base à jour : les noms des territoires cités y sont lus.
    """
    if not any(ecarts.values()):
        return []
    noms = {
        "region_id": dict(Region.objects.values_list("code", "nom")),
        "departement_id": dict(Departement.objects.values_list("code", "nom")),
        "epci_id": dict(Epci.objects.values_list("siren", "nom")),
    }
    recits = []
    for table, lignes in ecarts.items():
        for ecart in lignes:
            for nature in _natures(table, ecart, destinations):
                phrase = _phrase(table, ecart, nature, noms, destinations)
                recits.append(Changement(table.fichier, nature, ecart.code, phrase))
    return recits


def _natures(table: Table, ecart: Ecart, destinations: dict) -> list[Nature]:
    if not ecart.present_avant:
        return [Nature.CREE]
    if not ecart.present_apres:
        vers = destinations.get(ecart.code, []) if table is EPCI else []
        return [Nature.FUSIONNE if len(vers) == 1 and vers[0] else Nature.RETIRE]
    natures = {
        Nature.RETABLI: ecart.retire,
        Nature.RENOMME: ecart.nom_avant != ecart.nom_apres,
        Nature.DEPLACE: ecart.lien_avant != ecart.lien_apres,
    }
    return [nature for nature, vraie in natures.items() if vraie]


def _phrase(table: Table, ecart: Ecart, nature: Nature, noms: dict, destinations: dict) -> str:
    nom = f"{ecart.nom_apres or ecart.nom_avant} ({ecart.code})"
    if nature == Nature.RENOMME:
        nom = f"{ecart.nom_avant} devient {ecart.nom_apres} ({ecart.code})"
    elif nature == Nature.DEPLACE:
        liens = noms[table.lien]
        nom += f", de « {_nom(liens, ecart.lien_avant)} » à « {_nom(liens, ecart.lien_apres)} »"
    elif nature in {Nature.FUSIONNE, Nature.RETIRE} and destinations.get(ecart.code):
        vers = ", ".join(f"« {_nom(noms['epci_id'], siren)} »" for siren in destinations[ecart.code])
        nom += f" dans {vers}" if nature == Nature.FUSIONNE else f", ses communes passent à {vers}"
    elif nature == Nature.RETIRE and not table.retirable:
        nom += ", gardé dans la base : à examiner à la main"
    return f"{table.libelle} {nature.accorde(table.feminin)} : {nom}"


def _nom(noms: dict[str, str], code: str | None) -> str:
    return noms.get(code, code) if code else "hors EPCI"
