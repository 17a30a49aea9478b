"""Importer une démarche : tout est contrôlé d'abord, puis écrit en une transaction ; sinon rien ne l'est."""

from copy import deepcopy

from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction

from feuille_de_route.echange import base, regles, regles_plan
from feuille_de_route.echange.acteurs import ecrire_acteurs
from feuille_de_route.echange.cadre import ecrire_cadre, ecrire_demarche
from feuille_de_route.echange.canonique import canonique, empreinte
from feuille_de_route.echange.coherence import Coherence
from feuille_de_route.echange.conformite import ecarts, elaguer
from feuille_de_route.echange.contenu import ecrire_contenu
from feuille_de_route.echange.ecriture import Ecriture
from feuille_de_route.echange.erreurs import Erreur, ErreurImport, refuser
from feuille_de_route.echange.lecture import lire
from gouvernance.models import Demarche, Evenement, Utilisateur


def importer(donnees: dict | str | bytes, *, par: Utilisateur | None = None) -> Demarche:
    """Crée la démarche du fichier, à l'étape « cadrage » ; ce qui manque est dit par le parcours.

    Lève ErreurImport avec toutes les fautes et leur chemin ; rien n'est alors écrit.
    La démarche rendue porte `avertissements` : ce que la plateforme savait autrement et qu'elle a gardé.
    """
    propre = lire(donnees)
    coherence = controler(propre)
    ecriture = Ecriture(propre, par)
    try:
        with transaction.atomic():
            _ecrire(ecriture, set(coherence.citees))
    except IntegrityError as erreur:
        raise refuser(_phrase_de_contrainte(erreur)) from erreur
    except DatabaseError as erreur:
        raise refuser("La base refuse une valeur de ce fichier ; rien n’a été écrit.") from erreur
    ecriture.demarche.avertissements = ecriture.avertissements
    return ecriture.demarche


def controler(donnees: dict) -> Coherence:
    """Passe tous les contrôles sur un contenu lu ; lève ErreurImport avec toutes les fautes."""
    trouves = ecarts(donnees)
    elague = donnees
    if trouves:
        elague = deepcopy(donnees)
        elaguer(elague, [lieu for lieu, _ in trouves])
    coherence = Coherence(elague)
    erreurs = [erreur for _, erreur in trouves] + coherence.erreurs
    erreurs += regles.fautes(elague) + regles_plan.fautes(elague) + base.fautes(elague)
    if erreurs:
        raise ErreurImport(_sans_doublon(erreurs))
    return coherence


def _sans_doublon(erreurs: list[Erreur]) -> list[Erreur]:
    return list(dict.fromkeys(erreurs))


def _ecrire(e: Ecriture, citees: set[str]) -> None:
    departement = e.donnees["demarche"]["departement"]["code"]
    gouvernance = ecrire_acteurs(e, departement, citees)
    ecrire_demarche(e, gouvernance)
    ecrire_cadre(e)
    ecrire_contenu(e)
    scelle = empreinte(canonique(e.donnees))
    Evenement.consigner(e.demarche, "importer", par=e.par, vers=f"fichier {scelle}")


def _phrase_de_contrainte(erreur: IntegrityError) -> str:
    """Le message que le modèle donne à sa contrainte ; c'est le cas d'une écriture concurrente."""
    nom = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", None)
    for modele in apps.get_models():
        for contrainte in modele._meta.constraints:
            if contrainte.name == nom:
                objet = modele._meta.verbose_name.capitalize()
                return f"{objet} : {contrainte.get_violation_error_message()}"
    return "Ce fichier contredit ce que la plateforme contient déjà ; rien n’a été écrit."
