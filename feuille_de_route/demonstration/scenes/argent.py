"""L'enveloppe de l'État, les parts des départements, les demandes de subvention jusqu'à leur accord."""

from decimal import Decimal

from feuille_de_route.argent import dotations, enveloppes, subventions
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from feuille_de_route.demonstration.textes import CONTENU
from feuille_de_route.forms.subventions import FormulaireDemande
from feuille_de_route.models import DemandeSubvention, Enveloppe


def _doter(jeu: Jeu) -> None:
    dit = jeu.lire("subventions")["enveloppe"]
    dotations.importer(CONTENU / dit["fichier"], nom=dit["nom"], annee=dit["annee"], par=jeu.compte("anct"))


def _ecrire(jeu: Jeu, dite: dict) -> DemandeSubvention:
    """Le brouillon d'une demande, par la coordination."""
    demarche = jeu.demarche
    champs = {c: dite[c] for c in ("budget", "montant_etp", "montant_prestation", "objet")}
    champs |= {
        "fiche": demarche.fiches.get(titre=dite["fiche"]),
        "enveloppe": Enveloppe.objects.get(nom=dite["enveloppe"]),
        "beneficiaire": jeu.structure(dite["beneficiaire"]),
    }
    options = {"demarche": demarche, "parts": enveloppes.parts(departement=demarche.departement.pk)}
    saisie = remplir(FormulaireDemande, DemandeSubvention(), champs, **options)
    return subventions.enregistrer(saisie, par=jeu.compte("departement"), demarche=demarche)


def _demander(jeu: Jeu) -> None:
    """La coordination dépose ce qui est à déposer ; l'administration l'instruit et l'accorde."""
    administration = jeu.compte("anct")
    for dite in jeu.lire("subventions")["demandes"]:
        demande = _ecrire(jeu, dite)
        if not dite.get("accorde"):
            continue
        subventions.effectuer("deposer", demande.pk, par=jeu.compte("departement"))
        subventions.effectuer("instruire", demande.pk, par=administration)
        suite = subventions.Suite(accorde=Decimal(dite["accorde"]))
        subventions.effectuer("accepter", demande.pk, par=administration, suite=suite)


DOTER = Pas(
    "L’État ouvre une enveloppe d’ingénierie, part de chaque département comprise.",
    lambda jeu: Enveloppe.objects.filter(nom=jeu.lire("subventions")["enveloppe"]["nom"]).exists(),
    _doter,
)
DEMANDER = Pas(
    "Les subventions d’ingénierie se demandent.",
    lambda jeu: jeu.demarche.demandes_subvention.exists(),
    _demander,
)
