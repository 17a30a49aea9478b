"""Ce dont un papier est fait, avant toute mise en page : le PDF et le Word rendent les mêmes blocs."""

import re
from typing import NamedTuple

from feuille_de_route.documents.contenu.lecture import INSECABLE, espacer

INVALIDES = re.compile("[\ufffe\uffff]")  # ni XML ni PDF n'en veulent
APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
NUMERO = re.compile(r"(?<=[nN]°) (?=\d)")
COURTE = 1800  # signes
TIRET = re.compile(r"^\s*[-–—•*]\s+")


class Passage(NamedTuple):
    """Un paragraphe, ou une liste à puces quand les lignes écrites commencent par un tiret."""

    lignes: list[str]
    liste: bool = False


class Titre(NamedTuple):
    texte: str
    niveau: int = 1
    numero: str = ""
    genre: str = "titre"


class Texte(NamedTuple):
    passages: list[Passage]
    genre: str = "texte"


class Note(NamedTuple):
    """Une phrase de la plateforme : quorum, absence de décision… `forte` : celle que l'on cherche d'abord ;
    `liee` : reste avec ce qui la suit.
    """

    texte: str
    forte: bool = False
    liee: bool = False
    genre: str = "note"


class Faits(NamedTuple):
    """Des couples (libellé, valeur) : où, quand, qui préside."""

    lignes: list[tuple[str, str]]
    genre: str = "faits"


class Colonne(NamedTuple):
    """`part` : sa part de la largeur, en pour cent. `nombre` : alignée à droite."""

    libelle: str
    part: int
    nombre: bool = False


class Tableau(NamedTuple):
    """`entete` : rang de la colonne qui nomme la ligne."""

    titre: str
    colonnes: list[Colonne]
    lignes: list[list[str]]
    entete: int = 0
    genre: str = "tableau"

    @property
    def rangs(self) -> list[list[tuple[Colonne, str, bool]]]:
        """Chaque cellule avec sa colonne, et si elle nomme sa ligne."""
        return [
            [(colonne, texte, i == self.entete) for i, (colonne, texte) in enumerate(self._paires(ligne))]
            for ligne in self.lignes
        ]

    def _paires(self, ligne: list[str]):
        return zip(self.colonnes, ligne, strict=True)


class Parts(NamedTuple):
    """Ce qui se partage entre des états : (code, libellé, nombre). `cle` : unique dans le papier."""

    titre: str
    cle: str
    lignes: list[tuple[str, str, int]]
    genre: str = "parts"

    @property
    def texte(self) -> str:
        """« Réalisée : 4, en cours : 3 »."""
        return ", ".join(f"{libelle.lower()} : {nombre}" for _, libelle, nombre in self.lignes)


class Presents(NamedTuple):
    """Ceux d'un même état de présence, par collège : (collège, lignes)."""

    titre: str
    groupes: list[tuple[str, list[str]]]
    genre: str = "presents"


class ALever(NamedTuple):
    libelle: str
    suite: str


class DecisionPrise(NamedTuple):
    numero: str
    nature: str
    objet: str
    porte_sur: str
    passages: list[Passage]
    reserves: list[Passage]
    a_lever: list[ALever]
    genre: str = "decision"

    @property
    def courte(self) -> bool:
        """Assez pour tenir d'un seul tenant sur une page."""
        return sum(len(ligne) for p in (*self.passages, *self.reserves) for ligne in p.lignes) < COURTE


class Signatures(NamedTuple):
    """(nom, qualité) de chaque personne qui préside."""

    gens: list[tuple[str, str]]
    genre: str = "signatures"


class Ecrit(NamedTuple):
    """Un papier prêt à mettre en page."""

    nature: str
    titre: str
    sous_titre: str
    surtitre: str
    reference: str
    blocs: list
    mention: str = ""
    provisoire: bool = False

    @property
    def nom(self) -> str:
        """Le titre du document, tel que le montre la barre du lecteur."""
        return " – ".join(filter(None, (self.titre, self.sous_titre)))


def phrase(texte: str, *, forte: bool = False, liee: bool = False) -> Note:
    """Une phrase à nous, espacée à la française."""
    return Note(espacer(texte), forte, liee)


def soigne(valeur):
    """Le même contenu, chaque texte sans signe de commande, espacé et apostrophé à la française."""
    match valeur:
        case dict():
            return {cle: soigne(v) for cle, v in valeur.items()}
        case list():
            return [soigne(v) for v in valeur]
        case str():
            texte = APOSTROPHE.sub("’", INVALIDES.sub("", valeur))
            return espacer(NUMERO.sub(INSECABLE, texte))
    return valeur


def passages(texte: str) -> list[Passage]:
    """Les paragraphes d'un texte saisi ; les lignes « - … » qui se suivent font une liste."""
    rendus: list[Passage] = []
    for ligne in filter(None, map(str.strip, texte.splitlines())):
        puce = TIRET.match(ligne)
        if not puce:
            rendus.append(Passage([ligne]))
        elif rendus and rendus[-1].liste:
            rendus[-1].lignes.append(ligne[puce.end() :])
        else:
            rendus.append(Passage([ligne[puce.end() :]], liste=True))
    return rendus
