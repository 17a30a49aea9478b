"""Deux cents paires d'adhésions envoyées au même instant : un seul effet chacune."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from gouvernance.models import Adhesion, Evenement
from tests.gouvernance.fabriques import MembreFactory
from tests.gouvernance.situations import situation

PAIRES = 200


@pytest.mark.django_db(transaction=True)
def test_deux_cents_paires_d_adhesions_simultanees_ont_un_effet_chacune():
    lieu = situation()
    compte, adresse = lieu.gens["coordination"], reverse("adherer", args=[lieu.uuid])
    membres = MembreFactory.create_batch(PAIRES, gouvernance=lieu.demarche.gouvernance)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(compte)
    barriere, statuts = Barrier(3), []

    def cliquer(client):
        try:
            for _ in range(PAIRES):
                barriere.wait(timeout=60)
                statuts.append(client.post(adresse).status_code)
                barriere.wait(timeout=60)
        finally:
            connection.close()

    fils = [Thread(target=cliquer, args=[client]) for client in clients]
    for fil in fils:
        fil.start()
    for membre in membres:
        type(compte).objects.filter(pk=compte.pk).update(structure=membre.structure)
        barriere.wait(timeout=60)
        barriere.wait(timeout=60)
    for fil in fils:
        fil.join(timeout=60)
    assert statuts == [302] * (2 * PAIRES)
    assert Adhesion.objects.count() == PAIRES
    assert Evenement.objects.filter(action="adhérer au cahier des charges").count() == PAIRES
