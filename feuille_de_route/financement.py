"""Le compte d'une fiche : ce qu'elle coûte, ce qui est acquis, ce qui manque. Montants en euros, Decimal."""

from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from feuille_de_route.models import EtatFinancement, FicheAction

ZERO = Decimal("0.00")
ESPERES = (EtatFinancement.ENVISAGE, EtatFinancement.SOLLICITE)
# En SQL : les mêmes sommes par l'ORM sont trois requêtes, et sept fois plus lentes.
SOMMES = """
SELECT fiche_id, SUM(budget), SUM(acquis), SUM(espere), SUM(ligne), SUM(indicateur) FROM (
    SELECT fiche_id, montant AS budget, 0.00 AS acquis, 0.00 AS espere, 1 AS ligne, 0 AS indicateur
    FROM feuille_de_route_lignebudget WHERE fiche_id = ANY(%(fiches)s)
    UNION ALL
    SELECT fiche_id, 0.00, CASE WHEN etat = %(acquis)s THEN obtenu ELSE 0.00 END,
           CASE WHEN etat = ANY(%(esperes)s) THEN COALESCE(demande, 0.00) ELSE 0.00 END, 0, 0
    FROM feuille_de_route_financement WHERE fiche_id = ANY(%(fiches)s)
    UNION ALL
    SELECT fiche_id, 0.00, 0.00, 0.00, 0, 1
    FROM feuille_de_route_indicateur WHERE fiche_id = ANY(%(fiches)s)
) AS parts GROUP BY fiche_id
"""


class Compte(NamedTuple):
    """`budget` prévu ; `acquis` obtenu ; `espere` demandé et ni acquis ni refusé ; `lignes` : nombre de
    lignes de budget (aucune n'est pas la même chose que zéro euro).
    """

    budget: Decimal = ZERO
    acquis: Decimal = ZERO
    espere: Decimal = ZERO
    lignes: int = 0

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

    @property
    def phrase_courte(self) -> str:
        """Pour une case de tableau."""
        if not self.lignes and not self.finance:
            return "non chiffré"
        return "équilibré" if not self.solde else self.phrase.replace("les financements dépassent", "dépasse")

    @property
    def sens(self) -> str:
        """« manque », « depasse », « equilibre » ou « inconnu » : la couleur, qui redouble les mots."""
        if not self.lignes and not self.finance:
            return "inconnu"
        return "manque" if self.solde > 0 else "depasse" if self.solde < 0 else "equilibre"


def montant(valeur: Decimal) -> str:
    """« 12 000 € », « 1 234,50 € » : espaces insécables fines, virgule, centimes s'il y en a."""
    centimes = valeur.quantize(Decimal("0.01"))
    texte = f"{centimes:,.2f}".replace(",", "\u202f").replace(".", ",")
    return texte.removesuffix(",00") + "\u00a0€"


def compte(fiche: FicheAction) -> Compte:
    """Le compte d'une fiche dont `lignes_budget` et `financements` sont de préférence préchargés."""
    lignes, financements = list(fiche.lignes_budget.all()), list(fiche.financements.all())
    return Compte(
        budget=sum((ligne.montant for ligne in lignes), ZERO),
        acquis=sum((f.obtenu or ZERO for f in financements if f.etat == EtatFinancement.ACQUIS), ZERO),
        espere=sum((f.demande or ZERO for f in financements if f.etat in ESPERES), ZERO),
        lignes=len(lignes),
    )


def comptes(fiches) -> dict[int, Compte]:
    """Identifiant de fiche → compte, en une requête ; une fiche où rien n'est écrit n'y est pas."""
    return {pk: compte for pk, (compte, _) in comptes_et_indicateurs(fiches).items()}


def comptes_et_indicateurs(fiches) -> dict[int, tuple[Compte, int]]:
    """Identifiant de fiche → (compte, nombre d'indicateurs), en une requête.

    `fiches` : les identifiants, ou un queryset de fiches (une requête de plus).
    """
    cles = list(fiches.values_list("pk", flat=True)) if isinstance(fiches, QuerySet) else list(fiches)
    valeurs = {"fiches": cles, "acquis": EtatFinancement.ACQUIS, "esperes": list(ESPERES)}
    with connection.cursor() as curseur:
        curseur.execute(SOMMES, valeurs)
        return {pk: (Compte(*sommes), nombre) for pk, *sommes, nombre in curseur.fetchall()}


def additionner(comptes: list[Compte]) -> Compte:
    """La somme de plusieurs comptes ; vide si la liste l'est."""
    return Compte(
        budget=sum((c.budget for c in comptes), ZERO),
        acquis=sum((c.acquis for c in comptes), ZERO),
        espere=sum((c.espere for c in comptes), ZERO),
        lignes=sum(c.lignes for c in comptes),
    )
