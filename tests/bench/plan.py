"""Le plan d'actions à trois cents fiches, et la recherche en plein texte parmi dix mille."""

import gzip
from collections.abc import Iterator

from django.db.models import F
from django.db.models.functions import Mod

from feuille_de_route.echelles import bibliotheque
from feuille_de_route.models import FicheAction
from feuille_de_route.plan_d_actions import recherche
from tests.bench.contexte import Contexte
from tests.bench.donnees import demarche_riche, utilisateur
from tests.bench.masse import masse
from tests.bench.mesure import Resultat, chronometrer, mediane, nombre
from tests.bench.navigation import compter, lire
from tests.bench.pages import adresse, contre

FICHES, VISEE = 300, 1.5
PARMI, MILLISECONDES, FOIS = 10_000, 50.0, 15
MOTS = ("reconditionnement", "aidants", "ordinateurs", "seniors", "villages", "écrans", "réseau", "emploi")
CHERCHES = {  # tout, une fiche sur huit, quelques-unes, aucune
    "un mot de toutes les fiches": "permanences itinérantes",
    "un mot d’une fiche sur huit": "recond",
    "une expression": '"secrétariats de mairie" ordin',
    "un mot inconnu": "zèbre",
}


def plan_300(contexte: Contexte) -> Iterator[Resultat]:
    """Les cinq façons de lire trois cents fiches ; la première est la page visée."""
    demarche = demarche_riche(12, contexte.coordination, fiches=FICHES)
    petite = demarche_riche(12, contexte.coordination, fiches=30)
    page, plancher = adresse("plan", demarche.uuid), adresse("plancher_plan", demarche.uuid)
    yield contre("plan-300", "vue / plancher", page, plancher, contexte.cookie, VISEE)
    for vue in ("liste", "porteur", "epci", "calendrier"):
        url = f"{page}?vue={vue}"
        yield contre("plan-300", f"{vue} / plancher", url, plancher, contexte.cookie, None)
    filtree = f"{page}?q=itin%C3%A9rantes&nature=nouvelle&tri=-budget"
    yield contre("plan-300", "cherchée et filtrée / plancher", filtree, plancher, contexte.cookie, VISEE)
    comptes = [compter(adresse("plan", d.uuid), contexte.cookie) for d in (petite, demarche)]
    ecart = f"{comptes[0]} requêtes à 30 fiches, {comptes[1]} à 300"
    yield Resultat("plan-300", "requêtes, de 30 à 300", comptes[1] - comptes[0], 0, ecart)
    corps = gzip.decompress(lire(page, contexte.cookie).corps)
    yield Resultat("plan-300", "HTML", len(corps) / 1024, None, "avant compression", unite=" ko")


def recherche_10000(contexte: Contexte) -> Iterator[Resultat]:
    """Sur tout le territoire, comme la bibliothèque (compter, puis les vingt plus pertinentes) ; puis dans
    une démarche, comme la page du plan.
    """
    masse(PARMI / (505 * 40 + 600 * 20), utilisateur("administration", administration=True))
    _varier()
    fiches = FicheAction.objects.all()
    total = fiches.count()
    for nom, texte in CHERCHES.items():
        trouvees = bibliotheque.chercher(fiches, texte).count()
        temps = _mesurer(lambda texte=texte: _une_page(fiches, texte))
        detail = f"{trouvees} fiches trouvées parmi {total} ; CPU {nombre(temps.cpu * 1000)} ms"
        yield Resultat("recherche", nom, temps.mur * 1000, MILLISECONDES, detail, unite=" ms")
    siennes = fiches.filter(demarche=contexte.demarche)
    temps = _mesurer(lambda: recherche.trouver(siennes, "permanences"))
    yield Resultat(
        "recherche", "dans une démarche", temps.mur * 1000, MILLISECONDES, "30 fiches", unite=" ms"
    )


def _une_page(fiches, texte: str) -> None:
    trouvees = bibliotheque.chercher(fiches, texte)
    trouvees.order_by().count()
    fiches.in_bulk(list(bibliotheque.ranger(trouvees, texte).values_list("pk", flat=True)[:20]))


def _varier() -> None:
    """Un mot de plus à chaque fiche de la masse : une sur huit porte chacun."""
    for rang, mot in enumerate(MOTS):
        FicheAction.objects.alias(reste=Mod(F("pk"), len(MOTS))).filter(reste=rang).update(premiere_annee=mot)


def _mesurer(acte):
    acte()
    return mediane([chronometrer(acte) for _ in range(FOIS)])
