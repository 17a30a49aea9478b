"""Le diagnostic : constats par thématique, séries chiffrées, regards croisés, sources."""

from itertools import groupby
from operator import itemgetter

from diagnostic.models import NatureConstat, Posture, Tendance
from feuille_de_route.documents.contenu.graphiques import figure
from feuille_de_route.documents.contenu.lecture import Dossier, Lu, libelle, liste, mesure

ACCORDS = {
    -2: "pas du tout d’accord",
    -1: "plutôt pas d’accord",
    0: "partagé",
    1: "plutôt d’accord",
    2: "tout à fait d’accord",
}
SANS_THEME = "Autres constats"


def diagnostic(dossier: Dossier) -> dict | None:
    constats = liste(dossier.diagnostic, "constats")
    if not constats:
        return None
    series = {s["code"]: s for s in liste(dossier.diagnostic, "series")}
    themes: dict[str, list] = {}
    for constat in constats:
        theme = (constat["thematique"] or Lu())["libelle"] or SANS_THEME
        themes.setdefault(theme, []).append(_constat(constat, series))
    rangs = sorted(themes, key=lambda nom: nom == SANS_THEME)
    return {
        "themes": [{"nom": nom, "constats": themes[nom]} for nom in rangs],
        "un_seul": list(themes) == [SANS_THEME],
        "natures": _natures(constats),
        "demonstration": any(s["demonstration"] for s in series.values()),
    }


def sources(dossier: Dossier) -> list[dict]:
    """Les séries citées, pour l'annexe."""
    return [
        {
            "libelle": s["libelle"] or s["code"],
            "source": s["source"] or "",
            "licence": s["licence"] or "",
            "demonstration": s["demonstration"],
        }
        for s in liste(dossier.diagnostic, "series")
    ]


def ancre_constat(constat: Lu) -> str:
    return f"constat-{constat['ref']}"


def _natures(constats: list[Lu]) -> list[tuple[str, int]]:
    """Combien de constats de chaque nature, dans l'ordre de la liste."""
    presentes = [c["nature"] for c in constats]
    return [(str(n.label), presentes.count(n.value)) for n in NatureConstat if n.value in presentes]


def _constat(constat: Lu, series: dict) -> dict:
    return {
        "ancre": ancre_constat(constat),
        "nature": libelle(NatureConstat, constat["nature"]),
        "code": constat["nature"] or "constat",
        "intitule": constat["intitule"],
        "description": constat["description"],
        "tendance": libelle(Tendance, constat["tendance"]),
        "trajectoire": constat["trajectoire"],
        "singularite": constat["singularite"],
        "sources": constat["sources"],
        **_chiffres_et_figures(_figures(constat, series)),
        "regards": [_regard(r) for r in liste(constat, "regards") if r["texte"]],
    }


def _regard(regard: Lu) -> dict:
    qui = ", ".join(filter(None, (regard["auteur"], libelle(Posture, regard["posture"]).lower())))
    return {"qui": qui, "texte": regard["texte"], "accord": ACCORDS.get(regard["accord"] or 0, "")}


def _figures(constat: Lu, series: dict) -> list[dict]:
    mesures = sorted((m for m in liste(constat, "mesures") if m["serie"]), key=itemgetter("serie"))
    figures = []
    for code, groupe in groupby(mesures, key=itemgetter("serie")):
        serie = series.get(code) or Lu(libelle=code)
        figures.append(_figure(serie, list(groupe)))
    return figures


def _chiffres_et_figures(figures: list[dict]) -> dict:
    """Une seule valeur ne fait pas un tableau : deux séries ainsi se lisent ensemble (`chiffres`)."""
    seules = [f for f in figures if len(f["lignes"]) == 1 and len(f["annees"]) == 1]
    if len(seules) < 2:
        return {"chiffres": [], "figures": figures}
    chiffres = [
        {**f, "lieu": f["lignes"][0][0], "annee": f["annees"][0], "valeur": f["lignes"][0][1][0]}
        for f in seules
    ]
    return {
        "chiffres": chiffres,
        "sources_des_chiffres": list(dict.fromkeys(f["source"] for f in seules if f["source"])),
        "figures": [f for f in figures if f not in seules],
    }


def _figure(serie: Lu, mesures: list[Lu]) -> dict:
    """Une série : le tableau des valeurs, et le graphique quand deux valeurs au moins sont connues."""
    territoires = list(dict.fromkeys(m["territoire_nom"] or m["territoire"] or "" for m in mesures))
    annees = sorted({m["annee"] for m in mesures if m["annee"] is not None})
    valeurs = {(m["territoire_nom"] or m["territoire"] or "", m["annee"]): m["valeur"] for m in mesures}
    unite = serie["unite"] or ""
    lignes = [
        (lieu, [_cellule(valeurs, (lieu, annee), unite) for annee in annees or [None]])
        for lieu in territoires
    ]
    points = {
        lieu: [(a, valeurs[lieu, a]) for a in annees if valeurs.get((lieu, a)) is not None]
        for lieu in territoires
    }
    return {
        "titre": serie["libelle"] or serie["code"] or "",
        "unite": unite,
        "source": serie["source"] or "",
        "demonstration": serie["demonstration"],
        "annees": annees,
        "lignes": lignes,
        "graphique": figure(serie["libelle"] or "", points, unite),
    }


def _cellule(valeurs: dict, cle: tuple, unite: str) -> str:
    if cle not in valeurs:
        return "–"
    valeur = valeurs[cle]
    return "non disponible" if valeur is None else mesure(valeur, unite)
