"""Ce qui se dit des fiches proposées : commentaires, avis du comité technique, corrections demandées."""

from feuille_de_route import fiches
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from feuille_de_route.dialogue import avis, echanges, remarques
from feuille_de_route.forms.avis import FormulaireAvis
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.forms.remarques import CHAMPS
from feuille_de_route.models import Avis, Commentaire, EtatFiche, FicheAction, Remarque
from gouvernance.permissions import Acces


def _fiche(jeu: Jeu, titre: str) -> FicheAction:
    return jeu.demarche.fiches.get(titre=titre)


def _commenter(jeu: Jeu) -> None:
    """Une question, sa réponse, et le fil que l'on dit réglé."""
    for dit in jeu.lire("dialogue")["commentaires"]:
        fiche, fil = _fiche(jeu, dit["fiche"]), None
        for compte, texte, prevenus in dit["mots"]:
            mot = echanges.Mot(texte, [jeu.compte(nom) for nom in prevenus])
            neuf = echanges.commenter(fiche, mot, par=jeu.compte(compte), fil=fil)
            fil = fil or neuf
        if compte := dit.get("resolu_par"):
            echanges.resoudre(fil, par=jeu.compte(compte))


def _instruire(jeu: Jeu) -> None:
    """Le comité technique rend un avis sur chaque fiche proposée ; favorable, sauf ce qui est dit."""
    dits, cotech = jeu.lire("dialogue")["avis"], jeu.instance("cotech")
    for fiche in jeu.demarche.fiches.filter(etat=EtatFiche.PROPOSEE).order_by("numero"):
        champs = {"instance": cotech, "sens": "favorable", "texte": ""} | dits.get(fiche.titre, {})
        saisie = remplir(FormulaireAvis, Avis(fiche=fiche), champs, demarche=jeu.demarche)
        avis.rendre(saisie, par=jeu.compte("prefecture"))


def renvoyer(dit: dict) -> Pas:
    """Une fiche revient à compléter, avec une remarque à sa place sur chaque champ à revoir."""

    def faire(jeu: Jeu) -> None:
        demandes = [remarques.Demande(c, CHAMPS[c].libelle, texte) for c, texte in dit["remarques"]]
        remarques.renvoyer(_fiche(jeu, dit["titre"]), dit["motif"], demandes, par=jeu.compte(dit["par"]))

    def fait(jeu: Jeu) -> bool:
        return Remarque.objects.filter(fiche__demarche=jeu.demarche).exists()

    return Pas(f"Des compléments sont demandés : {dit['titre']}.", fait, faire)


def completer(dit: dict) -> Pas:
    """Qui porte la fiche la complète, dit chaque remarque corrigée, puis la propose de nouveau."""

    def faire(jeu: Jeu) -> None:
        fiche = _fiche(jeu, dit["titre"])
        par = fiche.cree_par
        texte = f"{fiche.description}\n\n{dit['complement']}"
        acces = Acces(par, jeu.demarche)
        fiches.modifier(remplir(SECTIONS["sens"], fiche, {"description": texte}, acces=acces), par=par)
        for remarque in fiche.remarques.all():
            remarques.marquer(remarque, remarques.CORRIGEE, par=par)
        fiches.effectuer("proposer", fiche.pk, par=par)

    def fait(jeu: Jeu) -> bool:
        return _fiche(jeu, dit["titre"]).etat != EtatFiche.A_COMPLETER

    return Pas(f"La fiche est complétée et proposée de nouveau : {dit['titre']}.", fait, faire)


COMMENTER = Pas(
    "On s’interroge et l’on se répond sur les fiches.",
    lambda jeu: Commentaire.objects.filter(fiche__demarche=jeu.demarche).exists(),
    _commenter,
)
INSTRUIRE = Pas(
    "Le comité technique rend ses avis.",
    lambda jeu: Avis.objects.filter(fiche__demarche=jeu.demarche).exists(),
    _instruire,
)
