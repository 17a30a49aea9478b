"""Ce qui change d'une version à l'autre : deux JSON du format d'échange, comparés pour être lus.

Les libellés viennent du schéma. Les références (« S2 », « A1 ») sont propres à chaque fichier : ce sont les
noms qu'elles désignent que l'on compare. Les lignes d'une liste s'apparient par ce qui les nomme.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist

from feuille_de_route.echange.format import OBJETS
from feuille_de_route.echange.schema import schema
from feuille_de_route.financement import montant
from gouvernance.socle.comparaison import AJOUT, RETRAIT, Morceau, comparer, resserrer
from gouvernance.templatetags.feuille import date_longue, nombre

MOTS_ENTIERS = 60  # sous cette longueur, une valeur se remplace d'un bloc


class Liste(NamedTuple):
    """Une liste d'objets de la feuille de route. `objet` : son nom dans OBJETS ; `cles` : ce qui nomme une
    ligne ; `nom` : les champs qui la disent.
    """

    titre: str
    objet: str
    cles: tuple[str, ...]
    nom: tuple[str, ...]


LISTES = {
    "axes": Liste("Axes", "axe", ("intitule",), ("intitule",)),
    "sous_axes": Liste("Sous-axes", "axe", ("intitule",), ("intitule",)),
    "fiches": Liste("Fiches actions", "fiche", ("numero",), ("numero", "titre")),
    "etapes": Liste("Étapes", "etape", ("libelle",), ("libelle",)),
    "indicateurs": Liste("Indicateurs", "indicateur", ("libelle",), ("libelle",)),
    "budget": Liste("Budget", "ligne", ("annee", "nature", "libelle"), ("annee", "nature", "libelle")),
    "financements": Liste(
        "Financements", "financement", ("financeur", "type", "dispositif", "annee"),
        ("financeur", "dispositif", "annee"),
    ),
    "partenaires": Liste("Partenaires", "partenaire", ("structure",), ("structure",)),
    "besoins": Liste("Besoins en ingénierie", "besoin", ("code",), ("code",)),
    "signataires": Liste("Signataires", "signataire", ("structure",), ("nom", "qualite")),
}  # fmt: skip
RACINES = ("axes", "fiches", "besoins", "signataires")
SOUS_LISTES = set(LISTES) - set(RACINES)
# Ce qui ne s'y lit pas : la vie de la fiche, et son suivi, qu'une version figée ne porte pas.
TUS = {
    "axe": {"ref"},
    "fiche": {"ref", "numero", "etat", "motif", "decision", "avis", "suivi"},
    "etape": {"faite_le"},
    "indicateur": {"releves"},
    "ligne": {"realise"},
}
EUROS = {"montant", "demande", "obtenu"}


class Ecart(NamedTuple):
    """Un champ qui change, ou une ligne ajoutée ou retirée. `morceaux` : ce qui reste, part ou arrive."""

    libelle: str
    morceaux: list[Morceau]


class Changement(NamedTuple):
    """Un objet de la feuille de route. `genre` : ajout, retrait ou garde (il change)."""

    nom: str
    genre: str
    ecarts: list[Ecart]


class Partie(NamedTuple):
    """`de`, `a` : combien il y en avait, combien il y en a."""

    titre: str
    de: int
    a: int
    changements: list[Changement]


class Somme(NamedTuple):
    """En euros, avant et après."""

    libelle: str
    avant: Decimal
    apres: Decimal

    @property
    def ecart(self) -> Decimal:
        return self.apres - self.avant


class Comparaison(NamedTuple):
    parties: list[Partie]
    sommes: list[Somme]

    @property
    def vide(self) -> bool:
        return not any(partie.changements for partie in self.parties)


def comparer_versions(avant: dict, apres: dict) -> Comparaison:
    """Les axes, les fiches, les besoins et les signataires qui changent, et les sommes."""
    noms = _noms(avant), _noms(apres)
    parties = []
    for cle in RACINES:
        de, a = avant.get(cle) or [], apres.get(cle) or []
        parties.append(Partie(LISTES[cle].titre, len(de), len(a), _comparer_liste(cle, de, a, noms)))
    return Comparaison(parties, _sommes(avant, apres))


def _comparer_liste(cle: str, avant: list, apres: list, noms: tuple[dict, dict]) -> list[Changement]:
    """Un changement par objet ajouté, retiré ou changé, dans l'ordre de la version d'après."""
    liste, changements = LISTES[cle], []
    for ancien, neuf in _apparier(liste, avant, apres, noms):
        if ancien is None:
            dit = _presenter(cle, neuf, noms[1])
            changements.append(Changement(_nommer(liste, neuf, noms[1]), AJOUT, dit))
        elif neuf is None:
            changements.append(Changement(_nommer(liste, ancien, noms[0]), RETRAIT, []))
        elif ecarts := _comparer_objet(liste.objet, ancien, neuf, noms):
            changements.append(Changement(_nommer(liste, neuf, noms[1]), "garde", ecarts))
    return changements


def _apparier(liste: Liste, avant: list, apres: list, noms: tuple[dict, dict]) -> list[tuple]:
    """D'abord par ce qui nomme la ligne ; puis, pour celles qui restent, par leur place (un titre changé)."""
    restants = list(avant)
    couples: list[tuple] = []
    for neuf in apres:
        cle = _cle(liste, neuf, noms[1])
        trouve = next((ancien for ancien in restants if _cle(liste, ancien, noms[0]) == cle), None)
        if trouve is not None:
            restants.remove(trouve)
        couples.append((trouve, neuf))
    for rang, (ancien, neuf) in enumerate(couples):
        if ancien is None and liste.objet != "fiche" and rang < len(avant) and avant[rang] in restants:
            restants.remove(avant[rang])
            couples[rang] = (avant[rang], neuf)
    return couples + [(ancien, None) for ancien in restants]


