"""Comment la feuille de route a été élaborée : cahier des charges, ateliers, moments de validation."""

from ateliers.models import TypeAtelier
from feuille_de_route.documents.contenu.consensus import glossaire, rencontres
from feuille_de_route.documents.contenu.lecture import Dossier, Lu, jour, libelle, liste
from gouvernance.models import CodeJalon, EtatJalon

CHAMPS_DU_CAHIER = (
    ("contexte", "Contexte"),
    ("objectifs", "Objectifs"),
    ("perimetre", "Périmètre"),
    ("methode", "Méthode"),
    ("moyens", "Moyens de la démarche"),
    ("vigilance", "Points de vigilance"),
)


def elaboration(dossier: Dossier, validation: dict) -> dict | None:
    """`validation` : la décision qui valide la version, prise une fois celle-ci figée ; vide avant."""
    d = dossier.donnees
    cahier = d["cahier_des_charges"] or Lu()
    contenu = {
        "cahier": [(titre, cahier[cle]) for cle, titre in CHAMPS_DU_CAHIER if cahier[cle]],
        "adhesions": _adhesions(dossier, cahier),
        "definition": definition(dossier),
        "jalons": [_jalon(dossier, j, validation) for j in liste(d, "jalons")],
        "ateliers": [_atelier(dossier, a) for a in liste(d, "ateliers")],
        "rencontres": rencontres(dossier),
        "glossaire": glossaire(dossier),
        "blocages": [_blocage(dossier, p) for p in liste(d, "points_de_blocage") if p["libelle"]],
    }
    return contenu if any(contenu.values()) else None


def definition(dossier: Dossier) -> Lu:
    """La définition commune et la décision qui l'adopte ; vide si elle n'est pas écrite."""
    lue = dossier.donnees["definition_commune"] or Lu()
    if not lue["texte"]:
        return Lu()
    return Lu(texte=lue["texte"].strip("«» \u00a0"), decision=dossier.decision(lue["decision"]))


def _adhesions(dossier: Dossier, cahier: Lu) -> list[str]:
    """« Préfecture (le 3 octobre 2025) » pour chaque accord à l'édition courante."""
    courantes = [
        a for a in liste(cahier, "adhesions") if a["edition"] in (None, cahier["edition"] or a["edition"])
    ]
    lignes = [(dossier.structure(a["structure"]), jour(a["le"])) for a in courantes]
    return [f"{nom} (le {le})" if le else nom for nom, le in lignes if nom]


def _jalon(dossier: Dossier, jalon: Lu, validation: dict) -> dict:
    etat, decision = jalon["etat"] or EtatJalon.A_VENIR, dossier.decision(jalon["decision"])
    reserves = dossier.de(jalon["decision"])["reserves"] or ""
    if validation and jalon["code"] == CodeJalon.VALIDATION:
        reserves = validation["reserves"]
        etat = EtatJalon.VALIDE_AVEC_RESERVES if reserves else EtatJalon.VALIDE
        decision = f"{validation['numero']}, le {validation['date']}"
    return {
        "nom": libelle(CodeJalon, jalon["code"]),
        "echeance": jour(jalon["echeance"]),
        "instance": dossier.instance(jalon["instance"]),
        "etat": libelle(EtatJalon, etat),
        "acquis": etat in (EtatJalon.VALIDE, EtatJalon.VALIDE_AVEC_RESERVES),
        "decision": decision,
        "reserves": reserves,
    }


def _atelier(dossier: Dossier, atelier: Lu) -> dict:
    participants = atelier["participants"]
    contributions = liste(atelier, "contributions")
    reperes = [
        libelle(TypeAtelier, atelier["type"]),
        jour(atelier["date"]),
        atelier["lieu"],
        f"{participants} participants" if participants else "",
    ]
    reprises = [c for c in contributions if c["convertie_en"]]
    return {
        "titre": atelier["titre"] or libelle(TypeAtelier, atelier["type"]),
        "reperes": " · ".join(filter(None, reperes)),
        "synthese": atelier["synthese"],
        "groupes": ", ".join(g["nom"] for g in liste(atelier, "sous_groupes") if g["nom"]),
        "contributions": len(contributions),
        "reprises": [
            {"texte": c["texte"], "auteur": c["auteur"], "devient": _devient(dossier, c)} for c in reprises
        ],
    }


def _devient(dossier: Dossier, contribution: Lu) -> str:
    cible = dossier.de(contribution["convertie_en"])
    return cible["question"] or ""


def _blocage(dossier: Dossier, point: Lu) -> dict:
    leve = jour(point["leve_le"])
    echeance = jour(point["echeance"])
    return {
        "libelle": point["libelle"],
        "responsable": dossier.structure(point["responsable"]),
        "etat": f"levé le {leve}" if leve else f"à lever pour le {echeance}" if echeance else "à lever",
    }
