"""Les règles du métier qu'un fichier doit respecter, une fonction par partie ; toutes les fautes dites."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError

from feuille_de_route.echange.conformite import chemin
from feuille_de_route.echange.erreurs import Erreur
from feuille_de_route.echange.valeurs import lire_moment
from gouvernance.decisions import EFFET
from gouvernance.models import CodeJalon
from gouvernance.socle.identifiants import verifier_siret

TENUES = {"ouverte", "close"}
CONCLUS = {"concluant", "abandonne"}
DECIDES = {str(etat) for etat in EFFET.values()}


def faute(message: str, *lieu) -> Erreur:
    return Erreur(chemin(lieu), message)


def elements(objet: Any, cle: str) -> Iterator[tuple[int, dict]]:
    """Les objets d'une liste avec leur rang ; rien si la liste manque."""
    valeurs = objet.get(cle) if isinstance(objet, dict) else None
    return ((rang, v) for rang, v in enumerate(valeurs or ()) if isinstance(v, dict))


def fautes(donnees: dict) -> list[Erreur]:
    """Toutes les fautes qui se voient sans la base."""
    parties = (acteurs, cahier, instances, jalons, seances, constats, enjeux_et_chantiers, ateliers)
    trouvees = [f for partie in parties for f in partie(donnees)]
    return [*dates_ordonnees(donnees.get("demarche"), "demarche"), *trouvees]


def dates_ordonnees(objet: Any, *lieu) -> Iterator[Erreur]:
    if isinstance(objet, dict) and objet.get("debut") and objet.get("fin") and objet["fin"] < objet["debut"]:
        yield faute(f"La fin ({objet['fin']}) précède le début ({objet['debut']}).", *lieu, "fin")


def acteurs(donnees: dict) -> Iterator[Erreur]:
    for rang, structure in elements(donnees, "structures"):
        try:
            verifier_siret(structure.get("siret") or "35600000000048")
        except ValidationError as erreur:
            yield faute(erreur.messages[0], "structures", rang, "siret")


def cahier(donnees: dict) -> Iterator[Erreur]:
    cahier = donnees.get("cahier_des_charges") or {}
    courante, vues = cahier.get("edition") or 1, set()
    for rang, adhesion in elements(cahier, "adhesions"):
        lieu = ("cahier_des_charges", "adhesions", rang)
        edition = adhesion.get("edition") or courante
        if edition > courante:
            message = f"L’édition {edition} n’existe pas encore (la courante : {courante})."
            yield faute(message, *lieu, "edition")
        if (adhesion.get("structure"), edition) in vues:
            yield faute("Cette structure a déjà adhéré à cette édition.", *lieu, "structure")
        vues.add((adhesion.get("structure"), edition))


def instances(donnees: dict) -> Iterator[Erreur]:
    suites = {i.get("ref"): i.get("succede_a") for _, i in elements(donnees, "instances") if i.get("ref")}
    for rang, instance in elements(donnees, "instances"):
        if instance.get("ref") and _boucle(instance["ref"], suites):
            yield faute("Cette suite d’instances tourne en rond.", "instances", rang, "succede_a")
        vus = set()
        for place, siege in elements(instance, "sieges"):
            cle = (siege.get("structure"), siege.get("personne"))
            if cle in vus:
                yield faute("Ce siège existe déjà dans l’instance.", "instances", rang, "sieges", place)
            vus.add(cle)


def _boucle(depart: str, suites: dict) -> bool:
    vus, courant = {depart}, suites.get(depart)
    while courant and courant not in vus:
        vus.add(courant)
        courant = suites.get(courant)
    return courant == depart


def jalons(donnees: dict) -> Iterator[Erreur]:
    connus = {j.get("code"): (rang, j) for rang, j in elements(donnees, "jalons")}
    precedent = None
    for code in CodeJalon:
        rang, jalon = connus.get(code, (None, {}))
        echeance = jalon.get("echeance")
        if echeance and precedent and echeance < precedent[0]:
            message = f"Cette échéance précède celle de « {precedent[1].label} » ({precedent[0]})."
            yield faute(message, "jalons", rang, "echeance")
        precedent = (echeance, code) if echeance else precedent
    prises = decisions_sur_jalons(donnees)
    for rang, jalon in elements(donnees, "jalons"):
        yield from _fautes_du_jalon(jalon, prises.get(jalon.get("code"), []), rang)
    for code in prises.keys() - connus.keys():
        for prise in prises[code]:
            message = f"Le jalon « {code} » n’a pas d’instance désignée : elle seule le décide."
            yield faute(message, *prise["lieu"])


