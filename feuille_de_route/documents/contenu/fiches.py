"""Chaque fiche action, prête à imprimer : bandeau, contenu, budget et plan de financement."""

from feuille_de_route.documents.contenu import comptes
from feuille_de_route.documents.contenu.lecture import (
    Dossier,
    Lu,
    jour,
    libelle,
    libelles,
    liste,
    mesure,
    periode,
)
from feuille_de_route.documents.contenu.strategie import Plan, codes_enjeux
from feuille_de_route.documents.graphiques import part_financee
from feuille_de_route.models import (
    EtatFiche,
    EtatFinancement,
    NatureDepense,
    NatureFiche,
    Priorite,
    Public,
    Service,
    TypeFinanceur,
    TypeIndicateur,
)

TEXTES = (("contexte", "Contexte et besoin"), ("objectifs", "Objectifs"), ("description", "Description"))


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
        "groupes": [{"axe": f"Axe {axe}" if axe else "Sans axe", "fiches": groupes[axe]} for axe in rangs],
    }


def _fiche(fiche: Lu, dossier: Dossier, plan: Plan, codes: dict) -> dict:
    compte = comptes.compte_de(fiche)
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
        "chantier": dossier.de(fiche["chantier"])["question"],
        "etapes": [(jour(e["echeance"]), e["libelle"]) for e in liste(fiche, "etapes")],
        "indicateurs": [_indicateur(i) for i in liste(fiche, "indicateurs")],
        "decision": dossier.decision(fiche["decision"]),
        **_acteurs(fiche, dossier),
        **_cibles(fiche),
        **_moyens(fiche, compte),
    }  # fmt: skip


def _nommer(axe: Lu | None, plan: Plan) -> str:
    return f"{plan.numeros[axe['ref']]}. {axe['intitule']}" if axe else ""


def _acteurs(fiche: Lu, dossier: Dossier) -> dict:
    return {
        "porteuse": dossier.structure(fiche["structure_porteuse"]),
        "pilote": fiche["pilote"],
        "elu": dossier.personne(fiche["elu_referent"]),
        "partenaires": [
            (dossier.structure(p["structure"]), p["apport"] or "") for p in liste(fiche, "partenaires")
        ],
    }


def _cibles(fiche: Lu) -> dict:
    return {
        "publics": libelles(Public, fiche["publics"]),
        "services": libelles(Service, fiche["services"]),
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
    }


def _moyens(fiche: Lu, compte: comptes.Compte) -> dict:
    lignes = liste(fiche, "budget")
    chiffree = bool(lignes or liste(fiche, "financements"))
    return {
        "moyens": [
            (titre, fiche[cle])
            for cle, titre in (("moyens_humains", "Humains"), ("moyens_materiels", "Matériels"))
            if fiche[cle]
        ],
        "budget": [_depense(ligne) for ligne in lignes],
        "financements": [_financement(f) for f in liste(fiche, "financements")],
        "cote_a_cote": _cote_a_cote(lignes, liste(fiche, "financements")),
        "total": comptes.euros(compte.budget) if chiffree else "",
        "finance": comptes.euros(compte.finance),
        "phrase": comptes.phrase(compte) if chiffree else "",
        "barre": part_financee(compte),
    }


def _cote_a_cote(budget: list[Lu], financements: list[Lu]) -> bool:
    """Deux tableaux courts tiennent dans la largeur ; sinon l'un sous l'autre, où ils se coupent mieux."""
    textes = [*(b["libelle"] or "" for b in budget), *(f["financeur"] or "" for f in financements)]
    textes += [f["dispositif"] or "" for f in financements]
    courts = all(len(texte) <= 90 for texte in textes)
    return bool(budget and financements) and max(len(budget), len(financements)) <= 8 and courts


def _depense(ligne: Lu) -> dict:
    nature = libelle(NatureDepense, ligne["nature"])
    etp = mesure(ligne["etp"], "ETP") if ligne["etp"] else ""
    return {
        "annee": ligne["annee"],
        "libelle": ligne["libelle"] or nature,
        "precision": ", ".join(filter(None, (nature.lower() if ligne["libelle"] else "", etp))),
        "montant": comptes.euros(comptes.lire(ligne["montant"])),
    }


def _financement(f: Lu) -> dict:
    nature = libelle(TypeFinanceur, f["type"])
    refus = "ne compte pas" if f["etat"] == EtatFinancement.REFUSE else ""
    return {
        "financeur": f["financeur"] or nature,
        "precision": ", ".join(
            filter(None, (nature if nature != f["financeur"] else "", f["dispositif"], refus))
        ),
        "etat": libelle(EtatFinancement, f["etat"] or EtatFinancement.ENVISAGE),
        "demande": comptes.euros(comptes.lire(f["demande"])),
        "obtenu": comptes.euros(comptes.lire(f["obtenu"])) if f["obtenu"] else "–",
    }
