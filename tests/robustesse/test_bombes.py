"""La page publique face à ce qui voudrait l'épuiser."""

import threading
import time
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from feuille_de_route.documents import verification
from gouvernance.socle import bac_a_sable

pytestmark = pytest.mark.django_db


def pdf(corps: bytes) -> bytes:
    objets = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n" + corps
    debut = len(objets)
    return (
        objets
        + b"xref\n0 1\n0000000000 65535 f \ntrailer<</Size 9/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % debut
    )


def flux_d_objets(taille: int) -> bytes:
    """Un flux de références croisées de `taille` octets nuls, mille fois comprimé."""
    compresse = zlib.compress(zlib.compress(b"\0" * taille, 9), 9)
    tete = b"%PDF-1.7\n"
    dictionnaire = (
        b"1 0 obj<</Type/XRef/W[1 8 8]/Index[0 %d]/Size %d/Root 1 0 R/Filter[/FlateDecode/FlateDecode]"
        b"/Length %d>>stream\n" % (taille // 17, taille // 17, len(compresse))
    )
    return tete + dictionnaire + compresse + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % len(tete)


HOSTILES = {
    "flux comprimé deux fois, 600 Mo": lambda: flux_d_objets(600 * 1024 * 1024),
    "cent mille tableaux emboîtés": lambda: pdf(b"2 0 obj" + b"[" * 100_000),
    "chaîne de révisions en boucle": lambda: b"%PDF-1.7\nxref\n0 0\ntrailer<</Prev 9>>\nstartxref\n9\n%%EOF",
    "startxref démesuré": lambda: b"%PDF-1.7\nstartxref\n" + b"9" * 5000 + b"\n%%EOF",
    "octets nuls": lambda: b"%PDF-" + b"\0" * 1_000_000,
}


@pytest.mark.parametrize("cas", HOSTILES)
def test_un_pdf_hostile_recoit_un_verdict_et_pas_plus_de_temps_que_prevu(client, cas):
    fichier = SimpleUploadedFile("a.pdf", HOSTILES[cas]())
    debut = time.monotonic()
    reponse = client.post(reverse("verifier"), {"fichier": fichier})
    assert reponse.status_code == 200
    assert not reponse.context["verdict"].authentique
    assert time.monotonic() - debut < bac_a_sable.LIMITES.secondes + 15


@pytest.mark.parametrize(
    ("nom", "octets"),
    [("vide.pdf", b""), ("a\x00b.pdf", b"PK\x03\x04"), ("../../etc/passwd", b"root"), ("x" * 5000, b"MZ")],
)
def test_un_fichier_qui_n_est_pas_un_pdf_est_une_saisie_a_corriger(client, nom, octets):
    reponse = client.post(reverse("verifier"), {"fichier": SimpleUploadedFile(nom, octets)})
    assert reponse.status_code == 422
    assert '<html lang="fr"' in reponse.content.decode()


def test_au_plus_deux_examens_a_la_fois(client, monkeypatch):
    monkeypatch.setattr(bac_a_sable, "ATTENTE", 0.1)
    lances, fin = [], threading.Event()

    def lent(*arguments):
        lances.append(arguments)
        fin.wait(20)
        return {"lisible": False, "signature_valide": False, "couverture": False, "motif": "Essai."}

    monkeypatch.setattr(bac_a_sable, "_lancer", lent)
    fils = [threading.Thread(target=bac_a_sable.executer, args=("module",)) for _ in range(2)]
    try:
        for fil in fils:
            fil.start()
        fichier = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
        reponse = client.post(reverse("verifier"), {"fichier": fichier})
    finally:
        fin.set()
        for fil in fils:
            fil.join()
    assert reponse.status_code == 503
    assert "réessayez dans une minute" in reponse.content.decode()
    assert reponse.context["verdict"] is None
    assert len(lances) == bac_a_sable.A_LA_FOIS
    assert verification.verifier(b"%PDF-1.7").authentique is False  # les places sont rendues
