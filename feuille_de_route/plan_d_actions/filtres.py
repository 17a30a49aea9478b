"""Filtrer le plan d'actions par toutes ses dimensions ; les filtres tiennent dans l'adresse.

Une valeur inconnue n'est pas une erreur : elle est ignorée, et une phrase le dit.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from feuille_de_route.models import (
    Competence,
    EtatFiche,
    EtatRealisation,
    Meteo,
    NatureFiche,
    OrigineFiche,
    Priorite,
    Public,
    Service,
    TypeFinanceur,
)
from feuille_de_route.plan_d_actions.plan import AUCUN, Ligne, Plan
from gouvernance.socle.tri import cle_francaise

RECHERCHE, ETAT = "q", "etat"
LONGUEUR, CITEE = 100, 40  # ce que l'on lit d'une valeur de l'adresse, ce que l'on en redit


class Dimension(NamedTuple):
    """`valeurs` : les codes d'une ligne ; `choix` : None si les choix viennent des fiches elles-mêmes ;
    `vide` : comment se dit une fiche qui n'en a pas ; `courante` : montrée sans déplier.
    """

    code: str
    libelle: str
    valeurs: Callable[[Ligne], Iterable[str]]
    choix: list[tuple[str, str]] | None = None
    vide: str = ""
    courante: bool = False


def _lien(code: str) -> Callable[[Ligne], Iterable[str]]:
    return lambda ligne: tuple(ligne.liens.get(code) or (AUCUN,))


def _champ(nom: str) -> Callable[[Ligne], Iterable[str]]:
    return lambda ligne: (getattr(ligne.fiche, nom) or AUCUN,)


def _liste(nom: str) -> Callable[[Ligne], Iterable[str]]:
    return lambda ligne: getattr(ligne.fiche, nom) or (AUCUN,)


def _argent(ligne: Ligne) -> Iterable[str]:
    return ("sans_budget",) if not ligne.compte.lignes else (ligne.compte.sens,)


def _annees(ligne: Ligne) -> Iterable[str]:
    """Les années où l'action se déroule, et celles de ses montants."""
    annees = set(ligne.liens.get("annee", ()))
    debut, fin = ligne.fiche.debut or ligne.fiche.fin, ligne.fiche.fin or ligne.fiche.debut
    if debut and fin and fin.year - debut.year <= 30:
        annees.update(map(str, range(debut.year, fin.year + 1)))
    return annees or (AUCUN,)


ARGENT = [
    ("sans_budget", "Sans budget"), ("manque", "Il manque de l’argent"), ("equilibre", "Équilibré"),
    ("depasse", "Financé au-delà du budget"),
]  # fmt: skip
DIMENSIONS = (
    Dimension("axe", "Axe", _lien("axe"), None, "Sans axe", True),
    Dimension("porteur", "Structure porteuse", _lien("porteur"), None, "À désigner", True),
    Dimension(ETAT, "État de rédaction", _champ("etat"), EtatFiche.choices, "", True),
    Dimension("nature", "Nature", _champ("nature"), NatureFiche.choices, "À dire", True),
    Dimension("epci", "Territoire (EPCI)", _lien("epci"), None, "Tout le périmètre seulement", True),
    Dimension(
        "priorite", "Priorité", lambda ligne: (str(ligne.fiche.priorite or AUCUN),),
        [(str(code), libelle) for code, libelle in Priorite.choices], "À dire", True,
    ),
    Dimension(
        "remplie", "Complétude", lambda ligne: ("complete" if ligne.completude >= 100 else "a_finir",),
        [("a_finir", "Incomplète (moins de 100 %)"), ("complete", "Complète")], "", True,
    ),
    Dimension("copilote", "Structure co-pilote", _lien("copilote"), None, "Sans co-pilote"),
    Dimension(
        "rapide", "Premier résultat rapide", lambda ligne: ("oui" if ligne.fiche.gain_rapide else "non",),
        [("oui", "Oui, en moins de six mois"), ("non", "Non")],
    ),
    Dimension("argent", "Budget et financement", _argent, ARGENT),
    Dimension("financeur", "Type de financeur", _lien("financeur"), TypeFinanceur.choices, "Sans financeur"),
    Dimension("annee", "Année", _annees, None, "Sans date ni montant"),
    Dimension("public", "Public visé", _liste("publics"), Public.choices, "À dire"),
    Dimension("service", "Service rendu", _liste("services"), Service.choices, "À dire"),
    Dimension("competence", "Compétence du socle", _liste("competences"), Competence.choices, "À dire"),
    Dimension("enjeu", "Enjeu", _lien("enjeu"), None, "Sans enjeu"),
    Dimension(
        "realisation", "État de réalisation", _champ("etat_realisation"), EtatRealisation.choices,
        "Sans point de suivi",
    ),
    Dimension("meteo", "Météo", _champ("meteo"), Meteo.choices, "Sans météo"),
    Dimension("origine", "Origine", _champ("origine"), OrigineFiche.choices, "À dire"),
)  # fmt: skip
PAR_CODE = {dimension.code: dimension for dimension in DIMENSIONS}


class Champ(NamedTuple):
    """Une liste déroulante ; `options` : (code, libellé avec son nombre, choisie)."""

    code: str
    libelle: str
    options: list[tuple[str, str, bool]]
    courant: bool
    pose: bool


class Puce(NamedTuple):
    """Un filtre posé, et l'adresse de la page sans lui."""

    libelle: str
    valeur: str
    sans: str


