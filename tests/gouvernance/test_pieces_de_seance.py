"""Les documents joints : ce qui est permis, ce qui est refusé (polyglottes compris), comment on les rend."""

import io
import struct
import zipfile
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gouvernance.models import EtatSeance, Evenement, PieceDeSeance, Seance
from gouvernance.socle import coffre, pieces
from tests.gouvernance.fabriques import DemarcheFactory, PieceDeSeanceFactory, SeanceFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40 + b"\xff\xd9"
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
PHP = b"<?php system($_GET[0]); ?>"


def archive(entrees: dict, comment: bytes = b"", chiffre: bool = False) -> bytes:
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w") as zip_:
        for nom, contenu in entrees.items():
            zip_.writestr(nom, contenu)
        zip_.comment = comment
    octets = bytearray(tampon.getvalue())
    if chiffre:
        octets[octets.index(b"PK\x01\x02") + 8] |= 1
    return bytes(octets)


TYPES = {"[Content_Types].xml": b"<Types/>"}
DOCX = archive({**TYPES, "word/document.xml": b"<document/>"})
XLSX = archive({**TYPES, "xl/workbook.xml": b"<workbook/>"})
ODT = archive({"mimetype": pieces.ODT, "content.xml": b"<x/>", "META-INF/manifest.xml": b"<m/>"})


def bloc(genre: bytes, contenu: bytes) -> bytes:
    return struct.pack(">I", len(contenu)) + genre + contenu + struct.pack(">I", zlib.crc32(genre + contenu))


