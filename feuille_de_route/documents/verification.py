"""Vérifier un PDF : signatures, couverture du fichier entier, registre des documents émis (FIABILITE §1).

Aucun des trois contrôles ne suffit seul : une signature reste « valide » quand on ajoute des octets après
elle, et un octet changé dans le bourrage d'une signature n'est vu que par le registre.
"""

from typing import NamedTuple

from feuille_de_route.documents.certificats import racines
from feuille_de_route.models import Empreinte, NatureDocument
from gouvernance.socle import coffre
from gouvernance.socle.bac_a_sable import ExecutionRefusee, executer


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
            "Ce document est authentique, mais la signature n’est pas terminée : "
            f"{self.emission.signatures} signature(s) apposée(s)."
        )


def verifier(octets: bytes) -> Verdict:
    """Les trois contrôles d'un PDF, dans un bac à sable (20 s, mémoire bornée) ; ne lève jamais pour un
    fichier.
    """
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
    nombre = len(examen.get("signatures", []))
    phrase = f"Les {nombre} signatures sont valides." if examen["signature_valide"] else examen["motif"]
    return Controle("Signatures", examen["signature_valide"], phrase)


def _couverture(examen: dict) -> Controle:
    if examen["couverture"]:
        return Controle(
            "Fichier entier", True, "La dernière signature couvre tout le fichier : rien n’y a été ajouté."
        )
    return Controle("Fichier entier", False, "Des octets du fichier ne sont couverts par aucune signature.")


def _registre(emission: Empreinte | None) -> Controle:
    if emission is None:
        phrase = "Cette empreinte n’est pas au registre des documents émis par la plateforme."
        return Controle("Registre", False, phrase)
    version = emission.document.version_figee
    return Controle(
        "Registre",
        True,
        f"Ce fichier est au registre : {emission.document.demarche}, version {version.numero}.",
    )
