"""Le tableau des partenaires et la fiche d'un lien : autant de requêtes pour trente fiches que pour dix."""

import pytest
from django.urls import reverse

from tests.feuille_de_route.fabriques import (
    CommentaireFactory,
    FicheFactory,
    FinancementFactory,
    PieceDeFicheFactory,
)
from tests.feuille_de_route.fabriques_partenaires import JETON, LienDeFicheFactory, RemarqueFactory
from tests.gouvernance.fabriques import StructureFactory, UtilisateurFactory

LIMITE = 10


def peupler(demarche, nombre):
    for _ in range(nombre):
        fiche = FicheFactory(demarche=demarche, complete=True, structure_porteuse=StructureFactory())
        for _ in range(2):
            LienDeFicheFactory(fiche=fiche)
            RemarqueFactory(fiche=fiche)
            FinancementFactory(fiche=fiche)


def parler(lien):
    """Un fil d'un compte et sa réponse par le lien, un fil d'un autre lien, deux pièces."""
    compte = UtilisateurFactory(password=None, structure=StructureFactory())
    fil = CommentaireFactory(fiche=lien.fiche, cree_par=compte, mentions=[compte])
    CommentaireFactory(fiche=lien.fiche, parent=fil, lien=lien)
    CommentaireFactory(fiche=lien.fiche, lien=LienDeFicheFactory(fiche=lien.fiche))
    PieceDeFicheFactory(fiche=lien.fiche, lien=lien)


@pytest.mark.parametrize("page", ["fiche", "fiche_echanges"])
def test_la_fiche_et_ses_echanges_ne_grossissent_pas_de_ce_qui_vient_par_un_lien(
    client, demarche, compter_requetes, page
):
    lien = LienDeFicheFactory(fiche__demarche=demarche)
    adresse = reverse(page, args=[demarche.uuid, lien.fiche.uuid])
    parler(lien)
    avant = compter_requetes(adresse)
    for _ in range(10):
        parler(lien)
    assert compter_requetes(adresse) == avant
    assert avant <= LIMITE


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
    adresses += [reverse(f"fiche_partagee_{nom}", args=[lien.uuid]) for nom in ("echanges", "commenter")]
    adresses += [reverse("fiche_partagee_section", args=[lien.uuid, c]) for c in ("sens", "moyens")]

    def comptes():
        return [compter_requetes(adresse) for adresse in adresses]

    peupler(demarche, 2)
    RemarqueFactory(fiche=lien.fiche)
    parler(lien)
    avant = comptes()
    peupler(demarche, 10)
    for _ in range(10):
        RemarqueFactory(fiche=lien.fiche)
        FinancementFactory(fiche=lien.fiche)
        parler(lien)
    assert comptes() == avant
    assert max(avant) <= LIMITE + 2
