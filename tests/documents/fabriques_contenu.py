"""De quoi fabriquer le contenu d'une feuille de route au format d'échange, à la taille voulue."""

import copy
import json
from decimal import Decimal
from pathlib import Path

EXEMPLE = Path(__file__).parent.parent / "echange" / "exemple.json"
VERBES = ("Aller vers les habitants", "Outiller les aidants", "Équiper les foyers", "Partager les données")
THEMES = ("Équipement et accès", "Médiation numérique", "Accès aux droits", "Jeunesse et éducation")
TYPES = ("etat", "region", "departement", "epci", "caf", "europe", "autofinancement")
PHRASE = (
    "Les habitants des bourgs éloignés renoncent à une démarche sur trois faute d’aide proche ; les équipes "
    "de France services orientent, sans toujours pouvoir accompagner dans la durée. "
)


def exemple() -> dict:
    return json.loads(EXEMPLE.read_text(encoding="utf-8"))


def minimale() -> dict:
    """Un brouillon : un nom, un département, rien d'autre."""
    demarche = {"nom": "Feuille de route de la Dordogne", "departement": {"code": "24"}}
    return {"format": "feuille-de-route", "version_format": "1.0", "demarche": demarche}


def grande(fiches: int = 40) -> dict:
    """Quatre axes à deux sous-axes, cinq enjeux, douze constats, `fiches` fiches complètes."""
    contenu = exemple()
    contenu["diagnostic"] = {"series": _series(), "constats": [_constat(n) for n in range(12)]}
    contenu["enjeux"] = [_enjeu(n) for n in range(5)]
    contenu["axes"] = [_axe(n) for n in range(4)]
    contenu["fiches"] = [_fiche(n) for n in range(1, fiches + 1)]
    contenu["ateliers"][0]["contributions"] = contenu["ateliers"][0]["contributions"][:1]
    return contenu


def _series() -> list[dict]:
    return [
        {
            "code": f"serie-{n}",
            "libelle": f"Part des habitants sans aide proche, série {n}",
            "unite": "%",
            "source": "Exemple inventé, millésime 2023",
            "licence": "Licence Ouverte 2.0",
            "demonstration": n % 2 == 0,
        }
        for n in range(12)
    ]


def _mesures(n: int) -> list[dict]:
    lieux = (("24", "Dordogne"), ("75", "Nouvelle-Aquitaine"), ("FR", "France"))
    annees = (2019, 2021, 2023) if n % 2 else (2023,)
    return [
        {
            "serie": f"serie-{n}",
            "echelle": "departement",
            "territoire": code,
            "territoire_nom": nom,
            "annee": annee,
            "valeur": None
            if code == "75" and n % 3 == 0
            else f"{18 + n * 0.5 + rang * 2.3 - (annee - 2019) * 0.4:.1f}",
        }
        for rang, (code, nom) in enumerate(lieux)
        for annee in annees
    ]


def _constat(n: int) -> dict:
    natures = ("frein", "atout", "manque", "opportunite", "menace", "constat")
    theme = THEMES[n // 3]
    regard = {"auteur": "Maire d’une commune rurale", "posture": "elu", "texte": PHRASE, "accord": 2 - n % 4}
    return {
        "ref": f"C{n + 1}",
        "nature": natures[n % 6],
        "thematique": {"code": f"t{n // 3}", "libelle": theme},
        "intitule": f"Un habitant sur cinq reste loin d’une aide ({n + 1})",
        "description": PHRASE * 2,
        "tendance": ("hausse", "stable", "baisse", None)[n % 4],
        "trajectoire": PHRASE,
        "singularite": None,
        "sources": "Enquête de l’exemple, 2023",
        "mesures": _mesures(n),
        "regards": [regard] * (n % 3),
    }


def _enjeu(n: int) -> dict:
    return {
        "ref": f"E{n + 1}",
        "question": f"Comment amener l’aide là où les gens vont déjà ({n + 1}) ?",
        "rang": n + 1,
        "precision": PHRASE,
        "constats": [f"C{n * 2 + 1}", f"C{n * 2 + 2}"],
        "etat": "retenu",
        "motif": None,
    }


def _axe(n: int) -> dict:
    sous_axes = [
        {
            "ref": f"A{n + 1}{lettre}",
            "intitule": f"Tenir des permanences {lettre}",
            "objectif": PHRASE,
            "axe_fne": None,
            "axe_departemental": None,
            "enjeux": [],
        }
        for lettre in "ab"
    ]
    return {
        "ref": f"A{n + 1}",
        "intitule": VERBES[n],
        "objectif": PHRASE,
        "axe_fne": n + 1,
        "axe_departemental": None,
        "enjeux": [f"E{n + 1}"] + (["E5"] if n == 0 else []),
        "sous_axes": sous_axes,
    }


BUDGET = (
    {"annee": 2026, "nature": "investissement", "libelle": "Véhicule", "montant": "24000.00", "etp": None},
    {"annee": 2027, "nature": "rh", "libelle": "Médiateurs", "montant": "68500.50", "etp": "1.5"},
    {"annee": 2027, "nature": "fonctionnement", "libelle": "Carburant", "montant": "7500.00", "etp": None},
)
COUT, MANQUE = Decimal("100000.50"), Decimal("12000")


def _financements(numero: int) -> list[dict]:
    """Quatre financeurs, deux acquis ; il manque 12 000 € sur 100 000,50 €."""
    parts = [Decimal("22000.13")] * 4
    parts[0] = COUT - MANQUE - sum(parts[1:])
    return [
        {
            "financeur": f"Financeur {TYPES[(numero + rang) % len(TYPES)]}",
            "type": TYPES[(numero + rang) % len(TYPES)],
            "dispositif": "Appel à projets",
            "demande": f"{part}",
            "obtenu": f"{part}" if rang < 2 else None,
            "etat": "acquis" if rang < 2 else "sollicite",
        }
        for rang, part in enumerate(parts)
    ]


def _fiche(numero: int) -> dict:
    return copy.deepcopy(exemple()["fiches"][0]) | {
        "ref": f"F{numero}",
        "numero": numero,
        "titre": f"Des permanences les jours de marché, lot {numero}",
        "axe": f"A{(numero - 1) % 4 + 1}{'ab'[numero % 2]}",
        "chantier": "K1" if numero == 1 else None,
        "contexte": PHRASE * 2,
        "objectifs": PHRASE,
        "description": PHRASE * 3,
        "enjeux": [f"E{numero % 5 + 1}"],
        "budget": [dict(ligne) for ligne in BUDGET],
        "financements": _financements(numero),
        "etapes": [
            {"libelle": "Recruter", "echeance": "2026-09-30"},
            {"libelle": "Ouvrir", "echeance": "2027-01-15"},
        ],
        "debut": f"{2026 + numero % 2}-0{numero % 9 + 1}-01",
        "fin": "2028-12-31" if numero % 7 else None,
        "priorite": numero % 3 + 1,
    }
