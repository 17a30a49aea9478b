"""Des démarches au hasard, toutes valides : les champs simples se tirent d'après les modèles."""

from datetime import date

from hypothesis import strategies as st

from feuille_de_route.echange.format import OBJETS, VERSIONS_LUES
from gouvernance.decisions import EFFET
from gouvernance.models import CodeJalon
from tests.echange.hasard_briques import (
    COLLEGES,
    COMMUNES,
    EPCIS,
    SIRETS,
    code,
    datee,
    liste,
    nommes,
    parmi,
    phrases,
    quelques,
    simples,
    valeur,
)
from tests.echange.hasard_plan import plan


@st.composite
def demarches(draw) -> dict:
    """Une démarche entière, que l'import doit accepter."""
    d = {
        "format": "feuille-de-route",
        "version_format": draw(st.sampled_from(VERSIONS_LUES)),
        "gouvernance": draw(st.none() | simples("gouvernance")),
    }
    college = st.sampled_from(COLLEGES).map(lambda c: {"code": c})
    d["structures"] = draw(
        nommes("S", simples("structure", college=college, epci=code("siren", EPCIS)), 5, 1)
    )
    for rang, structure in enumerate(d["structures"]):
        structure["siret"] = SIRETS[rang] if rang < len(SIRETS) and draw(st.booleans()) else None
    structure = st.sampled_from([s["ref"] for s in d["structures"]])
    d["personnes"] = draw(nommes("P", simples("personne", structure=structure)))
    statut = st.sampled_from([None, "candidat", "confirme", "retire"])
    membres = draw(liste(simples("membre", structure=structure, statut=statut), 4))
    d["membres"] = list({m["structure"]: m for m in membres or ()}.values())
    d["demarche"] = draw(_racine(d))
    d |= draw(_instances(d, structure))
    d |= draw(_seances(d))
    d |= draw(_jalons(d))
    d |= draw(_diagnostic(d))
    d |= draw(_ateliers(d))
    d |= draw(plan(d, structure))
    d |= draw(_consensus(d))
    draw(_cibles(d))
    return d


@st.composite
def _racine(draw, d: dict) -> dict:
    dite = datee(draw(simples("demarche", porteur=parmi(d["structures"]))))
    dite["departement"] = {"code": "24", "nom": "Dordogne"}
    if dite["perimetre"] == "groupement":
        dite["epcis"] = [{"siren": s} for s in draw(st.lists(st.sampled_from(EPCIS), unique=True))]
    return dite


@st.composite
def _instances(draw, d: dict, structure) -> dict:
    siege = simples("siege", structure=structure, personne=parmi(d["personnes"]))
    instances = draw(nommes("I", simples("instance", epci=code("siren", EPCIS))))
    for n, instance in enumerate(instances):
        sieges = draw(st.lists(siege, max_size=3))
        uniques = {(s["structure"], s["personne"]): s for s in sieges}.values()
        jour = valeur(OBJETS["jalon"].champ("echeance"), requis=False)
        instance["sieges"] = [
            {**s, "ref": f"G{n}-{rang}", "clos_le": draw(jour)} for rang, s in enumerate(uniques)
        ]
        instance["succede_a"] = draw(parmi(instances[:n]))
        instance["dissoute_le"] = draw(valeur(OBJETS["jalon"].champ("echeance"), requis=False))
        if instance["type"] == "existante":
            instance["instance_hote"] = instance["instance_hote"] or "Comité existant"
        if instance["type"] == "groupe_moteur":
            instance["epci"] = {"siren": EPCIS[0]}
    cahier = draw(simples("cahier"))
    edition = cahier["edition"] = max(cahier["edition"] or 1, 1)
    jour = valeur(OBJETS["jalon"].champ("echeance"), requis=False)
    accord = st.fixed_dictionaries({"structure": structure, "edition": st.integers(1, edition), "le": jour})
    adhesions = draw(st.lists(accord, max_size=3))
    cahier["adhesions"] = list({(a["structure"], a["edition"]): a for a in adhesions}.values())
    return {"instances": instances, "cahier_des_charges": cahier}


@st.composite
def _seances(draw, d: dict) -> dict:
    if not d["instances"]:
        return {"seances": []}
    jalon = st.none() | st.sampled_from(CodeJalon.values)
    instance = st.sampled_from([i["ref"] for i in d["instances"]])
    points = liste(simples("point", jalon=jalon))
    seances = draw(nommes("R", simples("seance", instance=instance, ordre_du_jour=points)))
    for n, seance in enumerate(seances):
        seance["numero"] = None
        sieges = next(i["sieges"] for i in d["instances"] if i["ref"] == seance["instance"])
        seance["presences"] = [draw(_presence(s, sieges)) for s in sieges if draw(st.booleans())]
        tenue = seance["etat"] in {"ouverte", "close"}
        decisions = draw(st.lists(simples("decision", jalon=jalon), max_size=3)) if tenue else []
        seance["decisions"] = [{**x, "ref": f"D{n}-{r}", "ordre": None} for r, x in enumerate(decisions)]
        for decision in seance["decisions"]:
            avec = decision["nature"] == "validation_reserves"
            decision["reserves"] = (decision["reserves"] or "réserve") if avec else None
    return {"seances": seances}


@st.composite
def _presence(draw, siege: dict, sieges: list[dict]) -> dict:
    autres = [s["ref"] for s in sieges if s is not siege]
    presence = draw(simples("presence", siege=st.just(siege["ref"])))
    if presence["etat"] == "represente" and not autres:
        presence["etat"] = "present"
    represente = presence["etat"] == "represente"
    return {**presence, "pouvoir_a": draw(st.sampled_from(autres)) if represente else None}


