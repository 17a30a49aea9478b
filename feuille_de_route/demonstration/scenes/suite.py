"""Après la signature : les premiers points de suivi ; et ce qu'une démarche locale partage du département."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from feuille_de_route.echelles import partages
from feuille_de_route.forms.partages import FormulairePartage
from feuille_de_route.forms.suivi import FormulairePoint, FormulaireReleve
from feuille_de_route.mise_en_oeuvre import suivi
from feuille_de_route.models import FicheAction, PartageDeFiche, PointDeSuivi, Releve


def _faire_les_points(jeu: Jeu) -> None:
    for dit in jeu.lire("suivi"):
        fiche = jeu.demarche.fiches.get(titre=dit["fiche"])
        champs = {c: dit.get(c, "") for c in ("etat", "meteo", "fait", "freins", "a_decider")}
        champs |= {"le": timezone.localdate()} | _mesures(fiche, dit)
        saisie = remplir(FormulairePoint, PointDeSuivi(), champs, fiche=fiche)
        suivi.faire_le_point(fiche.pk, saisie.saisie, par=jeu.compte(dit["par"]))


def _mesures(fiche: FicheAction, dit: dict) -> dict:
    """Les relevés et les étapes faites que le point apporte, sous le nom de leur case."""
    indicateurs = {i.libelle: i.pk for i in fiche.indicateurs.all()}
    etapes = {e.libelle: e.pk for e in fiche.etapes.all()}
    releves = {f"releve_{indicateurs[libelle]}": valeur for libelle, valeur in dit.get("releves", [])}
    return releves | {f"etape_{etapes[mots]}": timezone.localdate() for mots in dit.get("etapes", [])}


def _relever_le_passe(jeu: Jeu) -> None:
    """Ce que les porteurs savaient déjà : des relevés d'avant, chacun à sa date."""
    for dit in jeu.lire("suivi"):
        fiche = jeu.demarche.fiches.get(titre=dit["fiche"])
        for libelle, valeur, jours, mot in dit.get("avant", []):
            champs = {
                "indicateur": fiche.indicateurs.get(libelle=libelle), "valeur": valeur, "commentaire": mot,
                "le": timezone.localdate() - timedelta(days=jours),
            }  # fmt: skip
            saisie = remplir(FormulaireReleve, Releve(), champs, fiche=fiche)
            suivi.noter_releve(saisie, fiche.pk, par=jeu.compte(dit["par"]))


def partager(rang: int) -> Pas:
    """Une fiche départementale que la démarche locale fait sienne ; reprise si le contenu le dit."""

    def faire(jeu: Jeu) -> None:
        dit = jeu.lire("partages")[rang]
        fiche = jeu.demarche.parente.fiches.get(titre=dit["fiche"])
        par = jeu.compte("departement")
        saisi = {"demarche": jeu.demarche.pk, "mot": dit["mot"], "jeton": uuid4()}
        saisie = FormulairePartage(saisi, fiche=fiche)
        partage = partages.partager(_valide(saisie), fiche, par=par)
        if dit.get("reprise"):
            partages.reprendre(partage, par=jeu.compte("epci"))

    def fait(jeu: Jeu) -> bool:
        return PartageDeFiche.objects.filter(demarche=jeu.demarche).count() > rang

    return Pas("Une fiche départementale est partagée avec la démarche locale.", fait, faire)


def _valide(formulaire):
    if not formulaire.is_valid():
        raise ValueError(formulaire.errors.as_text())
    return formulaire


SUIVRE = Pas(
    "Les premiers points de suivi sont notés.",
    lambda jeu: PointDeSuivi.objects.filter(fiche__demarche=jeu.demarche).exists(),
    _faire_les_points,
)
RELEVER = Pas(
    "Ce que l’on mesurait déjà est noté à sa date.",
    lambda jeu: Releve.objects.filter(
        indicateur__fiche__demarche=jeu.demarche, le__lt=timezone.localdate() - timedelta(days=30)
    ).exists(),
    _relever_le_passe,
)
