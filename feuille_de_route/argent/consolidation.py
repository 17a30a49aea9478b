"""Le plan de financement consolidé : fiche × financeur × année, et ses totaux par axe, financeur et année.

Une requête pour tous les montants ; les totaux s'en déduisent, en Decimal : ils ne peuvent se contredire.
Un financement sans année vaut pour toute la durée : il compte dans les totaux, et dans aucune année.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from feuille_de_route.axes.strategie import numerotes
from feuille_de_route.financement import VALEURS, ZERO, Compte, additionner
from feuille_de_route.models import Axe, EtatFiche, FicheAction, Financement, NatureDepense, TypeFinanceur
from gouvernance.models import Role
from gouvernance.permissions import Acces
from gouvernance.socle.tri import cle_francaise

ACQUIS, ESPERE, REFUSE = "acquis", "espere", "refuse"
ISSUES = {ACQUIS: "Acquis", ESPERE: "Espéré", REFUSE: "Refusé"}
MOUVEMENTS = """
SELECT fiche_id, annee, nature, '', '', COALESCE(SUM(etp), 0.00), SUM(montant), 0.00, 0.00, COUNT(*), 0.00,
       0.00, COALESCE(SUM(realise), 0.00), COUNT(realise), 0
FROM feuille_de_route_lignebudget WHERE fiche_id = ANY(%(fiches)s) GROUP BY fiche_id, annee, nature
UNION ALL
SELECT fiche_id, annee, type, financeur, issue, 0.00, 0.00,
       COALESCE(SUM(montant) FILTER (WHERE issue = 'acquis'), 0.00),
       COALESCE(SUM(montant) FILTER (WHERE issue = 'espere'), 0.00), 0,
       COALESCE(SUM(montant) FILTER (WHERE type = %(valorisation)s AND issue <> 'refuse'), 0.00),
       COALESCE(SUM(montant) FILTER (WHERE issue = 'refuse'), 0.00), 0.00, 0,
       COUNT(*) FILTER (WHERE issue = 'espere' AND montant IS NULL)
FROM (
    SELECT fiche_id, annee, type, financeur,
           CASE WHEN etat = ANY(%(esperes)s) THEN 'espere' ELSE etat END AS issue,
           CASE WHEN etat = %(acquis)s THEN obtenu ELSE demande END AS montant
    FROM feuille_de_route_financement WHERE fiche_id = ANY(%(fiches)s)
) AS parts GROUP BY fiche_id, annee, type, financeur, issue
"""


class Mouvement(NamedTuple):
    """Une somme de la base. `genre` : nature de dépense ou type de financeur ; `issue` : vide pour une
    dépense, sinon acquis, espere ou refuse.
    """

    fiche: int
    annee: int | None
    genre: str
    financeur: str
    issue: str
    etp: Decimal
    compte: Compte


class Montant(NamedTuple):
    """Une case : une somme, et combien de montants inconnus s'y ajoutent."""

    somme: Decimal = ZERO
    inconnus: int = 0


@dataclass(frozen=True)
class DuFinanceur:
    """Ce qui est d'un financeur. Deux graphies du même nom n'en font qu'un."""

    financeur: str
    type: str

    @property
    def cle(self) -> str:
        return cle_du_nom(self.financeur)

    @property
    def libelle_type(self) -> str:
        return TypeFinanceur(self.type).label


@dataclass(frozen=True)
class Apport(DuFinanceur):
    """Ce qu'un financeur apporte à une fiche ; une case par année, puis « sans année »."""

    issue: str
    cases: list[Montant]
    total: Montant


class LigneFiche(NamedTuple):
    """Une fiche : son budget et ses apports par année, puis sans année ; son compte."""

    fiche: FicheAction
    compte: Compte
    budgets: list[Montant]
    apports: list[Apport]


class LigneAnnee(NamedTuple):
    """Une année civile, ou None pour ce qui n'en dit pas ; `natures` : dépenses dans l'ordre de la liste."""

    annee: int | None
    natures: list[Decimal]
    etp: Decimal
    compte: Compte


class LigneAxe(NamedTuple):
    """`niveau` : 1 axe, 2 sous-axe ; `rang` : « 1 », « 1.2 », vide sans axe. Le compte est celui des fiches
    rattachées à cet axe même, sous-axes non compris : la colonne s'additionne.
    """

    axe: Axe | None
    rang: str
    niveau: int
    fiches: int
    compte: Compte

    @property
    def titre(self) -> str:
        return f"{self.rang}. {self.axe}" if self.axe else "Fiches sans axe"

    @property
    def tete(self) -> str:
        """Le rang de son axe de premier niveau : « 1 » pour « 1.2 »."""
        return self.rang.partition(".")[0]


