"""Les papiers d'une séance, en blocs : ordre du jour, relevé de décisions, procès-verbal."""

from datetime import datetime, timedelta

from feuille_de_route.documents.contenu.lecture import INSECABLE, espacer
from feuille_de_route.documents.papiers.blocs import (
    ALever,
    Colonne,
    DecisionPrise,
    Ecrit,
    Faits,
    Passage,
    Presents,
    Signatures,
    Tableau,
    Texte,
    Titre,
    passages,
    phrase,
)
from feuille_de_route.documents.papiers.dire import (
    duree,
    en_toutes_lettres,
    heure,
    jour_de,
    jour_nomme,
    lire_instant,
)
from feuille_de_route.models import NaturePapier
from gouvernance.models import CodeJalon, EtatPresence, EtatSeance, NatureDecision
from gouvernance.socle.mots import enumerer, pluriel

PRESENTS, EXCUSES, REPRESENTES = EtatPresence.PRESENT, EtatPresence.EXCUSE, EtatPresence.REPRESENTE
LISTES = ((PRESENTS, "Présents"), (REPRESENTES, "Représentés"), (EXCUSES, "Excusés"), ("", "Absents"))


def entete(nature: str, dit: dict, blocs: list, **mention) -> Ecrit:
    debut = lire_instant(dit["debut"])
    return Ecrit(
        nature=nature,
        titre=NaturePapier(nature).label,
        sous_titre=f"{dit['instance']} du {jour_nomme(debut)}",
        surtitre=f"{dit['departement']} – {dit['demarche']}",
        reference=dit["reference"],
        blocs=blocs,
        **mention,
    )


def faits(dit: dict) -> list[tuple[str, str]]:
    debut = lire_instant(dit["debut"])
    fin = debut + timedelta(minutes=dit["duree"])
    quand = f"{jour_nomme(debut)}, de {heure(debut)} à {heure(fin)} (heure de Paris)"
    lignes = [
        ("Date", quand),
        ("Lieu", dit["lieu"] or ("" if dit["visioconference"] else "à préciser")),
        ("Visioconférence", dit["visioconference"]),
    ]
    return [(libelle, valeur) for libelle, valeur in lignes if valeur]


# L'ordre du jour -----------------------------------------------------------------------------------


def ordre_du_jour(dit: dict) -> Ecrit:
    points = dit["points"]
    colonnes = [
        Colonne("Heure", 12), Colonne("N°", 7, nombre=True), Colonne("Point", 46), Colonne("Rapporteur", 21),
        Colonne("Durée", 14, nombre=True),
    ]  # fmt: skip
    lignes = [
        [debut, str(rang), point_et_objet(point), point["rapporteur"], duree(point["duree"])]
        for rang, (debut, point) in enumerate(zip(heures(dit), points, strict=True), start=1)
    ]
    blocs: list = [Faits([*faits(dit), *_duree_prevue(dit)]), Titre("Points à l’ordre du jour")]
    if lignes:
        blocs.append(Tableau("Les points, dans l’ordre de la séance", colonnes, lignes, entete=2))
    else:
        blocs.append(phrase("Aucun point n’est encore inscrit à l’ordre du jour."))
    return entete(NaturePapier.ORDRE_DU_JOUR, dit, [*blocs, *documents_joints(dit)])


def heures(dit: dict) -> list[str]:
    """L'heure où commence chaque point ; inconnue après un point sans durée."""
    moment: datetime | None = lire_instant(dit["debut"])
    rendues = []
    for point in dit["points"]:
        rendues.append(heure(moment) if moment else "à la suite")
        moment = moment + timedelta(minutes=point["duree"]) if moment and point["duree"] else None
    return rendues


def _duree_prevue(dit: dict) -> list[tuple[str, str]]:
    durees = [point["duree"] for point in dit["points"]]
    if not durees or None in durees:
        return []
    total = sum(durees)
    reste = dit["duree"] - total
    suite = f", soit {duree(-reste)} de plus que la séance" if reste < 0 else ""
    return [("Durée des points", f"{duree(total)}{suite}")]


def point_et_objet(point: dict) -> str:
    """« Validation du diagnostic (jalon « Diagnostic ») » : l'objet dont on parle, s'il est désigné."""
    vise = porte_sur(point)
    return f"{point['objet']} ({vise})" if vise and vise not in point["objet"] else point["objet"]


def porte_sur(objet: dict) -> str:
    if objet["jalon"]:
        return f"jalon «{INSECABLE}{CodeJalon(objet['jalon']).label}{INSECABLE}»"
    return objet["porte_sur"]


