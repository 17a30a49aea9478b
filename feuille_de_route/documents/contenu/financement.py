"""Le plan de financement de toute la feuille de route : en tout, par année, par fiche, par enveloppe."""

from feuille_de_route.documents.contenu import annees, comptes
from feuille_de_route.documents.contenu.lecture import Dossier, Lu, jour, libelle, liste
from feuille_de_route.models import EtatDemande


def financement(dossier: Dossier, fiches: list[Lu]) -> dict | None:
    """None si rien n'est chiffré."""
    consolide = comptes.consolide(fiches)
    if consolide is None:
        return None
    return consolide | {"annees": annees.consolide(fiches), "enveloppes": _enveloppes(dossier)}


def _enveloppes(dossier: Dossier) -> list[dict]:
    """Chaque enveloppe de l'État, sa part pour le département, et ce que l'on y demande."""
    demandes = liste(dossier.donnees, "demandes_subvention")
    return [
        {
            "nom": enveloppe["nom"],
            "plafond": comptes.euros(comptes.lire(enveloppe["plafond"])) if enveloppe["plafond"] else "",
            "demandes": [_demande(d, dossier) for d in demandes if d["enveloppe"] == enveloppe["nom"]],
        }
        for enveloppe in liste(dossier.donnees, "enveloppes")
    ]


def _demande(demande: Lu, dossier: Dossier) -> dict:
    fiche = dossier.de(demande["fiche"])
    demandes = comptes.lire(demande["montant_etp"]) + comptes.lire(demande["montant_prestation"])
    accorde = demande["accorde"]
    return {
        "fiche": f"{fiche['numero']}. {fiche['titre']}",
        "beneficiaire": dossier.structure(demande["beneficiaire"]),
        "montant": comptes.euros(demandes),
        "accorde": comptes.euros(comptes.lire(accorde)) if accorde is not None else "",
        "etat": libelle(EtatDemande, demande["etat"] or EtatDemande.BROUILLON).lower(),
        "le": jour(demande["decidee_le"] or demande["deposee_le"]),
        "objet": demande["objet"] or "",
    }
