"""Des enjeux aux axes et aux chantiers clés ; le fil d'or qui les relie."""

from ateliers.models import EtatChantier
from diagnostic.models import NatureConstat
from feuille_de_route.documents.contenu.diagnostic import ancre_constat
from feuille_de_route.documents.contenu.fil_d_or import fil
from feuille_de_route.documents.contenu.lecture import Dossier, Lu, jour, libelle, liste
from feuille_de_route.models import AxeFNE, GenreAxe, Public


class Plan:
    """Les axes numérotés (« 1 », « 1.2 ») et les fiches qu'ils portent."""

    def __init__(self, dossier: Dossier):
        self.axes: list[Lu] = liste(dossier.donnees, "axes")
        self.fiches: list[Lu] = liste(dossier.donnees, "fiches")
        self.numeros: dict[str, str] = {}
        self.racines: dict[str, int] = {}
        for rang, axe in enumerate(self.axes):
            self._numeroter(axe, str(rang + 1), rang)
            for n, sous_axe in enumerate(liste(axe, "sous_axes"), start=1):
                self._numeroter(sous_axe, f"{rang + 1}.{n}", rang)

    def _numeroter(self, axe: Lu, numero: str, rang: int) -> None:
        self.numeros[axe["ref"]] = numero
        self.racines[axe["ref"]] = rang

    def fiches_de(self, axe: Lu) -> list[Lu]:
        return [f for f in self.fiches if f["axe"] == axe["ref"]]

    def racine(self, fiche: Lu) -> Lu | None:
        rang = self.racines.get(fiche["axe"])
        return None if rang is None else self.axes[rang]


def retenus(dossier: Dossier) -> list[Lu]:
    """Les enjeux non écartés, dans l'ordre du classement."""
    enjeux = [e for e in liste(dossier.donnees, "enjeux") if e["etat"] != "ecarte"]
    return sorted(enjeux, key=lambda e: (e["rang"] is None, e["rang"] or 0))


def codes_enjeux(dossier: Dossier) -> dict[str, str]:
    """« E1 » : son rang, sinon sa place dans la liste ; ce code relie les sections."""
    return {enjeu["ref"]: f"E{rang}" for rang, enjeu in enumerate(retenus(dossier), start=1)}


def enjeux(dossier: Dossier, plan: Plan) -> dict | None:
    tous = liste(dossier.donnees, "enjeux")
    if not tous:
        return None
    codes = codes_enjeux(dossier)
    lignes = [
        {
            "code": codes[e["ref"]],
            "ancre": f"enjeu-{codes[e['ref']]}",
            "question": e["question"],
            "precision": e["precision"],
            "classe": e["rang"] is not None,
            "propose": e["etat"] not in ("retenu", "ecarte"),
            "constats": [_constat(dossier.de(ref)) for ref in liste(e, "constats") if dossier.de(ref)],
            "axes": _axes_de(e, plan),
        }
        for e in retenus(dossier)
    ]
    ecartes = [e for e in tous if e["etat"] == "ecarte"]
    classes = any(ligne["classe"] for ligne in lignes)
    return {"lignes": lignes, "ecartes": ecartes, "classes": classes}


def _constat(constat: Lu) -> dict:
    return {
        "ancre": ancre_constat(constat),
        "intitule": constat["intitule"],
        "nature": libelle(NatureConstat, constat["nature"]),
    }


def _axes_de(enjeu: Lu, plan: Plan) -> list[str]:
    cites = [a for a in _tous(plan) if enjeu["ref"] in liste(a, "enjeux")]
    return [f"{plan.numeros[a['ref']]}. {a['intitule']}" for a in cites]


def _tous(plan: Plan) -> list[Lu]:
    return [a for racine in plan.axes for a in (racine, *liste(racine, "sous_axes"))]


def strategie(dossier: Dossier, plan: Plan) -> dict | None:
    if not plan.axes:
        return None
    codes = codes_enjeux(dossier)
    axes = [_axe(axe, plan, codes) for axe in plan.axes]
    return {
        "axes": axes,
        "par_public": any(a["genre"] == GenreAxe.PUBLIC for a in plan.axes),
        "fil": fil(dossier, codes),
    }


def _axe(axe: Lu, plan: Plan, codes: dict) -> dict:
    declinaison = axe["axe_departemental"] or Lu()
    return {
        "numero": plan.numeros[axe["ref"]],
        "intitule": axe["intitule"],
        "public": libelle(Public, axe["public"]),
        "objectif": axe["objectif"],
        "fne": libelle(AxeFNE, axe["axe_fne"]),
        "departemental": ". ".join(filter(None, (declinaison["numero"], declinaison["intitule"]))),
        "enjeux": [codes[ref] for ref in liste(axe, "enjeux") if ref in codes],
        "fiches": [
            {"numero": f["numero"], "titre": f["titre"], "ancre": f"fiche-{f['numero']}"}
            for f in plan.fiches_de(axe)
        ],
        "sous_axes": [_axe(sous, plan, codes) for sous in liste(axe, "sous_axes")],
    }


def chantiers(dossier: Dossier) -> list[dict] | None:
    lignes = [_chantier(dossier, c) for c in liste(dossier.donnees, "chantiers")]
    return lignes or None


def _chantier(dossier: Dossier, chantier: Lu) -> dict:
    fiches = [f for f in liste(dossier.donnees, "fiches") if f["chantier"] == chantier["ref"]]
    return {
        "question": chantier["question"],
        "etat": libelle(EtatChantier, chantier["etat"]),
        "origine": chantier["origine"],
        "moyens": chantier["moyens"],
        "pilote": dossier.structure(chantier["pilote"]),
        "echeance": jour(chantier["echeance"]),
        "conclusion": chantier["conclusion"],
        "conclu_le": jour(chantier["conclu_le"]),
        "fiches": [f"{f['numero']}. {f['titre']}" for f in fiches],
    }
