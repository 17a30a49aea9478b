"""Les graphiques du document, en SVG : lisibles en noir et blanc, doublés d'un tableau ou d'un texte.

Ce module calcule des positions ; les gabarits `pdf/svg_*.html` les dessinent.
"""

from decimal import Decimal
from itertools import pairwise

from feuille_de_route.documents.contenu.lecture import mesure
from feuille_de_route.financement import Compte

LARGEUR = 320
GAUCHE, DROITE, HAUT, BAS = 14, 112, 14, 20
HAUTEUR_COURBE = 128
BARRE_DE, BARRE_LONG = 108, 130
TRAITS = ("", "5 3", "1.5 2.5", "8 3 2 3")
FONDS, ENCRES = ("#14395e", "#a9b6c8", "#eef1f5"), ("#ffffff", "#1b2433", "#1b2433")
COULEURS = ("#14395e", "#9a5b13", "#4d5866", "#2f6b4f")


def figure(titre: str, points: dict[str, list], unite: str) -> dict | None:
    """`points` : territoire → [(année, valeur connue)]. None sous deux valeurs : le tableau suffit."""
    connus = [v for serie in points.values() for _, v in serie]
    if len(connus) < 2:
        return None
    if any(len(serie) > 1 for serie in points.values()) and len(points) <= len(TRAITS):
        return courbe(titre, points, unite)
    return barres(titre, points, unite)


def barres(titre: str, points: dict[str, list], unite: str) -> dict:
    """Une barre par valeur connue, depuis zéro ; une valeur absente se dit, elle ne se dessine pas."""
    lignes = [(lieu, serie[-1] if serie else None) for lieu, serie in points.items()]
    maximum = max((abs(Decimal(p[1])) for _, p in lignes if p), default=Decimal(0)) or Decimal(1)
    dessin = []
    for rang, (lieu, point) in enumerate(lignes):
        part = abs(Decimal(point[1])) / maximum if point else Decimal(0)
        dessin.append(
            {
                "libelle": abreger(lieu, 20),
                "valeur": mesure(point[1], unite) if point else "non disponible",
                "connue": point is not None,
                "y": 6 + rang * 22,
                "y_texte": 17 + rang * 22,
                "longueur": f"{part * BARRE_LONG:.1f}",
                "x_valeur": f"{BARRE_DE + (part * BARRE_LONG) + 6:.1f}",
                "fond": COULEURS[0] if rang == 0 else "#8c9bb0",
            }
        )
    return {
        "genre": "barres", "titre": titre, "lignes": dessin, "x": BARRE_DE,
        "x_libelle": BARRE_DE - 8, "hauteur": 10 + 22 * len(dessin), "largeur": LARGEUR,
    }  # fmt: skip


def courbe(titre: str, points: dict[str, list], unite: str) -> dict:
    """Une ligne par territoire, nommée à son bout ; l'axe vertical se resserre si tout se tient de près."""
    valeurs = [Decimal(v) for serie in points.values() for _, v in serie]
    annees = sorted({a for serie in points.values() for a, _ in serie})
    bas, haut = _bornes(min(valeurs), max(valeurs))
    de, etendue = annees[0], max(annees[-1] - annees[0], 1)
    large = LARGEUR - GAUCHE - DROITE
    haute = HAUTEUR_COURBE - HAUT - BAS

    def x(annee: int) -> float:
        return GAUCHE + large * (annee - de) / etendue

    def y(valeur: Decimal) -> float:
        return HAUT + haute * float((haut - valeur) / (haut - bas))

    lignes = []
    connues = {lieu: serie for lieu, serie in points.items() if serie}
    for rang, (lieu, serie) in enumerate(connues.items()):
        places = [(x(a), y(Decimal(v)), mesure(v, unite)) for a, v in serie]
        lignes.append(
            {
                "nom": f"{abreger(lieu, 18)} {places[-1][2]}",
                "points": [{"x": f"{px:.1f}", "y": f"{py:.1f}", "dessus": f"{py - 6:.1f}", "valeur": t}
                           for px, py, t in places],
                "trace": " ".join(f"{px:.1f},{py:.1f}" for px, py, _ in places),
                "trait": TRAITS[rang],
                "couleur": COULEURS[rang],
                "fin": places[-1],
            }
        )  # fmt: skip
    _ecarter(lignes)
    return {
        "genre": "courbe", "titre": titre, "lignes": lignes, "largeur": LARGEUR, "hauteur": HAUTEUR_COURBE,
        "annees": [{"annee": a, "x": f"{x(a):.1f}"} for a in annees], "y_annees": HAUTEUR_COURBE - 6,
        "y_axe": HAUTEUR_COURBE - BAS + 2, "x_axe": LARGEUR - DROITE + 6,
        "tronque": bas != 0, "chiffres": sum(len(li["points"]) for li in lignes) <= 10,
    }  # fmt: skip


def _bornes(minimum: Decimal, maximum: Decimal) -> tuple[Decimal, Decimal]:
    marge = (maximum - minimum) / 4 or abs(maximum) / 10 or Decimal(1)
    if minimum >= 0 and maximum - minimum > maximum / 3:
        return Decimal(0), maximum + marge
    return minimum - marge, maximum + marge


def _ecarter(lignes: list[dict]) -> None:
    """Les noms au bout des lignes ne se recouvrent pas : onze unités au moins les séparent."""
    rangees = sorted(lignes, key=lambda li: li["fin"][1])
    for ligne in rangees:
        ligne["y_nom"] = ligne["fin"][1] + 3
    for dessus, dessous in pairwise(rangees):
        dessous["y_nom"] = max(dessous["y_nom"], dessus["y_nom"] + 11)
    for ligne in lignes:
        ligne["x_nom"], ligne["y_nom"] = f"{ligne['fin'][0] + 7:.1f}", f"{ligne['y_nom']:.1f}"


def part_financee(compte: Compte) -> dict | None:
    """La barre « acquis, demandé, reste à trouver » d'une fiche ; None sans budget."""
    plein = max(compte.budget, compte.finance)
    if not plein:
        return None
    large = Decimal(480)
    acquis, espere = (large * v / plein for v in (compte.acquis, compte.espere))
    return {
        "acquis": f"{acquis:.1f}",
        "espere": f"{espere:.1f}",
        "x_reste": f"{acquis + espere:.1f}",
        "reste": f"{large - acquis - espere:.1f}",
        "x_budget": f"{large * compte.budget / plein:.1f}",
        "depasse": compte.solde < 0,
        "largeur": large,
    }


def part_des_natures(parts: list[tuple[str, int]]) -> dict:
    """Une barre partagée entre les natures d'action, du plus neuf (plein) à ce qui existe déjà (clair)."""
    total, x, morceaux = sum(n for _, n in parts), Decimal(0), []
    for rang, (nom, nombre) in enumerate(parts):
        large = Decimal(480) * nombre / total
        place = {"x": f"{x:.1f}", "largeur": f"{large:.1f}", "milieu": f"{x + large / 2:.1f}"}
        couleurs = {"fond": FONDS[rang], "encre": ENCRES[rang]}
        morceaux.append({"nom": nom, "nombre": nombre, **place, **couleurs})
        x += large
    return {"largeur": 480, "morceaux": morceaux}


def abreger(texte: str, longueur: int) -> str:
    """Coupe au mot s'il y en a un, et le dit par « … »."""
    if len(texte) <= longueur:
        return texte
    coupe = texte[: longueur - 1]
    if " " in coupe[longueur // 2 :]:
        coupe = coupe.rsplit(" ", 1)[0]
    return coupe.rstrip(" ,;–-(\u00a0") + "…"
