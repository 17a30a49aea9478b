"""Le compte d'une fiche : ce qu'elle coûte, ce qui est acquis, ce qui manque. Montants en euros, Decimal."""

from decimal import Decimal
from typing import NamedTuple

from feuille_de_route.models import EtatFinancement, FicheAction

ZERO = Decimal("0.00")


class Compte(NamedTuple):
    """`budget` prévu ; `acquis` obtenu ; `espere` demandé et ni acquis ni refusé."""

    budget: Decimal
    acquis: Decimal
    espere: Decimal

    @property
    def finance(self) -> Decimal:
        return self.acquis + self.espere

    @property
    def solde(self) -> Decimal:
        """Positif : il manque cette somme ; négatif : les financements dépassent le budget."""
        return self.budget - self.finance

    @property
    def phrase(self) -> str:
        if self.solde > 0:
            return f"il manque {montant(self.solde)}"
        if self.solde < 0:
            return f"les financements dépassent le budget de {montant(-self.solde)}"
        return "le plan est équilibré"


def montant(valeur: Decimal) -> str:
    """« 12 000 € », « 1 234,50 € » : espaces insécables fines, virgule, centimes s'il y en a."""
    centimes = valeur.quantize(Decimal("0.01"))
    texte = f"{centimes:,.2f}".replace(",", "\u202f").replace(".", ",")
    return texte.removesuffix(",00") + "\u00a0€"


def compte(fiche: FicheAction) -> Compte:
    """Le compte d'une fiche dont `lignes_budget` et `financements` sont de préférence préchargés."""
    financements = list(fiche.financements.all())
    return Compte(
        budget=sum((ligne.montant for ligne in fiche.lignes_budget.all()), ZERO),
        acquis=sum((f.obtenu or ZERO for f in financements if f.etat == EtatFinancement.ACQUIS), ZERO),
        espere=sum(
            (
                f.demande
                for f in financements
                if f.etat in {EtatFinancement.ENVISAGE, EtatFinancement.SOLLICITE}
            ),
            ZERO,
        ),
    )


def additionner(comptes: list[Compte]) -> Compte:
    return (
        Compte(*(sum(colonne, ZERO) for colonne in zip(*comptes, strict=True)))
        if comptes
        else Compte(ZERO, ZERO, ZERO)
    )
