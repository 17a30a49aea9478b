"""Une stratégie et un plan d'actions au hasard, avec son argent, ses avis et son suivi."""

from decimal import Decimal

from hypothesis import strategies as st

from feuille_de_route.models import CodeBesoin
from tests.echange.hasard_briques import (
    EPCIS,
    datee,
    liste,
    nommes,
    parmi,
    phrases,
    quelques,
    simples,
)

ANNEES = st.integers(2000, 2100)
VIVANTES = {"deposee", "en_cours", "a_modifier", "acceptee"}


@st.composite
def plan(draw, d: dict, structure) -> dict:
    axes = draw(nommes("A", _axe(d)))
    for axe in axes:
        axe["sous_axes"] = draw(nommes(f"{axe['ref']}-", _axe(d), 2))
    fiches = draw(nommes("F", _fiche(d, [a for axe in axes for a in (axe, *axe["sous_axes"])]), 4))
    apport = st.none() | phrases(250)
    partenaire = st.fixed_dictionaries({"structure": structure, "apport": apport})
    for rang, fiche in enumerate(fiches):
        datee(fiche)["motif"] = fiche["motif"] or "motif"
        fiche["numero"] = None
        partenaires = draw(st.lists(partenaire, max_size=3))
        fiche["partenaires"] = list({p["structure"]: p for p in partenaires}.values())
        fiche["avis"] = draw(_avis(d))
        autres = parmi(fiches[:rang] + fiches[rang + 1 :])
        fiche["reprise_de"] = draw(autres.map(lambda ref: {"ref": ref} if ref else None))
    codes = draw(st.lists(st.sampled_from(CodeBesoin.values), unique=True, max_size=4))
    besoins = [{**draw(simples("besoin")), "code": c, "rang": None} for c in codes]
    signataires = draw(liste(simples("signataire", structure=structure)))
    argent = draw(_subventions(fiches, structure))
    return {"axes": axes, "fiches": fiches, "besoins": besoins, "signataires": signataires} | argent


def _axe(d: dict):
    return simples("axe", enjeux=quelques(d["enjeux"])).map(_public)


def _public(axe: dict) -> dict:
    par_public = axe["genre"] == "public"
    return axe | {"public": (axe["public"] or "jeunes") if par_public else None}


def _fiche(d: dict, axes: list[dict]):
    decisions = [x for s in d["seances"] for x in s["decisions"]]
    contributions = [c for atelier in d["ateliers"] for c in atelier["contributions"]]
    liens = {
        "axe": parmi(axes), "chantier": parmi(d["chantiers"]), "enjeux": quelques(d["enjeux"]),
        "contribution": parmi(contributions), "copilotes": quelques(d["structures"]),
        "structure_porteuse": parmi(d["structures"]), "elu_referent": parmi(d["personnes"]),
        "instance_suivi": parmi(d["instances"]), "decision": parmi(decisions),
        "etapes": liste(simples("etape")), "indicateurs": liste(_indicateur()),
        "budget": liste(simples("ligne", annee=ANNEES)), "financements": liste(_financement()),
        "suivi": liste(simples("point_de_suivi").map(lambda p: p | {"freins": p["freins"] or "un frein"})),
        "territoires": st.lists(st.sampled_from(EPCIS), unique=True).map(lambda s: [{"siren": x} for x in s]),
    }  # fmt: skip
    return simples("fiche", **liens)


def _indicateur():
    releves = st.lists(simples("releve"), max_size=3, unique_by=lambda r: r["le"])
    return simples("indicateur", releves=releves)


def _financement():
    return simples("financement", annee=st.none() | ANNEES).map(
        lambda f: {**f, "obtenu": f["obtenu"] or ("0.00" if f["etat"] == "acquis" else None)}
    )


def _avis(d: dict):
    """L'avis d'une instance, dans une de ses séances ou par écrit."""
    if not d["instances"]:
        return st.just([])
    par_ecrit = st.sampled_from([(i["ref"], None) for i in d["instances"]])
    en_seance = [(s["instance"], s["ref"]) for s in d["seances"]]
    rendu = par_ecrit | st.sampled_from(en_seance) if en_seance else par_ecrit

    def rendre(tire: tuple) -> dict:
        avis, (instance, seance) = tire
        return avis | {"instance": instance, "seance": seance, "texte": avis["texte"] or "motif"}

    return st.lists(st.tuples(simples("avis"), rendu).map(rendre), max_size=2)


@st.composite
def _subventions(draw, fiches: list[dict], structure) -> dict:
    enveloppe = simples("enveloppe", annee=ANNEES).map(_ouverte_avant_close)
    enveloppes = draw(st.lists(enveloppe, max_size=2, unique_by=lambda e: e["nom"]))
    demandes = []
    if fiches and enveloppes:
        fiche = st.sampled_from([f["ref"] for f in fiches])
        nom = st.sampled_from([e["nom"] for e in enveloppes])
        demande = simples("demande", fiche=fiche, enveloppe=nom, beneficiaire=structure).map(_tenable)
        tirees = draw(st.lists(demande, max_size=4))
        demandes = list({(x["fiche"], x["enveloppe"], x["beneficiaire"]): x for x in tirees}.values())
    for enveloppe in enveloppes:
        siennes = [x for x in demandes if x["enveloppe"] == enveloppe["nom"] and x["etat"] in VIVANTES]
        prises = sum((Decimal(x["accorde"] or "2501.00") for x in siennes), Decimal(0))
        enveloppe["plafond"] = draw(st.sampled_from([None, f"{prises:.2f}"]))
    return {"enveloppes": enveloppes, "demandes_subvention": demandes}


def _ouverte_avant_close(enveloppe: dict) -> dict:
    if enveloppe["ouverte_le"] and enveloppe["close_le"]:
        bornes = sorted([enveloppe["ouverte_le"], enveloppe["close_le"]])
        enveloppe["ouverte_le"], enveloppe["close_le"] = bornes
    return enveloppe


def _tenable(demande: dict) -> dict:
    """Sous le budget, datée et motivée comme son état le demande."""
    etat = demande["etat"] or "brouillon"
    if etat != "brouillon":
        demande |= {"budget": "2501.00", "montant_etp": "1250.50", "montant_prestation": "1250.50"}
    else:
        demande |= {"montant_etp": None, "montant_prestation": None}
    demande["accorde"] = ((demande["accorde"] and "1800.25") or "0.00") if etat == "acceptee" else None
    demande["motif"] = demande["motif"] or "motif"
    demande["deposee_le"] = "2026-03-02" if etat != "brouillon" else None
    demande["decidee_le"] = "2026-05-04" if etat in {"acceptee", "refusee"} else None
    return demande
