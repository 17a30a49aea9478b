"""La page publique et la commande : ce qui est vrai passe, ce qui a bougé d'un octet est refusé."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from feuille_de_route.documents.certificat_essai import creer_cachet_essai
from gouvernance.models import Demarche
from gouvernance.socle import coffre
from tests.feuille_de_route.scenes import (
    consentir,
    demarche_en_signature,
    document_de,
    scene_gardee,
    travailler,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("petit_document")]
FAUX = "Ce fichier n’est pas une feuille de route authentique, ou il a été modifié."


def deposer(client, octets, nom="feuille.pdf"):
    fichier = SimpleUploadedFile(nom, octets, content_type="application/pdf")
    return client.post(reverse("verifier"), {"fichier": fichier})


def texte(reponse):
    return reponse.content.decode()


def _signer_a_deux():
    demarche = demarche_en_signature(2, gouvernance__departement__code="2B")
    travailler()
    fichiers = [coffre.lire(document_de(demarche).empreinte)]
    for _ in range(2):
        consentir(demarche)
        travailler()
        fichiers.append(coffre.lire(document_de(demarche).empreinte))
    return demarche, fichiers


@pytest.fixture(scope="module")
def tour_garde(django_db_setup, django_db_blocker, coffre_garde, cachet_d_essai):
    with django_db_blocker.unblock(), scene_gardee(_signer_a_deux, coffre_garde, cachet_d_essai) as tour:
        yield tour


@pytest.fixture
def tour(tour_garde, coffre_copie):
    """Les trois fichiers qu'émet un tour de deux signatures : à signer, signé une fois, scellé."""
    demarche, fichiers = tour_garde
    return Demarche.objects.get(pk=demarche.pk), list(fichiers)


def test_la_page_est_publique_et_dit_ce_qu_est_le_cachet(client):
    page = texte(client.get(reverse("verifier")))
    assert "cachet de serveur" in page
    assert client.delete(reverse("verifier")).status_code == 405


def test_le_fichier_scelle_est_authentique_et_complet(client, tour):
    demarche, fichiers = tour
    reponse = deposer(client, fichiers[-1])
    assert reponse.status_code == 200
    page = texte(reponse)
    assert "Cette feuille de route est authentique, entière et signée par tous." in page
    assert page.count("Réussi") == 3
    assert "2 signatures et le sceau de la plateforme sont valides." in page
    assert f"{demarche.nom}, version 1, signée par tous." in page
    assert "Signataire 1" in page
    assert coffre.empreinte_de(fichiers[-1]) in page


def test_un_etat_intermediaire_est_authentique_mais_pas_termine(client, tour):
    _, (a_signer, une_signature, scelle) = tour
    page = texte(deposer(client, une_signature))
    assert "la signature n’est pas terminée : il s’y trouve une signature sur 2." in page
    assert "Une signature est valide." in page
    assert "version 1, en cours de signature." in page
    # Le fichier scellé, coupé juste après la première signature, est ce fichier-là, ni plus ni moins.
    assert scelle[: len(une_signature)] == une_signature
    assert "signée par tous." not in texte(deposer(client, scelle[: len(une_signature)])).split("<form")[0]
    page = texte(deposer(client, a_signer))
    assert FAUX in page
    assert "Ce PDF ne porte aucune signature." in page


def test_coupe_entre_la_derniere_signature_et_le_sceau_rien_n_est_au_registre(client, tour):
    """Cet état n'est jamais émis : valide et couvert, il n'est pourtant pas au registre."""
    scelle = tour[1][-1]
    fins = [rang + len(b"%%EOF\n") for rang in _positions(scelle, b"%%EOF")]
    coupe = scelle[: fins[-2]]
    page = texte(deposer(client, coupe))
    assert FAUX in page
    assert "n’est pas au registre" in page


def _positions(octets, motif):
    debut = 0
    while (rang := octets.find(motif, debut)) >= 0:
        yield rang
        debut = rang + 1