def decisions_sur_jalons(donnees: dict) -> dict[str, list[dict]]:
    """Pour chaque jalon, les décisions qui le valident ou le renvoient, dans l'ordre où elles sont prises."""
    prises: dict[str, list[dict]] = {}
    for rang, seance in elements(donnees, "seances"):
        for place, decision in elements(seance, "decisions"):
            if decision.get("jalon") and decision.get("nature") in EFFET and seance.get("debut"):
                prise = {
                    "ref": decision.get("ref"), "etat": str(EFFET[decision["nature"]]),
                    "instance": seance.get("instance"), "donnees": decision,
                    "rang": (lire_moment(seance["debut"]), rang, decision.get("ordre") or 0, place),
                    "lieu": ("seances", rang, "decisions", place, "jalon"),
                }  # fmt: skip
                prises.setdefault(decision["jalon"], []).append(prise)
    return {code: sorted(suite, key=lambda p: p["rang"]) for code, suite in prises.items()}


def decision_en_vigueur(jalon: dict, prises: list[dict]) -> dict | None:
    """Celle que le jalon nomme, sinon la dernière ; aucune s'il se dit encore à décider."""
    if jalon.get("etat") and jalon["etat"] not in DECIDES:
        return None
    if jalon.get("decision"):
        return next((p for p in prises if p["ref"] == jalon["decision"]), None)
    return prises[-1] if prises else None


def _fautes_du_jalon(jalon: dict, prises: list[dict], rang: int) -> Iterator[Erreur]:
    etat, nommee = jalon.get("etat"), jalon.get("decision")
    if etat and etat not in DECIDES and nommee:
        yield faute(f"Un jalon « {etat} » n’a pas de décision en vigueur.", "jalons", rang, "decision")
    vigueur = decision_en_vigueur(jalon, prises)
    if vigueur is None:
        if nommee and (not etat or etat in DECIDES):
            yield faute("Cette décision ne valide ni ne renvoie ce jalon.", "jalons", rang, "decision")
        elif etat in DECIDES:
            yield faute("Un jalon n’est validé ou renvoyé que par une décision.", "jalons", rang, "etat")
        return
    if etat and etat != vigueur["etat"]:
        message = f"La décision en vigueur donne « {vigueur['etat']} », pas « {etat} »."
        yield faute(message, "jalons", rang, "etat")
    if vigueur["instance"] != jalon.get("instance"):
        yield faute(_phrase_instance(jalon, vigueur), *vigueur["lieu"])


def _phrase_instance(jalon: dict, vigueur: dict) -> str:
    designee = jalon.get("instance")
    qui = f"« {designee} »" if designee else "une instance que le fichier ne désigne pas"
    return f"Le jalon « {jalon.get('code')} » se décide par {qui}, pas par « {vigueur['instance']} »."


def seances(donnees: dict) -> Iterator[Erreur]:
    """Décisions dans une séance tenue, réserves dites, sièges de l'instance, numéros sans doublon."""
    paires = [(s, i) for _, i in elements(donnees, "instances") for _, s in elements(i, "sieges")]
    sieges = {siege.get("ref"): instance.get("ref") for siege, instance in paires}
    types = {i.get("ref"): i.get("type") for _, i in elements(donnees, "instances")}
    numeros = set()
    for rang, seance in elements(donnees, "seances"):
        if seance.get("decisions") and (seance.get("etat") or "planifiee") not in TENUES:
            yield faute("Une décision se prend dans une séance ouverte ou close.", "seances", rang, "etat")
        for place, decision in elements(seance, "decisions"):
            yield from _reserves(decision, "seances", rang, "decisions", place, "reserves")
        for place, presence in elements(seance, "presences"):
            yield from _presence(presence, seance, sieges, ("seances", rang, "presences", place))
        cle = (types.get(seance.get("instance")), (seance.get("debut") or "")[:4], seance.get("numero"))
        if seance.get("numero") is not None and cle in numeros:
            message = "Ce numéro est déjà pris cette année par une séance du même type d’instance."
            yield faute(message, "seances", rang, "numero")
        numeros.add(cle)


