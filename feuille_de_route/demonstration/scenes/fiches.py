"""La stratégie et le plan d'actions : axes, fiches écrites section par section, besoins, signataires."""

from ateliers.models import ChantierCle
from feuille_de_route import besoins, fiches, strategie
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from feuille_de_route.forms.axes import NouvelAxe
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.forms.plan import FormulaireBesoin
from feuille_de_route.forms.signatures import NouveauSignataire
from feuille_de_route.models import Axe, BesoinIngenierie, EtatFiche, FicheAction, Signataire
from gouvernance import edition
from gouvernance.permissions import Acces


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


def _axe(jeu: Jeu, numero: str) -> Axe:
    """« 2.1 » : le premier sous-axe du deuxième axe."""
    axe = None
    for rang in numero.split("."):
        axe = jeu.demarche.axes.filter(parent=axe)[int(rang) - 1]
    return axe


def ecrire(dite: dict) -> Pas:
    """Une fiche, de sa création à son dernier chiffre, par celui ou celle qui la porte."""

    def faire(jeu: Jeu) -> None:
        par = jeu.compte(dite["par"])
        fiche = FicheAction(
            demarche=jeu.demarche, titre=dite["titre"], axe=_axe(jeu, dite["axe"]), nature=dite["nature"],
            structure_porteuse=jeu.structure(dite["porteuse"]) if dite.get("porteuse") else None,
        )  # fmt: skip
        fiche = fiches.creer(fiche, par=par)
        acces = Acces(par, jeu.demarche)
        for nom, (champs, lignes) in _sections(jeu, dite).items():
            section, relue = SECTIONS[nom], FicheAction.objects.get(pk=fiche.pk)
            series = _prefixer(section, lignes)
            fiches.modifier(remplir(section, relue, champs, lignes=series, acces=acces), par=par)

    def fait(jeu: Jeu) -> bool:
        return jeu.demarche.fiches.filter(titre=dite["titre"]).exists()

    return Pas(f"Une fiche est écrite : {dite['titre']}.", fait, faire)


def _prefixer(section, lignes: list[list[dict]]) -> dict:
    return {
        serie.get_default_prefix(): valeurs for serie, valeurs in zip(section.SERIES, lignes, strict=True)
    }


def _sections(jeu: Jeu, dite: dict) -> dict[str, tuple[dict, list]]:
    """Nom de la section → champs, lignes de chaque série ; ce que le contenu tait reste vide."""
    enjeux, cal = list(jeu.demarche.enjeux.order_by("ordre")), jeu.calendrier
    identite = {"priorite": dite.get("priorite", "")}
    sens = {c: dite.get(c, "") for c in ("contexte", "objectifs", "description")}
    publics = {c: dite.get(c, []) for c in ("services", "publics", "territoires")}
    publics["enjeux"] = [enjeux[rang - 1] for rang in dite.get("enjeux", [])]
    if question := dite.get("chantier"):
        identite["chantier"] = ChantierCle.objects.get(demarche=jeu.demarche, question=question)
    acteurs = {"pilote": dite.get("pilote", "")}
    if nom := dite.get("elu"):
        acteurs["elu_referent"] = jeu.personne(nom)
    temps = {
        "debut": cal.mois(dite["debut"]) if dite.get("debut") else None,
        "fin": cal.mois(dite["fin"], fin=True) if dite.get("fin") else None,
    }
    moyens = {c: dite.get(c, "") for c in ("moyens_humains", "moyens_materiels")}
    return {
        "identite": (identite, []),
        "sens": (sens, []),
        "publics": (publics, []),
        "acteurs": (acteurs, [_partenaires(jeu, dite)]),
        "temps": (temps, [_etapes(jeu, dite)]),
        "mesure": ({}, [_indicateurs(jeu, dite)]),
        "moyens": (moyens, [_budget(jeu, dite), _financements(dite)]),
    }


def _partenaires(jeu: Jeu, dite: dict) -> list[dict]:
    return [{"structure": jeu.structure(s), "apport": apport} for s, apport in dite.get("partenaires", [])]


def _etapes(jeu: Jeu, dite: dict) -> list[dict]:
    return [
        {"libelle": libelle, "echeance": jeu.calendrier.mois(mois, fin=True)}
        for libelle, mois in dite.get("etapes", [])
    ]


def _indicateurs(jeu: Jeu, dite: dict) -> list[dict]:
    noms = ("libelle", "type", "unite", "reference", "cible", "echeance", "source")
    lignes = [dict(zip(noms, valeurs, strict=True)) for valeurs in dite.get("indicateurs", [])]
    return [ligne | {"echeance": jeu.calendrier.mois(ligne["echeance"], fin=True)} for ligne in lignes]


def _budget(jeu: Jeu, dite: dict) -> list[dict]:
    noms = ("annee", "nature", "libelle", "montant", "etp")
    lignes = [dict(zip(noms, valeurs, strict=True)) for valeurs in dite.get("budget", [])]
    return [ligne | {"annee": jeu.calendrier.annee(ligne["annee"])} for ligne in lignes]


def _financements(dite: dict) -> list[dict]:
    noms = ("financeur", "type", "dispositif", "demande", "obtenu", "etat")
    return [dict(zip(noms, valeurs, strict=True)) for valeurs in dite.get("financements", [])]


def proposer(titres: list[str]) -> Pas:
    """Propose ces fiches, chacune par le compte qui l'a écrite."""

    def a_proposer(jeu: Jeu):
        etats = [EtatFiche.BROUILLON]
        return jeu.demarche.fiches.filter(titre__in=titres, etat__in=etats).order_by("numero")

    def faire(jeu: Jeu) -> None:
        for fiche in a_proposer(jeu):
            fiches.effectuer("proposer", fiche.pk, par=fiche.cree_par)

    return Pas("Les fiches écrites sont proposées.", lambda jeu: not a_proposer(jeu).exists(), faire)


def renvoyer(titre: str, motif: str, par: str) -> Pas:
    def faire(jeu: Jeu) -> None:
        fiche = jeu.demarche.fiches.get(titre=titre)
        fiches.effectuer("renvoyer", fiche.pk, par=jeu.compte(par), motif=motif)

    def fait(jeu: Jeu) -> bool:
        return jeu.demarche.evenements.filter(action="renvoyer", objet_type="ficheaction").exists()

    return Pas(f"Des compléments sont demandés : {titre}.", fait, faire)


def completer(titre: str, complement: str) -> Pas:
    """Le porteur complète la fiche qu'on lui a renvoyée, puis la propose de nouveau."""

    def faire(jeu: Jeu) -> None:
        fiche = jeu.demarche.fiches.get(titre=titre)
        par = fiche.cree_par
        texte = f"{fiche.description}\n\n{complement}"
        acces = Acces(par, jeu.demarche)
        fiches.modifier(remplir(SECTIONS["sens"], fiche, {"description": texte}, acces=acces), par=par)
        fiches.effectuer("proposer", fiche.pk, par=par)

    def fait(jeu: Jeu) -> bool:
        return jeu.demarche.fiches.get(titre=titre).etat != EtatFiche.A_COMPLETER

    return Pas(f"La fiche est complétée et proposée de nouveau : {titre}.", fait, faire)


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
