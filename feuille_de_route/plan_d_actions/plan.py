"""Le plan d'actions tel qu'on le lit : chaque fiche, son compte, et ce à quoi elle se rattache."""

from collections import Counter
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from feuille_de_route.axes.strategie import numerotes
from feuille_de_route.financement import Compte
from feuille_de_route.models import (
    Axe,
    EtatFiche,
    EtatRealisation,
    FicheAction,
    NatureFiche,
    Priorite,
    TypeFinanceur,
)
from feuille_de_route.redaction.completude import VIDE, completude, contenus
from gouvernance.models import Demarche, Structure
from gouvernance.socle.mots import compter

AUCUN = "aucun"
# En une requête : cinq relations préchargées en seraient dix.
LIENS = """
SELECT t.ficheaction_id, 'epci', e.siren, e.nom FROM feuille_de_route_ficheaction_territoires t
JOIN gouvernance_epci e ON e.siren = t.epci_id WHERE t.ficheaction_id = ANY(%(fiches)s)
UNION ALL
SELECT t.ficheaction_id, 'copilote', s.uuid::text, s.nom FROM feuille_de_route_ficheaction_copilotes t
JOIN gouvernance_structure s ON s.id = t.structure_id WHERE t.ficheaction_id = ANY(%(fiches)s)
UNION ALL
SELECT t.ficheaction_id, 'enjeu', e.uuid::text, e.question FROM feuille_de_route_ficheaction_enjeux t
JOIN diagnostic_enjeu e ON e.id = t.enjeu_id WHERE t.ficheaction_id = ANY(%(fiches)s)
UNION ALL
SELECT DISTINCT fiche_id, 'financeur', type, '' FROM feuille_de_route_financement
WHERE fiche_id = ANY(%(fiches)s)
UNION ALL
SELECT DISTINCT fiche_id, 'annee', annee::text, annee::text FROM (
    SELECT fiche_id, annee FROM feuille_de_route_lignebudget WHERE fiche_id = ANY(%(fiches)s)
    UNION ALL
    SELECT fiche_id, annee FROM feuille_de_route_financement WHERE fiche_id = ANY(%(fiches)s)
) AS montants WHERE annee IS NOT NULL
"""
FINANCEURS = dict(TypeFinanceur.choices)


class Ligne(NamedTuple):
    """Une fiche ; `liens` : dimension → {code: libellé} de ce à quoi elle se rattache."""

    fiche: FicheAction
    completude: int
    compte: Compte
    liens: dict[str, dict[str, str]]


class Plan(NamedTuple):
    """`axes` : (axe, libellé numéroté) dans l'ordre de la stratégie, sous-axes après leur axe."""

    lignes: list[Ligne]
    axes: list[tuple[Axe, str]]

    @property
    def porteuses(self) -> set[Structure]:
        return {ligne.fiche.structure_porteuse for ligne in self.lignes} - {None}


def charger(fiches: QuerySet, demarche: Demarche) -> Plan:
    """Quatre requêtes, quel que soit le nombre de fiches."""
    axes = numeroter(list(demarche.axes.all()))
    liste = list(fiches.select_related("structure_porteuse").order_by("numero"))
    cles = [f.pk for f in liste]
    contenu, liens = contenus(cles), _liens(cles)
    rattachements = {axe.pk: _axes_de(axe, axes) for axe, _ in axes}
    lignes = []
    for fiche in liste:
        siens = liens.get(fiche.pk, {})
        siens["axe"] = rattachements.get(fiche.axe_id, {})
        if porteuse := fiche.structure_porteuse:
            siens["porteur"] = {str(porteuse.uuid): str(porteuse)}
        garni = contenu.get(fiche.pk, VIDE)
        lignes.append(Ligne(fiche, completude(fiche, garni), garni.compte, siens))
    _etendre_au_perimetre(lignes)
    return Plan(lignes, axes)


def numeroter(axes: list[Axe]) -> list[tuple[Axe, str]]:
    """« 1. Former », « 1.2. Former les aidants »… dans l'ordre de la stratégie."""
    return [(axe, f"{rang}. {axe}") for rang, axe in numerotes(axes)]