def documents_joints(dit: dict) -> list:
    if not dit["pieces"]:
        return []
    return [Titre("Documents joints"), Texte([Passage([p["nom"] for p in dit["pieces"]], liste=True)])]


# Le relevé de décisions ----------------------------------------------------------------------------


def releve(dit: dict) -> Ecrit:
    decisions = dit["decisions"]
    objets = {point["cle"]: point["objet"] for point in dit["points"]}
    blocs: list = [Faits(faits(dit)), phrase(quorum(dit), forte=True), Titre("Décisions")]
    if not decisions:
        blocs.append(phrase("Aucune décision n’a été prise."))
    for decision in decisions:
        blocs.append(prise(decision, objets.get(decision["point"], "")))
    return entete(NaturePapier.RELEVE, dit, [*blocs, *reserves_a_lever(decisions)], **_ouverte(dit))


def _ouverte(dit: dict) -> dict:
    if dit["etat"] == EtatSeance.CLOSE:
        return {}
    return {"mention": espacer("Document provisoire : la séance n’est pas close."), "provisoire": True}


def prise(decision: dict, point: str = "") -> DecisionPrise:
    vise = porte_sur(decision)
    reperes = [espacer(f"Point : {point}") if point else "", vise[:1].upper() + vise[1:]]
    return DecisionPrise(
        numero=decision["numero"],
        nature=NatureDecision(decision["nature"]).label,
        objet=decision["objet"],
        porte_sur=" · ".join(filter(None, reperes)),
        passages=passages(decision["texte"]),
        reserves=passages(decision["reserves"]),
        a_lever=[ALever(r["libelle"], _suite(r)) for r in decision["a_lever"]],
    )  # fmt: skip


def _suite(reserve: dict) -> str:
    """« À lever avant le 1er mars 2026. Responsable : Conseil départemental. »"""
    if reserve["leve_le"]:
        return f"Levée le {jour_de(lire_instant(reserve['leve_le']))}."
    avant = f" avant le {jour_de(reserve['echeance'])}" if reserve["echeance"] else ""
    qui_leve = f" Responsable : {reserve['responsable']}." if reserve["responsable"] else ""
    return espacer(f"À lever{avant}.{qui_leve}")


def reserves_a_lever(decisions: list[dict]) -> list:
    lignes = [
        [decision["numero"], reserve["libelle"], reserve["responsable"] or "à désigner", _echeance(reserve)]
        for decision in decisions
        for reserve in decision["a_lever"]
    ]
    if not lignes:
        return []
    colonnes = [
        Colonne("Décision", 21), Colonne("Réserve", 37), Colonne("Responsable", 24), Colonne("Échéance", 18),
    ]  # fmt: skip
    return [Titre("Réserves à lever"), Tableau("Qui lève quoi, et pour quand", colonnes, lignes)]


def _echeance(reserve: dict) -> str:
    if reserve["leve_le"]:
        return f"levée le {jour_de(lire_instant(reserve['leve_le']))}"
    return jour_de(reserve["echeance"]) if reserve["echeance"] else "à fixer"


# Le procès-verbal ----------------------------------------------------------------------------------


def proces_verbal(dit: dict) -> Ecrit:
    blocs = [
        Faits([*faits(dit), *_tenue(dit)]),
        Titre("Participants"),
        *presences(dit),
        phrase(quorum(dit), forte=True),
        *_echanges(dit),
        *_points(dit),
        *documents_joints(dit),
        Titre("Clôture"),
        phrase(_cloture(dit)),
        Signatures(presidents(dit)),
    ]
    approuvee = dit["approbation"]
    if approuvee:
        le = jour_de(lire_instant(approuvee["debut"]))
        mention = f"Approuvé lors de la séance du {le} (décision {approuvee['numero']})."
    else:
        mention = "Projet de procès-verbal, à approuver."
    return entete(NaturePapier.PROCES_VERBAL, dit, blocs, mention=mention, provisoire=not approuvee)


def _tenue(dit: dict) -> list[tuple[str, str]]:
    preside = enumerer(nom for nom, _ in presidents(dit) if nom)
    return [("Présidence", preside)] if preside else []


def presidents(dit: dict) -> list[tuple[str, str]]:
    """(nom, qualité) de qui préside ; à défaut de siège désigné, une ligne à remplir."""
    gens = []
    for siege in dit["sieges"]:
        if siege["president"]:
            qualite = ", ".join(filter(None, (siege["fonction"], siege["structure"])))
            gens.append((nom_de(siege), qualite))
    return gens or [("", "Pour la présidence de la séance")]