@pytest.mark.parametrize("ou", ["debut", "premier_tiers", "signature", "sceau", "fin"])
def test_un_octet_change_est_vu(client, tour, ou):
    scelle = tour[1][-1]
    contenus = list(_positions(scelle, b"/Contents <"))
    rang = {
        "debut": 20, "premier_tiers": len(scelle) // 3, "signature": contenus[0] + 2000,
        "sceau": scelle.index(b">", contenus[-1]) - 100, "fin": len(scelle) - 30,
    }[ou]  # fmt: skip
    change = scelle[:rang] + bytes([scelle[rang] ^ 1]) + scelle[rang + 1 :]
    page = texte(deposer(client, change))
    assert FAUX in page
    assert "Échoué" in page
    assert "signée par tous." not in page.split("<form")[0]


def test_ajoute_tronque_ou_sans_rapport_est_refuse(client, tour):
    scelle = tour[1][-1]
    for octets in (
        scelle + b"\n%rien",
        scelle + scelle,
        scelle[:-1],
        scelle[: len(scelle) // 2],
        b"%PDF-1.7 rien",
    ):
        reponse = deposer(client, octets)
        assert reponse.status_code == 200
        assert FAUX in texte(reponse)


def test_ce_qui_n_est_pas_un_pdf_est_une_saisie_a_corriger(client):
    for octets, phrase in ((b"PK\x03\x04", "n’est pas un PDF"), (b"", "vide")):
        reponse = deposer(client, octets)
        assert reponse.status_code == 422
        assert phrase in texte(reponse)
    sans = client.post(reverse("verifier"), {})
    assert sans.status_code == 422
    assert "Choisissez le fichier PDF à vérifier." in texte(sans)


def test_une_autre_autorite_n_est_pas_reconnue(client, settings, tmp_path):
    settings.SIGNATURE_CERTIFICAT = creer_cachet_essai(tmp_path / "autre.p12", "essai")
    demarche = demarche_en_signature(1)
    travailler()
    consentir(demarche)
    travailler()
    etranger = coffre.lire(document_de(demarche).empreinte)
    settings.SIGNATURE_CERTIFICAT = creer_cachet_essai(tmp_path / "notre.p12", "essai")
    page = texte(deposer(client, etranger))
    assert FAUX in page
    assert "ne vient pas d’une autorité reconnue" in page


def test_sans_autorites_reconnues_on_n_accuse_pas_le_fichier(client, tour, settings, tmp_path):
    """« Trop lourd ou malformé », disait-on d'un document authentique, sur un serveur mal réglé."""
    fichier = tmp_path / "feuille.pdf"
    fichier.write_bytes(tour[1][-1])
    settings.SIGNATURE_RACINES = str(tmp_path / "absent.pem")
    reponse = deposer(client, tour[1][-1])
    assert (reponse.status_code, FAUX in texte(reponse)) == (503, False)
    assert "Les autorités reconnues manquent sur ce serveur" in texte(reponse)
    with pytest.raises(CommandError, match="autorités reconnues manquent"):
        call_command("verifier_pdf", str(fichier))


def test_la_commande_dit_les_trois_controles_et_sort_en_erreur_au_moindre_doute(tour, tmp_path, capsys):
    fichier = tmp_path / "feuille.pdf"
    fichier.write_bytes(tour[1][-1])
    call_command("verifier_pdf", str(fichier))
    dit = capsys.readouterr().out
    assert dit.count("Réussi") == 3
    assert "authentique, entière et signée par tous" in dit
    octets = bytearray(tour[1][-1])
    octets[len(octets) // 2] ^= 1
    fichier.write_bytes(bytes(octets))
    with pytest.raises(CommandError, match="n’est pas une feuille de route authentique"):
        call_command("verifier_pdf", str(fichier))
    assert "Échoué" in capsys.readouterr().out
    with pytest.raises(CommandError, match="ne se lit pas"):
        call_command("verifier_pdf", str(tmp_path / "absent.pdf"))
    fichier.write_bytes(tour[1][1])
    with pytest.raises(CommandError, match="n’est pas terminée"):
        call_command("verifier_pdf", str(fichier))
    call_command("verifier_pdf", str(fichier), "--en-cours")
