"""Les demandes de subvention en XLSX, aux codes de l'ANCT."""

from django.db.models import QuerySet

from feuille_de_route.argent.subventions import CODES_ANCT
from feuille_de_route.models import DemandeSubvention
from gouvernance.socle.tableur import Classeur, Colonne

COLONNES = [
    Colonne("Bénéficiaire", 30, "long"), Colonne("SIRET", 16), Colonne("Enveloppe", 24, "long"),
    Colonne("Année", 8, "entier"), Colonne("N° fiche", 8, "entier"), Colonne("Fiche", 40, "long"),
    Colonne("Statut (code ANCT)", 12), Colonne("État", 20), Colonne("Budget global", 15, "euros"),
    Colonne("Demandé – postes", 15, "euros"), Colonne("Demandé – prestations", 15, "euros"),
    Colonne("Demandé", 15, "euros"), Colonne("Accordé", 15, "euros"), Colonne("Objet", 40, "long"),
    Colonne("Déposée le", 12, "date"), Colonne("Décidée le", 12, "date"), Colonne("Motif", 40, "long"),
]  # fmt: skip


def ecrire(flux, demandes: QuerySet[DemandeSubvention], *, titre: str) -> None:
    """`demandes` : celles que la personne voit."""
    with Classeur(flux, titre) as classeur:
        feuille = classeur.feuille("Demandes de subvention", COLONNES, 1)
        feuille.entetes()
        for demande in demandes.select_related("enveloppe", "fiche", "beneficiaire").iterator():
            feuille.ligne(_cellules(demande))
        feuille.filtrer(1)


def _cellules(d: DemandeSubvention) -> list:
    return [
        d.beneficiaire.nom, d.beneficiaire.siret, d.enveloppe.nom, d.enveloppe.annee, d.fiche.numero,
        d.fiche.titre, CODES_ANCT.get(d.etat, ""), d.get_etat_display(), d.budget, d.montant_etp,
        d.montant_prestation, d.montant, d.accorde, d.objet, d.deposee_le, d.decidee_le, d.motif,
    ]  # fmt: skip