def nom_de(siege: dict) -> str:
    return " ".join(filter(None, (siege["prenom"], siege["nom"])))


def qui(siege: dict) -> str:
    """« Prénom Nom, fonction (Structure) » ; la structure seule si le siège n'a pas de titulaire."""
    nom = ", ".join(filter(None, (nom_de(siege), siege["fonction"])))
    return f"{nom} ({siege['structure']})" if nom else siege["structure"]


def donne_a(porteur: dict) -> str:
    return f"donné à {nom_de(porteur) or porteur['structure']}"


def presences(dit: dict) -> list:
    if not any(siege["etat"] for siege in dit["sieges"]):
        return [phrase("Les présences n’ont pas encore été notées.")]
    par_cle = {siege["cle"]: siege for siege in dit["sieges"]}
    blocs = []
    for etat, titre in LISTES:
        gens = [siege for siege in dit["sieges"] if siege["etat"] == etat]
        if gens:
            blocs.append(Presents(f"{titre} ({len(gens)})", par_college(gens, par_cle)))
    return blocs


def par_college(sieges: list[dict], par_cle: dict) -> list[tuple[str, list[str]]]:
    groupes: dict[tuple, list[str]] = {}
    for siege in sieges:
        porteur = par_cle.get(siege["pouvoir_a"])
        ligne = qui(siege) + (
            f", pouvoir donné à {nom_de(porteur) or porteur['structure']}" if porteur else ""
        )
        groupes.setdefault((siege["rang"], siege["college"]), []).append(ligne)
    return [(college, lignes) for (_, college), lignes in sorted(groupes.items())]


def quorum(dit: dict) -> str:
    """« Le quorum est atteint : douze sièges sur vingt sont présents ou représentés, il en faut dix. »

    Le nombre de sièges est celui d'alors.
    """
    presents = sum(siege["etat"] in {PRESENTS, REPRESENTES} for siege in dit["sieges"])
    sur = en_toutes_lettres(len(dit["sieges"]))
    sont = f"{en_toutes_lettres(presents)} {pluriel('siège', presents)} sur {sur}"
    accord = pluriel("présent", presents) + " ou " + pluriel("représenté", presents)
    constat = f"{sont} {'sont' if presents > 1 else 'est'} {accord}"
    if not dit["quorum"]:
        return f"L’instance n’a pas de quorum : {constat}."
    il_en_faut = f"il en faut {en_toutes_lettres(dit['quorum'])}"
    if presents >= dit["quorum"]:
        return f"Le quorum est atteint : {constat}, {il_en_faut}."
    return f"Le quorum n’est pas atteint : {constat}, {il_en_faut} pour décider."


def _echanges(dit: dict) -> list:
    if not dit["compte_rendu"].strip():
        return []
    return [Titre("Compte rendu des échanges"), Texte(passages(dit["compte_rendu"]))]


def _points(dit: dict) -> list:
    """Chaque point et ce qui s'y est décidé ; puis les décisions prises hors de l'ordre du jour."""
    blocs: list = [Titre("Points et décisions")]
    for rang, point in enumerate(dit["points"], start=1):
        blocs.append(Titre(point_et_objet(point), niveau=2, numero=str(rang)))
        if point["rapporteur"]:
            blocs.append(phrase(f"Rapporteur : {point['rapporteur']}.", liee=True))
        if point["echanges"].strip():
            blocs.append(Texte(passages(point["echanges"])))
        suites = [prise(d) for d in dit["decisions"] if d["point"] == point["cle"]]
        blocs += suites or [phrase("Ce point n’a pas donné lieu à décision.")]
    cles = {point["cle"] for point in dit["points"]}
    autres = [prise(d) for d in dit["decisions"] if d["point"] not in cles]
    if autres and dit["points"]:
        blocs.append(Titre("Autres décisions", niveau=2))
    blocs += autres
    return blocs if len(blocs) > 1 else [*blocs, phrase("Aucun point, aucune décision.")]


def _cloture(dit: dict) -> str:
    if not dit["close_le"]:
        return "La séance n’est pas close : ce texte peut encore changer."
    close, ouverte = lire_instant(dit["close_le"]), lire_instant(dit["ouverte_le"])
    compte = len(dit["decisions"])
    bilan = f"{en_toutes_lettres(compte, feminin=True)} {pluriel('décision', compte)}" if compte else ""
    prises = f", après {bilan}" if bilan else ""
    if ouverte.date() == close.date():
        return f"Ouverte à {heure(ouverte)}, la séance est close à {heure(close)}{prises}."
    return f"La séance est close le {jour_de(close)} à {heure(close)}{prises}."
