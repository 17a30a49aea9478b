"""La revue d'une séance et le bilan d'une année, en blocs."""

from decimal import Decimal

from feuille_de_route.documents.contenu.lecture import INSECABLE, mesure
from feuille_de_route.documents.papiers.blocs import (
    Colonne,
    Ecrit,
    Faits,
    Parts,
    Passage,
    Tableau,
    Texte,
    Titre,
    passages,
    phrase,
)
from feuille_de_route.documents.papiers.dire import jour_court, jour_de
from feuille_de_route.documents.papiers.seance import entete, faits
from feuille_de_route.financement import montant
from feuille_de_route.mise_en_oeuvre.tableau_de_suivi import court
from feuille_de_route.models import EtatRealisation, Meteo, NaturePapier
from gouvernance.models import NatureDecision
from gouvernance.socle.mots import compter

TIRET = "–"


def dire_etat(code: str) -> str:
    return EtatRealisation(code).label if code else "à dire"


def dire_meteo(code: str) -> str:
    return court(Meteo(code).label) if code else TIRET


def passage(avant: str, apres: str) -> str:
    """« Nuageux → pluie » quand cela change, sinon ce qui demeure."""
    muet = TIRET in {avant, apres} or avant in {apres, "à dire"}
    return apres if muet else f"{avant}{INSECABLE}→ {apres.lower()}"


def euros(texte: str | None) -> str:
    return TIRET if texte is None else montant(Decimal(texte))


def _vues(dit: dict) -> list:
    vues = [Parts("Où en sont les actions", "etats", [tuple(p) for p in dit["etats"]])]
    if any(code for code, *_ in dit["meteos"]):
        vues.append(Parts("Comment elles se portent", "meteos", [tuple(p) for p in dit["meteos"]]))
    return vues if dit["etats"] else []


# La revue ------------------------------------------------------------------------------------------


def revue(dit: dict) -> Ecrit:
    return entete(NaturePapier.REVUE, dit, [Faits(faits(dit)), *blocs_de_revue(dit)])


def blocs_de_revue(dit: dict) -> list:
    """Ce que la revue dit, à l'écran comme sur le papier."""
    depuis = f"la séance {dit['precedente']}" if dit["precedente"] else "la signature"
    temps = f"Depuis {depuis}, {_dates(dit['depuis'], dit['jusqu_a'])}."
    return [
        phrase(f"{dit['phrase']}.", forte=True),
        phrase(temps),
        *_vues(dit),
        *_a_decider(dit["a_decider"]),
        *_bouge(dit["bouge"]),
        *retards(dit["retards"], dit["depassees"]),
        *_releves(dit["releves"]),
        *_sans_nouvelles(dit["sans_nouvelles"]),
    ]


def _dates(depuis: str, jusqu_a: str) -> str:
    if depuis == jusqu_a:
        return f"le {jour_de(depuis)}"
    return f"du {jour_de(depuis)} au {jour_de(jusqu_a)}"


def _a_decider(demandes: list[dict]) -> list:
    titre = Titre("Ce qui est à décider")
    if not demandes:
        return [titre, phrase("Aucune fiche ne demande de décision.")]
    colonnes = [
        Colonne("Fiche", 30), Colonne("Ce que l’instance doit décider", 40), Colonne("Météo, freins", 30),
    ]  # fmt: skip
    lignes = [
        [
            f"{d['fiche']} ({d['porteur']})" if d["porteur"] else d["fiche"],
            d["texte"] or "à dire en séance",
            _temps(d["meteo"], d["freins"]),
        ]
        for d in demandes
    ]
    return [titre, Tableau("Les points que les fiches soumettent", colonnes, lignes)]


def _temps(meteo: str, freins: str) -> str:
    return f"{dire_meteo(meteo)} : {freins}" if freins else dire_meteo(meteo)


def _bouge(mouvements: list[dict]) -> list:
    titre = Titre("Ce qui a bougé")
    if not mouvements:
        return [titre, phrase("Aucun point de suivi n’a été fait dans cette période.")]
    colonnes = [
        Colonne("Fiche", 28), Colonne("État", 20), Colonne("Météo", 20), Colonne("Ce qui s’est passé", 32),
    ]  # fmt: skip
    lignes = [
        [
            m["fiche"],
            passage(dire_etat(m["etat_avant"]), dire_etat(m["etat"])),
            passage(dire_meteo(m["meteo_avant"]), dire_meteo(m["meteo"])),
            "\n".join(filter(None, (m["fait"], m["freins"] and f"Freins : {m['freins']}"))) or TIRET,
        ]
        for m in mouvements
    ]
    return [titre, Tableau("Les fiches dont on a fait le point", colonnes, lignes)]


def retards(etapes: list[dict], depassees: list[dict] = ()) -> list:
    if not etapes and not depassees:
        return []
    blocs: list = [Titre("Ce qui est en retard")]
    if etapes:
        colonnes = [Colonne("Étape", 40), Colonne("Fiche", 40), Colonne("Attendue le", 20)]
        lignes = [[e["etape"], e["fiche"], jour_de(e["echeance"])] for e in etapes]
        blocs.append(Tableau("Étapes dont l’échéance est passée", colonnes, lignes))
    if depassees:
        colonnes = [Colonne("Fiche", 50), Colonne("Porteur", 30), Colonne("Devait finir le", 20)]
        lignes = [[d["fiche"], d["porteur"] or TIRET, jour_de(d["fin"])] for d in depassees]
        blocs.append(Tableau("Actions dont la fin est passée", colonnes, lignes))
    return blocs


