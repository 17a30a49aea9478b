"""La page du journal : vingt-cinq lignes, et ce qui est long s'y replie sans se perdre."""

import pytest
from django.urls import reverse

from gouvernance.models import Evenement
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
LONG = "\n".join(f"Champ {n} : <b>ce qui a changé</b>" for n in range(6))


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def lire(client, lieu, **requete):
    return client.get(reverse("journal", args=[lieu.uuid]), requete)


def test_un_texte_long_se_replie_et_un_court_se_lit_tel_quel(client, lieu):
    Evenement.consigner(lieu.demarche, "modifier", par=lieu.gens["elu"], de="Ouverte", vers=LONG)
    page = lire(client, lieu).content.decode()
    assert '<td data-label="Avant">Ouverte</td>' in page
    assert page.count('<details class="pli pli--case"><summary>Après</summary>Champ 0 : &lt;b&gt;') == 1
    assert "Champ 5" in page
    assert "<b>ce qui" not in page


def test_le_journal_se_lit_par_vingt_cinq_et_rien_ne_manque(client, lieu):
    for rang in range(30):
        Evenement.consigner(lieu.demarche, f"acte {rang}", par=None)
    lues = [[e.action for e in lire(client, lieu, page=n).context["evenements"]] for n in (1, 2)]
    assert [len(page) for page in lues] == [25, 5]
    assert lues[0] + lues[1] == [f"acte {rang}" for rang in reversed(range(30))]
