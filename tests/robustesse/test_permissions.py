"""docs/permissions.md dit ce que les tables disent, et les tables disent tout."""

import pytest
from django.conf import settings
from django.urls import reverse

from gouvernance.models import Role
from gouvernance.permissions import ADMINISTRATION, DROITS
from tests.gouvernance.fabriques import UtilisateurFactory
from tests.robustesse.matrice import ACTES, COMPTES, ENVOYES, FORMULAIRES, LUS, TOUS_LES_DROITS
from tests.robustesse.scene import NIL, adresses
from tests.robustesse.tableau import PRECISIONS, document, lignes
from tests.test_coherence import PUBLIQUES


def test_la_page_des_permissions_est_celle_que_les_tables_ecrivent():
    lue = (settings.BASE_DIR / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert lue == document(), "python -m tests.robustesse.permissions > docs/permissions.md"


def test_chaque_adresse_a_sa_ligne_et_chaque_droit_existe():
    assert {ligne.nom for ligne in lignes()} == set(adresses())
    assert len(lignes()) == len(adresses())
    assert set((ACTES | FORMULAIRES).values()) <= set(TOUS_LES_DROITS)
    assert set(PRECISIONS) <= set(TOUS_LES_DROITS)


def test_un_droit_ne_nomme_que_des_roles_qui_existent():
    for nom, droit in DROITS.items():
        assert droit.roles, nom
        assert droit.roles <= {*Role.values, ADMINISTRATION}, nom
        assert droit.depuis.rang <= droit.jusqu_a.rang, nom


def _mots(nom: str) -> dict:
    connus = {"departement": "24"} | dict.fromkeys(
        ["lien", "remarque", "commentaire_uuid", "piece_uuid"], NIL
    )
    return {cle: connus.get(cle, "a" * 43) for cle in adresses()[nom]}


@pytest.mark.parametrize("nom", sorted(COMPTES))
def test_une_adresse_sans_demarche_a_les_methodes_et_l_acces_declares(nom, client, db):
    if nom in {"proconnect", "proconnect_retour"}:
        return  # hors service sans réglages : 404 ; voir tests/comptes/test_proconnect.py
    client.raise_request_exception = False
    chemin = reverse(nom, kwargs=_mots(nom))
    statuts = {"GET": client.get(chemin).status_code, "POST": client.post(chemin).status_code}
    interdite = "POST" if nom in LUS else "GET" if nom in ENVOYES else ""
    if nom not in PUBLIQUES:
        assert set(statuts.values()) == {302}
        client.force_login(UtilisateurFactory(password=None))
        statuts = {"GET": client.get(chemin).status_code, "POST": client.post(chemin).status_code}
    assert {methode for methode, statut in statuts.items() if statut == 405} == {interdite} - {""}
    assert 500 not in statuts.values()