def _cle(liste: Liste, objet: dict, noms: dict) -> tuple:
    return tuple(dire(liste.objet, c, objet.get(c), noms) for c in liste.cles)


def _comparer_objet(nom: str, ancien: dict, neuf: dict, noms: tuple[dict, dict]) -> list[Ecart]:
    """Un écart par champ qui change ; les listes d'objets donnent les leurs."""
    ecarts: list[Ecart] = []
    for champ in _ordre(nom, ancien, neuf):
        de, a = ancien.get(champ), neuf.get(champ)
        if champ in SOUS_LISTES:
            ecarts += _comparer_sous_liste(champ, de or [], a or [], noms)
        elif (dit := dire(nom, champ, de, noms[0])) != (dit_apres := dire(nom, champ, a, noms[1])):
            ecarts.append(Ecart(libelle(nom, champ), _morceaux(dit, dit_apres)))
    return ecarts


def _comparer_sous_liste(cle: str, avant: list, apres: list, noms: tuple[dict, dict]) -> list[Ecart]:
    titre, ecarts = LISTES[cle].titre, []
    for changement in _comparer_liste(cle, avant, apres, noms):
        if changement.genre == "garde":
            debut = f"{titre}, {changement.nom} :"
            ecarts += [Ecart(f"{debut} {e.libelle.lower()}", e.morceaux) for e in changement.ecarts]
            continue
        detail = " ; ".join(f"{e.libelle.lower()} : {e.morceaux[0].texte}" for e in changement.ecarts)
        texte = f"{changement.nom} ({detail})" if detail else changement.nom
        ecarts.append(Ecart(titre, [Morceau(changement.genre, texte)]))
    return ecarts


def _presenter(cle: str, neuf: dict, noms: dict) -> list[Ecart]:
    """Ce que dit un objet ajouté, champ par champ."""
    liste = LISTES[cle]
    return [
        ecart
        for ecart in _comparer_objet(liste.objet, {}, neuf, ({}, noms))
        if ecart.libelle not in {libelle(liste.objet, champ) for champ in liste.nom}
    ]


def _morceaux(avant: str, apres: str) -> list[Morceau]:
    """Mot à mot pour un texte ; d'un bloc pour une valeur."""
    if not avant or not apres or max(len(avant), len(apres)) < MOTS_ENTIERS:
        return [m for m in (Morceau(RETRAIT, avant), Morceau(AJOUT, apres)) if m.texte]
    return resserrer(comparer(avant, apres))


def _ordre(nom: str, ancien: dict, neuf: dict) -> list[str]:
    """Les champs dans l'ordre du schéma, puis ceux qu'il ne connaît plus."""
    connus = [c for c in _proprietes(nom) if c in ancien or c in neuf]
    autres = [c for c in {**ancien, **neuf} if c not in connus]
    return [c for c in (*connus, *autres) if c not in TUS.get(nom, ())]


@lru_cache
def _proprietes(nom: str) -> dict[str, dict]:
    """Champ → schéma, pour un objet de la feuille de route."""
    racine = schema()["properties"]
    fiche = racine["fiches"]["items"]["properties"]
    lieux = {cle: racine[cle]["items"] for cle in RACINES if cle in racine}
    lieux |= {cle: fiche[cle]["items"] for cle in fiche if cle in SOUS_LISTES}
    return next((lieu["properties"] for cle, lieu in lieux.items() if LISTES[cle].objet == nom), {})


