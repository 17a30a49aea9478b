"""Le paquet transmis à l'ANCT : un ZIP reproductible (PDF signé, JSON canonique, CSV aux codes de l'ANCT,
manifeste).
"""

import csv
import hashlib
import io
import json
import zipfile
from decimal import Decimal

from feuille_de_route.models import Transmission
from feuille_de_route.transmission.tables import tables
from gouvernance.socle import coffre

DATE_FIXE = (2020, 1, 1, 0, 0, 0)  # même contenu → mêmes octets

FORMULES = ("=", "+", "-", "@", "\t", "\r")


def assembler(transmission: Transmission) -> bytes:
    """Les octets du ZIP : fonction du document, de la version figée et de la référence seuls.

    Lève coffre.ObjetAbsent ou coffre.ObjetAltere si le PDF signé ne se relit pas.
    """
    document = transmission.document
    canonique = document.version_figee.canonique
    fichiers = {
        "feuille-de-route.pdf": coffre.lire(document.empreinte),
        "feuille-de-route.json": canonique.encode(),
        **{f"csv/{nom}.csv": _csv(lignes) for nom, lignes in tables(json.loads(canonique)).items()},
    }
    fichiers["manifeste.json"] = _manifeste(transmission, fichiers)
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, octets in sorted(fichiers.items()):
            archive.writestr(zipfile.ZipInfo(nom, DATE_FIXE), octets, zipfile.ZIP_DEFLATED)
    return tampon.getvalue()


def _manifeste(transmission: Transmission, fichiers: dict[str, bytes]) -> bytes:
    version = transmission.document.version_figee
    contenu = {
        "reference": transmission.reference,
        "demarche": transmission.demarche.identifiant,
        "version": version.numero,
        "empreinte_version": version.empreinte,
        "signature_complete": transmission.document.scelle_le is not None,
        "motif_sans_signature_complete": transmission.motif or None,
        "fichiers": {nom: hashlib.sha256(octets).hexdigest() for nom, octets in sorted(fichiers.items())},
    }
    return json.dumps(contenu, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _csv(lignes: list[list]) -> bytes:
    """Point-virgule, UTF-8 avec marque d'ordre (Excel français) ; aucun texte n'y est une formule."""
    tampon = io.StringIO()
    csv.writer(tampon, delimiter=";", lineterminator="\r\n").writerows(
        [_cellule(v) for v in ligne] for ligne in lignes
    )
    return tampon.getvalue().encode("utf-8-sig")


def _cellule(valeur) -> str:
    if valeur is None:
        return ""
    if isinstance(valeur, Decimal):
        return f"{valeur:.2f}".replace(".", ",")
    if isinstance(valeur, str) and valeur.lstrip(" ").startswith(FORMULES):
        return "'" + valeur
    return str(valeur)