def _reserves(decision: dict, *lieu) -> Iterator[Erreur]:
    avec = decision.get("nature") == "validation_reserves"
    if avec and not decision.get("reserves"):
        yield faute("Une validation avec réserves énonce ses réserves.", *lieu)
    if decision.get("reserves") and decision.get("nature") and not avec:
        yield faute("Seule une validation avec réserves porte des réserves.", *lieu)


def _presence(presence: dict, seance: dict, sieges: dict, lieu: tuple) -> Iterator[Erreur]:
    for cle in ("siege", "pouvoir_a"):
        siege = presence.get(cle)
        if siege in sieges and siege and sieges[siege] != seance.get("instance"):
            yield faute("Ce siège n’est pas de l’instance réunie.", *lieu, cle)
    represente = presence.get("etat") == "represente"
    if represente != bool(presence.get("pouvoir_a")) and presence.get("etat"):
        yield faute("Un siège représenté nomme celui qui porte son pouvoir, et lui seul.", *lieu, "pouvoir_a")
    if presence.get("pouvoir_a") and presence["pouvoir_a"] == presence.get("siege"):
        yield faute("On ne se donne pas pouvoir à soi-même.", *lieu, "pouvoir_a")


def constats(donnees: dict) -> Iterator[Erreur]:
    """Une mesure cite une série décrite ; un même fait n'a qu'une valeur."""
    diagnostic = donnees.get("diagnostic") or {}
    series = {s.get("code") for _, s in elements(diagnostic, "series")}
    valeurs: dict[tuple, Any] = {}
    for rang, constat in elements(diagnostic, "constats"):
        citees = set()
        for place, mesure in elements(constat, "mesures"):
            lieu = ("diagnostic", "constats", rang, "mesures", place)
            if mesure.get("serie") and mesure["serie"] not in series:
                yield faute(f"La série « {mesure['serie']} » n’est pas décrite.", *lieu, "serie")
            cle = tuple(mesure.get(c) for c in ("serie", "echelle", "territoire", "annee"))
            if None in cle:
                continue
            if cle in citees:
                yield faute("Cette valeur est déjà citée par ce constat.", *lieu)
            citees.add(cle)
            fait = (mesure.get("valeur"), mesure.get("territoire_nom"))
            if valeurs.setdefault(cle, fait) != fait:
                yield faute("Le fichier donne deux valeurs différentes de ce même fait.", *lieu, "valeur")


def enjeux_et_chantiers(donnees: dict) -> Iterator[Erreur]:
    for rang, enjeu in elements(donnees, "enjeux"):
        if enjeu.get("etat") == "ecarte" and not enjeu.get("motif"):
            yield faute("Un enjeu écarté dit pourquoi.", "enjeux", rang, "motif")
    for rang, chantier in elements(donnees, "chantiers"):
        conclu = chantier.get("etat") in CONCLUS
        if conclu and not chantier.get("conclusion"):
            message = "Un chantier conclu ou abandonné porte sa conclusion."
            yield faute(message, "chantiers", rang, "conclusion")
        if not conclu and chantier.get("conclu_le"):
            yield faute("Ce chantier n’est pas conclu.", "chantiers", rang, "conclu_le")


def ateliers(donnees: dict) -> Iterator[Erreur]:
    for rang, atelier in elements(donnees, "ateliers"):
        noms = {s.get("nom") for _, s in elements(atelier, "sous_groupes")}
        for place, contribution in elements(atelier, "contributions"):
            groupe = contribution.get("sous_groupe")
            if groupe and groupe not in noms:
                message = f"L’atelier n’a pas de sous-groupe « {groupe} »."
                yield faute(message, "ateliers", rang, "contributions", place, "sous_groupe")
