"""Ce qui reste à remplir dans une fiche, et dans le plan d'actions avant de le soumettre."""

from typing import NamedTuple

from feuille_de_route.financement import Compte, compte, comptes_et_indicateurs
from feuille_de_route.models import EtatFiche, FicheAction, NatureFiche
from gouvernance.models import Demarche, Perimetre
from gouvernance.socle.manques import Manque

# champ → (phrase, section de la fiche où il se remplit)
OBLIGATOIRES = {
    "axe_id": ("Rattacher la fiche à un axe.", "identite"),
    "nature": ("Dire si l’action est existante, renforcée ou nouvelle.", "identite"),
    "objectifs": ("Écrire les objectifs.", "identite"),
    "description": ("Décrire l’action.", "identite"),
    "structure_porteuse_id": ("Nommer la structure porteuse.", "acteurs"),
    "pilote": ("Nommer le pilote.", "acteurs"),
    "debut": ("Donner la date de début.", "temps"),
}
SANS_INDICATEUR = ("Donner au moins un indicateur.", "mesure")
SANS_BUDGET = ("Chiffrer au moins une ligne de budget (0 € si l’action ne coûte rien).", "moyens")


class Contenu(NamedTuple):
    """Ce qu'une fiche porte hors de ses propres champs."""

    compte: Compte = Compte()
    indicateurs: int = 0


VIDE = Contenu()


class ARemplir(NamedTuple):
    """Une phrase, et la section de la fiche où l'on y remédie."""

    phrase: str
    section: str


def contenus(fiches) -> dict[int, Contenu]:
    """Identifiant de fiche → son contenu, en une requête quel que soit le nombre de fiches.

    `fiches` : un queryset de fiches ou leurs identifiants ; une fiche vide n'y est pas (voir VIDE).
    """
    return {pk: Contenu(*contenu) for pk, contenu in comptes_et_indicateurs(fiches).items()}


def a_remplir(fiche: FicheAction, contenu: Contenu | None = None) -> list[ARemplir]:
    """Ce qui reste à remplir avant de proposer la fiche. Sans `contenu`, la base est interrogée."""
    if contenu is None:
        contenu = Contenu(compte(fiche), len(fiche.indicateurs.all()))
    manques = [
        ARemplir(phrase, section)
        for champ, (phrase, section) in OBLIGATOIRES.items()
        if not str(getattr(fiche, champ) or "").strip()
    ]
    if not contenu.indicateurs:
        manques.append(ARemplir(*SANS_INDICATEUR))
    if not contenu.compte.lignes:
        manques.append(ARemplir(*SANS_BUDGET))
    if contenu.compte.solde < 0:
        manques.append(ARemplir(f"Corriger le plan de financement : {contenu.compte.phrase}.", "moyens"))
    return manques


def obligatoires(fiche: FicheAction, contenu: Contenu | None = None) -> list[str]:
    """Les phrases de `a_remplir`."""
    return [manque.phrase for manque in a_remplir(fiche, contenu)]


def completude(fiche: FicheAction, contenu: Contenu | None = None) -> int:
    """Part de ce qui est demandé et déjà rempli, en pour cent entier."""
    total = len(OBLIGATOIRES) + 2
    return round(100 * max(0, total - len(a_remplir(fiche, contenu))) / total)


def manques_du_plan(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour soumettre la feuille de route (DOMAINE §5, soumettre).

    `fiches` et `axes` de la démarche servent tels quels s'ils sont préchargés.
    """
    fiches = list(demarche.fiches.all())
    retenues = [f for f in fiches if f.etat == EtatFiche.RETENUE]
    contenu = contenus([f.pk for f in retenues])
    manques = _axes_sans_fiche(demarche, retenues)
    manques += [
        Manque(f"Trancher la fiche « {f} » : elle est encore proposée.", ecran="plan")
        for f in fiches
        if f.etat == EtatFiche.PROPOSEE
    ]
    for fiche in retenues:
        phrases = obligatoires(fiche, contenu.get(fiche.pk, VIDE))
        manques += [Manque(f"Fiche « {fiche} » : {phrase}", ecran="plan") for phrase in phrases]
    return manques + _avertissements(retenues, contenu)


def _avertissements(retenues: list[FicheAction], contenu: dict[int, Contenu]) -> list[Manque]:
    """Le plan déséquilibré, et le plan qui n'invente rien."""
    soldes = [(fiche, contenu.get(fiche.pk, VIDE).compte) for fiche in retenues]
    manques = [Manque(f"Fiche « {f} » : {c.phrase}.", False, "plan") for f, c in soldes if c.solde > 0]
    if retenues and all(f.nature == NatureFiche.EXISTANTE for f in retenues):
        manques.append(
            Manque("Toutes les actions existent déjà : agréger l’existant ne suffit pas.", False, "plan")
        )
    return manques


def _axes_sans_fiche(demarche: Demarche, retenues: list[FicheAction]) -> list[Manque]:
    axes = list(demarche.axes.all())
    peuples = {f.axe_id for f in retenues}
    peuples |= {a.parent_id for a in axes if a.pk in peuples}
    racines = [axe for axe in axes if axe.parent_id is None]
    manques = [
        Manque(f"Retenir au moins une fiche pour l’axe « {axe} ».", ecran="plan")
        for axe in racines
        if axe.pk not in peuples
    ]
    if demarche.perimetre == Perimetre.GROUPEMENT:
        manques += [
            Manque(f"L’axe « {axe} » ne dit pas quel axe départemental il sert.", False, "axes")
            for axe in racines
            if axe.axe_departemental_id is None
        ]
    return manques
