"""Cinquante dépôts au même instant, par la page : le plafond tient, au centime (vrais fils, barrière)."""

from decimal import Decimal
from threading import Barrier

import pytest
from django.test import Client
from django.urls import reverse

from feuille_de_route.argent import enveloppes
from feuille_de_route.models import DemandeSubvention
from gouvernance.models import Etape
from tests.feuille_de_route.conftest import compte
from tests.feuille_de_route.fabriques import DemandeFactory, EnveloppeFactory, FicheFactory, PlafondFactory
from tests.feuille_de_route.simultane import copie, ensemble
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.lent]
DEMANDES = 50


@pytest.fixture
def depots():
    """Cinquante brouillons de 1 000,01 €, chacun dans sa démarche : rien que le plafond ne les sépare."""
    agente, enveloppe = compte(), EnveloppeFactory()
    demandes = []
    for rang in range(DEMANDES):
        demarche = DemarcheFactory(groupement=bool(rang), etape=Etape.PLAN_ACTIONS)
        MandatFactory(demarche=demarche, utilisateur=agente)
        fiche = FicheFactory(demarche=demarche, proposee=True)
        demandes.append(DemandeFactory(
            fiche=fiche, enveloppe=enveloppe, montant_etp="1000.01", montant_prestation=0
        ))  # fmt: skip
    client = Client()
    client.force_login(agente)
    return client, demandes


@pytest.mark.parametrize(("plafond", "passent"), [("7000.07", 7), ("7000.06", 6), ("0.00", 0)])
def test_cinquante_depots_simultanes_ne_depassent_jamais_le_plafond(depots, plafond, passent):
    client, demandes = depots
    part = PlafondFactory(departement=demandes[0].demarche.departement, montant=Decimal(plafond))
    barriere, clients = Barrier(DEMANDES, timeout=120), [copie(client) for _ in demandes]

    def deposer(rang):
        demande = demandes[rang]
        adresse = reverse("subvention_agir", args=[demande.demarche.uuid, demande.uuid, "deposer"])
        barriere.wait()
        return clients[rang].post(adresse).status_code

    assert ensemble(DEMANDES, deposer) == [302] * DEMANDES
    assert DemandeSubvention.objects.filter(etat="deposee").count() == passent
    assert enveloppes.engage(part) == passent * Decimal("1000.01") <= part.montant
