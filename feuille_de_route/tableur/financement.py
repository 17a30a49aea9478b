"""Le plan de financement en XLSX, à totaux vivants : « Lignes » porte les montants, le reste en est fait de
formules. Corriger un montant ou un état dans « Lignes » corrige tous les totaux du classeur.
"""

from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from feuille_de_route.argent.consolidation import (
    ACQUIS,
    ESPERE,
    Apport,
    Consolide,
    LigneFiche,
    LigneFinanceur,
)
from feuille_de_route.financement import ZERO
from feuille_de_route.models import EtatFinancement
from feuille_de_route.tableur.lignes import FEUILLE, Plage, ecrire_les_lignes
from gouvernance.models import Demarche
from gouvernance.socle.tableur import Classeur, Colonne, Feuille, Formule, lettre
from gouvernance.templatetags.feuille import date_longue

PLAN, AXES, FINANCEURS = "Plan de financement", "Par axe", "Par financeur"
BUDGET, APPORT, RESTE = "Budget prévu", "Financement", "Reste à trouver"
SANS_ANNEE = "Sans année"
FIXES = 6  # colonnes qui précèdent les années dans le plan


class Cadre(NamedTuple):
    """Ce que partagent les feuilles : le plan, où sont les lignes, le numéro de chaque financeur."""

    plan: Consolide
    plage: Plage
    numeros: dict[tuple[str, str], int]
    premiere: int = 4  # ligne des titres


def ecrire(flux, plan: Consolide, *, demarche: Demarche, precision: str) -> None:
    """Le classeur de quatre feuilles. `precision` : quelles fiches y sont, en une phrase."""
    with Classeur(flux, f"Plan de financement – {demarche.nom}") as classeur:
        feuilles = [
            classeur.feuille(PLAN, _colonnes_du_plan(plan), 2),
            classeur.feuille(AXES, COLONNES_AXES, 2),
            classeur.feuille(FINANCEURS, COLONNES_FINANCEURS, 2),
        ]
        numeros = {(li.type, li.cle): n for n, li in enumerate(plan.par_financeur, start=1)}
        cadre = Cadre(plan, ecrire_les_lignes(classeur, plan, numeros, SANS_ANNEE), numeros)
        for feuille, nom in zip(feuilles, (PLAN, AXES, FINANCEURS), strict=True):
            feuille.phrase(f"{nom} – {demarche.nom}", "titre")
            feuille.phrase(f"{precision} État au {date_longue(timezone.now())}. Montants en euros.")
            feuille.phrase(f"Les totaux se recalculent : ils viennent de la feuille « {FEUILLE} ».")
            feuille.entetes()
        _plan(feuilles[0], cadre)
        _axes(feuilles[1], cadre)
        _financeurs(feuilles[2], cadre)


def _colonnes_du_plan(plan: Consolide) -> list[Colonne]:
    annees = [Colonne(str(annee), 14, "euros") for annee in plan.annees]
    return [
        Colonne("N° fiche", 8, "entier"), Colonne("Fiche", 58, "long"), Colonne("Ligne", 15),
        Colonne("N° financeur", 11, "entier"), Colonne("Financeur", 32, "long"), Colonne("Type", 16),
        *annees, Colonne(SANS_ANNEE, 14, "euros"), Colonne("Total", 15, "euros"),
        Colonne("dont acquis", 14, "euros"), Colonne("dont espéré", 14, "euros"),
    ]  # fmt: skip


def _plan(feuille: Feuille, cadre: Cadre) -> None:
    for ligne in cadre.plan.par_fiche:
        _fiche(feuille, cadre, ligne)
    derniere = feuille.suivante - 1
    if derniere > cadre.premiere:
        for quoi in (BUDGET, APPORT, RESTE):
            _total_du_plan(feuille, cadre, quoi, derniere)


