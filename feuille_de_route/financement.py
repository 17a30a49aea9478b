"""Le compte d'une fiche : ce qu'elle coûte, ce qui est acquis, ce qui manque. Montants en euros, Decimal."""

from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from feuille_de_route.models import EtatFinancement, FicheAction, Financement, LigneBudget, TypeFinanceur

ZERO = Decimal("0.00")
ESPERES = (EtatFinancement.ENVISAGE, EtatFinancement.SOLLICITE)
# En SQL : les mêmes sommes par l'ORM sont trois requêtes, et sept fois plus lentes.
SOMMES = """
SELECT fiche_id, SUM(budget), SUM(acquis), SUM(espere), SUM(ligne), SUM(valorise), SUM(refuse), SUM(realise),
       SUM(realises), SUM(inconnu), SUM(indicateur) FROM (
    SELECT fiche_id, montant AS budget, 0.00 AS acquis, 0.00 AS espere, 1 AS ligne, 0.00 AS valorise,
           0.00 AS refuse, COALESCE(realise, 0.00) AS realise, (realise IS NOT NULL)::int AS realises,
           0 AS inconnu, 0 AS indicateur
    FROM feuille_de_route_lignebudget WHERE fiche_id = ANY(%(fiches)s)
    UNION ALL
    SELECT fiche_id, 0.00, CASE WHEN etat = %(acquis)s THEN obtenu ELSE 0.00 END,
           CASE WHEN etat = ANY(%(esperes)s) THEN COALESCE(demande, 0.00) ELSE 0.00 END, 0,
           CASE WHEN type <> %(valorisation)s OR etat = %(refuse)s THEN 0.00
                WHEN etat = %(acquis)s THEN obtenu ELSE COALESCE(demande, 0.00) END,
           CASE WHEN etat = %(refuse)s THEN COALESCE(demande, 0.00) ELSE 0.00 END, 0.00, 0,
           (etat = ANY(%(esperes)s) AND demande IS NULL)::int, 0
    FROM feuille_de_route_financement WHERE fiche_id = ANY(%(fiches)s)
    UNION ALL
    SELECT fiche_id, 0.00, 0.00, 0.00, 0, 0.00, 0.00, 0.00, 0, 0, 1
    FROM feuille_de_route_indicateur WHERE fiche_id = ANY(%(fiches)s)
) AS parts GROUP BY fiche_id
"""
VALEURS = {
    "acquis": EtatFinancement.ACQUIS,
    "refuse": EtatFinancement.REFUSE,
    "esperes": list(ESPERES),
    "valorisation": TypeFinanceur.VALORISATION,
}


class Compte(NamedTuple):
    """`budget` prévu ; `acquis` obtenu ; `espere` demandé et ni acquis ni refusé ; `lignes` : nombre de
    lignes de budget (aucune n'est pas la même chose que zéro euro).

    `valorise` : la part en nature de l'acquis et de l'espéré ; `refuse` : demandé en vain, hors équilibre ;
    `realise` : dépensé, d'après les `realises` lignes qui le disent ; `inconnus` : nombre de financements
    espérés dont le montant n'est pas connu (ils ne valent pas zéro : le solde les annonce).
    """

    budget: Decimal = ZERO
    acquis: Decimal = ZERO
    espere: Decimal = ZERO
    lignes: int = 0
    valorise: Decimal = ZERO
    refuse: Decimal = ZERO
    realise: Decimal = ZERO
    realises: int = 0
    inconnus: int = 0

    @property
    def finance(self) -> Decimal:
        return self.acquis + self.espere

    @property
    def en_argent(self) -> Decimal:
        """Acquis et espéré, sans les apports en nature."""
        return self.finance - self.valorise

    @property
    def solde(self) -> Decimal:
        """Positif : il manque cette somme ; négatif : les financements dépassent le budget."""
        return self.budget - self.finance

    @property
    def phrase(self) -> str:
        """« il manque 12 000 € » ; « au plus », « au moins » quand un montant reste inconnu."""
        if self.solde > 0:
            return f"il manque {'au plus ' if self.inconnus else ''}{montant(self.solde)}{self._reserve}"
        if self.solde < 0:
            de = "d’au moins" if self.inconnus else "de"
            return f"les financements dépassent le budget {de} {montant(-self.solde)}{self._reserve}"
        return f"le plan est équilibré{self._reserve}"

    @property
    def _reserve(self) -> str:
        """Ce que le solde ne sait pas."""
        if not self.inconnus:
            return ""
        if self.inconnus == 1:
            return ", un financement n’étant pas chiffré"
        return f", {self.inconnus} financements n’étant pas chiffrés"

    @property
    def phrase_courte(self) -> str:
        """Pour une case de tableau."""
        if self.sens == "inconnu":
            return "non chiffré"
        phrase = self.phrase.removesuffix(self._reserve)
        if not self.solde:
            return "équilibré, à confirmer" if self.inconnus else "équilibré"
        return phrase.replace("les financements dépassent", "dépasse")

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
    return _compter(list(fiche.lignes_budget.all()), list(fiche.financements.all()))