@dataclass(frozen=True)
class LigneFinanceur(DuFinanceur):
    """Un financeur, toutes fiches et années confondues."""

    fiches: int
    compte: Compte

    @property
    def valeur(self) -> str:
        """Celle du filtre qui ne garde que ses fiches."""
        return Financeur(self.type, self.cle, []).valeur

    @property
    def en_nature(self) -> bool:
        return self.type == TypeFinanceur.VALORISATION


class Financeur(NamedTuple):
    """Un financeur que l'on peut choisir ; `noms` : les graphies sous lesquelles les fiches l'écrivent."""

    type: str
    cle: str
    noms: list[str]

    @property
    def valeur(self) -> str:
        return f"{self.type}:{self.cle}"

    def __str__(self):
        return f"{min(nom.strip() for nom in self.noms)} ({TypeFinanceur(self.type).label})"


class Consolide(NamedTuple):
    """Tout le plan, prêt à montrer ou à exporter ; `annees` : les années civiles qui y paraissent."""

    annees: list[int]
    total: Compte
    par_fiche: list[LigneFiche]
    par_annee: list[LigneAnnee]
    par_axe: list[LigneAxe]
    par_financeur: list[LigneFinanceur]

    @property
    def natures(self) -> list[Decimal]:
        """Les dépenses prévues, toutes années, dans l'ordre de la liste des natures."""
        return [sum(colonne, ZERO) for colonne in zip(*(li.natures for li in self.par_annee), strict=True)]

    @property
    def sans_annee(self) -> Compte:
        """Les financements qui valent pour toute la durée."""
        return next((ligne.compte for ligne in self.par_annee if ligne.annee is None), Compte())


def fiches_comptees(acces: Acces):
    """Les fiches exportables, les écartées non comprises : elles ne coûtent rien."""
    return fiches_exportables(acces).exclude(etat=EtatFiche.ECARTEE)


def fiches_exportables(acces: Acces):
    """Les fiches de la démarche qu'une personne voit dans les pages d'argent et les tableurs.

    Un partenaire, et lui seul, n'y voit que celles que porte sa structure.
    """
    fiches = FicheAction.objects.visibles_par(acces.utilisateur).filter(demarche=acces.demarche)
    if acces.roles == {Role.PARTENAIRE}:
        fiches = fiches.filter(structure_porteuse=acces.structure_id, structure_porteuse__isnull=False)
    return fiches.order_by("numero")


def mouvements(cles: Iterable[int]) -> list[Mouvement]:
    """Les sommes de ces fiches, en une requête."""
    with connection.cursor() as curseur:
        curseur.execute(MOUVEMENTS, {**VALEURS, "fiches": list(cles)})
        return [Mouvement(*ligne[:6], Compte(*ligne[6:])) for ligne in curseur.fetchall()]


def consolider(fiches: list[FicheAction], axes: list[Axe]) -> Consolide:
    """Le plan de ces fiches, en une requête. `axes` : ceux de la démarche, dans l'ordre."""
    lus = mouvements(fiche.pk for fiche in fiches)
    annees = sorted({m.annee for m in lus if m.annee is not None})
    comptes = regrouper(lus, lambda m: m.fiche)
    return Consolide(
        annees,
        additionner(comptes.values()),
        _par_fiche(fiches, lus, annees),
        _par_annee(lus, annees),
        _par_axe(fiches, axes, comptes),
        _par_financeur(lus),
    )


def regrouper(lus: Iterable[Mouvement], cle: Callable[[Mouvement], Hashable]) -> dict[Hashable, Compte]:
    """Le compte de chaque groupe."""
    groupes = defaultdict(list)
    for mouvement in lus:
        groupes[cle(mouvement)].append(mouvement.compte)
    return {valeur: additionner(comptes) for valeur, comptes in groupes.items()}


def cle_du_nom(financeur: str) -> str:
    """« État », « etat  » et « ÉTAT » sont le même financeur, s'ils sont du même type."""
    return cle_francaise(financeur)[0] or financeur.strip()


def cle_financeur(mouvement: Mouvement) -> tuple[str, str]:
    return mouvement.genre, cle_du_nom(mouvement.financeur)


