"""Les lectures du plan d'actions : par axe, en une liste, par porteur, par EPCI ; et leurs tris."""

from collections.abc import Callable
from typing import NamedTuple

from feuille_de_route.financement import Compte, additionner
from feuille_de_route.plan_d_actions.filtres import adresse
from feuille_de_route.plan_d_actions.plan import AUCUN, Ligne, Plan, est_partout
from gouvernance.models import Epci
from gouvernance.socle.mots import enumerer
from gouvernance.socle.tri import cle_francaise


class Vue(NamedTuple):
    code: str
    libelle: str


VUES = (
    Vue("axe", "Par axe"),
    Vue("liste", "En une liste"),
    Vue("porteur", "Par structure porteuse"),
    Vue("epci", "Par EPCI"),
    Vue("calendrier", "Calendrier"),
)
CODES_DES_VUES = {vue.code for vue in VUES}
EN_TABLEAUX = {"axe", "liste", "porteur"}  # celles où l'on peut cocher des fiches


class Colonne(NamedTuple):
    """`montant`, `descendant` : ce que dit chaque sens du tri."""

    code: str
    libelle: str
    montant: str
    descendant: str
    cle: Callable[[Ligne], object]
    classe: str = ""


COLONNES = (
    Colonne("numero", "N°", "Numéro", "Numéro, du dernier au premier", lambda ligne: ligne.fiche.numero),
    Colonne(
        "titre", "Fiche", "Titre, de A à Z", "Titre, de Z à A",
        lambda ligne: cle_francaise(ligne.fiche.titre),
    ),
    Colonne(
        "etat", "État", "État, de A à Z", "État, de Z à A", lambda ligne: ligne.fiche.get_etat_display()
    ),
    Colonne(
        "priorite", "Priorité", "Priorité, la plus haute d’abord", "Priorité, la plus basse d’abord",
        lambda ligne: ligne.fiche.priorite,
    ),
    Colonne(
        "echeance", "Échéance", "Échéance, la plus proche d’abord", "Échéance, la plus lointaine d’abord",
        lambda ligne: ligne.fiche.fin,
    ),
    Colonne(
        "remplie", "Remplie", "La moins remplie d’abord", "La plus remplie d’abord",
        lambda ligne: ligne.completude, "nombre",
    ),
    Colonne(
        "budget", "Budget", "Le plus petit budget d’abord", "Le plus gros budget d’abord",
        lambda ligne: ligne.compte.budget if ligne.compte.lignes else None, "nombre",
    ),
    Colonne(
        "modifiee", "Modifiée", "Modifiée depuis longtemps d’abord", "Modifiée récemment d’abord",
        lambda ligne: ligne.fiche.modifie_le, "plan__date",
    ),
)  # fmt: skip
TRIS = {colonne.code: colonne for colonne in COLONNES}
PERTINENCE = "pertinence"


class Entete(NamedTuple):
    """Une tête de colonne : le lien qui trie, et ce qu'en dit aria-sort (vide si ce n'est pas le tri)."""

    libelle: str
    url: str
    sens: str
    classe: str


class Groupe(NamedTuple):
    """`niveau` : h2 ou h3 ; `note` : ce qu'il faut savoir de ce groupe."""

    titre: str
    niveau: str
    lignes: list[Ligne]
    total: Compte
    note: str = ""


class Ordre(NamedTuple):
    code: str
    descend: bool

    @property
    def mot(self) -> str:
        return ("-" if self.descend else "") + self.code


def ordre(demande: str, *, recherche: bool) -> tuple[Ordre, str]:
    """Le tri que demande l'adresse (« budget », « -budget »), et la phrase si elle n'est pas comprise."""
    defaut = Ordre(PERTINENCE if recherche else "numero", False)
    code = demande.removeprefix("-")
    if code in TRIS:
        return Ordre(code, demande.startswith("-")), ""
    if not demande or (demande == PERTINENCE and recherche):
        return defaut, ""
    return defaut, "Ce tri n’existe pas : les fiches sont dans l’ordre habituel."


def trier(lignes: list[Ligne], voulu: Ordre, rangs: dict[int, float] | None) -> list[Ligne]:
    """À égalité, par numéro ; ce qui n'a pas de valeur va à la fin."""
    lignes = sorted(lignes, key=lambda ligne: ligne.fiche.numero)
    if voulu.code == PERTINENCE:
        return sorted(lignes, key=lambda ligne: -(rangs or {}).get(ligne.fiche.pk, 0.0))
    cle = TRIS[voulu.code].cle
    connues = [ligne for ligne in lignes if cle(ligne) is not None]
    inconnues = [ligne for ligne in lignes if cle(ligne) is None]
    return sorted(connues, key=cle, reverse=voulu.descend) + inconnues


