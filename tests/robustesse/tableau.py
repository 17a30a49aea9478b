"""La table des permissions en français : docs/permissions.md, tel que la matrice et DROITS le disent."""

from typing import NamedTuple

from django.urls import get_resolver

from gouvernance.models import Etape, Role
from gouvernance.permissions import ADMINISTRATION, Droit
from tests.robustesse.matrice import (
    ACTES,
    COMPTES,
    ENVOYES,
    FORMULAIRES,
    LUS,
    PAGES,
    REDIRIGE,
    SANS_ETAPE,
    TOUS_LES_DROITS,
)
from tests.robustesse.scene import motifs
from tests.test_coherence import PUBLIQUES

LIBELLES = {**dict(Role.choices), ADMINISTRATION: "Administration nationale"}

# Ce que la table ne peut pas dire en une case.
PRECISIONS = {
    "fiche": "un partenaire : les fiches que porte sa structure, tant qu’elles sont à écrire ; "
    "les brouillons des autres n’existent pas pour lui (404)",
    "commenter": "ceux qui voient la fiche",
    "corriger": "la personne qui l’a écrit, quel que soit son rôle",
    "creer_fiche": "reprendre une fiche : dans la démarche d’accueil, et si l’on voit celle que l’on reprend",
    "resoudre": "et la personne qui a ouvert le fil ; un partenaire : sur les fiches que porte sa structure",
    "signer": "les comptes choisis pour signer, à leur tour ; les autres ont 404",
    "prefecture": "la coordination dont la structure est du collège « État »",
    "voter": "une voix par structure",
    "adherer": "la structure du compte, si elle est membre",
    "choisir_compte": "après « Plan d’actions », le compte seulement ; l’identité et l’engagement sont figés",
    "animer": "retirer une contribution : aussi qui l’a apportée",
    "contribuer": "on retire ce qu’on a soi-même apporté",
}

ENTETE = """# Permissions

Page écrite par `python -m tests.robustesse.permissions > docs/permissions.md` ; ne la modifiez pas.
Elle vient de deux tables : `gouvernance/permissions.py` (rôle, acte, étapes), que les règles et les boutons
lisent, et `tests/robustesse/matrice.py` (adresse, nature, droit), que les essais parcourent. Un essai échoue
si cette page, une adresse du site et ces tables ne disent pas la même chose.

Trois réponses valent pour toutes les adresses d’une démarche :

- **sans compte** : renvoi à la connexion, sauf les adresses dites publiques ;
- **sans rôle dans la démarche** (autre département compris) : la page n’existe pas (404) ; de même quand un
  identifiant imbriqué est celui d’une autre démarche. L’administration nationale et le superutilisateur
  voient toutes les démarches ;
- **rôle insuffisant** : 403, avec la phrase du refus ; **étape dépassée ou à venir** : rien n’est écrit, et
  une phrase dit pourquoi.
"""


class Ligne(NamedTuple):
    """Une adresse : son chemin, ses méthodes, le droit qu'elle demande (vide : aucun)."""

    nom: str
    chemin: str
    methodes: str
    droit: str
    acces: str


def lignes() -> list[Ligne]:
    return sorted((_ligne(nom, chemin) for nom, chemin in motifs(get_resolver(), "")), key=lambda x: x.chemin)


def _ligne(nom: str, chemin: str) -> Ligne:
    methodes = (
        "GET" if nom in PAGES | REDIRIGE | LUS else "POST" if nom in ACTES or nom in ENVOYES else "GET, POST"
    )
    droit = (ACTES | FORMULAIRES | {"jalons": "cadrer"}).get(nom, "")
    acces = "public" if nom in PUBLIQUES else "connecté" if nom in COMPTES else "démarche"
    return Ligne(nom, "/" + chemin, methodes, droit, "connecté" if droit == "ouvrir" else acces)


def etapes(nom: str, droit: Droit) -> str:
    """« jusqu'à Enjeux », « de … à … », « toutes »."""
    if nom in SANS_ETAPE:
        return "toutes, abandonnée comprise"
    debut, fin = droit.depuis, droit.jusqu_a
    if debut == fin:
        return f"« {fin.label} » seulement"
    if debut == Etape.CADRAGE:
        return "toutes, sauf abandonnée" if fin == Etape.CLOSE else f"jusqu’à « {fin.label} »"
    return f"de « {debut.label} » à « {fin.label} »"


def roles(droit: Droit) -> str:
    return ", ".join(libelle for role, libelle in LIBELLES.items() if role in droit.roles)


def document() -> str:
    return "\n".join([ENTETE, *_par_role(), *_par_droit(), *_par_adresse()]) + "\n"


def _par_role() -> list[str]:
    textes = ["## Par rôle", "", "Le superutilisateur a les droits de l’administration nationale.", ""]
    for role, libelle in LIBELLES.items():
        textes += [f"### {libelle}", ""]
        siens = [(nom, d) for nom, d in TOUS_LES_DROITS.items() if role in d.roles]
        textes += [f"- {d.libelle} : {etapes(nom, d)}" for nom, d in siens] or ["- lire, sans rien modifier"]
        textes.append("")
    return textes


def _par_droit() -> list[str]:
    textes = [
        "## Par droit",
        "",
        "| Droit | Ce qu’il permet | Rôles | Étapes | Précision |",
        "|---|---|---|---|---|",
    ]
    textes += [
        f"| `{nom}` | {d.libelle} | {roles(d)} | {etapes(nom, d)} | {PRECISIONS.get(nom, '')} |"
        for nom, d in TOUS_LES_DROITS.items()
    ]
    return [*textes, ""]


def _par_adresse() -> list[str]:
    toutes = lignes()
    textes = [
        "## Par adresse",
        "",
        f"{len(toutes)} adresses, l’administration de Django à part (comptes `is_staff`). « Démarche » : "
        "il faut un rôle dans la démarche, ou l’administration nationale. `jalons` se lit par tous, "
        "s’écrit avec son droit.",
        "",
        "| Adresse | Nom | Méthodes | Accès | Droit | Rôles | Étapes |",
        "|---|---|---|---|---|---|---|",
    ]
    return textes + [_en_tableau(ligne) for ligne in toutes]


def _en_tableau(ligne: Ligne) -> str:
    droit = TOUS_LES_DROITS.get(ligne.droit)
    fin = (f"`{ligne.droit}`", roles(droit), etapes(ligne.droit, droit)) if droit else ("–", "–", "–")
    return f"| `{ligne.chemin}` | `{ligne.nom}` | {ligne.methodes} | {ligne.acces} | {' | '.join(fin)} |"
