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
from gouvernance.socle import coffre

DATE_FIXE = (2020, 1, 1, 0, 0, 0)  # même contenu → mêmes octets

# Codes de l'ANCT (DOMAINE §1).
COMITES = {"copil": "strategique", "cotech": "technique", "partenarial": "consultatif"}
PERIMETRES = {"departemental": "departemental", "groupement": "groupementsDeCommunes", "regional": "regional"}
SUBVENTIONS = {"envisage": "enCours", "sollicite": "deposee", "acquis": "acceptee", "refuse": "refusee"}
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


def tables(donnees: dict) -> dict[str, list[list]]:
    """Les tables du paquet, titres compris : feuille_de_route, membres, comites, actions, financements,
    besoins.
    """
    noms = {s["ref"]: s["nom"] for s in donnees.get("structures") or []}
    return {
        "feuille_de_route": _table_feuille(donnees, noms),
        "membres": _table_membres(donnees, noms),
        "comites": _table_comites(donnees),
        "actions": _table_actions(donnees, noms),
        "financements": _table_financements(donnees),
        "besoins": [["rang", "code", "precision"]]
        + [[b["rang"], b["code"], b.get("precision")] for b in donnees.get("besoins") or []],
    }


def _table_feuille(donnees: dict, noms: dict[str, str]) -> list[list]:
    d = donnees["demarche"]
    departement = d["departement"]
    return [
        ["identifiant", "nom", "departement", "perimetre", "porteur", "debut", "fin", "contrat", "epci"],
        [
            d.get("identifiant"), d["nom"], departement["code"], PERIMETRES.get(d.get("perimetre")),
            noms.get(d.get("porteur")), d.get("debut"), d.get("fin"), d.get("contrat"),
            "|".join(e["siren"] for e in d.get("epcis") or []),
        ],
    ]  # fmt: skip


def _table_membres(donnees: dict, noms: dict[str, str]) -> list[list]:
    structures = {s["ref"]: s for s in donnees.get("structures") or []}
    lignes = [["structure", "siret", "college", "co_porteur", "statut"]]
    for membre in donnees.get("membres") or []:
        structure = structures[membre["structure"]]
        college = structure.get("college") or {}
        lignes.append([
            structure["nom"], structure.get("siret"), college.get("code"),
            "oui" if membre.get("co_porteur") else "non", membre.get("statut"),
        ])  # fmt: skip
    return lignes


def _table_comites(donnees: dict) -> list[list]:
    lignes = [["nom", "type", "frequence"]]
    for instance in donnees.get("instances") or []:
        type_anct = COMITES.get(instance["type"], "autre")
        lignes.append([instance.get("nom") or instance["type"], type_anct, instance.get("frequence")])
    return lignes


def _table_actions(donnees: dict, noms: dict[str, str]) -> list[list]:
    axes = {}
    for axe in donnees.get("axes") or []:
        axes[axe["ref"]] = axe["intitule"]
        axes |= {sous["ref"]: sous["intitule"] for sous in axe.get("sous_axes") or []}
    lignes = [["numero", "titre", "axe", "nature", "structure_porteuse", "debut", "fin", "budget_eur"]]
    for fiche in donnees.get("fiches") or []:
        budget = sum((Decimal(ligne["montant"]) for ligne in fiche.get("budget") or []), Decimal("0.00"))
        lignes.append([
            fiche["numero"], fiche["titre"], axes.get(fiche.get("axe")), fiche.get("nature"),
            noms.get(fiche.get("structure_porteuse")), fiche.get("debut"), fiche.get("fin"), budget,
        ])  # fmt: skip
    return lignes


def _table_financements(donnees: dict) -> list[list]:
    lignes = [["action", "financeur", "type", "dispositif", "demande_eur", "obtenu_eur", "statut"]]
    for fiche in donnees.get("fiches") or []:
        for f in fiche.get("financements") or []:
            obtenu = Decimal(f["obtenu"]) if f.get("obtenu") is not None else None
            lignes.append([
                fiche["numero"], f["financeur"], f["type"], f.get("dispositif"),
                Decimal(f["demande"]), obtenu, SUBVENTIONS[f["etat"]],
            ])  # fmt: skip
    return lignes


def _csv(lignes: list[list]) -> bytes:
    """Point-virgule, UTF-8 avec marque d'ordre (Excel français) ; aucun texte n'y est une formule
    (FIABILITE §1).
    """
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