def comptes_annuels(fiche: FicheAction) -> dict[int | None, Compte]:
    """Année → compte, dans l'ordre ; None : les financements sans année, qui valent pour toute la durée et
    n'entrent dans l'équilibre d'aucune. Sans requête si la fiche est préchargée comme pour `compte`.
    """
    lignes, financements = list(fiche.lignes_budget.all()), list(fiche.financements.all())
    annees = {ligne.annee for ligne in lignes} | {f.annee for f in financements}
    return {
        annee: _compter(
            [ligne for ligne in lignes if ligne.annee == annee], [f for f in financements if f.annee == annee]
        )
        for annee in sorted(annees, key=lambda a: a or 9999)
    }


def _compter(lignes: list[LigneBudget], financements: list[Financement]) -> Compte:
    realises = [ligne.realise for ligne in lignes if ligne.realise is not None]
    comptes_ = [f for f in financements if f.etat != EtatFinancement.REFUSE]
    return Compte(
        budget=sum((ligne.montant for ligne in lignes), ZERO),
        acquis=sum((retenu(f) for f in comptes_ if f.etat == EtatFinancement.ACQUIS), ZERO),
        espere=sum((retenu(f) for f in comptes_ if f.etat in ESPERES), ZERO),
        lignes=len(lignes),
        valorise=sum((retenu(f) for f in comptes_ if f.type == TypeFinanceur.VALORISATION), ZERO),
        refuse=sum((f.demande or ZERO for f in financements if f.etat == EtatFinancement.REFUSE), ZERO),
        realise=sum(realises, ZERO),
        realises=len(realises),
        inconnus=sum(f.etat in ESPERES and f.demande is None for f in financements),
    )


def retenu(financement: Financement) -> Decimal:
    """Ce qui compte dans l'équilibre : l'obtenu s'il est acquis, rien s'il est refusé, sinon le demandé."""
    if financement.etat == EtatFinancement.REFUSE:
        return ZERO
    acquis = financement.etat == EtatFinancement.ACQUIS
    return (financement.obtenu if acquis else financement.demande) or ZERO


def comptes(fiches) -> dict[int, Compte]:
    """Identifiant de fiche → compte, en une requête ; une fiche où rien n'est écrit n'y est pas."""
    return {pk: compte for pk, (compte, _) in comptes_et_indicateurs(fiches).items()}


def comptes_et_indicateurs(fiches) -> dict[int, tuple[Compte, int]]:
    """Identifiant de fiche → (compte, nombre d'indicateurs), en une requête.

    `fiches` : les identifiants, ou un queryset de fiches (une requête de plus).
    """
    cles = list(fiches.values_list("pk", flat=True)) if isinstance(fiches, QuerySet) else list(fiches)
    with connection.cursor() as curseur:
        curseur.execute(SOMMES, {"fiches": cles, **VALEURS})
        return {pk: (Compte(*sommes), nombre) for pk, *sommes, nombre in curseur.fetchall()}


def additionner(comptes) -> Compte:
    """La somme de plusieurs comptes ; vide s'il n'y en a aucun."""
    colonnes = zip(*comptes, strict=True)
    return Compte(*(sum(colonne[1:], colonne[0]) for colonne in colonnes))