def _fiche(feuille: Feuille, cadre: Cadre, ligne: LigneFiche) -> None:
    """Le budget de la fiche, une ligne par financeur, et ce qui reste à trouver."""
    fiche, nombre = ligne.fiche, feuille.suivante
    budgets = [case.somme for case in ligne.budgets]
    cellules = [_somme_si(cadre, "M", b, rang, nombre, financeur=False) for rang, b in enumerate(budgets)]
    total = _sommer(nombre, len(budgets), ligne.compte.budget)
    feuille.ligne([fiche.numero, fiche.titre, BUDGET, None, None, None, *cellules, total], "fort")
    for apports in _par_financeur(ligne.apports):
        _apport(feuille, cadre, fiche, apports)
    fin = feuille.suivante - 1
    restes = [b - sum((a.cases[i].somme for a in ligne.apports if a.issue in {ACQUIS, ESPERE}), ZERO)
              for i, b in enumerate(budgets)]  # fmt: skip
    cellules = []
    for rang, reste in enumerate([*restes, ligne.compte.solde]):
        colonne = lettre(FIXES + rang)
        apports_ = f"-SUM({colonne}{nombre + 1}:{colonne}{fin})" if fin > nombre else ""
        cellules.append(Formule(f"={colonne}{nombre}{apports_}", reste))
    feuille.ligne([fiche.numero, None, RESTE, None, None, None, *cellules], "alerte")


def _par_financeur(apports: list[Apport]) -> list[list[Apport]]:
    """Acquis et espéré d'un même financeur sur une ligne ; le refusé reste dans « Lignes »."""
    groupes: dict = {}
    for apport in apports:
        if apport.issue in {ACQUIS, ESPERE}:
            groupes.setdefault((apport.type, apport.cle), []).append(apport)
    return list(groupes.values())


def _apport(feuille: Feuille, cadre: Cadre, fiche, apports: list[Apport]) -> None:
    premier, nombre = apports[0], feuille.suivante
    sommes = [sum((a.cases[i].somme for a in apports), ZERO) for i in range(len(premier.cases))]
    acquis, espere = (sum((a.total.somme for a in apports if a.issue == i), ZERO) for i in (ACQUIS, ESPERE))
    cellules = []
    for rang, somme in enumerate(sommes):
        deux = [_somme_si(cadre, c, somme, rang, nombre, financeur=True).texte[1:] for c in "RS"]
        cellules.append(Formule(f"={'+'.join(deux)}", somme))
    issues = [Formule(cadre.plage.somme_si(c, A=f"$A{nombre}", H=f"$D{nombre}"), v)
              for c, v in (("R", acquis), ("S", espere))]  # fmt: skip
    numero = cadre.numeros[premier.type, premier.cle]
    total = _sommer(nombre, len(sommes), acquis + espere)
    debut = [fiche.numero, fiche.titre, APPORT, numero, premier.financeur, premier.libelle_type]
    feuille.ligne([*debut, *cellules, total, *issues])


def _somme_si(cadre: Cadre, colonne: str, valeur, rang: int, nombre: int, *, financeur: bool) -> Formule:
    """La somme d'une colonne de « Lignes » pour la fiche, l'année et le financeur de la case."""
    criteres = {"A": f"$A{nombre}", "K": _critere_d_annee(cadre.plan, rang)}
    if financeur:
        criteres["H"] = f"$D{nombre}"
    return Formule(cadre.plage.somme_si(colonne, **criteres), valeur)


def _critere_d_annee(plan: Consolide, rang: int) -> str:
    return str(plan.annees[rang]) if rang < len(plan.annees) else f'"{SANS_ANNEE}"'


def _sommer(nombre: int, colonnes: int, valeur: Decimal) -> Formule:
    """Le total d'une ligne du plan."""
    return Formule(f"=SUM({lettre(FIXES)}{nombre}:{lettre(FIXES + colonnes - 1)}{nombre})", valeur)


def _total_du_plan(feuille: Feuille, cadre: Cadre, quoi: str, derniere: int) -> None:
    premiere, plan = cadre.premiere + 1, cadre.plan
    annees = {ligne.annee: ligne.compte for ligne in plan.par_annee}
    comptes = [annees.get(annee) for annee in [*plan.annees, None]] + [plan.total]
    valeurs = [_valeur(compte, quoi) if compte else ZERO for compte in comptes]
    if quoi == APPORT:
        valeurs += [plan.total.acquis, plan.total.espere]
    cellules = []
    for rang, valeur in enumerate(valeurs):
        colonne = lettre(FIXES + rang)
        plage = f"{colonne}${premiere}:{colonne}${derniere}"
        cellules.append(Formule(f'=SUMIF($C${premiere}:$C${derniere},"{quoi}",{plage})', valeur))
    feuille.ligne([None, f"Total – {quoi.lower()}", None, None, None, None, *cellules], "total")


