"""La feuille « Lignes » : chaque dépense et chaque financement, un par ligne, avec ses clés numériques."""

from collections.abc import Iterator
from typing import NamedTuple

from feuille_de_route.argent.consolidation import Consolide, LigneFiche, cle_du_nom
from feuille_de_route.financement import ESPERES
from feuille_de_route.models import (
    EtatFinancement,
    Financement,
    LigneBudget,
    NatureDepense,
    TypeFinanceur,
)
from gouvernance.socle.tableur import Classeur, Colonne, Formule

FEUILLE, DEPENSE, FINANCEMENT, INCONNU = "Lignes", "Dépense", "Financement", "inconnu"
PAQUET = 2000
COLONNES = [
    Colonne("N° fiche", 8, "entier"), Colonne("Fiche", 40), Colonne("État de la fiche", 14),
    Colonne("N° axe", 7, "entier"), Colonne("Axe", 36), Colonne("Genre", 13),
    Colonne("Nature ou type", 18), Colonne("N° financeur", 11, "entier"),
    Colonne("Dépense ou financeur", 34), Colonne("Dispositif", 22),
    Colonne("Année", 11, "entier"), Colonne("État du financement", 14),
    Colonne("Dépense prévue", 15, "euros"), Colonne("Dépense réalisée", 15, "euros"),
    Colonne("ETP", 7, "nombre"), Colonne("Demandé", 15, "euros"), Colonne("Obtenu", 15, "euros"),
    Colonne("Acquis", 15, "euros"), Colonne("Espéré", 15, "euros"),
]  # fmt: skip


class Plage(NamedTuple):
    """Les lignes écrites, de 2 à `derniere` : de quoi sommer une colonne sous conditions."""

    derniere: int

    def somme_si(self, colonne: str, **criteres: str) -> str:
        """`somme_si("M", A="$A5", K="2026")` : la formule SUMIFS ; une clé par colonne de « Lignes »."""
        conditions = ",".join(f"{self._de(cle)},{valeur}" for cle, valeur in criteres.items())
        return f"=SUMIFS({self._de(colonne)},{conditions})"

    def _de(self, colonne: str) -> str:
        return f"{FEUILLE}!${colonne}$2:${colonne}${self.derniere}"


def ecrire_les_lignes(classeur: Classeur, plan: Consolide, numeros: dict, sans_annee: str) -> Plage:
    feuille = classeur.feuille(FEUILLE, COLONNES, 2)
    feuille.entetes()
    debuts = _debuts(plan)
    cles = list(debuts)
    for fiche, *valeurs in _depenses(cles):
        feuille.ligne([*debuts[fiche], *valeurs])
    for financement in _financements(cles):
        numero = numeros[financement.type, cle_du_nom(financement.financeur)]
        suite = _financement(financement, numero, sans_annee, feuille.suivante)
        feuille.ligne([*debuts[financement.fiche_id], *suite])
    feuille.filtrer(1)
    return Plage(max(feuille.suivante - 1, 2))


def _debuts(plan: Consolide) -> dict[int, list]:
    """Identifiant de fiche → ses cinq premières cellules."""
    axes = {ligne.axe.pk if ligne.axe else None: (n, ligne.titre) for n, ligne in enumerate(plan.par_axe, 1)}

    def debut(ligne: LigneFiche) -> list:
        fiche = ligne.fiche
        return [fiche.numero, fiche.titre, fiche.get_etat_display(), *axes[fiche.axe_id]]

    return {ligne.fiche.pk: debut(ligne) for ligne in plan.par_fiche}


def _depenses(cles: list[int]) -> Iterator[list]:
    lignes = LigneBudget.objects.filter(fiche__in=cles).order_by("fiche__numero", "annee", "pk")
    champs = lignes.values_list("fiche", "nature", "libelle", "annee", "montant", "realise", "etp")
    for fiche, nature, libelle, annee, montant, realise, etp in champs.iterator(PAQUET):
        libelle_nature = NatureDepense(nature).label
        yield [fiche, DEPENSE, libelle_nature, None, libelle, None, annee, None, montant, realise, etp]


def _financements(cles: list[int]) -> Iterator[Financement]:
    lignes = Financement.objects.filter(fiche__in=cles).order_by("fiche__numero", "pk")
    return lignes.iterator(PAQUET)


def _financement(f: Financement, numero: int, sans_annee: str, n: int) -> list:
    """Les cellules d'un financement ; un montant espéré qu'on ignore s'écrit « inconnu », pas zéro."""
    espere = f.etat in ESPERES
    demande = INCONNU if espere and f.demande is None else f.demande
    acquis = f.obtenu if f.etat == EtatFinancement.ACQUIS else 0
    envisage, sollicite = (etat.label for etat in ESPERES)
    return [
        FINANCEMENT, TypeFinanceur(f.type).label, numero, f.financeur, f.dispositif, f.annee or sans_annee,
        f.get_etat_display(), None, None, None, demande, f.obtenu,
        Formule(f'=IF(L{n}="{EtatFinancement.ACQUIS.label}",Q{n},0)', acquis),
        Formule(f'=IF(OR(L{n}="{envisage}",L{n}="{sollicite}"),P{n},0)', demande if espere else 0),
    ]  # fmt: skip
