"""Un document joint que le coffre ne retrouve plus se dit en une page, sans faire tomber le site."""

import pytest
from django.urls import reverse

from tests.gouvernance.fabriques import PieceDeSeanceFactory, SeanceFactory
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db


def test_un_document_perdu_se_dit_en_une_page(client):
    lieu = situation()
    piece = PieceDeSeanceFactory(seance=SeanceFactory(instance=lieu.copil), empreinte="0" * 64)
    client.force_login(lieu.gens["lecture"])
    reponse = client.get(reverse("piece_lire", args=[lieu.uuid, piece.seance.uuid, piece.uuid]))
    assert reponse.status_code == 404
    assert "ne le retrouve pas" in reponse.content.decode()
    assert piece.nom in reponse.content.decode()
