"""Ce qui reste à remplir dans une fiche, et dans le plan d'actions avant de le soumettre."""

from collections import Counter
from typing import NamedTuple

from feuille_de_route.financement import Compte, compte, comptes_et_indicateurs
from feuille_de_route.models import EtatFiche, FicheAction, NatureFiche
from gouvernance.models import Demarche, Perimetre
from gouvernance.socle.manques import Manque

# champ → (phrase, section de la fiche où il se remplit)
OBLIGATOIRES = {
    "axe_id": ("Rattacher la fiche à un axe.", "identite"),
    "nature": ("Dire si l’action est existante, renforcée ou nouvelle.", "identite"),
    "objectifs": ("Écrire les objectifs.", "sens"),
    "description": ("Décrire l’action.", "sens"),
    "structure_porteuse_id": ("Nommer la structure porteuse.", "acteurs"),
    "pilote": ("Nommer le pilote.", "acteurs"),
    "debut": ("Donner la date de début.", "temps"),
}
SANS_INDICATEUR = ("Donner au moins un indicateur.", "mesure", "#serie-indicateurs")
SANS_BUDGET = (
    "Chiffrer au moins une ligne de budget (0 € si l’action ne coûte rien).", "moyens",
    "#serie-lignes_budget",
)  # fmt: skip
# Ce que rien n'exige et qui rend la fiche plus utile : champ → (phrase, section).
CONSEILS = {
    "priorite": ("Dire la priorité.", "identite"),
    "contexte": ("Raconter le contexte.", "sens"),
    "besoins": ("Dire à quels besoins l’action répond.", "sens"),
    "publics": ("Cocher les publics visés.", "publics"),
    "services": ("Cocher les services rendus.", "publics"),
    "elu_referent_id": ("Choisir l’élu référent.", "acteurs"),
    "premiere_annee": ("Dire ce qui se fait la première année.", "temps"),
    "moyens_humains": ("Dire qui y travaille.", "moyens"),
}
# Les sections dans l'ordre où elles s'écrivent, et combien de points chacune exige.
TITRES = {
    "identite": "Identité",
    "sens": "Sens",
    "publics": "Publics et territoires",
    "acteurs": "Acteurs",
    "temps": "Temps et étapes",
    "mesure": "Indicateurs",
    "moyens": "Moyens et financements",
}
ATTENDUS = Counter([section for _, section in OBLIGATOIRES.values()] + ["mesure", "moyens"])


class Contenu(NamedTuple):
    """Ce qu'une fiche porte hors de ses propres champs."""

    compte: Compte = Compte()
    indicateurs: int = 0


VIDE = Contenu()


class ARemplir(NamedTuple):
    """Une phrase, la section de la fiche où l'on y remédie, et l'endroit de sa page."""

    phrase: str
    section: str
    ancre: str = ""


class SectionRemplie(NamedTuple):
    """Où en est une section : `rempli` points sur les `attendus` pour proposer la fiche, ce qui manque, et ce
    qui l'enrichirait. Une section dont rien n'est attendu est facultative.
    """

    code: str
    titre: str
    rempli: int
    attendus: int
    manques: list[ARemplir]
    conseils: list[ARemplir]

    @property
    def etat(self) -> str:
        """« complete », « a_remplir », « facultative » (des conseils restent) ou « facultative_remplie »."""
        if self.manques:
            return "a_remplir"
        if self.attendus:
            return "complete"
        return "facultative" if self.conseils else "facultative_remplie"

    @property
    def dire(self) -> str:
        """L'état en quelques mots, pour une liste de sections."""
        if self.attendus:
            return "complète" if not self.manques else f"{self.rempli} sur {self.attendus}"
        return "facultative" if self.conseils else "remplie"


def contenus(fiches) -> dict[int, Contenu]:
    """Identifiant de fiche → son contenu, en une requête quel que soit le nombre de fiches.

    `fiches` : un queryset de fiches ou leurs identifiants ; une fiche vide n'y est pas (voir VIDE).
    """
    return {pk: Contenu(*contenu) for pk, contenu in comptes_et_indicateurs(fiches).items()}


