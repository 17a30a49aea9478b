"""Les règles du plan d'actions qu'un fichier doit respecter : axes, fiches, avis, suivi, subventions."""

from collections.abc import Iterator
from decimal import Decimal

from feuille_de_route.argent.enveloppes import VIVANTES
from feuille_de_route.echange.erreurs import Erreur
from feuille_de_route.echange.regles import dates_ordonnees, elements, faute

ANNEES = range(2000, 2101)
DECIDEES = {"acceptee", "refusee"}
MAUVAIS_TEMPS = {"pluie", "orage"}


def fautes(donnees: dict) -> list[Erreur]:
    parties = (axes(donnees), fiches(donnees), subventions(donnees))
    return [f for partie in parties for f in partie]


def axes(donnees: dict) -> Iterator[Erreur]:
    for lieu, axe in axes_et_sous_axes(donnees):
        par_public = axe.get("genre") == "public"
        if par_public and not axe.get("public"):
            yield faute("Un axe par public dit lequel.", *lieu, "public")
        if axe.get("public") and not par_public and axe.get("genre") in (None, "theme"):
            yield faute("Seul un axe par public en nomme un.", *lieu, "public")


def axes_et_sous_axes(donnees: dict) -> Iterator[tuple[tuple, dict]]:
    for rang, axe in elements(donnees, "axes"):
        yield ("axes", rang), axe
        for place, sous_axe in elements(axe, "sous_axes"):
            yield ("axes", rang, "sous_axes", place), sous_axe


def fiches(donnees: dict) -> Iterator[Erreur]:
    instances = {s.get("ref"): s.get("instance") for _, s in elements(donnees, "seances")}
    for rang, fiche in elements(donnees, "fiches"):
        yield from dates_ordonnees(fiche, "fiches", rang)
        if fiche.get("etat") in {"ecartee", "a_completer"} and not fiche.get("motif"):
            yield faute("Une fiche écartée ou à compléter dit pourquoi.", "fiches", rang, "motif")
        reprise = (fiche.get("reprise_de") or {}).get("ref")
        if reprise and reprise == fiche.get("ref"):
            yield faute("Une fiche n’est pas reprise d’elle-même.", "fiches", rang, "reprise_de", "ref")
        yield from _argent(fiche, rang)
        yield from _avis(fiche, rang, instances)
        yield from _suivi(fiche, rang)


def _argent(fiche: dict, rang: int) -> Iterator[Erreur]:
    for cle in ("budget", "financements"):
        for place, ligne in elements(fiche, cle):
            yield from _annee(ligne, "fiches", rang, cle, place, "annee")
    for place, financement in elements(fiche, "financements"):
        if financement.get("etat") == "acquis" and financement.get("obtenu") is None:
            message = "Un financement acquis dit le montant obtenu."
            yield faute(message, "fiches", rang, "financements", place, "obtenu")


def _annee(objet: dict, *lieu) -> Iterator[Erreur]:
    if objet.get("annee") is not None and objet["annee"] not in ANNEES:
        yield faute("L’année s’écrit en quatre chiffres, entre 2000 et 2100.", *lieu)


def _avis(fiche: dict, rang: int, instances: dict) -> Iterator[Erreur]:
    for place, avis in elements(fiche, "avis"):
        lieu = ("fiches", rang, "avis", place)
        if avis.get("sens") not in (None, "favorable") and not avis.get("texte"):
            yield faute("Un avis avec réserves ou défavorable dit pourquoi.", *lieu, "texte")
        seance = avis.get("seance")
        if seance in instances and avis.get("instance") and instances[seance] != avis["instance"]:
            yield faute("Cette séance n’est pas de l’instance qui rend l’avis.", *lieu, "seance")


def _suivi(fiche: dict, rang: int) -> Iterator[Erreur]:
    for place, point in elements(fiche, "suivi"):
        if point.get("meteo") in MAUVAIS_TEMPS and not point.get("freins"):
            message = "Quand la météo est mauvaise, dites ce qui freine."
            yield faute(message, "fiches", rang, "suivi", place, "freins")


def subventions(donnees: dict) -> Iterator[Erreur]:
    for rang, enveloppe in elements(donnees, "enveloppes"):
        yield from _annee(enveloppe, "enveloppes", rang, "annee")
        ouverte, close = enveloppe.get("ouverte_le"), enveloppe.get("close_le")
        if ouverte and close and close < ouverte:
            yield faute("L’enveloppe se clôt avant d’ouvrir.", "enveloppes", rang, "close_le")
    noms = {e.get("nom") for _, e in elements(donnees, "enveloppes")}
    vues: set[tuple] = set()
    for rang, demande in elements(donnees, "demandes_subvention"):
        lieu = ("demandes_subvention", rang)
        if demande.get("enveloppe") and demande["enveloppe"] not in noms:
            yield faute(f"L’enveloppe « {demande['enveloppe']} » n’est pas décrite.", *lieu, "enveloppe")
        cle = tuple(demande.get(c) for c in ("fiche", "enveloppe", "beneficiaire"))
        if demande.get("etat") != "refusee":
            if cle in vues:
                yield faute("Cette structure a déjà une demande pour cette action.", *lieu, "beneficiaire")
            vues.add(cle)
        yield from _demande(demande, lieu)


def _demande(demande: dict, lieu: tuple) -> Iterator[Erreur]:
    etat = demande.get("etat") or "brouillon"
    if _demandee(demande) > Decimal(demande.get("budget") or "Infinity"):
        yield faute("Postes et prestations demandés dépassent le budget de l’action.", *lieu, "budget")
    if (etat == "acceptee") != (demande.get("accorde") is not None):
        yield faute("Une demande acceptée dit le montant accordé, une autre non.", *lieu, "accorde")
    if etat in {"a_modifier", "refusee"} and not demande.get("motif"):
        yield faute("Une demande refusée ou à modifier dit pourquoi.", *lieu, "motif")
    if etat == "brouillon" and demande.get("deposee_le"):
        yield faute("Un brouillon n’a pas de date de dépôt.", *lieu, "deposee_le")
    if etat not in DECIDEES and demande.get("decidee_le"):
        yield faute("Seule une demande acceptée ou refusée a une date de décision.", *lieu, "decidee_le")


def _demandee(demande: dict) -> Decimal:
    return sum((Decimal(demande.get(c) or 0) for c in ("montant_etp", "montant_prestation")), Decimal(0))


def engagee(demande: dict) -> Decimal:
    """Ce qu'elle prend de son enveloppe : l'accordé, sinon le demandé ; rien si elle ne vit pas."""
    if demande.get("etat") not in VIVANTES:
        return Decimal(0)
    return Decimal(demande["accorde"]) if demande.get("accorde") else _demandee(demande)
