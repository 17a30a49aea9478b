"""L'argent réparti par année : les colonnes d'un tableau, et ce qui va dans chacune."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from feuille_de_route.documents.contenu import comptes
from feuille_de_route.documents.contenu.lecture import Lu, libelle, liste, nombre
from feuille_de_route.financement import ZERO
from feuille_de_route.models import EtatFinancement, NatureDepense, TypeFinanceur

ANNEES_MAX = 5  # au-delà, le tableau ne tient plus dans la largeur d'une page
Datees = list[tuple[int | None, Decimal]]


class Colonnes(NamedTuple):
    """Une par année, puis une pour ce qui vaut toute la durée (`sans_annee`) ; le total les suit."""

    annees: list[int]
    sans_annee: bool

    @property
    def titres(self) -> list[str]:
        return [*map(str, self.annees), *(["Toute la durée"] if self.sans_annee else [])]

    @property
    def cles(self) -> list[int | None]:
        return [*self.annees, *([None] if self.sans_annee else [])]

    def cellules(self, datees: Datees) -> list[str]:
        return [comptes.chiffre(somme(m for a, m in datees if a == cle)) for cle in self.cles]


def somme(montants: Iterable[Decimal]) -> Decimal:
    return sum(montants, ZERO)


def colonnes(fiches: list[Lu]) -> Colonnes:
    """Celles qu'il faut pour ces fiches ; aucune s'il y a trop d'années, ou une seule et rien d'autre."""
    depenses, ressources = depenses_de(fiches), financements_de(fiches)
    annees = sorted({a for a, _ in depenses + ressources if a is not None})
    sans_annee = any(a is None and m for a, m in ressources)
    if len(annees) > ANNEES_MAX or len(annees) + sans_annee < 2:
        return Colonnes([], sans_annee=False)
    return Colonnes(annees, sans_annee)


def depenses_de(fiches: list[Lu], nature: str | None = None) -> Datees:
    lignes = (ligne for fiche in fiches for ligne in liste(fiche, "budget"))
    gardees = (ligne for ligne in lignes if nature in (None, ligne["nature"]))
    return [(ligne["annee"], comptes.lire(ligne["montant"])) for ligne in gardees]


def financements_de(fiches: list[Lu], type_: str | None = None, *, acquis: bool = False) -> Datees:
    """Ce qui compte dans l'équilibre (voir comptes.retenu)."""
    tous = (f for fiche in fiches for f in liste(fiche, "financements"))
    gardes = (f for f in tous if type_ in (None, f["type"]))
    gardes = (f for f in gardes if not acquis or f["etat"] == EtatFinancement.ACQUIS)
    return [(f["annee"], comptes.retenu(f)) for f in gardes]


def consolide(fiches: list[Lu]) -> dict:
    """Dépenses par nature et financements par type, année par année, au centime."""
    cols = colonnes(fiches)
    natures = {ligne["nature"] for fiche in fiches for ligne in liste(fiche, "budget")}
    types = {f["type"] for fiche in fiches for f in liste(fiche, "financements")}
    return {
        "titres": cols.titres,
        "depenses": [
            _rangee(libelle(NatureDepense, n), depenses_de(fiches, n), cols)
            for n in NatureDepense.values
            if n in natures
        ],
        "cout": _rangee("Coût prévu", depenses_de(fiches), cols),
        "etp": _etp(fiches, cols),
        "financements": [_par_type(t, fiches, cols) for t in TypeFinanceur.values if t in types],
        "finance": _financee("Financements", fiches, None, cols),
        "a_trouver": a_trouver(fiches, cols),
    }


def _rangee(nom: str, datees: Datees, cols: Colonnes) -> dict:
    total = comptes.chiffre(somme(m for _, m in datees))
    return {"nom": nom, "cellules": cols.cellules(datees), "total": total}


def _etp(fiches: list[Lu], cols: Colonnes) -> list[str]:
    """Les postes de chaque année, en équivalents temps plein ; rien s'il n'y en a pas, ou pas de colonnes."""
    lignes = [ligne for fiche in fiches for ligne in liste(fiche, "budget") if ligne["etp"]]
    if not lignes:
        return []
    sommes = (somme(comptes.lire(ligne["etp"]) for ligne in lignes if ligne["annee"] == a) for a in cols.cles)
    return [nombre(str(s)) if s else "–" for s in sommes]


def _par_type(type_: str, fiches: list[Lu], cols: Colonnes) -> dict:
    noms = {
        f["financeur"]: None for fiche in fiches for f in liste(fiche, "financements") if f["type"] == type_
    }
    nom = libelle(TypeFinanceur, type_)
    autres = [n for n in noms if n and n != nom]
    return _financee(nom, fiches, type_, cols) | {"detail": ", ".join(autres)}


def _financee(nom: str, fiches: list[Lu], type_: str | None, cols: Colonnes) -> dict:
    toutes = financements_de(fiches, type_)
    acquis = somme(m for _, m in financements_de(fiches, type_, acquis=True))
    espere = somme(m for _, m in toutes) - acquis
    return _rangee(nom, toutes, cols) | {"acquis": comptes.chiffre(acquis), "espere": comptes.chiffre(espere)}


def a_trouver(fiches: list[Lu], cols: Colonnes) -> dict:
    """Année par année si tous les financements sont datés ; sinon, le seul total a un sens."""
    depenses, ressources = depenses_de(fiches), financements_de(fiches)

    def reste(cle: int | None) -> str:
        manque = somme(m for a, m in depenses if a == cle) - somme(m for a, m in ressources if a == cle)
        return comptes.solde(manque)

    total = comptes.solde(somme(m for _, m in depenses) - somme(m for _, m in ressources))
    cellules = [""] * len(cols.cles) if cols.sans_annee else [reste(cle) for cle in cols.cles]
    return {"nom": "À trouver", "cellules": cellules, "total": total}