def entetes(voulu: Ordre, garder: dict[str, str]) -> list[Entete]:
    """Cliquer sur la colonne déjà triée en renverse le sens."""
    suite = []
    for colonne in COLONNES:
        active = colonne.code == voulu.code
        suivant = Ordre(colonne.code, active and not voulu.descend)
        sens = ("descending" if voulu.descend else "ascending") if active else ""
        url = adresse({**garder, "tri": suivant.mot})
        suite.append(Entete(colonne.libelle, url, sens, colonne.classe))
    return suite


def grouper(vue: str, plan: Plan, lignes: list[Ligne]) -> list[Groupe]:
    """Les groupes de la lecture demandée, pour des lignes déjà triées ; aucun groupe vide."""
    faire = {"axe": par_axe, "porteur": par_porteur}.get(vue)
    groupes = faire(plan, lignes) if faire else [groupe("Toutes les fiches", "h2", lignes)]
    return groupes if lignes else []


def groupe(titre: str, niveau: str, lignes: list[Ligne], note: str = "") -> Groupe:
    return Groupe(titre, niveau, lignes, additionner([ligne.compte for ligne in lignes]), note)


def par_axe(plan: Plan, lignes: list[Ligne]) -> list[Groupe]:
    """D'abord les fiches sans axe, puis une section par axe peuplé et par sous-axe, dans l'ordre."""
    siennes: dict[int | None, list[Ligne]] = {}
    for ligne in lignes:
        siennes.setdefault(ligne.fiche.axe_id, []).append(ligne)
    groupes = [groupe("Fiches sans axe", "h2", siennes[None])] if None in siennes else []
    peuples = {axe.pk for axe, _ in plan.axes if axe.pk in siennes}
    peuples |= {axe.parent_id for axe, _ in plan.axes if axe.pk in siennes}
    for axe, libelle in plan.axes:
        if axe.pk in peuples:
            groupes.append(groupe(libelle, "h3" if axe.parent_id else "h2", siennes.get(axe.pk, [])))
    return groupes


def par_porteur(plan: Plan, lignes: list[Ligne]) -> list[Groupe]:
    """Une section par structure porteuse, les fiches à attribuer d'abord ; ce qu'elle co-pilote se dit."""
    siennes: dict[str, list[Ligne]] = {}
    noms: dict[str, str] = {}
    copilotees: dict[str, list[int]] = {}
    for ligne in lignes:
        porteuse = ligne.liens.get("porteur", {})
        noms |= porteuse
        siennes.setdefault(next(iter(porteuse), AUCUN), []).append(ligne)
        for code in ligne.liens.get("copilote", ()):
            copilotees.setdefault(code, []).append(ligne.fiche.numero)
    groupes = [groupe("Sans structure porteuse", "h2", siennes.pop(AUCUN))] if AUCUN in siennes else []
    for code in sorted(siennes, key=lambda c: cle_francaise(noms[c])):
        groupes.append(groupe(noms[code], "h2", siennes[code], _copilote(copilotees.get(code, []))))
    return groupes


def _copilote(numeros: list[int]) -> str:
    if not numeros:
        return ""
    mot = "la fiche" if len(numeros) == 1 else "les fiches"
    return f"Co-pilote aussi {mot} {enumerer(sorted(numeros))}."


class Territoires(NamedTuple):
    """`partout` : les fiches de tout le périmètre ; `groupes` : une par EPCI qui en a d'autres ;
    `sans` : les EPCI qu'aucune fiche ne cite.
    """

    partout: list[Ligne]
    groupes: list[Groupe]
    sans: list[str]
    nombre: int

    @property
    def phrase(self) -> str:
        if not self.sans:
            return "Chaque EPCI du périmètre est cité par au moins une fiche."
        lui, pronom = ("lui", "le") if len(self.sans) == 1 else ("eux", "les")
        suite = (
            f"seules les fiches de tout le périmètre {pronom} concernent"
            if self.partout
            else f"aucune fiche ne {pronom} couvre"
        )
        return f"{len(self.sans)} EPCI sur {self.nombre} sans fiche à {lui} : {suite}."


def par_epci(lignes: list[Ligne], perimetre: list[Epci]) -> Territoires:
    """Une fiche sans territoire couvre tout le périmètre ; une fiche de plusieurs EPCI est sous chacun."""
    noms = {e.siren: e.nom for e in perimetre}
    siennes: dict[str, list[Ligne]] = {}
    for ligne in lignes:
        if not est_partout(ligne):
            for code, nom in ligne.liens["epci"].items():
                noms.setdefault(code, f"{nom} (hors du périmètre)")
                siennes.setdefault(code, []).append(ligne)
    ordonnes = sorted(noms, key=lambda code: cle_francaise(noms[code]))
    groupes = [groupe(noms[code], "h3", siennes[code]) for code in ordonnes if code in siennes]
    sans = [noms[code] for code in ordonnes if code not in siennes]
    return Territoires([ligne for ligne in lignes if est_partout(ligne)], groupes, sans, len(perimetre))
