"""Le tableau des partenaires et la fiche d'un lien : autant de requêtes pour trente fiches que pour dix."""

import pytest
from django.urls import reverse

from tests.feuille_de_route.fabriques import FicheFactory, FinancementFactory
from tests.feuille_de_route.fabriques_partenaires import JETON, LienDeFicheFactory, RemarqueFactory
from tests.gouvernance.fabriques import StructureFactory

LIMITE = 10


def peupler(demarche, nombre):
    for _ in range(nombre):
        fiche = FicheFactory(demarche=demarche, complete=True, structure_porteuse=StructureFactory())
        for _ in range(2):
            LienDeFicheFactory(fiche=fiche)
            RemarqueFactory(fiche=fiche)
            FinancementFactory(fiche=fiche)


@pytest.mark.parametrize("page", ["fiches_suivi", "fiches_confier", "fiches_relancer"])
def test_une_page_des_partenaires_ne_grossit_pas(client, demarche, compter_requetes, page):
    peupler(demarche, 10)
    avant = compter_requetes(reverse(page, args=[demarche.uuid]))
    peupler(demarche, 20)
    assert compter_requetes(reverse(page, args=[demarche.uuid])) == avant
    assert avant <= LIMITE


def test_les_pages_d_un_lien_ne_grossissent_pas(client, demarche, compter_requetes):
    client.logout()
    lien = LienDeFicheFactory(fiche__demarche=demarche, secret=JETON)
    client.post(reverse("lien_de_fiche", args=[JETON]))
    adresses = [reverse("fiche_partagee", args=[lien.uuid])]
    adresses += [reverse("fiche_partagee_section", args=[lien.uuid, c]) for c in ("sens", "moyens")]

    def comptes():
        return [compter_requetes(adresse) for adresse in adresses]

    peupler(demarche, 2)
    RemarqueFactory(fiche=lien.fiche)
    avant = comptes()
    peupler(demarche, 10)
    for _ in range(10):
        RemarqueFactory(fiche=lien.fiche)
        FinancementFactory(fiche=lien.fiche)
    assert comptes() == avant
    assert max(avant) <= LIMITE + 2