def png(*blocs: bytes) -> bytes:
    entete = bloc(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    image = bloc(b"IDAT", zlib.compress(b"\x00\x00"))
    return b"\x89PNG\r\n\x1a\n" + entete + b"".join(blocs) + image + bloc(b"IEND", b"")


PNG = png()
BONS = {"pdf": PDF, "docx": DOCX, "xlsx": XLSX, "odt": ODT, "png": PNG, "jpg": JPG, "jpeg": JPG}
POLYGLOTTES = {
    "page nommée pdf": ("a.pdf", PAGE),
    "page nommée png": ("a.png", PAGE),
    "programme nommé pdf": ("a.pdf", b"MZ\x90\x00" + b"\x00" * 200),
    "pdf nommé docx": ("a.docx", PDF),
    "docx nommé xlsx": ("a.xlsx", DOCX),
    "docx nommé pdf": ("a.pdf", DOCX),
    "png nommé jpg": ("a.jpg", PNG),
    "pdf puis archive": ("a.pdf", PDF + DOCX),
    "pdf et archive qui finit en EOF": ("a.pdf", PDF + archive({"a": b"x"}, b"\n%%EOF\n")),
    "pdf précédé d'une page": ("a.pdf", PAGE + PDF),
    "pdf dont l'en-tête est une page": ("a.pdf", b"%PDF-1.7\n" + PAGE + PDF),
    "pdf tronqué": ("a.pdf", PDF[:-10]),
    "image puis archive": ("a.png", PNG + archive({"a": b"x"})),
    "image puis page": ("a.png", PNG + PAGE),
    "image dont un bloc est une page": ("a.png", png(bloc(b"tEXt", b"Comment\x00" + PAGE))),
    "image dont un bloc est du PHP": ("a.png", png(bloc(b"tEXt", b"Comment\x00" + PHP))),
    "image à la somme fausse": ("a.png", PNG.replace(b"IHDR\x00\x00\x00\x01", b"IHDR\x00\x00\x00\x02")),
    "image sans fin": ("a.png", PNG[:-12]),
    "image et pdf": ("a.png", png(bloc(b"tEXt", b"Comment\x00" + PDF))),
    "photo puis archive": ("a.jpg", JPG + archive({"a": b"x"}, b"\xff\xd9")),
    "photo et page": ("a.jpg", JPG[:20] + PAGE + JPG[20:]),
    "photo puis PHP": ("a.jpg", JPG + PHP),
    "photo et pdf": ("a.jpeg", JPG[:20] + PDF + JPG[20:]),
    "docx précédé d'une page": ("a.docx", PAGE + DOCX),
    "docx suivi d'une page": ("a.docx", DOCX + PAGE),
    "docx au commentaire caché": ("a.docx", archive({**TYPES, "word/document.xml": b"x"}, PAGE)),
    "docx à macros": ("a.docx", archive({**TYPES, "word/document.xml": b"x", "word/vbaProject.bin": b"x"})),
    "docx déclaré à macros": (
        "a.docx", archive({"[Content_Types].xml": b"macroEnabled", "word/document.xml": b"x"})
    ),
    "docx et programme Java": (
        "a.docx", archive({**TYPES, "word/document.xml": b"x", "META-INF/MANIFEST.MF": b"Main-Class: A"})
    ),
    "docx et programme": ("a.docx", archive({**TYPES, "word/document.xml": b"x", "lance.exe": b"MZ"})),
    "docx qui sort de son dossier": (
        "a.docx", archive({**TYPES, "word/document.xml": b"x", "../../a": b"x"})
    ),
    "docx chiffré": ("a.docx", archive({**TYPES, "word/document.xml": b"x"}, chiffre=True)),
    "docx et pdf": ("a.docx", archive({"a.txt": PDF, **TYPES, "word/document.xml": b"x"})),
    "docx sans types": ("a.docx", archive({"word/document.xml": b"x"})),
    "archive nommée odt": ("a.odt", archive({"a": b"x"})),
    "odt d'un autre type": ("a.odt", archive({"mimetype": b"application/vnd.oasis.opendocument.graphics"})),
    "odt à macros": ("a.odt", archive({"mimetype": pieces.ODT, "Basic/Standard/M.xml": b"x"})),
    "bombe": ("a.docx", b"PK\x03\x04" + b"\x00" * 300 + b"PK\x05\x06" + b"\x00" * 18),
    "vide": ("a.pdf", b""),
    "page": ("a.html", PAGE),
    "image vectorielle": ("a.svg", b"<svg onload='alert(1)'/>"),
    "programme": ("a.exe", b"MZ"),
    "double extension": ("a.pdf.html", PDF),
    "docm": ("a.docm", DOCX),
    "sans extension": ("a", PDF),
}  # fmt: skip


@pytest.mark.parametrize("extension", sorted(BONS))
def test_un_fichier_ordinaire_passe(extension):
    piece = pieces.verifier(f"Synthèse.{extension.upper()}", BONS[extension])
    assert piece.nom == f"Synthèse.{extension}"
    assert piece.type_mime == pieces.FORMATS[extension].type_mime


@pytest.mark.parametrize("quoi", sorted(POLYGLOTTES))
def test_un_fichier_qui_n_est_pas_ce_qu_il_dit_est_refuse(quoi):
    nom, octets = POLYGLOTTES[quoi]
    with pytest.raises(ValidationError) as refus:
        pieces.verifier(nom, octets)
    assert len(refus.value.messages[0]) > 15


def test_dix_megaoctets_au_plus():
    lourd = PDF[:-6] + b" " * pieces.TAILLE_MAX + b"%%EOF\n"
    with pytest.raises(ValidationError, match="10 Mo"):
        pieces.verifier("a.pdf", lourd)


@pytest.mark.parametrize(
    ("nom", "propre"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\docs\\Bilan.PDF", "Bilan.pdf"),
        ("rapport\u202efdp.exe.pdf", "rapportfdp.exe.pdf"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ('<script>"x".pdf', "-script--x-.pdf"),
        ("é" * 300 + ".pdf", "é" * 146 + ".pdf"),
        ("...", "document"),
    ],
)
def test_le_nom_perd_ce_qui_trompe(nom, propre):
    assert pieces.assainir(nom) == propre


@pytest.fixture
def lieu(client, db):
    trouve = situation()
    trouve.seance = SeanceFactory(instance=trouve.copil)
    client.force_login(trouve.gens["coordination"])
    return trouve


def joindre(client, lieu, nom="Synthèse du diagnostic.pdf", octets=PDF):
    adresse = reverse("piece_joindre", args=[lieu.uuid, lieu.seance.uuid])
    return client.post(adresse, {"fichier": SimpleUploadedFile(nom, octets, "text/html")})


def test_joindre_relire_retirer(client, lieu):
    assert joindre(client, lieu).status_code == 302
    piece = PieceDeSeance.objects.get()
    assert (piece.taille, piece.type_mime) == (len(PDF), "application/pdf"), "le type annoncé ne compte pas"
    reponse = client.get(reverse("piece_lire", args=[lieu.uuid, lieu.seance.uuid, piece.uuid]))
    assert reponse.content == PDF
    assert reponse["X-Content-Type-Options"] == "nosniff"
    assert reponse["Content-Disposition"].startswith("attachment;")
    assert reponse["Content-Type"] == "application/pdf"
    page = client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid])).content.decode()
    assert "Synthèse du diagnostic.pdf" in page
    client.post(reverse("piece_retirer", args=[lieu.uuid, lieu.seance.uuid, piece.uuid]))
    assert not PieceDeSeance.objects.exists()
    assert set(Evenement.objects.values_list("action", flat=True)) == {
        "joindre un document",
        "retirer un document",
    }


