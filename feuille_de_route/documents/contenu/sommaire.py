"""L'ordre du document : ses sections, numérotées ; une section vide n'existe pas."""

from typing import Any, NamedTuple

from feuille_de_route.documents.contenu.acteurs import adossement, co_porteurs, gouvernance, territoire
from feuille_de_route.documents.contenu.calendrier import calendrier
from feuille_de_route.documents.contenu.consensus import limites
from feuille_de_route.documents.contenu.diagnostic import diagnostic, sources
from feuille_de_route.documents.contenu.elaboration import definition, elaboration
from feuille_de_route.documents.contenu.fiches import fiches, natures
from feuille_de_route.documents.contenu.financement import financement
from feuille_de_route.documents.contenu.graphiques import abreger
from feuille_de_route.documents.contenu.lecture import Dossier, Lu, libelle, liste, periode
from feuille_de_route.documents.contenu.strategie import Plan, chantiers, enjeux, retenus, strategie
from feuille_de_route.models import CodeBesoin
from gouvernance.socle.mots import compter


class Section(NamedTuple):
    numero: int
    ancre: str
    titre: str
    gabarit: str
    d: Any


def contenu(dossier: Dossier, *, signataires: list[dict], validation: dict) -> dict:
    """Tout ce que le gabarit imprime d'après le fichier, et d'après ce qui fut décidé et désigné depuis."""
    plan = Plan(dossier)
    demarche = dossier.donnees["demarche"] or Lu()
    finances = financement(dossier, plan.fiches)
    engagements = _engagements(dossier)
    candidates = (
        ("elaboration", "Comment cette feuille de route a été élaborée", elaboration(dossier, validation)),
        ("gouvernance", "Gouvernance", gouvernance(dossier)),
        ("diagnostic", "Diagnostic", diagnostic(dossier)),
        ("enjeux", "Enjeux", enjeux(dossier, plan)),
        ("strategie", "Stratégie", strategie(dossier, plan)),
        ("chantiers", "Chantiers clés", chantiers(dossier)),
        ("limites", "On va, on peut, on ne peut pas", limites(dossier)),
        ("fiches", "Fiches actions", fiches(dossier, plan)),
        ("financement", "Plan de financement", finances),
        ("calendrier", "Calendrier", calendrier(dossier)),
        ("besoins", "Besoins en ingénierie", _besoins(dossier)),
        ("engagements", "Engagements", engagements),
        ("signatures", "Signatures", signataires or engagements),
    )
    gardees = [(a, t, d) for a, t, d in candidates if d]
    nom = demarche["nom"] or "Feuille de route"
    return {
        "sections": [Section(n, a, t, f"pdf/_{a}.html", d) for n, (a, t, d) in enumerate(gardees, start=1)],
        "nom": nom,
        "nom_court": abreger(nom, 70),
        "taille_du_nom": "long" if len(nom) > 110 else "moyen" if len(nom) > 60 else "court",
        "territoire": territoire(dossier),
        "region": (demarche["region"] or Lu())["nom"],
        "periode": periode(demarche["debut"], demarche["fin"]),
        "porteur": dossier.structure(demarche["porteur"]),
        "co_porteurs": co_porteurs(dossier),
        "adossement": adossement(demarche),
        "essentiel": _essentiel(dossier, plan, finances),
        "sources": sources(dossier),
    }


def _besoins(dossier: Dossier) -> list[dict] | None:
    lignes = [
        {"rang": b["rang"], "libelle": libelle(CodeBesoin, b["code"]), "precision": b["precision"]}
        for b in liste(dossier.donnees, "besoins")
    ]
    return lignes or None


def _engagements(dossier: Dossier) -> list[dict] | None:
    lignes = [
        {
            "nom": s["nom"] or "",
            "qualite": s["qualite"] or "",
            "structure": dossier.structure(s["structure"]),
            "engagement": s["engagement"],
        }
        for s in liste(dossier.donnees, "signataires")
    ]
    return lignes or None


def _essentiel(dossier: Dossier, plan: Plan, finances: dict | None) -> dict | None:
    """La page que lit celui qui n'en lit qu'une ; None tant qu'il n'y a ni enjeu, ni axe, ni fiche."""
    lus = retenus(dossier)
    if not (lus or plan.axes or plan.fiches):
        return None
    constats = liste(dossier.diagnostic, "constats")
    chiffres = [
        (len(constats), "constat", "constats"),
        (len(lus), "enjeu", "enjeux"),
        (len(plan.axes), "axe", "axes"),
        (len(plan.fiches), "fiche action", "fiches actions"),
    ]
    return {
        "definition": definition(dossier),
        "chiffres": [(n, un if n == 1 else plusieurs) for n, un, plusieurs in chiffres if n],
        "enjeux": [e["question"] for e in lus],
        "axes": [
            {"numero": plan.numeros[a["ref"]], "intitule": a["intitule"], "fiches": _nombre(plan, a)}
            for a in plan.axes
        ],
        "natures": natures(plan.fiches),
        "rapides": sum(bool(f["gain_rapide"]) for f in plan.fiches),
        "compte": finances["compte"] if finances else None,
    }


def _nombre(plan: Plan, axe: Lu) -> str:
    nombre = sum(plan.racine(f) is axe for f in plan.fiches)
    return compter(nombre, "fiche") if nombre else ""
