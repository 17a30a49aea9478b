"""Le SIRET : sa clé, l'exception de La Poste, le RIDET ; la phrase dit ce qui cloche."""

import pytest
from django.core.exceptions import ValidationError

from gouvernance.socle.identifiants import luhn, verifier_siret, verifier_siret_de

LA_POSTE = "35600000049837"


@pytest.mark.parametrize("siret", ["12000101100010", "120 001 011 00010", "35600000000048", LA_POSTE])
def test_un_siret_juste_passe(siret):
    verifier_siret(siret)


def test_la_poste_passe_sans_la_cle_de_luhn_les_autres_non():
    assert not luhn(LA_POSTE)
    with pytest.raises(ValidationError, match="n’existe pas"):
        verifier_siret("35600000049838")
    with pytest.raises(ValidationError, match="n’existe pas"):
        verifier_siret("12000101100015")


@pytest.mark.parametrize(
    ("siret", "phrase"),
    [
        ("", "que des chiffres"),
        ("²2000101100010", "que des chiffres"),
        ("120001011", "SIREN"),
        ("1200010110001", "donné 13"),
        ("12000101100011", "les cinq derniers"),
        ("12000101200010", "les neuf premiers"),
    ],
)
def test_la_phrase_dit_ce_qui_cloche(siret, phrase):
    with pytest.raises(ValidationError, match=phrase):
        verifier_siret(siret)


def test_le_ridet_n_est_admis_qu_en_nouvelle_caledonie():
    verifier_siret_de("0123456001", "988")
    with pytest.raises(ValidationError, match="donné 10"):
        verifier_siret_de("0123456001", "24")
