"""Chaque fiche action, prête à imprimer : bandeau, contenu, budget et plan de financement."""

from feuille_de_route.documents.contenu.fiche_finances import finances
from feuille_de_route.documents.contenu.graphiques import part_des_natures
from feuille_de_route.documents.contenu.lecture import (
    Dossier,
    Lu,
    espacer,
    jour,
    libelle,
    libelles,
    liste,
    mesure,
    periode,
)
from feuille_de_route.documents.contenu.strategie import Plan, codes_enjeux
from feuille_de_route.models import (
    Competence,
    EtatFiche,
    NatureFiche,
    Priorite,
    Public,
    SensAvis,
    Service,
    TypeIndicateur,
)
from gouvernance.socle.mots import compter

TEXTES = (
    ("contexte", "Contexte"), ("besoins", "Besoins"),
    ("objectifs", "Objectifs"), ("description", "Description"),
)  # fmt: skip


def fiches(dossier: Dossier, plan: Plan) -> dict | None:
    if not plan.fiches:
        return None
    codes = codes_enjeux(dossier)
    lignes = [_fiche(f, dossier, plan, codes) for f in plan.fiches]
    groupes: dict[str, list] = {}
    for ligne in lignes:
        groupes.setdefault(ligne["axe"], []).append(ligne)
    rangs = sorted(groupes, key=lambda axe: (axe == "", axe))
    return {
        "lignes": lignes,
        "natures": natures(plan.fiches),
        "rapides": [ligne for ligne in lignes if ligne["gain_rapide"]],
        "partagees": liste(dossier.donnees, "fiches_partagees"),
        "groupes": [{"axe": f"Axe {axe}" if axe else "Sans axe", "fiches": groupes[axe]} for axe in rangs],
    }


def _fiche(fiche: Lu, dossier: Dossier, plan: Plan, codes: dict) -> dict:
    racine = plan.racine(fiche)
    axe = dossier.de(fiche["axe"])
    retenue = fiche["etat"] in (None, EtatFiche.RETENUE)
    return {
        "ancre": f"fiche-{fiche['numero']}",
        "numero": fiche["numero"],
        "titre": fiche["titre"],
        "axe": _nommer(racine, plan),
        "sous_axe": _nommer(axe, plan) if axe and axe is not racine else "",
        "nature": libelle(NatureFiche, fiche["nature"]),
        "priorite": libelle(Priorite, fiche["priorite"]),
        "etat": "" if retenue else libelle(EtatFiche, fiche["etat"]),
        "motif": fiche["motif"],
        "periode": periode(fiche["debut"], fiche["fin"]),
        "textes": [(titre, fiche[cle]) for cle, titre in TEXTES if fiche[cle]],
        "enjeux": [(codes[r], dossier.de(r)["question"]) for r in liste(fiche, "enjeux") if r in codes],
        "origine": espacer(_origine(fiche, dossier)),
        "gain_rapide": fiche["gain_rapide"],
        "premiere_annee": fiche["premiere_annee"],
        "etapes": [(jour(e["echeance"]), e["libelle"], jour(e["faite_le"])) for e in liste(fiche, "etapes")],
        "indicateurs": [_indicateur(i) for i in liste(fiche, "indicateurs")],
        "decision": dossier.decision(fiche["decision"]),
        **_acteurs(fiche, dossier),
        **_cibles(fiche),
        "avis": _avis(fiche, dossier),
        "moyens": _moyens(fiche),
        "finances": finances(fiche),
    }  # fmt: skip


def _nommer(axe: Lu | None, plan: Plan) -> str:
    return f"{plan.numeros[axe['ref']]}. {axe['intitule']}" if axe else ""


def _acteurs(fiche: Lu, dossier: Dossier) -> dict:
    return {
        "porteuse": dossier.structure(fiche["structure_porteuse"]),
        "pilote": fiche["pilote"],
        "copilotes": [dossier.structure(ref) for ref in liste(fiche, "copilotes")],
        "elu": dossier.personne(fiche["elu_referent"]),
        "suivie_par": dossier.instance(fiche["instance_suivi"]),
        "partenaires": [
            (dossier.structure(p["structure"]), p["apport"] or "") for p in liste(fiche, "partenaires")
        ],
    }


def _cibles(fiche: Lu) -> dict:
    return {
        "publics": libelles(Public, fiche["publics"]),
        "services": libelles(Service, fiche["services"]),
        "competences": libelles(Competence, fiche["competences"]),
        "territoires": [t["nom"] for t in liste(fiche, "territoires") if t["nom"]],
    }


def _indicateur(indicateur: Lu) -> dict:
    unite = indicateur["unite"]
    return {
        "libelle": indicateur["libelle"],
        "type": libelle(TypeIndicateur, indicateur["type"]),
        "reference": mesure(indicateur["reference"], None),
        "cible": mesure(indicateur["cible"], unite),
        "echeance": jour(indicateur["echeance"]),
        "source": indicateur["source"] or "",
        "dernier": _dernier_releve(indicateur),
    }


def _dernier_releve(indicateur: Lu) -> str:
    releves = sorted(liste(indicateur, "releves"), key=lambda r: r["le"])
    if not releves:
        return ""
    return f"{mesure(releves[-1]['valeur'], indicateur['unite'])} au {jour(releves[-1]['le'])}"


def _moyens(fiche: Lu) -> list[tuple[str, str]]:
    champs = (("moyens_humains", "Humains"), ("moyens_materiels", "Matériels"))
    return [(titre, fiche[cle]) for cle, titre in champs if fiche[cle]]


def _avis(fiche: Lu, dossier: Dossier) -> list[dict]:
    """Le dernier avis de chaque instance."""
    derniers = {avis["instance"]: avis for avis in liste(fiche, "avis")}
    return [
        {
            "instance": dossier.instance(ref),
            "sens": libelle(SensAvis, avis["sens"]).lower(),
            "texte": avis["texte"] or "",
        }
        for ref, avis in derniers.items()
    ]


def _origine(fiche: Lu, dossier: Dossier) -> str:
    """D'où vient l'action, en une phrase ; rien si l'on n'en sait pas plus que « une proposition »."""
    if chantier := dossier.de(fiche["chantier"])["question"]:
        return f"Issue du chantier clé « {chantier} »"
    if contribution := dossier.de(fiche["contribution"]):
        qui = f" – {contribution['auteur']}" if contribution["auteur"] else ""
        return f"Née en atelier : « {contribution['texte']} »{qui}"
    reprise = fiche["reprise_de"] or Lu()
    source = fiche["source"] or dossier.de(reprise["ref"])["titre"] or reprise["libelle"]
    return f"D’après : {source}" if source else ""


def natures(fiches: list[Lu]) -> dict | None:
    """La part de chaque nature d'action, et ce qui va au-delà de l'existant."""
    dites = [f["nature"] for f in fiches if f["nature"]]
    if not dites:
        return None
    parts = [(n, dites.count(n.value)) for n in reversed(NatureFiche) if n.value in dites]
    au_dela = sum(nature != NatureFiche.EXISTANTE for nature in dites)
    return {
        "phrase": ", ".join(compter(k, str(n.label).lower()) for n, k in parts),
        "au_dela": au_dela,
        "barre": part_des_natures([(str(n.label), k) for n, k in parts]),
    }
