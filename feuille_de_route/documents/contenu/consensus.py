"""Ce que les parties ont décidé de pouvoir, de faire, de ne pas pouvoir ; leurs mots ; leurs rencontres."""

from feuille_de_route.documents.contenu.lecture import Dossier, Lu, jour, libelle, liste
from gouvernance.models import EtatRencontre, Limite, TypeRencontre


def limites(dossier: Dossier) -> list[dict] | None:
    """Les trois registres, dans l'ordre « on va, on peut, on ne peut pas » ; None s'ils sont vides.

    Une ligne qu'une autre, décidée, remplace n'y est plus.
    """
    dites = liste(dossier.donnees, "limites")
    remplacees = {dite["remplace"] for dite in dites if dite["decision"]}
    dites = [dite for dite in dites if dite["ref"] not in remplacees or not dite["ref"]]
    registres = [
        {
            "titre": Limite(categorie).label,
            "code": str(categorie),
            "lignes": [_limite(dossier, dite) for dite in dites if dite["categorie"] == categorie],
        }
        for categorie in (Limite.ON_VA, Limite.ON_PEUT, Limite.ON_NE_PEUT_PAS)
    ]
    return [r for r in registres if r["lignes"]] or None


def _limite(dossier: Dossier, dite: Lu) -> dict:
    echeance, decision = jour(dite["echeance"]), dossier.decision(dite["decision"])
    reperes = [
        dossier.structure(dite["responsable"]),
        f"pour le {echeance}" if echeance else "",
        f"décision {decision}" if decision else "pas encore décidé en séance",
    ]
    return {
        "libelle": dite["libelle"],
        "explication": dite["explication"],
        "reperes": " · ".join(filter(None, reperes)),
    }


def glossaire(dossier: Dossier) -> list[tuple[str, str]]:
    return [(t["terme"], t["definition"]) for t in liste(dossier.donnees, "glossaire") if t["terme"]]


def rencontres(dossier: Dossier) -> list[dict]:
    """Les rencontres tenues, dans l'ordre du fichier (par date)."""
    tenues = [r for r in liste(dossier.donnees, "rencontres") if r["etat"] == EtatRencontre.TENUE]
    return [
        {
            "quoi": libelle(TypeRencontre, rencontre["type"]),
            "le": jour(rencontre["date"]),
            "ou": _lieu(rencontre),
            "suites": rencontre["suites"],
        }
        for rencontre in tenues
    ]


def _lieu(rencontre: Lu) -> str:
    communes = ", ".join(c["nom"] or c["code"] for c in liste(rencontre, "communes"))
    epci = (rencontre["epci"] or Lu())["nom"]
    return communes or epci or rencontre["lieu"] or ""
