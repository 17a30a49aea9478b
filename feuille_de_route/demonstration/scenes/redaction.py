"""Écrire une fiche section par section, avec les formulaires des écrans : par un compte, ou par un lien."""

from ateliers.models import ChantierCle, Contribution
from feuille_de_route import fiches
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from feuille_de_route.dialogue import acces_par_lien, liens_de_fiche
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import Axe, FicheAction, LienDeFiche
from feuille_de_route.views.redaction import SansCompte
from gouvernance.permissions import Acces

TEXTES = (
    "priorite", "origine", "contexte", "besoins", "objectifs", "description", "pilote", "premiere_annee",
    "moyens_humains", "moyens_materiels",
)  # fmt: skip
LISTES = ("services", "publics", "competences", "territoires")


def ecrire(dite: dict) -> Pas:
    """Une fiche, de sa création à son dernier chiffre, par celui ou celle qui la porte."""

    def faire(jeu: Jeu) -> None:
        par = jeu.compte(dite["par"])
        fiche = FicheAction(
            demarche=jeu.demarche, titre=dite["titre"], axe=_axe(jeu, dite["axe"]), nature=dite["nature"],
            structure_porteuse=jeu.structure(dite["porteuse"]) if dite.get("porteuse") else None,
        )  # fmt: skip
        fiche = fiches.creer(fiche, par=par)
        laissees = dite.get("par_lien", {}).get("sections", [])
        for nom in (n for n in SECTIONS if n not in laissees):
            fiches.modifier(_section(jeu, dite, nom, fiche.pk, Acces(par, jeu.demarche)), par=par)

    def fait(jeu: Jeu) -> bool:
        return jeu.demarche.fiches.filter(titre=dite["titre"]).exists()

    return Pas(f"Une fiche est écrite : {dite['titre']}.", fait, faire)


def confier(dite: dict) -> Pas:
    """La structure porteuse reçoit un lien, sans compte, écrit ce qui manque et propose la fiche."""

    def faire(jeu: Jeu) -> None:
        dit, fiche = dite["par_lien"], jeu.demarche.fiches.get(titre=dite["titre"])
        envoi = liens_de_fiche.Envoi(fiche, fiche.structure_porteuse, dit["email"], dit["nom"])
        confies = liens_de_fiche.confier(
            jeu.demarche, [envoi], par=jeu.compte(dite["par"]), message=dit["message"]
        )
        lien = acces_par_lien.ouvrir(confies[0])
        for nom in dit["sections"]:
            saisie = _section(jeu, dite, nom, fiche.pk, SansCompte(jeu.demarche))
            acces_par_lien.ecrire(saisie, lien=lien)
        acces_par_lien.proposer(lien)

    def fait(jeu: Jeu) -> bool:
        return LienDeFiche.objects.filter(fiche__demarche=jeu.demarche, fiche__titre=dite["titre"]).exists()

    return Pas(f"Un partenaire complète sa fiche par un lien : {dite['titre']}.", fait, faire)


def _axe(jeu: Jeu, numero: str) -> Axe:
    """« 2.1 » : le premier sous-axe du deuxième axe."""
    axe = None
    for rang in numero.split("."):
        axe = jeu.demarche.axes.filter(parent=axe)[int(rang) - 1]
    return axe


def _section(jeu: Jeu, dite: dict, nom: str, fiche_pk: int, acces):
    """Le formulaire d'une section, rempli ; ce que le contenu tait reste vide."""
    section, fiche = SECTIONS[nom], FicheAction.objects.get(pk=fiche_pk)
    champs = _champs(jeu, dite)
    siens = {cle: champs[cle] for cle in section._meta.fields if cle in champs}
    lignes = {serie.get_default_prefix(): _lignes(jeu, dite, serie) for serie in section.SERIES}
    return remplir(section, fiche, siens, lignes=lignes, acces=acces)


def _champs(jeu: Jeu, dite: dict) -> dict:
    enjeux, cal = list(jeu.demarche.enjeux.order_by("ordre")), jeu.calendrier
    champs = {cle: dite.get(cle, "") for cle in TEXTES} | {cle: dite.get(cle, []) for cle in LISTES}
    champs |= {
        "gain_rapide": dite.get("gain_rapide", False),
        "enjeux": [enjeux[rang - 1] for rang in dite.get("enjeux", [])],
        "copilotes": [jeu.structure(sigle) for sigle in dite.get("copilotes", [])],
        "debut": cal.mois(dite["debut"]) if dite.get("debut") else None,
        "fin": cal.mois(dite["fin"], fin=True) if dite.get("fin") else None,
    }
    if question := dite.get("chantier"):
        champs["chantier"] = ChantierCle.objects.get(demarche=jeu.demarche, question=question)
    if debut := dite.get("contribution"):
        apports = Contribution.objects.filter(atelier__demarche=jeu.demarche)
        champs["contribution"] = apports.get(texte__startswith=debut)
    if nom := dite.get("elu"):
        champs["elu_referent"] = jeu.personne(nom)
    if type_ := dite.get("instance_suivi"):
        champs["instance_suivi"] = jeu.instance(type_)
    return champs


def _lignes(jeu: Jeu, dite: dict, serie) -> list[dict]:
    """Les lignes d'une série, d'après son modèle."""
    dire = {
        "Partenariat": _partenaires, "EtapeFiche": _etapes, "Indicateur": _indicateurs,
        "LigneBudget": _budget, "Financement": _financements,
    }  # fmt: skip
    return dire[serie.model.__name__](jeu, dite)


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


def _financements(jeu: Jeu, dite: dict) -> list[dict]:
    """Une ligne par année quand le contenu donne une liste de montants, sinon une pour toute la durée."""
    noms = ("financeur", "type", "dispositif", "demande", "obtenu", "etat")
    lignes = []
    for valeurs in dite.get("financements", []):
        ligne = dict(zip(noms, valeurs, strict=True))
        lignes += _par_annee(jeu, ligne) if isinstance(ligne["demande"], list) else [ligne]
    return lignes


def _par_annee(jeu: Jeu, ligne: dict) -> list[dict]:
    obtenus = ligne["obtenu"] or [ligne["obtenu"]] * len(ligne["demande"])
    return [
        ligne | {"annee": jeu.calendrier.annee(rang), "demande": demande, "obtenu": obtenu}
        for rang, (demande, obtenu) in enumerate(zip(ligne["demande"], obtenus, strict=True))
        if demande
    ]
