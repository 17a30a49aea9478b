"""Le diagnostic : constats, chiffres publiés ou de démonstration, regards croisés."""

from decimal import Decimal

from diagnostic import constats, indicateurs, references
from diagnostic.forms.constats import FormulaireConstat, FormulaireRegard
from diagnostic.indicateurs import SaisieMesure
from diagnostic.models import Constat, Mesure, Regard, Thematique
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from gouvernance.models import Commune, Departement, Epci

MILLESIME = 2026  # celui du code officiel géographique chargé
CHAMPS = ("intitule", "nature", "tendance", "description", "trajectoire", "singularite", "sources")
PETITE_COMMUNE = 500  # habitants


def _etablir(jeu: Jeu) -> None:
    if not Thematique.objects.exists():
        references.charger()
    for dit in jeu.lire("constats"):
        par = jeu.compte(dit["par"])
        champs = {cle: dit.get(cle, "") for cle in CHAMPS}
        champs["thematique"] = Thematique.objects.get(pk=dit["thematique"])
        saisie = remplir(FormulaireConstat, Constat(demarche=jeu.demarche), champs)
        constat = constats.enregistrer(saisie, par=par, demarche=jeu.demarche)
        publiees = Mesure.objects.filter(serie__code__in=dit.get("publiees", []))
        if publiees:
            indicateurs.choisir_mesures(constat.pk, list(publiees), par=par)
        for mesure in dit.get("mesures", []):
            _mesurer(jeu, constat, mesure, par)


def _mesurer(jeu: Jeu, constat: Constat, dite: dict, par) -> None:
    """Chaque valeur de la série ; « population », « petites communes » se lisent dans la base."""
    lieux = {t.code: t for t in indicateurs.territoires_de(jeu.demarche)}
    serie = {cle: dite[cle] for cle in ("libelle", "unite", "source")}
    for code, annee, valeur in dite["valeurs"]:
        calcul = CALCULS.get(valeur)
        saisie = SaisieMesure(
            territoire=lieux[code], annee=MILLESIME if calcul else _annee(jeu, annee),
            valeur=calcul(code) if calcul else Decimal(str(valeur)),
            demonstration=calcul is None and dite.get("demonstration", True), **serie,
        )  # fmt: skip
        indicateurs.ajouter_mesure(constat.pk, saisie, par=par)


def _annee(jeu: Jeu, dite: int) -> int:
    """2024 : telle quelle, pour un chiffre publié ; -1 : l'année qui précède le plan d'actions."""
    return dite if dite > 0 else jeu.calendrier.annee(dite)


def _population(code: str) -> Decimal:
    lieu = Epci.objects.filter(pk=code).first() or Departement.objects.get(pk=code)
    return Decimal(lieu.population)


def _communes(code: str) -> Decimal:
    return Decimal(Departement.objects.get(pk=code).nb_communes)


def _petites_communes(code: str) -> Decimal:
    """Part, en pour cent, des communes de moins de 500 habitants ; calculée sur le COG chargé."""
    communes = Commune.objects.actuels().exclude(population=None)
    communes = communes if code == "FR" else communes.filter(departement=code)
    petites = communes.filter(population__lt=PETITE_COMMUNE).count()
    return round(Decimal(100 * petites) / communes.count(), 1)


CALCULS = {"population": _population, "communes": _communes, "petites communes": _petites_communes}


def _croiser(jeu: Jeu) -> None:
    for dit in jeu.lire("constats"):
        for regard in dit.get("regards", []):
            constat = Constat.objects.get(demarche=jeu.demarche, intitule=dit["intitule"])
            champs = {cle: regard[cle] for cle in ("auteur", "posture", "accord", "texte")}
            saisie = remplir(FormulaireRegard, Regard(constat=constat), champs)
            constats.donner_regard(saisie, par=jeu.compte(regard["par"]), constat=constat)


def _regards(jeu: Jeu) -> bool:
    return Regard.objects.filter(constat__demarche=jeu.demarche).exists()


PAS = [
    Pas("Les constats du diagnostic sont établis.", lambda jeu: jeu.demarche.constats.exists(), _etablir),
    Pas("Les regards se croisent.", _regards, _croiser),
]
