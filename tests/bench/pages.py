"""Les pages contre leurs planchers."""

from collections.abc import Iterator

from django.urls import NoReverseMatch, reverse

from tests.bench.contexte import Contexte
from tests.bench.mesure import Resultat, SansObjet, alterner, comparer
from tests.bench.navigation import compter, lire

PAGE_VISEE, LISTE_VISEE = 2.0, 1.5  # la cible suivante de la page est 1,5


def adresse(nom: str, *arguments) -> str:
    try:
        return reverse(nom, args=arguments)
    except NoReverseMatch as absence:
        raise SansObjet(f"l’écran « {nom} » n’existe pas encore") from absence


def contre(ligne: str, mesure: str, url: str, plancher: str, cookie: str, cible: float | None) -> Resultat:
    """Le rapport vue / plancher, avec les temps et les nombres de requêtes."""
    vue, nue = alterner(lambda: lire(url, cookie), lambda: lire(plancher, cookie))
    requetes = f"{compter(url, cookie)} / {compter(plancher, cookie)} requêtes"
    return Resultat(ligne, mesure, vue.mur / nue.mur, cible, f"{comparer(vue, nue)} · {requetes}")


def page_demarche(contexte: Contexte) -> Iterator[Resultat]:
    uuid = contexte.demarche.uuid
    url, plancher = adresse("demarche", uuid), adresse("plancher_demarche", uuid)
    yield contre("page-demarche", "vue / plancher", url, plancher, contexte.cookie, PAGE_VISEE)


def liste_demarches(contexte: Contexte) -> Iterator[Resultat]:
    """L'accueil, par pages de vingt, contre les 101 lignes nues ; pour mémoire, contre vingt lignes nues."""
    _, cookie = contexte.accueil
    url = adresse("accueil")
    yield contre(
        "liste-demarches", "vue / 101 lignes nues", url, adresse("plancher_liste"), cookie, LISTE_VISEE
    )
    yield contre("liste-demarches", "vue / ses 20 lignes nues", url, adresse("plancher_page"), cookie, None)