def _axes_de(axe: Axe, axes: list[tuple[Axe, str]]) -> dict[str, str]:
    """L'axe et celui dont il est un sous-axe."""
    return {str(a.uuid): libelle for a, libelle in axes if a.pk in {axe.pk, axe.parent_id}}


def _liens(cles: list[int]) -> dict[int, dict[str, dict[str, str]]]:
    liens: dict[int, dict[str, dict[str, str]]] = {}
    with connection.cursor() as curseur:
        curseur.execute(LIENS, {"fiches": cles})
        for pk, dimension, code, libelle in curseur.fetchall():
            siens = liens.setdefault(pk, {}).setdefault(dimension, {})
            siens[code] = FINANCEURS[code] if dimension == "financeur" else libelle
    return liens


def _etendre_au_perimetre(lignes: list[Ligne]) -> None:
    """Une fiche sans territoire concerne tout le périmètre, donc chacun de ses EPCI."""
    cites: dict[str, str] = {}
    for ligne in lignes:
        cites |= ligne.liens.get("epci", {})
    for ligne in lignes:
        if "epci" not in ligne.liens:
            ligne.liens["epci"] = {**cites, AUCUN: ""}


def est_partout(ligne: Ligne) -> bool:
    """La fiche couvre tout le périmètre."""
    return AUCUN in ligne.liens["epci"]


class Part(NamedTuple):
    """Une part d'un tout ; `debut` et `largeur` en centièmes du tout, pour le dessin."""

    code: str
    libelle: str
    nombre: int
    debut: float
    largeur: float


class Synthese(NamedTuple):
    """Ce que disent ensemble les fiches montrées, hors les écartées."""

    fiches: int
    natures: list[Part]
    au_dela: int
    priorites: list[Part]
    rapides: int
    realisations: list[Part]
    realisees: int

    @property
    def phrase(self) -> str:
        """« aller au-delà de l'existant » : la question que pose la méthode."""
        if not self.fiches:
            return ""
        if not self.au_dela:
            return "Aucune fiche ne va encore au-delà de l’existant : agréger l’existant ne suffit pas."
        verbe = "va" if self.au_dela == 1 else "vont"
        fiches = "fiche" if self.au_dela == 1 else "fiches"
        return f"{self.au_dela} {fiches} sur {self.fiches} {verbe} au-delà de l’existant."

    @property
    def avancement(self) -> str:
        """« sur 8 fiches, 2 en cours » : ce que l'on dit aux élus."""
        en_cours = next((p.nombre for p in self.realisations if p.code == EtatRealisation.EN_COURS), 0)
        suite = f", {en_cours} en cours" if en_cours else ""
        return f"sur {compter(self.fiches, 'fiche')}{suite}"


def synthese(lignes: list[Ligne]) -> Synthese:
    fiches = [ligne.fiche for ligne in lignes if ligne.fiche.etat != EtatFiche.ECARTEE]
    natures = parts([f.nature for f in fiches], [*NatureFiche.choices, ("", "Nature à dire")])
    return Synthese(
        fiches=len(fiches),
        natures=natures,
        au_dela=sum(p.nombre for p in natures if p.code in {NatureFiche.RENFORCEE, NatureFiche.NOUVELLE}),
        priorites=parts([f.priorite for f in fiches], [*Priorite.choices, (None, "À dire")]),
        rapides=sum(f.gain_rapide for f in fiches),
        realisations=parts([f.etat_realisation for f in fiches], EtatRealisation.choices),
        realisees=sum(f.etat_realisation == EtatRealisation.REALISEE for f in fiches),
    )


def parts(valeurs: list, choix) -> list[Part]:
    """Le nombre de chaque valeur présente, dans l'ordre des choix."""
    nombres, total, debut, suite = Counter(valeurs), len(valeurs), 0.0, []
    for code, libelle in choix:
        if nombre := nombres[code]:
            largeur = 100 * nombre / total
            mot = AUCUN if code in {"", None} else str(code)
            suite.append(Part(mot, str(libelle), nombre, round(debut, 2), round(largeur, 2)))
            debut += largeur
    return suite
