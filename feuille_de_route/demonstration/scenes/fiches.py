"""La stratégie et le plan d'actions : axes, fiches proposées ou renvoyées, besoins, signataires."""

from feuille_de_route import fiches
from feuille_de_route.argent import besoins
from feuille_de_route.axes import strategie
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from feuille_de_route.forms.axes import NouvelAxe
from feuille_de_route.forms.plan import FormulaireBesoin
from feuille_de_route.forms.signatures import NouveauSignataire
from feuille_de_route.models import Axe, BesoinIngenierie, EtatFiche, Signataire
from gouvernance import edition


def _ecrire_les_axes(jeu: Jeu) -> None:
    enjeux = list(jeu.demarche.enjeux.order_by("ordre"))
    for dit in jeu.lire("axes"):
        axe = _ecrire_un_axe(jeu, dit, enjeux)
        for sous_axe in dit["sous_axes"]:
            _ecrire_un_axe(jeu, sous_axe, enjeux, parent=axe)


def _ecrire_un_axe(jeu: Jeu, dit: dict, enjeux: list, parent: Axe | None = None) -> Axe:
    demarche = jeu.demarche
    champs = {
        "intitule": dit["intitule"], "objectif": dit.get("objectif", ""), "parent": parent,
        "axe_fne": dit.get("axe_fne"), "enjeux": [enjeux[rang - 1] for rang in dit.get("enjeux", [])],
    }  # fmt: skip
    if rang := dit.get("axe_departemental"):
        champs["axe_departemental"] = demarche.parente.axes.filter(parent=None)[rang - 1]
    saisie = remplir(NouvelAxe, Axe(demarche=demarche), champs, demarche=demarche)
    return strategie.enregistrer_axe(saisie, par=jeu.compte("departement"), demarche=demarche)


AXES = Pas("Les axes et leurs sous-axes sont écrits.", lambda j: j.demarche.axes.exists(), _ecrire_les_axes)


def proposer(titres: list[str]) -> Pas:
    """Propose ces fiches, chacune par le compte qui l'a écrite."""

    def a_proposer(jeu: Jeu):
        etats = [EtatFiche.BROUILLON]
        return jeu.demarche.fiches.filter(titre__in=titres, etat__in=etats).order_by("numero")

    def faire(jeu: Jeu) -> None:
        for fiche in a_proposer(jeu):
            fiches.effectuer("proposer", fiche.pk, par=fiche.cree_par)

    return Pas("Les fiches écrites sont proposées.", lambda jeu: not a_proposer(jeu).exists(), faire)


def _exprimer_les_besoins(jeu: Jeu) -> None:
    demarche = jeu.demarche
    for code, precision in jeu.lire("besoins"):
        champs = {"code": code, "precision": precision}
        saisie = remplir(FormulaireBesoin, BesoinIngenierie(), champs)
        besoins.ajouter(saisie, par=jeu.compte("prefecture"), demarche=demarche)


def _designer_les_signataires(jeu: Jeu) -> None:
    demarche, par = jeu.demarche, jeu.compte("prefecture")
    for ordre, dit in enumerate(jeu.lire("signataires"), start=1):
        champs = {cle: dit[cle] for cle in ("nom", "qualite", "engagement")}
        champs |= {"ordre": ordre, "structure": jeu.structure(dit["structure"])}
        champs["utilisateur"] = jeu.compte(dit["compte"])
        saisie = remplir(NouveauSignataire, Signataire(), champs, demarche=demarche)
        edition.enregistrer(saisie, par=par, demarche=demarche, droit="engager")


BESOINS = Pas(
    "Les besoins en ingénierie sont exprimés.",
    lambda jeu: jeu.demarche.besoins.exists(),
    _exprimer_les_besoins,
)
SIGNATAIRES = Pas(
    "Les signataires et leurs engagements sont désignés.",
    lambda jeu: jeu.demarche.signataires.exists(),
    _designer_les_signataires,
)