def _releves(releves: list[dict]) -> list:
    if not releves:
        return []
    return [Titre("Ce que l’on a mesuré"), indicateurs("Indicateurs relevés dans la période", releves)]


def indicateurs(titre: str, lignes: list[dict]) -> Tableau:
    colonnes = [
        Colonne("Indicateur", 32), Colonne("Fiche", 28), Colonne("Départ", 11, nombre=True),
        Colonne("Dernier relevé", 18, nombre=True), Colonne("Cible", 11, nombre=True),
    ]  # fmt: skip
    rangs = [
        [
            f"{i['indicateur']} ({i['unite']})" if i["unite"] else i["indicateur"], i["fiche"],
            mesure(i["reference"], "") or TIRET, _dernier(i), mesure(i["cible"], "") or TIRET,
        ]
        for i in lignes
    ]  # fmt: skip
    return Tableau(titre, colonnes, rangs)


def _dernier(indicateur: dict) -> str:
    if indicateur["valeur"] is None:
        return "jamais relevé"
    return f"{mesure(indicateur['valeur'], '')}\nle {jour_court(indicateur['le'])}"


def _sans_nouvelles(fiches: list[str]) -> list:
    if not fiches:
        return []
    return [Titre("Sans nouvelles dans cette période"), Texte([Passage(fiches, liste=True)])]


# Le bilan ------------------------------------------------------------------------------------------


def bilan(dit: dict) -> Ecrit:
    mention = f"Bilan provisoire : l’année {dit['annee']} n’est pas finie." if dit["en_cours"] else ""
    return Ecrit(
        nature=NaturePapier.BILAN, titre=f"Bilan de l’année{INSECABLE}{dit['annee']}",
        sous_titre=dit["demarche"], surtitre=dit["departement"], reference=f"Année{INSECABLE}{dit['annee']}",
        blocs=blocs_de_bilan(dit), mention=mention, provisoire=dit["en_cours"],
    )  # fmt: skip


def blocs_de_bilan(dit: dict) -> list:
    """Ce que le bilan dit, à l'écran comme sur le papier."""
    realise = euros(dit["realise"]) if dit["realise"] is not None else "non noté"
    prevu = euros(dit["prevu"]) if dit["prevu"] is not None else "aucune cette année"
    chiffres = [("Dépenses prévues", prevu), ("Dépenses réalisées", realise)]
    blocs: list = [
        phrase(f"{dit['phrase']}.", forte=True),
        *_vues(dit),
        Titre("En une page"),
        Faits([("Fiches", dit["phrase"]), *chiffres, ("Décisions de l’année", str(len(dit["decisions"])))]),
    ]
    for rang, axe in enumerate(dit["axes"], start=1):
        blocs += [Titre(axe["axe"], numero=str(rang)), *_axe(axe["fiches"])]
    return [*blocs, *_mesures(dit["indicateurs"]), *retards(dit["retards"]), *_decisions(dit["decisions"])]


def _axe(fiches: list[dict]) -> list:
    colonnes = [
        Colonne("Fiche", 34), Colonne("État", 18), Colonne("Météo", 16), Colonne("Prévu", 16, nombre=True),
        Colonne("Réalisé", 16, nombre=True),
    ]  # fmt: skip
    lignes = [
        [f["fiche"], dire_etat(f["etat"]), dire_meteo(f["meteo"]), euros(f["prevu"]), euros(f["realise"])]
        for f in fiches
    ]
    blocs: list = [Tableau("Les fiches de cet axe", colonnes, lignes)]
    for fiche in fiches:
        if fiche["fait"] or fiche["freins"]:
            blocs.append(Titre(fiche["fiche"], niveau=2))
            blocs.append(phrase(f"Porteur : {fiche['porteur']}.", liee=True)) if fiche["porteur"] else None
            blocs.append(Texte(passages(fiche["fait"]))) if fiche["fait"] else None
            blocs.append(Texte(passages(f"Freins : {fiche['freins']}"))) if fiche["freins"] else None
    return blocs


def _mesures(lignes: list[dict]) -> list:
    if not lignes:
        return []
    releves = [ligne for ligne in lignes if ligne["valeur"] is not None]
    blocs: list = [Titre("Ce que l’on a mesuré")]
    if releves:
        blocs.append(indicateurs("D’où l’on part, où l’on en est, où l’on va", releves))
    if muets := len(lignes) - len(releves):
        dits = "n’a pas encore de relevé" if muets == 1 else "n’ont pas encore de relevé"
        blocs.append(phrase(f"{compter(muets, 'indicateur')} {dits}."))
    return blocs


def _decisions(decisions: list[dict]) -> list:
    titre = Titre("Les décisions de l’année")
    if not decisions:
        return [titre, phrase("Aucune décision n’a été prise dans l’année.")]
    colonnes = [Colonne("Décision", 26), Colonne("Date", 16), Colonne("Nature", 18), Colonne("Objet", 40)]
    lignes = [
        [d["numero"], jour_court(d["le"]), NatureDecision(d["nature"]).label, d["objet"]] for d in decisions
    ]
    return [titre, Tableau("Prises par les instances de la démarche", colonnes, lignes)]