def test_le_meme_fichier_deux_fois_un_refus_dit_pourquoi(client, lieu):
    joindre(client, lieu)
    reponse = joindre(client, lieu, nom="Autre nom.pdf")
    assert reponse.status_code == 422
    assert "déjà joint" in reponse.content.decode()
    assert "n’est pas un PDF ordinaire" in joindre(client, lieu, octets=PAGE).content.decode()
    assert PieceDeSeance.objects.count() == 1


def test_un_fichier_altere_ne_se_sert_pas(client, lieu):
    joindre(client, lieu)
    piece = PieceDeSeance.objects.get()
    coffre.chemin(piece.empreinte, "pdf").write_bytes(PAGE)
    reponse = client.get(reverse("piece_lire", args=[lieu.uuid, lieu.seance.uuid, piece.uuid]))
    assert reponse.status_code == 404
    assert b"ne le retrouve pas" in reponse.content
    assert PAGE not in reponse.content


def test_ni_apres_l_annulation_ni_au_dela_de_vingt(client, lieu):
    PieceDeSeanceFactory.create_batch(20, seance=lieu.seance)
    assert "20 documents au plus" in joindre(client, lieu).content.decode()
    PieceDeSeance.objects.all().delete()
    Seance.objects.filter(pk=lieu.seance.pk).update(etat=EtatSeance.ANNULEE)
    assert "La séance est annulée" in joindre(client, lieu).content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_qui_joint_qui_lit(client, lieu, role):
    joindre(client, lieu)
    piece = PieceDeSeance.objects.get()
    client.force_login(lieu.gens[role])
    adresse = reverse("piece_lire", args=[lieu.uuid, lieu.seance.uuid, piece.uuid])
    assert client.get(adresse).status_code == (404 if role == "etranger" else 200)
    attendu = statut_attendu(role, {"coordination", "co_porteur"})
    assert joindre(client, lieu, octets=PDF + b" ").status_code == attendu
    assert (
        client.post(reverse("piece_retirer", args=[lieu.uuid, lieu.seance.uuid, piece.uuid])).status_code
        == attendu
    )


def test_un_document_d_ailleurs_est_introuvable(client, lieu):
    autre = SeanceFactory(instance__demarche=DemarcheFactory(gouvernance__departement__code="40"))
    etranger = PieceDeSeanceFactory(seance=autre, empreinte=coffre.deposer(PDF))
    voisin = PieceDeSeanceFactory(seance=SeanceFactory(instance=lieu.copil), empreinte=coffre.deposer(PDF))
    for piece in (etranger, voisin):
        for nom in ("piece_lire", "piece_retirer"):
            adresse = reverse(nom, args=[lieu.uuid, lieu.seance.uuid, piece.uuid])
            assert (client.get if nom == "piece_lire" else client.post)(adresse).status_code == 404