def _valeur(compte, quoi: str) -> Decimal:
    return {BUDGET: compte.budget, APPORT: compte.finance, RESTE: compte.solde}[quoi]


COLONNES_AXES = [
    Colonne("N°", 6, "entier"), Colonne("Axe", 60), Colonne("Fiches", 8, "entier"),
    *(Colonne(titre, 15, "euros") for titre in (
        "Budget prévu", "Réalisé", "Acquis", "Espéré", "dont en nature", "Reste à trouver")),
]  # fmt: skip


def _axes(feuille: Feuille, cadre: Cadre) -> None:
    valorise = EN_NATURE
    for numero, ligne in enumerate(cadre.plan.par_axe, start=1):
        n, compte = feuille.suivante, ligne.compte
        par = {"D": f"$A{n}"}
        nature = [cadre.plage.somme_si(c, **par, G=f'"{valorise}"')[1:] for c in "RS"]
        feuille.ligne([
            numero, ligne.titre, ligne.fiches,
            *(Formule(cadre.plage.somme_si(c, **par), v) for c, v in (
                ("M", compte.budget), ("N", compte.realise), ("R", compte.acquis), ("S", compte.espere))),
            Formule(f"={'+'.join(nature)}", compte.valorise),
            Formule(f"=D{n}-F{n}-G{n}", compte.solde),
        ])  # fmt: skip
    _totaux(feuille, cadre, [None, "Total"], "C", _valeurs_d_axe(cadre.plan))


def _valeurs_d_axe(plan: Consolide) -> list:
    total = plan.total
    return [sum(li.fiches for li in plan.par_axe), total.budget, total.realise, total.acquis, total.espere,
            total.valorise, total.solde]  # fmt: skip


EN_NATURE = "Valorisation"
COLONNES_FINANCEURS = [
    Colonne("N°", 6, "entier"), Colonne("Financeur", 44), Colonne("Type", 18),
    Colonne("En nature", 10),
    *(Colonne(titre, 15, "euros") for titre in ("Acquis", "Espéré", "Total", "Refusé")),
]  # fmt: skip


def _financeurs(feuille: Feuille, cadre: Cadre) -> None:
    for numero, ligne in enumerate(cadre.plan.par_financeur, start=1):
        feuille.ligne(_financeur(feuille.suivante, cadre, numero, ligne))
    total, fin = cadre.plan.total, feuille.suivante - 1
    valeurs = [total.acquis, total.espere, total.finance, total.refuse]
    _totaux(feuille, cadre, [None, "Total", None, None], "E", valeurs)
    if fin > cadre.premiere:
        plage = f"$D${cadre.premiere + 1}:$D${fin}"
        somme = f'=SUMIF({plage},"Oui",G${cadre.premiere + 1}:G${fin})'
        feuille.ligne(
            [None, "dont en nature", None, None, None, None, Formule(somme, total.valorise)], "alerte"
        )


def _financeur(n: int, cadre: Cadre, numero: int, ligne: LigneFinanceur) -> list:
    par, refuse = {"H": f"$A{n}"}, EtatFinancement.REFUSE.label
    return [
        numero, ligne.financeur, ligne.libelle_type, ligne.en_nature,
        Formule(cadre.plage.somme_si("R", **par), ligne.compte.acquis),
        Formule(cadre.plage.somme_si("S", **par), ligne.compte.espere),
        Formule(f"=E{n}+F{n}", ligne.compte.finance),
        Formule(cadre.plage.somme_si("P", **par, L=f'"{refuse}"'), ligne.compte.refuse),
    ]  # fmt: skip


def _totaux(feuille: Feuille, cadre: Cadre, debut: list, de: str, valeurs: list) -> None:
    """La dernière ligne : la somme de chaque colonne à partir de `de`."""
    premiere, fin, rang = cadre.premiere + 1, feuille.suivante - 1, ord(de) - ord("A")
    colonnes = [lettre(rang + i) for i in range(len(valeurs))]
    sommes = [
        Formule(f"=SUM({c}{premiere}:{c}{max(fin, premiere)})" if fin >= premiere else "=0", valeur)
        for c, valeur in zip(colonnes, valeurs, strict=True)
    ]
    feuille.ligne([*debut, *sommes], "total")