def _graphie(lus: list[Mouvement]) -> str:
    """Une seule façon d'écrire le nom, toujours la même."""
    return min(m.financeur.strip() for m in lus)


def financeurs(fiches: QuerySet[FicheAction]) -> list[Financeur]:
    """Ceux de ces fiches, dans l'ordre du plan, en une requête."""
    ecrits = Financement.objects.filter(fiche__in=fiches.order_by()).order_by()
    noms = defaultdict(list)
    for type_, nom in ecrits.values_list("type", "financeur").distinct():
        noms[type_, cle_du_nom(nom)].append(nom)
    trouves = [Financeur(type_, cle, ecrits) for (type_, cle), ecrits in noms.items()]
    return sorted(trouves, key=lambda f: (TypeFinanceur.values.index(f.type), f.cle))


def _par_fiche(fiches, lus: list[Mouvement], annees: list[int]) -> list[LigneFiche]:
    siens = defaultdict(list)
    for mouvement in lus:
        siens[mouvement.fiche].append(mouvement)
    return [
        LigneFiche(
            fiche,
            additionner(m.compte for m in siens[fiche.pk]),
            _cases([m for m in siens[fiche.pk] if not m.issue], [*annees, None]),
            _apports([m for m in siens[fiche.pk] if m.issue], [*annees, None]),
        )
        for fiche in fiches
    ]


def _apports(lus: list[Mouvement], annees: list) -> list[Apport]:
    def cle(mouvement):
        rang = TypeFinanceur.values.index(mouvement.genre), list(ISSUES).index(mouvement.issue)
        return rang[0], cle_financeur(mouvement), rang[1]

    apports = []
    for _, groupe in groupby(sorted(lus, key=cle), key=cle):
        parts = list(groupe)
        cases = _cases(parts, annees)
        total = Montant(sum((c.somme for c in cases), ZERO), sum(c.inconnus for c in cases))
        apports.append(Apport(_graphie(parts), parts[0].genre, parts[0].issue, cases, total))
    return apports


def _cases(lus: list[Mouvement], annees: list) -> list[Montant]:
    comptes = regrouper(lus, lambda m: m.annee)
    return [_montant(comptes.get(annee, Compte())) for annee in annees]


def _montant(compte: Compte) -> Montant:
    """Les mouvements d'une case sont tous de même issue : une seule de ces sommes n'est pas nulle."""
    return Montant(compte.budget + compte.finance + compte.refuse, compte.inconnus)


def _par_annee(lus: list[Mouvement], annees: list[int]) -> list[LigneAnnee]:
    lignes = []
    for annee in [*annees, None]:
        siens = [m for m in lus if m.annee == annee]
        if annee is None and not siens:
            continue
        natures = regrouper([m for m in siens if not m.issue], lambda m: m.genre)
        lignes.append(
            LigneAnnee(
                annee,
                [natures.get(nature, Compte()).budget for nature in NatureDepense.values],
                sum((m.etp for m in siens), ZERO),
                additionner(m.compte for m in siens),
            )
        )
    return lignes


def _par_axe(fiches: list[FicheAction], axes: list[Axe], comptes: dict) -> list[LigneAxe]:
    siennes = defaultdict(list)
    for fiche in fiches:
        siennes[fiche.axe_id].append(comptes.get(fiche.pk, Compte()))
    lignes = [_ligne_axe(None, "", siennes)] if siennes[None] else []
    lignes += [_ligne_axe(axe, rang, siennes) for rang, axe in numerotes(axes)]
    return [ligne for ligne in lignes if ligne.fiches or ligne.niveau == 1]


def _ligne_axe(axe: Axe | None, rang: str, siennes: dict) -> LigneAxe:
    comptes = siennes[axe.pk if axe else None]
    return LigneAxe(axe, rang, 2 if "." in rang else 1, len(comptes), additionner(comptes))


def _par_financeur(lus: list[Mouvement]) -> list[LigneFinanceur]:
    """Par type, dans l'ordre de la liste (les apports en nature à la fin), puis par nom."""
    groupes = defaultdict(list)
    for mouvement in lus:
        if mouvement.issue:
            groupes[cle_financeur(mouvement)].append(mouvement)
    cles = sorted(groupes, key=lambda cle: (TypeFinanceur.values.index(cle[0]), cle[1]))
    return [
        LigneFinanceur(
            _graphie(groupes[cle]),
            cle[0],
            len({m.fiche for m in groupes[cle]}),
            additionner(m.compte for m in groupes[cle]),
        )
        for cle in cles
    ]