def libelle(nom: str, champ: str) -> str:
    """« Structure porteuse » : le nom du champ dans les formulaires ou, s'il n'en a pas, sa description dans
    le schéma, jusqu'à sa première précision.
    """
    try:
        mots = str(OBJETS[nom].modele._meta.get_field(champ).verbose_name)
    except (KeyError, FieldDoesNotExist):
        mots = _proprietes(nom).get(champ, {}).get("description") or champ.replace("_", " ")
        mots = re.split(r" ; |, | \(| : |\.$", mots)[0]
    return mots[:1].upper() + mots[1:]


def dire(nom: str, champ: str, valeur: Any, noms: dict) -> str:
    """La valeur comme on l'écrit : nom d'une structure, libellé d'un choix, date et somme à la française."""
    if _renvoie(nom, champ):
        valeur = _resoudre(valeur, noms)
    if valeur in (None, "", [], False):
        return ""
    if valeur is True:
        return "oui"
    if isinstance(valeur, list):
        return ", ".join(filter(None, (dire(nom, champ, v, noms) for v in valeur)))
    if isinstance(valeur, dict):
        return str(
            valeur.get("nom") or valeur.get("libelle") or valeur.get("intitule") or valeur.get("numero")
        )
    if champ in EUROS:
        return montant(Decimal(str(valeur)))
    return _libelle_du_choix(nom, champ, valeur) or _en_clair(valeur)


def _libelle_du_choix(nom: str, champ: str, valeur) -> str:
    if nom not in OBJETS or champ not in OBJETS[nom].champs:
        return ""
    modele = OBJETS[nom].champ(champ)
    choix = modele.choices or getattr(getattr(modele, "base_field", None), "choices", None) or ()
    return next((str(mots) for code, mots in choix if str(code) == str(valeur)), "")


def _en_clair(valeur) -> str:
    texte = str(valeur)
    try:
        return date_longue(date.fromisoformat(texte)) if len(texte) == 10 else _chiffre(texte)
    except ValueError:
        return texte


def _chiffre(texte: str) -> str:
    """« 1 234,5 » pour « 1234.5 » ; une année, un code, un texte restent tels quels."""
    return nombre(texte) if "." in texte and texte.replace(".", "", 1).isdigit() else texte


def _renvoie(nom: str, champ: str) -> bool:
    """Ce champ porte une référence, ou une liste de références."""
    dit = _proprietes(nom).get(champ, {})
    return "x-renvoi" in dit or "x-renvoi" in dit.get("items", {})


def _resoudre(valeur, noms: dict):
    """Le nom de l'objet que désigne une référence du fichier."""
    if isinstance(valeur, list):
        return [_resoudre(v, noms) for v in valeur]
    return noms.get(valeur, valeur) if isinstance(valeur, str) else valeur


def _noms(donnees: dict) -> dict[str, str]:
    """Référence → nom, pour tout ce qu'une fiche, un axe ou un signataire peut citer."""
    noms: dict[str, str] = {}
    for cle in ("structures", "personnes", "enjeux", "chantiers", "axes", "instances", "fiches"):
        for objet in donnees.get(cle) or []:
            for element in (objet, *(objet.get("sous_axes") or [])):
                if element.get("ref"):
                    noms[element["ref"]] = _nom_de(element)
    return noms


def _nom_de(objet: dict) -> str:
    if objet.get("prenom"):
        return f"{objet['prenom']} {objet.get('nom') or ''}".strip()
    cles = ("nom", "intitule", "titre", "question", "libelle", "type")
    return str(next((objet[c] for c in cles if objet.get(c)), objet["ref"]))


def _nommer(liste: Liste, objet: dict, noms: dict) -> str:
    """« 3. Former les aidants », « 2026, fonctionnement »."""
    dits = [dire(liste.objet, champ, objet.get(champ), noms) for champ in liste.nom]
    return (". " if liste.objet == "fiche" else ", ").join(filter(None, dits)) or "sans nom"


def _sommes(avant: dict, apres: dict) -> list[Somme]:
    """Budget prévu, financements acquis, demandés : les mêmes règles que le compte d'une fiche."""
    de, a = _comptes(avant), _comptes(apres)
    libelles = ("Budget prévu", "Financements acquis", "Financements demandés ou envisagés")
    return [Somme(mots, de[rang], a[rang]) for rang, mots in enumerate(libelles)]


def _comptes(donnees: dict) -> tuple[Decimal, Decimal, Decimal]:
    budget = acquis = espere = Decimal("0.00")
    for fiche in donnees.get("fiches") or []:
        budget += sum(Decimal(ligne.get("montant") or 0) for ligne in fiche.get("budget") or [])
        for part in fiche.get("financements") or []:
            if part.get("etat") == "acquis":
                acquis += Decimal(part.get("obtenu") or 0)
            elif part.get("etat") != "refuse":
                espere += Decimal(part.get("demande") or 0)
    return budget, acquis, espere
