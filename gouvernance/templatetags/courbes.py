"""La courbe d'un indicateur dans le temps, en SVG calculé côté serveur : d'où l'on part, où l'on va.

Le dessin ne porte rien que le tableau à côté ne dise : il n'a pas à être lu au pixel.
"""

from datetime import date
from decimal import Decimal

from django import template

from gouvernance.templatetags.feuille import INSECABLE, nombre

register = template.Library()

LARGEUR, HAUTEUR = 420, 236
GAUCHE, DROITE, HAUT, BAS = 12, 12, 34, 196
CHIFFRES_MAX = 6  # au-delà, seuls le premier, le dernier et les extrêmes s'écrivent
MOIS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


@register.inclusion_tag("composants/courbe.html")
def courbe(points, titre, identifiant="courbe", **bornes):
    """`points` : (date, valeur) dans l'ordre du temps, un au moins. `bornes` : reference, cible, echeance,
    unite ; une borne inconnue ne se dessine pas.
    """
    reference, cible = bornes.get("reference"), bornes.get("cible")
    echeance, unite = bornes.get("echeance"), bornes.get("unite") or ""
    jours = [jour for jour, _ in points] + ([echeance] if echeance and cible is not None else [])
    valeurs = [Decimal(v) for v in (*(v for _, v in points), reference, cible) if v is not None]
    x, y = _abscisses(min(jours), max(jours)), _ordonnees(min(valeurs), max(valeurs))
    dessin = [_point(jour, Decimal(valeur), x, y) for jour, valeur in points]
    _chiffrer(dessin)
    traits = [("cible", cible), ("départ", reference)]
    return {
        "titre": titre, "identifiant": identifiant, "largeur": LARGEUR, "hauteur": HAUTEUR,
        "gauche": GAUCHE, "droite": LARGEUR - DROITE, "bas": BAS, "y_dates": BAS + 26,
        "points": dessin, "trace": " ".join(f"{p['x']},{p['y']}" for p in dessin),
        "traits": _traits([(mot, Decimal(v), y) for mot, v in traits if v is not None]),
        "dates": _dates(min(jours), max(jours)), "unite": unite,
        "description": _description(points, bornes, unite),
    }  # fmt: skip


def _abscisses(de: date, a: date):
    etendue = max((a - de).days, 1)
    large = LARGEUR - GAUCHE - DROITE - 36
    return lambda jour: GAUCHE + 18 + large * (jour - de).days / etendue


def _ordonnees(bas: Decimal, haut: Decimal):
    if bas == haut:
        bas, haut = bas - 1, haut + 1
    return lambda valeur: HAUT + (BAS - HAUT - 12) * float((haut - valeur) / (haut - bas))


def _point(jour: date, valeur: Decimal, x, y) -> dict:
    px, py = x(jour), y(valeur)
    ancre = "start" if px < 60 else "end" if px > LARGEUR - 60 else "middle"
    return {
        "x": f"{px:.1f}", "y": f"{py:.1f}", "y_texte": f"{max(py - 11, 14):.1f}", "ancre": ancre,
        "valeur": valeur, "texte": "", "jour": jour,
    }  # fmt: skip


def _chiffrer(dessin: list[dict]) -> None:
    """Écrit les valeurs qui tiennent : toutes si elles sont peu, sinon le début, la fin et les extrêmes."""
    if len(dessin) > CHIFFRES_MAX:
        extremes = (min(dessin, key=lambda p: p["valeur"]), max(dessin, key=lambda p: p["valeur"]))
        choisis = [dessin[0], *extremes, dessin[-1]]
    else:
        choisis = dessin
    derniere = -100.0
    for point in sorted(choisis, key=lambda p: float(p["x"])):
        if float(point["x"]) - derniere >= 44 or point is dessin[-1]:
            point["texte"] = nombre(point["valeur"])
            derniere = float(point["x"])


def _traits(lignes: list[tuple]) -> list[dict]:
    """La cible et le départ ; leurs mots ne se recouvrent pas."""
    traits = []
    for mot, valeur, y in lignes:
        hauteur = y(valeur)
        dessus = mot == "cible" or hauteur > BAS - 24
        y_texte = hauteur - 5 if dessus else hauteur + 16
        texte = f"{mot} {nombre(valeur)}"
        traits.append({"mot": texte, "genre": mot, "y": f"{hauteur:.1f}", "y_texte": f"{y_texte:.1f}"})
    return traits


def _dates(de: date, a: date) -> list[dict]:
    bouts = [{"texte": _mois(de), "x": GAUCHE, "ancre": "start"}]
    if a != de:
        bouts.append({"texte": _mois(a), "x": LARGEUR - DROITE, "ancre": "end"})
    return bouts


def _mois(jour: date) -> str:
    return f"{MOIS[jour.month - 1]}{INSECABLE}{jour.year}"


def _description(points, bornes: dict, unite: str) -> str:
    """Ce que le dessin montre, pour qui ne le voit pas."""
    (debut, premiere), (fin, derniere) = points[0], points[-1]
    dit = f"De {nombre(premiere)} en {_mois(debut)} à {nombre(derniere)} en {_mois(fin)}"
    if len(points) == 1:
        dit = f"{nombre(derniere)} en {_mois(fin)}"
    cible = bornes.get("cible")
    suite = f", pour une cible de {nombre(cible)}" if cible is not None else ""
    return f"{dit}{suite}{f' ({unite})' if unite else ''}."


LARGEUR_BANDE = 600
TEINTES = {
    "realisee": "#1f7a4d", "en_cours": "#2f6fa7", "non_demarree": "#8a8f98", "reportee": "#a86500",
    "abandonnee": "#a3331c", "beau": "#1f7a4d", "nuageux": "#5b7fa6", "pluie": "#a86500",
    "orage": "#a3331c", "": "#c9ced4",
}  # fmt: skip


@register.inclusion_tag("composants/bandes.html")
def bandes(parts, titre, identifiant="bandes", filtre="", sans=""):
    """Une bande partagée entre des états, et sa légende. `parts` : (code, libellé, nombre).

    `filtre` : le nom du filtre où mène chaque état (« ?etat=… ») ; `sans` : le code d'une absence.
    """
    total = sum(nombre_ for _, _, nombre_ in parts) or 1
    x, dessin = 0.0, []
    for code, libelle, combien in parts:
        large = LARGEUR_BANDE * combien / total
        dessin.append(
            {
                "libelle": libelle, "nombre": combien, "x": f"{x:.1f}", "large": f"{max(large - 2, 1):.1f}",
                "milieu": f"{x + large / 2:.1f}", "teinte": TEINTES.get(code, TEINTES[""]),
                "url": f"?{filtre}={code or sans}" if filtre else "", "clair": code == "",
            }
        )  # fmt: skip
        x += large
    return {"parts": dessin, "titre": titre, "identifiant": identifiant, "largeur": LARGEUR_BANDE}
