"""Le calendrier des fiches : un diagramme par lot d'une page, et le tableau des étapes."""

from datetime import date

from feuille_de_route.documents.contenu.graphiques import abreger
from feuille_de_route.documents.contenu.lecture import Dossier, Lu, en_date, jour, liste, periode

LOT = 28  # fiches par diagramme : ce qui tient dans une page avec son titre
LARGEUR, NOMS, LIGNE, ENTETE = 640, 218, 21, 24


def calendrier(dossier: Dossier) -> dict | None:
    """None si aucune fiche n'a de date."""
    fiches = liste(dossier.donnees, "fiches")
    datees = [f for f in fiches if _dates(f)]
    if not datees:
        return None
    bornes = [le for f in datees for le in _dates(f)]
    de, annees = min(bornes).year, max(bornes).year - min(bornes).year + 1
    taille = -(-len(datees) // -(-len(datees) // LOT))  # des lots égaux
    lots = [datees[i : i + taille] for i in range(0, len(datees), taille)]
    return {
        "diagrammes": [_diagramme(lot, de, annees) for lot in lots],
        "etapes": [_ligne(f) for f in datees],
        "sans_date": [f"{f['numero']}. {f['titre']}" for f in fiches if f not in datees],
    }


def _dates(fiche: Lu) -> list[date]:
    dates = [fiche["debut"], fiche["fin"], *(e["echeance"] for e in liste(fiche, "etapes"))]
    return [le for le in map(en_date, dates) if le]


def _ligne(fiche: Lu) -> dict:
    return {
        "numero": fiche["numero"],
        "titre": fiche["titre"],
        "periode": periode(fiche["debut"], fiche["fin"]),
        "etapes": [(jour(e["echeance"]), e["libelle"]) for e in liste(fiche, "etapes") if e["echeance"]],
    }


def _diagramme(fiches: list[Lu], de: int, annees: int) -> dict:
    large = LARGEUR - NOMS - 8

    def x(le: date) -> float:
        part = le.year - de + (le.timetuple().tm_yday - 1) / 365.25
        return NOMS + large * part / annees

    pas = max(1, -(-annees // 8))
    hauteur = ENTETE + LIGNE * len(fiches) + 6
    return {
        "largeur": LARGEUR,
        "hauteur": hauteur,
        "bas": hauteur - 4,
        "annees": [
            {"annee": de + a, "x": f"{NOMS + large * a / annees:.1f}",
             "milieu": f"{NOMS + large * (a + min(pas, annees - a) / 2) / annees:.1f}"}
            for a in range(0, annees, pas)
        ],
        "semestres": [f"{NOMS + large * (a + 0.5) / annees:.1f}" for a in range(annees) if annees <= 6],
        "lignes": [_barre(fiche, rang, x) for rang, fiche in enumerate(fiches)],
        "noms": NOMS,
    }  # fmt: skip


def _barre(fiche: Lu, rang: int, x) -> dict:
    """La barre va du début à la fin ; une fin inconnue laisse le bout ouvert (pointillé)."""
    debut, fin = en_date(fiche["debut"]), en_date(fiche["fin"])
    de = x(debut) if debut else x(min(_dates(fiche)))
    a = x(fin) if fin else LARGEUR - 8
    haut = ENTETE + rang * LIGNE
    return {
        "nom": abreger(f"{fiche['numero']}. {fiche['titre']}", 44),
        "x": f"{de:.1f}",
        "longueur": f"{max(a - de, 4):.1f}",
        "ouvert": not (debut and fin),
        "y": haut + 5,
        "y_texte": haut + 14,
        "y_filet": haut + LIGNE,
        "etapes": [
            _losange(x(le), haut + 10) for e in liste(fiche, "etapes") if (le := en_date(e["echeance"]))
        ],
    }


def _losange(x: float, y: int) -> str:
    return " ".join(f"{x + dx:.1f},{y + dy}" for dx, dy in ((0, -6), (6, 0), (0, 6), (-6, 0)))
