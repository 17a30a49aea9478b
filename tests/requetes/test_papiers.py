"""Les papiers ne coûtent à leur page que deux requêtes, quel que soit leur nombre et celui des sièges."""

import pytest
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.models import Papier
from gouvernance.socle import coffre
from tests.gouvernance.situations import situation
from tests.papiers.fabriques import TOUS, preparer, seance_ouverte

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation()
    trouve.seance = seance_ouverte(trouve, sieges=3)
    client.force_login(trouve.gens["coordination"])
    return trouve


def _garnir(lieu, combien: int) -> None:
    empreinte = coffre.deposer(b"%PDF")
    for _ in range(combien):
        for nature, format_ in TOUS:
            for etat in ("pret", "echec"):
                pret = (
                    {"empreinte": empreinte, "taille": 4, "pret_le": timezone.now()} if etat == "pret" else {}
                )
                Papier.objects.create(
                    demarche=lieu.demarche, seance=None if nature == "cahier" else lieu.seance, nature=nature,
                    format=format_, etat=etat, **pret,
                )  # fmt: skip


def test_l_etat_d_un_papier_coute_autant_le_premier_jour_que_le_centieme(client, lieu, compter_requetes):
    papier = preparer(lieu, lieu.seance, "releve")
    adresse = reverse("papier_etat", args=[lieu.uuid, papier.uuid])
    avant = compter_requetes(adresse)
    _garnir(lieu, 5)
    seance_ouverte(situation(gouvernance__departement__code="33"), sieges=10)
    assert compter_requetes(adresse) == avant <= 10


@pytest.mark.parametrize("nom", ["seance", "cahier"])
def test_la_page_ne_coute_pas_plus_avec_cent_papiers(client, lieu, compter_requetes, nom):
    adresse = reverse(nom, args=[lieu.uuid, lieu.seance.uuid] if nom == "seance" else [lieu.uuid])
    _garnir(lieu, 1)
    avant = compter_requetes(adresse)
    _garnir(lieu, 10)
    assert compter_requetes(adresse) == avant