@st.composite
def _jalons(draw, d: dict) -> dict:
    """Un jalon décidé l'est par l'instance de sa décision ; un jalon à décider peut en avoir une autre."""
    decisions = [(s, x) for s in d["seances"] for x in s["decisions"]]
    echeances = sorted(draw(st.lists(st.dates(date(2000, 1, 1), date(2040, 1, 1)), min_size=5, max_size=5)))
    jalons = []
    for code_jalon, echeance in zip(CodeJalon.values, echeances, strict=True):
        prises = [(s, x) for s, x in decisions if x["jalon"] == code_jalon and x["nature"] in EFFET]
        jalon = {"code": code_jalon, "echeance": draw(st.sampled_from([None, echeance.isoformat()]))}
        if prises and draw(st.booleans()):
            seance, decision = draw(st.sampled_from(prises))
            etat = str(EFFET[decision["nature"]])
            jalon |= {"instance": seance["instance"], "decision": decision["ref"], "etat": etat}
        else:
            etat = draw(st.sampled_from(["a_venir", "en_cours", "soumis"]))
            jalon |= {"instance": draw(parmi(d["instances"])), "etat": etat}
        jalons.append(jalon)
    decision = parmi([x for _, x in decisions])
    jour = valeur(OBJETS["jalon"].champ("echeance"), requis=False)
    blocage = simples("blocage", responsable=parmi(d["structures"]), decision=decision, leve_le=jour)
    definition = draw(simples("definition", decision=decision))
    return {"jalons": jalons, "definition_commune": definition, "points_de_blocage": draw(liste(blocage))}


@st.composite
def _diagnostic(draw, d: dict) -> dict:
    series = {s["code"]: s for s in draw(st.lists(simples("serie"), max_size=3))}
    thematique = st.sampled_from([None, {"code": "mediation"}])
    constats = draw(nommes("C", simples("constat", thematique=thematique, regards=liste(simples("regard")))))
    faits: dict[tuple, dict] = {}
    for constat in constats:
        mesure = simples("mesure", serie=st.sampled_from(sorted(series))) if series else None
        mesures = [] if mesure is None else draw(st.lists(mesure, max_size=3))
        cles = {(m["serie"], m["echelle"], m["territoire"], m["annee"]): m for m in mesures}
        constat["mesures"] = [faits.setdefault(cle, m) for cle, m in cles.items()]
    enjeux = draw(nommes("E", simples("enjeu", constats=quelques(constats))))
    for enjeu in enjeux:
        enjeu["motif"] = enjeu["motif"] or "motif"
    return {"diagnostic": {"series": list(series.values()), "constats": constats}, "enjeux": enjeux}


@st.composite
def _ateliers(draw, d: dict) -> dict:
    chantiers = draw(nommes("K", simples("chantier", pilote=parmi(d["structures"]))))
    for chantier in chantiers:
        chantier["conclusion"] = chantier["conclusion"] or "conclusion"
    contribution = simples("contribution", convertie_en=parmi([*d["enjeux"], *chantiers]))
    ateliers = draw(nommes("T", simples("atelier")))
    for atelier in ateliers:
        groupes = {g["nom"]: g for g in draw(st.lists(simples("sous_groupe"), max_size=2))}
        atelier["sous_groupes"] = list(groupes.values())
        atelier["contributions"] = [
            {**c, "ref": f"{atelier['ref']}-{n}", "sous_groupe": draw(st.sampled_from([None, *groupes]))}
            for n, c in enumerate(draw(st.lists(contribution, max_size=3)))
        ]
    return {"chantiers": chantiers, "ateliers": ateliers}


@st.composite
def _consensus(draw, d: dict) -> dict:
    decision = parmi([x for s in d["seances"] for x in s["decisions"]])
    limites = draw(nommes("L", simples("limite", responsable=parmi(d["structures"]), decision=decision)))
    for n, limite in enumerate(limites):  # chacune en remplace une autre au plus
        limite["remplace"] = limites[n - 1]["ref"] if n and draw(st.booleans()) else None
    termes = {t["terme"].lower(): t for t in draw(st.lists(simples("terme"), max_size=3))}
    rencontre = simples(
        "rencontre", epci=code("siren", EPCIS), referents=quelques(d["personnes"]),
        communes=st.lists(st.sampled_from(COMMUNES), unique=True).map(lambda c: [{"code": x} for x in c]),
    )  # fmt: skip
    return {
        "limites": limites,
        "glossaire": list(termes.values()),
        "rencontres": draw(liste(rencontre)),
    }


@st.composite
def _cibles(draw, d: dict) -> None:
    """Des points et des décisions portent sur un objet du fichier, ou sur un qui n'y est plus."""
    objets = {
        "enjeu": d["enjeux"], "axe": d["axes"], "fiche": d["fiches"], "chantier": d["chantiers"],
        "limite": d["limites"], "seance": d["seances"], "definition": [],
    }  # fmt: skip
    for seance in d["seances"]:
        for ligne in [*(seance["ordre_du_jour"] or ()), *seance["decisions"]]:
            genre = draw(st.sampled_from([None, *objets]))
            if genre and not ligne["jalon"]:
                libelle = draw(st.none() | phrases(250))
                ligne["cible"] = {"type": genre, "ref": draw(parmi(objets[genre])), "libelle": libelle}
    decisions = [x["ref"] for s in d["seances"] for x in s["decisions"]]
    definition = d["definition_commune"]
    definition["editions"] = []
    for edition in draw(st.lists(st.integers(1, 9), unique=True, max_size=2)) if decisions else ():
        adoptee = draw(simples("definition_adoptee", decision=st.sampled_from(decisions)))
        definition["editions"].append({**adoptee, "edition": edition, "le": "2026-03-02"})
