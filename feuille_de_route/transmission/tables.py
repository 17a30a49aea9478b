"""Les tables du paquet transmis, aux codes de l'ANCT, d'après la version figée et elle seule."""

from collections.abc import Iterator
from decimal import Decimal

from feuille_de_route.argent.subventions import CODES_ANCT

# Codes de l'ANCT.
COMITES = {"copil": "strategique", "cotech": "technique", "partenarial": "consultatif"}
PERIMETRES = {"departemental": "departemental", "groupement": "groupementsDeCommunes", "regional": "regional"}
STATUTS = {"envisage": "enCours", "sollicite": "deposee", "acquis": "acceptee", "refuse": "refusee"}


def tables(donnees: dict) -> dict[str, list[list]]:
    """Les tables du paquet, titres compris, par nom de fichier. Une clé absente (version 1.0 du format) y
    laisse une case vide.
    """
    noms = {s["ref"]: s["nom"] for s in donnees.get("structures") or []}
    return {
        "feuille_de_route": _table_feuille(donnees, noms),
        "membres": _table_membres(donnees, noms),
        "comites": _table_comites(donnees),
        "actions": _table_actions(donnees, noms),
        "depenses": _table_depenses(donnees),
        "financements": _table_financements(donnees),
        "subventions": _table_subventions(donnees),
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
    lignes = [[
        "numero", "titre", "axe", "nature", "structure_porteuse", "debut", "fin", "budget_eur",
        "co_pilotes", "publics", "services", "competences", "premier_resultat_rapide",
    ]]  # fmt: skip
    for fiche in donnees.get("fiches") or []:
        budget = sum((Decimal(ligne["montant"]) for ligne in fiche.get("budget") or []), Decimal("0.00"))
        lignes.append([
            fiche["numero"], fiche["titre"], axes.get(fiche.get("axe")), fiche.get("nature"),
            noms.get(fiche.get("structure_porteuse")), fiche.get("debut"), fiche.get("fin"), budget,
            "|".join(noms[ref] for ref in fiche.get("copilotes") or []),
            *("|".join(fiche.get(cle) or []) for cle in ("publics", "services", "competences")),
            "oui" if fiche.get("gain_rapide") else "non",
        ])  # fmt: skip
    return lignes


def _table_depenses(donnees: dict) -> list[list]:
    lignes = [["action", "annee", "nature", "libelle", "montant_eur", "etp"]]
    for fiche, ligne in _de_chaque_fiche(donnees, "budget"):
        lignes.append([
            fiche["numero"], ligne["annee"], ligne["nature"], ligne.get("libelle"),
            montant(ligne["montant"]), montant(ligne.get("etp")),
        ])  # fmt: skip
    return lignes


def _table_financements(donnees: dict) -> list[list]:
    """`annee` vide : le financement vaut pour toute la durée de l'action ; un montant vide est inconnu."""
    lignes = [["action", "financeur", "type", "dispositif", "annee", "demande_eur", "obtenu_eur", "statut"]]
    for fiche, f in _de_chaque_fiche(donnees, "financements"):
        lignes.append([
            fiche["numero"], f["financeur"], f["type"], f.get("dispositif"), f.get("annee"),
            montant(f.get("demande")), montant(f.get("obtenu")), STATUTS[f["etat"]],
        ])  # fmt: skip
    return lignes


def _de_chaque_fiche(donnees: dict, cle: str) -> Iterator[tuple[dict, dict]]:
    return ((fiche, ligne) for fiche in donnees.get("fiches") or [] for ligne in fiche.get(cle) or [])


def _table_subventions(donnees: dict) -> list[list]:
    structures = {s["ref"]: s for s in donnees.get("structures") or []}
    numeros = {f["ref"]: f["numero"] for f in donnees.get("fiches") or []}
    enveloppes = {e["nom"]: e for e in donnees.get("enveloppes") or []}
    lignes = [[
        "action", "enveloppe", "annee", "beneficiaire", "siret", "budget_eur", "etp_eur", "prestation_eur",
        "accorde_eur", "statut", "deposee_le", "decidee_le",
    ]]  # fmt: skip
    for d in donnees.get("demandes_subvention") or []:
        beneficiaire = structures[d["beneficiaire"]]
        lignes.append([
            numeros[d["fiche"]], d["enveloppe"], enveloppes[d["enveloppe"]]["annee"], beneficiaire["nom"],
            beneficiaire.get("siret"), montant(d["budget"]), montant(d["montant_etp"]),
            montant(d["montant_prestation"]), montant(d.get("accorde")), CODES_ANCT[d["etat"]],
            d.get("deposee_le"), d.get("decidee_le"),
        ])  # fmt: skip
    return lignes


def montant(texte: str | None) -> Decimal | None:
    return None if texte is None else Decimal(texte)
