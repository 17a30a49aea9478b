"""Le menu d'une démarche : tout y est, rangé comme la méthode, et il dit où l'on est. Sans base."""

import re
import uuid
from types import SimpleNamespace

import pytest
from django.template import engines
from django.test import RequestFactory
from django.urls import get_resolver, reverse

from gouvernance.models.demarche import Etape
from gouvernance.templatetags.menu import GROUPES, RATTACHEES, TOUJOURS

GABARIT = engines["django"].from_string("{% load menu %}{% menu_demarche demarche %}")
TITRES = [titre for titre, _, _ in GROUPES]


def demarche(etape="cadrage"):
    return SimpleNamespace(uuid=uuid.uuid4(), etape=etape)


def menu(celle, chemin) -> str:
    return GABARIT.render({"demarche": celle, "request": RequestFactory().get(chemin)})


def ouverts(html) -> list[str]:
    return re.findall(r"<details[^>]* open>\s*<summary[^>]*>([^<]+)<", html)


def courant(html) -> list[tuple[str, str]]:
    return re.findall(r'aria-current="(\w+)">([^<]+)<', html)


def test_chaque_partie_y_est_une_fois_dans_l_ordre_de_la_methode():
    celle = demarche()
    html = menu(celle, reverse("demarche", args=[celle.uuid]))
    attendus = [*TOUJOURS, *(partie for _, _, parties in GROUPES for partie in parties)]
    adresses = [(reverse(nom, args=[celle.uuid]), libelle) for nom, libelle in attendus]
    assert re.findall(r'href="([^"]+)"[^>]*>([^<]+)</a>', html) == adresses
    assert len(adresses) == 17


@pytest.mark.parametrize("groupe", TITRES)
def test_le_groupe_de_la_page_est_ouvert_et_lui_seul(groupe):
    _, _, parties = GROUPES[TITRES.index(groupe)]
    celle = demarche("close")
    for nom, libelle in parties:
        ici = reverse(nom, args=[celle.uuid])
        assert (ouverts(menu(celle, ici)), courant(menu(celle, ici))) == ([groupe], [("page", libelle)])
        dessous = menu(celle, f"{ici}plus-bas/")
        assert (ouverts(dessous), courant(dessous)) == ([groupe], [("true", libelle)])


def test_les_seances_servent_a_toutes_les_etapes_et_ne_se_replient_pas():
    celle = demarche("plan_actions")
    html = menu(celle, reverse("seances", args=[celle.uuid]))
    assert courant(html) == [("page", "Séances et décisions")]
    assert html.index("Séances et décisions") < html.index("<details")


@pytest.mark.parametrize("etape", [e for e in Etape if e != Etape.ABANDONNEE])
def test_a_l_accueil_de_la_demarche_le_groupe_de_l_etape_est_ouvert(etape):
    celle = demarche(etape)
    html = menu(celle, reverse("demarche", args=[celle.uuid]))
    assert ouverts(html) == [titre for titre, etapes, _ in GROUPES if etape in etapes]
    assert len(ouverts(html)) == 1
    assert courant(html) == [("page", "Où en est-on ?")]


def test_une_page_dont_l_adresse_est_ailleurs_se_range_ou_on_la_lit():
    celle = demarche()
    racine = reverse("demarche", args=[celle.uuid])
    libelles = {reverse(n, args=[celle.uuid]): dit for _, _, parties in GROUPES for n, dit in parties}
    for debut, partie in RATTACHEES.items():
        assert courant(menu(celle, racine + debut)) == [("true", libelles[racine + partie])]
    assert courant(menu(celle, racine + "nulle-part/")) == []


def test_le_menu_garde_pour_l_une_ne_sert_pas_l_adresse_d_une_autre():
    premiere, seconde = demarche(), demarche()
    for celle, autre in ((premiere, seconde), (seconde, premiere)):
        html = menu(celle, reverse("plan", args=[celle.uuid]))
        assert html.count(str(celle.uuid)) == 17
        assert str(autre.uuid) not in html


def test_toute_page_lue_dans_une_demarche_a_son_groupe():
    """Une nouvelle page hors des parties connues se range dans RATTACHEES, ou sous une partie."""
    celle = demarche()
    racine = reverse("demarche", args=[celle.uuid])
    actes = {"acte/", "franchir/", "papiers/", "rouvrir/"}  # ni écrits ni lus depuis une partie
    hors = set()
    for motif in _motifs(get_resolver()):
        if not motif.startswith("demarches/<uuid:uuid>/"):
            continue
        suite = motif.removeprefix("demarches/<uuid:uuid>/")
        debut = suite.split("/")[0] + "/"
        if suite and debut not in actes and not courant(menu(celle, racine + suite)):
            hors.add(debut)
    assert hors == set()


def _motifs(resolveur, avant=""):
    for motif in resolveur.url_patterns:
        if hasattr(motif, "url_patterns"):
            yield from _motifs(motif, avant + str(motif.pattern))
        else:
            yield avant + str(motif.pattern)
