"""Les fichiers joints à une fiche : qui joint, qui lit, qui retire ; les polyglottes n'entrent pas."""

from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from feuille_de_route.dialogue import pieces_de_fiche
from feuille_de_route.models import PieceDeFiche
from gouvernance.models import Etape, Evenement
from gouvernance.socle import coffre
from tests.feuille_de_route.fabriques import FicheFactory, PieceDeFicheFactory
from tests.feuille_de_route.saisies import adresse, proposer, texte_de_la_fiche
from tests.gouvernance.fabriques import DemarcheFactory
from tests.gouvernance.test_pieces_de_seance import PDF, POLYGLOTTES
from tests.robustesse.scene import mettre_a

NOM = "Devis du camping-car.pdf"


def joindre(client, fiche, nom=NOM, octets=PDF):
    fichier = SimpleUploadedFile(nom, octets, "text/html")
    return client.post(adresse("fiche_piece_joindre", fiche), {"fichier": fichier})


def lire(client, piece):
    return client.get(adresse("fiche_piece_lire", piece.fiche, piece.uuid))


def retirer(client, piece):
    return client.post(adresse("fiche_piece_retirer", piece.fiche, piece.uuid), follow=True)


def test_joindre_relire_retirer(client, fiche, gens):
    client.force_login(gens["partenaire"])
    assert joindre(client, fiche).status_code == 302
    piece = PieceDeFiche.objects.get()
    assert (piece.taille, piece.type_mime) == (len(PDF), "application/pdf"), "le type annoncé ne compte pas"
    reponse = lire(client, piece)
    assert (reponse.content, reponse["Content-Type"]) == (PDF, "application/pdf")
    assert reponse["X-Content-Type-Options"] == "nosniff"
    assert reponse["Content-Disposition"].startswith("attachment;")
    assert NOM in texte_de_la_fiche(client, fiche)
    retirer(client, piece)
    assert not PieceDeFiche.objects.exists()
    lignes = Evenement.objects.filter(objet_type="ficheaction", objet_id=str(fiche.pk)).order_by("pk")
    assert list(lignes.values_list("action", "de", "vers")) == [
        ("joindre un document", "", NOM), ("retirer un document", NOM, ""),
    ]  # fmt: skip


@pytest.mark.parametrize("quoi", ["page nommée pdf", "pdf puis archive", "docx à macros", "image et pdf"])
def test_un_polyglotte_est_refuse_avec_une_phrase(client, fiche, gens, quoi):
    """Tous sont éprouvés au guichet commun (test_pieces_de_seance) ; ici, que l'on passe bien par lui."""
    client.force_login(gens["partenaire"])
    reponse = joindre(client, fiche, *POLYGLOTTES[quoi])
    assert reponse.status_code == 422
    assert "son contenu ne correspond pas à son nom" in unescape(reponse.content.decode())
    assert not PieceDeFiche.objects.exists()


@pytest.mark.parametrize(
    ("qui", "lit", "ecrit"),
    [
        ("coordination", 200, 302), ("partenaire", 200, 422), ("tierce", 200, 403), ("elu", 200, 403),
        ("cotech", 200, 403), ("lecture", 200, 403), ("administration", 200, 403), ("dehors", 404, 404),
    ],
)  # fmt: skip
def test_qui_lit_qui_joint_sur_une_fiche_proposee(client, fiche, gens, qui, lit, ecrit):
    """La partenaire la porte, mais n'écrit plus tant qu'on ne la lui renvoie pas."""
    proposer(fiche)
    piece = PieceDeFicheFactory(fiche=fiche, empreinte=coffre.deposer(PDF + b"\n"))
    client.force_login(gens[qui])
    assert lire(client, piece).status_code == lit
    assert joindre(client, fiche).status_code == ecrit
    retirer(client, piece)
    assert PieceDeFiche.objects.filter(pk=piece.pk).exists() == (qui != "coordination")
    if lit == 200:
        assert ("Joindre un document" in texte_de_la_fiche(client, fiche)) == (qui == "coordination")


def test_le_brouillon_d_un_autre_ne_livre_pas_ses_pieces(client, fiche, gens):
    piece = PieceDeFicheFactory(fiche=fiche, empreinte=coffre.deposer(PDF))
    for qui in ("tierce", "elu", "lecture", "administration"):
        client.force_login(gens[qui])
        assert lire(client, piece).status_code == 404


def test_une_piece_ne_se_lit_que_par_sa_fiche(client, fiche, gens):
    client.force_login(gens["coordination"])
    ailleurs = FicheFactory(demarche=DemarcheFactory(gouvernance__departement__code="40"))
    for autre in (FicheFactory(demarche=fiche.demarche), ailleurs):
        piece = PieceDeFicheFactory(fiche=autre, empreinte=coffre.deposer(PDF))
        assert client.get(adresse("fiche_piece_lire", fiche, piece.uuid)).status_code == 404
        assert client.post(adresse("fiche_piece_retirer", fiche, piece.uuid)).status_code == 404
    assert lire(client, piece).status_code == 404


def test_une_fois_soumise_les_pieces_ne_bougent_plus(client, fiche, gens):
    piece = PieceDeFicheFactory(fiche=fiche, empreinte=coffre.deposer(PDF + b"\n"))
    proposer(fiche)
    mettre_a(fiche.demarche, Etape.SOUMISE)
    client.force_login(gens["coordination"])
    assert joindre(client, fiche).status_code == 422
    assert "On ne peut plus modifier" in unescape(retirer(client, piece).content.decode())
    assert list(PieceDeFiche.objects.all()) == [piece]
    assert "Retirer" not in texte_de_la_fiche(client, fiche)


def test_vingt_documents_au_plus_et_pas_deux_fois_le_meme(client, fiche, gens):
    client.force_login(gens["partenaire"])
    joindre(client, fiche)
    assert "déjà joint" in unescape(joindre(client, fiche, nom="Autre nom.pdf").content.decode())
    PieceDeFicheFactory.create_batch(19, fiche=fiche)
    assert "20 documents au plus" in joindre(client, fiche, octets=PDF + b"\n").content.decode()
    assert "le maximum" in texte_de_la_fiche(client, fiche)


def test_un_fichier_altere_ne_se_sert_pas(client, fiche, gens):
    client.force_login(gens["partenaire"])
    joindre(client, fiche)
    piece = PieceDeFiche.objects.get()
    coffre.chemin(piece.empreinte, "pdf").write_bytes(b"<script>")
    reponse = lire(client, piece)
    assert reponse.status_code == 404
    assert b"ne le retrouve pas" in reponse.content


@pytest.mark.django_db(transaction=True)
def test_cinq_envois_simultanes_ne_depassent_pas_vingt():
    fiche = FicheFactory(complete=True, demarche=DemarcheFactory(etape=Etape.PLAN_ACTIONS))
    PieceDeFicheFactory.create_batch(18, fiche=fiche)
    depart = Barrier(5)

    def joindre_ensemble(rang):
        depart.wait()
        try:
            pieces_de_fiche.joindre(fiche, f"{rang}.pdf", PDF + b" " * rang + b"%%EOF\n", par=None)
        except ValidationError:
            return 0
        finally:
            connections.close_all()
        return 1

    with ThreadPoolExecutor(5) as fils:
        assert sum(fils.map(joindre_ensemble, range(5))) == 2
    assert fiche.pieces.count() == 20