def a_remplir(fiche: FicheAction, contenu: Contenu | None = None) -> list[ARemplir]:
    """Ce qui reste à remplir avant de proposer la fiche. Sans `contenu`, la base est interrogée."""
    if contenu is None:
        contenu = Contenu(compte(fiche), len(fiche.indicateurs.all()))
    manques = _vides(fiche, OBLIGATOIRES)
    if not contenu.indicateurs:
        manques.append(ARemplir(*SANS_INDICATEUR))
    if not contenu.compte.lignes:
        manques.append(ARemplir(*SANS_BUDGET))
    if contenu.compte.solde < 0:
        phrase = f"Corriger le plan de financement : {contenu.compte.phrase}."
        manques.append(ARemplir(phrase, "moyens", "#serie-financements"))
    return manques


def _vides(fiche: FicheAction, champs: dict) -> list[ARemplir]:
    """Ceux de ces champs où rien n'est écrit."""
    return [
        ARemplir(phrase, section, f"#id_{champ.removesuffix('_id')}")
        for champ, (phrase, section) in champs.items()
        if not str(getattr(fiche, champ) or "").strip()
    ]


def sections(fiche: FicheAction, contenu: Contenu | None = None) -> list[SectionRemplie]:
    """Où en est chaque section, dans l'ordre où elles s'écrivent."""
    manques, conseils = a_remplir(fiche, contenu), _vides(fiche, CONSEILS)
    etats = []
    for code, titre in TITRES.items():
        siens = [manque for manque in manques if manque.section == code]
        reste = [conseil for conseil in conseils if conseil.section == code]
        attendus = ATTENDUS[code]
        etats.append(SectionRemplie(code, titre, max(0, attendus - len(siens)), attendus, siens, reste))
    return etats


def obligatoires(fiche: FicheAction, contenu: Contenu | None = None) -> list[str]:
    """Les phrases de `a_remplir`."""
    return [manque.phrase for manque in a_remplir(fiche, contenu)]


def completude(fiche: FicheAction, contenu: Contenu | None = None) -> int:
    """Part de ce qui est demandé et déjà rempli, en pour cent entier."""
    total = len(OBLIGATOIRES) + 2
    return round(100 * max(0, total - len(a_remplir(fiche, contenu))) / total)


def manques_du_plan(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour soumettre la feuille de route.

    `fiches` et `axes` de la démarche servent tels quels s'ils sont préchargés.
    """
    fiches = list(demarche.fiches.all())
    retenues = [f for f in fiches if f.etat == EtatFiche.RETENUE]
    contenu = contenus([f.pk for f in retenues])
    manques = _axes_sans_fiche(demarche, retenues)
    manques += [
        Manque(f"Trancher la fiche « {f} » : elle est encore proposée.", ecran="plan")
        for f in fiches
        if f.etat == EtatFiche.PROPOSEE
    ]
    for fiche in retenues:
        phrases = obligatoires(fiche, contenu.get(fiche.pk, VIDE))
        manques += [Manque(f"Fiche « {fiche} » : {phrase}", ecran="plan") for phrase in phrases]
    return manques + _avertissements(retenues, contenu)


def _avertissements(retenues: list[FicheAction], contenu: dict[int, Contenu]) -> list[Manque]:
    """Le plan déséquilibré, et le plan qui n'invente rien."""
    soldes = [(fiche, contenu.get(fiche.pk, VIDE).compte) for fiche in retenues]
    manques = [Manque(f"Fiche « {f} » : {c.phrase}.", False, "plan") for f, c in soldes if c.solde > 0]
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
        Manque(f"Retenir au moins une fiche pour l’axe « {axe} ».", ecran="plan")
        for axe in racines
        if axe.pk not in peuples
    ]
    if demarche.perimetre == Perimetre.GROUPEMENT:
        manques += [
            Manque(f"L’axe « {axe} » ne dit pas quel axe départemental il sert.", False, "axes")
            for axe in racines
            if axe.axe_departemental_id is None
        ]
    return manques
