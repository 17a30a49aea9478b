"""Ouvrir la démarche, réunir les membres de la gouvernance, donner les rôles."""

from datetime import timedelta

from django.utils import timezone

from feuille_de_route.demonstration import comptes
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.textes import lire
from gouvernance.acteurs import membres
from gouvernance.conduite import ouverture
from gouvernance.models import (
    College,
    Demarche,
    Departement,
    Epci,
    Membre,
    StatutMembre,
    Structure,
)


def _creer_les_comptes(_: Jeu) -> None:
    comptes.creer()


def _comptes_crees(_: Jeu) -> bool:
    return not comptes.manquants()


def _ouvrir(jeu: Jeu) -> None:
    dit = jeu.lire("demarche")
    debut = timezone.localdate() - timedelta(days=dit["duree"])
    demarche = Demarche(
        nom=dit["nom"], perimetre=dit["perimetre"], debut=debut, fin=debut + timedelta(days=dit["fin"]),
        contrat=dit["contrat"], contrat_precision=dit["contrat_precision"],
    )  # fmt: skip
    if dit.get("parente"):
        demarche.parente = Demarche.objects.get(nom=lire(dit["parente"], "demarche")["nom"])
    ouverture.ouvrir_dans(
        Departement.objects.get(pk=dit["departement"]), demarche, par=jeu.compte(dit["ouverte_par"]),
        epcis=list(Epci.objects.actuels().filter(pk__in=dit["epcis"])),
        coordination=jeu.compte(dit["coordination"]) if dit.get("coordination") else None,
    )  # fmt: skip


def _structure(sigle: str, departement: Departement) -> Structure:
    dit = lire("", "structures")[sigle]
    return Structure(
        nom=dit["nom"], sigle=dit.get("sigle", ""), college=College.objects.get(pk=dit["college"]),
        departement=departement, epci=Epci.objects.filter(pk=dit.get("epci")).first(),
    )  # fmt: skip


def _reunir(jeu: Jeu) -> None:
    """La première structure est inscrite par qui ouvre la démarche, les suivantes par la coordination."""
    demarche = jeu.demarche
    for dit in jeu.lire("demarche")["membres"]:
        par = jeu.compte(dit["par"])
        champs = {cle: valeur for cle, valeur in dit.items() if cle not in {"structure", "par", "candidat"}}
        structure = _structure(dit["structure"], demarche.departement)
        membre = membres.ajouter(demarche, structure, par=par, **champs)
        if not dit.get("candidat"):
            membres.changer_statut(membre.pk, StatutMembre.CONFIRME, par=par, demarche=demarche)
        comptes.rattacher(jeu)


def _reunis(jeu: Jeu) -> bool:
    attendus = [lire("", "structures")[m["structure"]]["nom"] for m in jeu.lire("demarche")["membres"]]
    presents = Membre.objects.filter(gouvernance=jeu.demarche.gouvernance_id, structure__nom__in=attendus)
    return presents.count() == len(attendus)


def _donner_les_roles(jeu: Jeu) -> None:
    coordination = jeu.compte(jeu.lire("demarche")["coordination"])
    for compte, role in jeu.lire("demarche")["mandats"]:
        membres.donner_mandat(jeu.demarche, jeu.compte(compte), role, par=coordination)


def _roles_donnes(jeu: Jeu) -> bool:
    return jeu.demarche.mandats.count() > len(jeu.lire("demarche")["mandats"])


PAS = [
    Pas("Les comptes de démonstration sont créés.", _comptes_crees, _creer_les_comptes),
    Pas("La démarche est ouverte.", lambda jeu: jeu.demarche is not None, _ouvrir),
    Pas("Les structures rejoignent la gouvernance.", _reunis, _reunir),
]
ROLES = Pas("Les rôles sont donnés.", _roles_donnes, _donner_les_roles)
