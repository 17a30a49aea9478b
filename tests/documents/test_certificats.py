import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from feuille_de_route.checks import cachet_de_production
from feuille_de_route.documents import cachet, certificat_essai, certificats


@pytest.fixture
def reglages(settings, chemin_cachet):
    settings.SIGNATURE_CERTIFICAT, settings.SIGNATURE_MOT_DE_PASSE = chemin_cachet, "essai"
    return settings


def test_le_certificat_d_essai_dit_qu_il_l_est_et_n_a_que_les_usages_de_signature(chemin_cachet):
    paquet = pkcs12.load_pkcs12(chemin_cachet.read_bytes(), b"essai")
    certificat = paquet.cert.certificate
    assert "ESSAI – sans valeur" in certificat.subject.rfc4514_string()
    assert certificat.public_key().key_size == 3072
    usages = certificat.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usages.content_commitment
    assert usages.digital_signature
    assert not usages.key_cert_sign
    certificat.verify_directly_issued_by(paquet.additional_certs[0].certificate)
    assert stat.S_IMODE(chemin_cachet.stat().st_mode) == 0o600


def test_le_certificat_d_essai_est_reconnu_et_refuse_en_production(reglages):
    assert cachet.est_certificat_d_essai(reglages.SIGNATURE_CERTIFICAT)
    assert cachet_de_production() == []
    reglages.EN_PRODUCTION = True
    assert [(erreur.id, erreur.level) for erreur in cachet_de_production()] == [("feuille_de_route.E001", 40)]
    for appel in (cachet.exiger_cachet_reel, certificats.charger_cachet):
        with pytest.raises(ImproperlyConfigured, match="certificat d’essai"):
            appel()


def test_un_cachet_reel_passe_en_production(reglages, tmp_path, monkeypatch):
    monkeypatch.setattr(certificat_essai, "MARQUE", "Cachet de la préfecture")
    monkeypatch.setattr(certificat_essai, "AUTORITE", "Autorité réelle")
    reglages.SIGNATURE_CERTIFICAT = certificat_essai.creer_cachet_essai(tmp_path / "reel.p12", "essai")
    monkeypatch.undo()
    reglages.EN_PRODUCTION = True
    assert cachet_de_production() == []
    assert certificats.charger_cachet().horodateur is None


@pytest.mark.parametrize("panne", ["absent", "mot de passe", "malforme"])
def test_un_cachet_illisible_le_dit(reglages, tmp_path, panne):
    if panne == "mot de passe":
        reglages.SIGNATURE_MOT_DE_PASSE = "faux"
    else:
        reglages.SIGNATURE_CERTIFICAT = tmp_path / "cachet.p12"
    if panne == "malforme":
        reglages.SIGNATURE_CERTIFICAT.write_bytes(b"rien")
    with pytest.raises(ImproperlyConfigured, match="SIGNATURE_CERTIFICAT"):
        certificats.charger_cachet()
    reglages.EN_PRODUCTION = True
    assert len(cachet_de_production()) == 1


def test_l_adresse_d_horodatage_donne_un_horodateur(reglages):
    reglages.SIGNATURE_HORODATAGE = "https://horodatage.example/tsa"
    assert certificats.charger_cachet().horodateur.url == "https://horodatage.example/tsa"


def test_la_commande_cree_une_fois_et_refuse_la_production(reglages, tmp_path, capsys):
    reglages.SIGNATURE_CERTIFICAT = tmp_path / "pki" / "cachet.p12"
    call_command("creer_certificat_essai")
    octets = reglages.SIGNATURE_CERTIFICAT.read_bytes()
    call_command("creer_certificat_essai")
    assert reglages.SIGNATURE_CERTIFICAT.read_bytes() == octets
    assert "existe déjà" in capsys.readouterr().out
    assert cachet.racines().is_file()
    reglages.EN_PRODUCTION = True
    with pytest.raises(CommandError, match="refusé en production"):
        call_command("creer_certificat_essai", "--remplacer")
