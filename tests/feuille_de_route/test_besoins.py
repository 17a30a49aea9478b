"""Préciser un besoin en ingénierie, à son rang, sans écraser ce qu'un autre vient d'écrire."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from feuille_de_route.argent import besoins
from gouvernance.models import Evenement
from tests.feuille_de_route.fabriques import BesoinFactory
from tests.feuille_de_route.saisies import envoi


def test_on_precise_un_besoin_et_la_page_montre_le_code_de_l_anct(client, demarche, gens):
    besoin = BesoinFactory(demarche=demarche, precision="Dix jours")
    client.force_login(gens["coordination"])
    page = reverse("besoin_preciser", args=[demarche.uuid, besoin.code])
    saisie = envoi(client.get(page).context["formulaire"], precision="Douze jours")
    assert client.post(page, saisie).status_code == 302
    besoin.refresh_from_db()
    assert (besoin.precision, besoin.rang) == ("Douze jours", 1)
    assert Evenement.objects.get(action="préciser").de == "Dix jours"
    liste = client.get(reverse("besoins", args=[demarche.uuid])).content.decode()
    assert "animer_la_gouvernance" in liste
    assert "Douze jours" in liste
    reponse = client.post(page, saisie | {"precision": "Vingt jours"})  # une page ouverte avant
    assert reponse.status_code == 422
    assert "Quelqu’un vient d’écrire « Douze jours »" in reponse.content.decode()
    assert "Vingt jours" in reponse.content.decode()


def test_preciser_un_besoin_que_l_on_vient_de_retirer_se_dit(demarche):
    besoin = BesoinFactory(demarche=demarche)
    type(besoin).objects.all().delete()
    with pytest.raises(ValidationError, match="retiré de la liste"):
        besoins.preciser(besoin, "Des mots", lue="", par=None)