class Selection(NamedTuple):
    """`ecartees` : celles que les mêmes filtres gardent, quand on ne les demande pas ; `refus` : les
    phrases de ce qui, dans l'adresse, n'a pas été compris.
    """

    lignes: list[Ligne]
    ecartees: list[Ligne]
    champs: list[Champ]
    criteres: dict[str, str]
    puces: list[Puce]
    refus: list[str]

    @property
    def posee(self) -> bool:
        return bool(self.criteres)

    @property
    def courants(self) -> list[Champ]:
        return [champ for champ in self.champs if champ.courant]

    @property
    def autres(self) -> list[Champ]:
        return [champ for champ in self.champs if not champ.courant]

    @property
    def autres_poses(self) -> int:
        return sum(champ.pose for champ in self.autres)

    @property
    def phrase(self) -> str:
        """Combien de fiches, et si c'est tout le plan."""
        nombre = len(self.lignes)
        if not nombre:
            return "Aucune fiche"
        mots = "1 fiche action" if nombre == 1 else f"{nombre} fiches actions"
        if not self.posee:
            return mots
        return f"{mots} {'correspond' if nombre == 1 else 'correspondent'} aux filtres"


def lire(parametres, nom: str) -> str:
    return parametres.get(nom, "").replace("\x00", "").strip()[:LONGUEUR]


def adresse(mots: dict[str, str]) -> str:
    """« ?axe=…&nature=… » ; « ? » seul s'il n'y a rien à dire."""
    return "?" + urlencode({nom: valeur for nom, valeur in mots.items() if valeur})


def selectionner(plan: Plan, parametres, garder: dict[str, str], trouvees: dict | None) -> Selection:
    """Ce que gardent les filtres de l'adresse.

    `garder` : ce que les liens conservent (vue, tri) ; `trouvees` : les fiches que la recherche a trouvées.
    """
    choix = {d.code: _choix(d, plan) for d in DIMENSIONS}
    criteres, refus = _comprendre(parametres, choix)
    retenues, ecartees, nombres = _trier(plan.lignes, criteres, trouvees)
    champs = [_montrer(d, choix[d.code], nombres[d.code], criteres.get(d.code, "")) for d in DIMENSIONS]
    if q := lire(parametres, RECHERCHE):
        criteres = {RECHERCHE: q, **criteres}
    puces = [_puce(code, criteres, choix, garder) for code in criteres]
    return Selection(retenues, ecartees, champs, criteres, puces, refus)


def _choix(dimension: Dimension, plan: Plan) -> dict[str, str]:
    """Code → libellé : la liste fixe, ou ce que citent les fiches, dans l'ordre où on le cherche."""
    if dimension.code == "axe":
        fixes = {str(axe.uuid): libelle for axe, libelle in plan.axes}
    elif dimension.choix is not None:
        fixes = {str(code): str(libelle) for code, libelle in dimension.choix}
    elif dimension.code == "annee":
        fixes = {a: a for a in sorted({a for ligne in plan.lignes for a in _annees(ligne)} - {AUCUN})}
    else:
        cites: dict[str, str] = {}
        for ligne in plan.lignes:
            cites |= ligne.liens.get(dimension.code, {})
        cites.pop(AUCUN, None)
        fixes = dict(sorted(cites.items(), key=lambda paire: cle_francaise(paire[1])))
    return fixes | ({AUCUN: dimension.vide} if dimension.vide else {})


def _comprendre(parametres, choix: dict[str, dict]) -> tuple[dict[str, str], list[str]]:
    criteres, refus = {}, []
    for code, possibles in choix.items():
        valeur = lire(parametres, code)
        if valeur in possibles:
            criteres[code] = valeur
        elif valeur:
            dite = valeur if len(valeur) <= CITEE else valeur[:CITEE] + "…"
            libelle = PAR_CODE[code].libelle
            refus.append(f"Le filtre « {libelle} » ne connaît pas «\u00a0{dite}\u00a0» ici : il est ignoré.")
    return criteres, refus


def _trier(lignes, criteres: dict[str, str], trouvees: dict | None) -> tuple[list, list, dict]:
    """Les lignes gardées, les écartées que gardent les autres filtres, et le nombre de fiches que
    donnerait chaque choix, les autres filtres restant posés.
    """
    retenues, ecartees, tas = [], [], {d.code: [] for d in DIMENSIONS}
    for ligne in lignes:
        if trouvees is not None and ligne.fiche.pk not in trouvees:
            continue
        valeurs = {d.code: d.valeurs(ligne) for d in DIMENSIONS}
        manquees = [code for code, voulu in criteres.items() if voulu not in valeurs[code]]
        if ETAT not in criteres and ligne.fiche.etat == EtatFiche.ECARTEE:
            manquees.append(ETAT)
        if not manquees:
            retenues.append(ligne)
            for code, siennes in valeurs.items():
                tas[code] += siennes
        elif len(manquees) == 1:
            tas[manquees[0]] += valeurs[manquees[0]]
            if manquees == [ETAT] and ETAT not in criteres:
                ecartees.append(ligne)
    return retenues, ecartees, {code: Counter(siennes) for code, siennes in tas.items()}


def _montrer(dimension: Dimension, choix: dict[str, str], nombres: Counter, voulu: str) -> Champ:
    """Les choix qui donneraient au moins une fiche, et celui qui est posé."""
    options = [
        (code, f"{libelle} ({nombres[code]})", code == voulu)
        for code, libelle in choix.items()
        if nombres[code] or code == voulu
    ]
    return Champ(dimension.code, dimension.libelle, options, dimension.courante, bool(voulu))


def _puce(code: str, criteres: dict[str, str], choix: dict[str, dict], garder: dict[str, str]) -> Puce:
    reste = {nom: valeur for nom, valeur in criteres.items() if nom != code}
    sans = adresse({**reste, **garder})
    if code == RECHERCHE:
        return Puce("Recherche", f"«\u00a0{criteres[code]}\u00a0»", sans)
    return Puce(PAR_CODE[code].libelle, choix[code][criteres[code]], sans)
