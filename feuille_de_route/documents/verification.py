"""Vérifier un PDF : signatures, couverture du fichier entier, registre des documents émis.

Aucun des trois contrôles ne suffit seul : une signature reste « valide » quand on ajoute des octets après
elle, et un octet changé dans le bourrage d'une signature n'est vu que par le registre.
"""

from typing import NamedTuple

from feuille_de_route.documents.cachet import racines
from feuille_de_route.models import Empreinte, NatureDocument
from gouvernance.socle import coffre
from gouvernance.socle.bac_a_sable import ExecutionRefusee, Occupe, executer

SCEAU = "Sceau"  # le champ que la plateforme remplit en dernier
SANS_AUTORITES = (
    "Les autorités reconnues manquent sur ce serveur (SIGNATURE_RACINES) : rien n’a été vérifié. Prévenez "
    "son administration."
)
ILLISIBLE = "Le fichier ne se lit pas : ce contrôle n’a pas pu être fait."


class Controle(NamedTuple):
    titre: str
    reussi: bool
    phrase: str


class Verdict(NamedTuple):
    """`authentique` : les trois contrôles passent ; `complet` : et toutes les signatures y sont, sceau
    compris.
    """

    empreinte: str
    controles: list[Controle]
    signatures: list[dict]
    emission: Empreinte | None

    @property
    def authentique(self) -> bool:
        return all(c.reussi for c in self.controles)

    @property
    def complet(self) -> bool:
        return self.authentique and self.emission is not None and self.emission.scelle

    @property
    def conclusion(self) -> str:
        if not self.authentique:
            return "Ce fichier n’est pas une feuille de route authentique, ou il a été modifié."
        if self.complet:
            return "Cette feuille de route est authentique, entière et signée par tous."
        return (
            "Ce document est authentique, mais la signature n’est pas terminée : il s’y trouve "
            f"{_compter(self.emission.signatures)} sur {self.emission.document.signatures.count()}."
        )


def verifier(octets: bytes) -> Verdict:
    """Les trois contrôles d'un PDF, dans un bac à sable (20 s, mémoire bornée) ; ne lève jamais pour un
    fichier. Lève Occupe quand on n'a rien pu en dire : plus de place, ou pas d'autorités à qui se fier.
    """
    if not racines().is_file():  # dit avant l'examen, qui l'imputerait au fichier
        raise Occupe(SANS_AUTORITES)
    empreinte = coffre.empreinte_de(octets)
    try:
        examen = executer("feuille_de_route.documents.examen", ["-", "--racines", racines()], entree=octets)
    except ExecutionRefusee as refus:
        examen = {"lisible": False, "signature_valide": False, "couverture": False, "motif": str(refus)}
    emission = (
        Empreinte.objects.select_related("document__demarche", "document__version_figee")
        .filter(empreinte=empreinte, document__nature=NatureDocument.A_SIGNER)
        .first()
    )
    controles = [_signatures(examen), _couverture(examen), _registre(emission)]
    return Verdict(empreinte, controles, examen.get("signatures", []), emission)


def _signatures(examen: dict) -> Controle:
    if not examen["signature_valide"]:
        return Controle("Signatures", False, examen["motif"])
    champs = [signature["champ"] for signature in examen["signatures"]]
    nombre = len([champ for champ in champs if champ != SCEAU])
    sceau = " et le sceau de la plateforme" if SCEAU in champs else ""
    valides = "sont valides" if nombre + bool(sceau) > 1 else "est valide"
    return Controle("Signatures", True, f"{_compter(nombre).capitalize()}{sceau} {valides}.")


def _compter(signatures: int) -> str:
    return "une signature" if signatures == 1 else f"{signatures} signatures"


def _couverture(examen: dict) -> Controle:
    if examen["couverture"]:
        phrase = "La dernière signature couvre tout le fichier : rien n’y a été ajouté ensuite."
        return Controle("Fichier entier", True, phrase)
    phrase = "Des octets du fichier ne sont couverts par aucune signature."
    return Controle("Fichier entier", False, phrase if examen["lisible"] else ILLISIBLE)


def _registre(emission: Empreinte | None) -> Controle:
    if emission is None:
        phrase = "Cette empreinte n’est pas au registre des documents émis par la plateforme."
        return Controle("Registre", False, phrase)
    version = emission.document.version_figee
    etat = "signée par tous" if emission.scelle else "en cours de signature"
    phrase = f"Ce fichier est au registre : {emission.document.demarche}, version {version.numero}, {etat}."
    return Controle("Registre", True, phrase)
