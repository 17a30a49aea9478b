import io
import subprocess

import pikepdf
import pytest
from pyhanko.sign.timestamps import HTTPTimeStamper

from feuille_de_route.documents.examen import examiner
from feuille_de_route.documents.signature import (
    Champ,
    SignatureImpossible,
    apposer,
    champs_de,
    preparer,
    sceller,
)
from tests.documents.fabriques import DATE, STYLE, apposition, document_signe, horodateur_essai, pdf

CHAMP = Champ("Signature1", "Signature de l’élue")


def outil(*commande: str, octets: bytes, tmp_path) -> str:
    """La sortie d'un outil de poppler, lancé sur le document."""
    chemin = tmp_path / "document.pdf"
    chemin.write_bytes(octets)
    nom, *options = commande
    fin = ["-"] if nom == "pdftotext" else []
    return subprocess.run([nom, *options, chemin, *fin], capture_output=True, check=True, text=True).stdout


def test_preparer_remplace_les_liens_par_des_champs_balises():
    octets = preparer(pdf("Signature1", "Sceau"), [CHAMP])
    assert champs_de(octets) == {"Signature1": False, "Sceau": False}
    with pikepdf.open(io.BytesIO(octets)) as document:
        annotations = list(document.pages[0].Annots)
        assert [annotation.Subtype for annotation in annotations] == ["/Widget", "/Widget"]
        assert not any("champ:" in str(dict(annotation)) for annotation in annotations)
        assert str(annotations[0].TU) == "Signature de l’élue"
        arbre = pikepdf.NumberTree(document.Root.StructTreeRoot.ParentTree)
        for annotation in annotations:
            element = arbre[int(annotation.StructParent)]
            assert element.S == "/Form"
            assert element.K.Obj.objgen == annotation.objgen
    assert preparer(pdf("Signature1", "Sceau"), [CHAMP]) == octets


@pytest.mark.parametrize(
    ("noms", "options", "phrase"),
    [
        (["Signature1"], {}, "pas d’emplacement pour : Sceau"),
        (["Signature1", "Signature2", "Sceau"], {}, "« Signature2 » inattendu"),
        (["Signature1", "Signature1", "Sceau"], {}, "plusieurs rectangles"),
        (["Signature1", "Sceau"], {"style": STYLE.replace("34mm", "20mm")}, "moins de 60 × 26 mm"),
        (["Sceau"], {"corps": '<a href="champ:Signature1">ici</a>'}, "doit être vide"),
    ],
)
def test_un_gabarit_qui_ne_tient_pas_le_contrat_est_refuse(noms, options, phrase):
    with pytest.raises(SignatureImpossible, match=phrase):
        preparer(pdf(*noms, **options), [CHAMP])


def test_chaque_signature_est_un_ajout_et_pdfsig_les_dit_toutes_valides(cachet, signe, tmp_path):
    octets = preparer(pdf("Signature1", "Sceau"), [CHAMP])
    assert apposer(octets, "Signature1", apposition(), cachet).startswith(octets)
    verdict = outil("pdfsig", octets=signe, tmp_path=tmp_path)
    assert verdict.count("Signature Validation: Signature is Valid.") == 4
    assert verdict.count("ETSI.CAdES.detached") == 4
    assert verdict.count("  - Total document signed") == 1
    assert verdict.index("Sceau") > verdict.index("Signature3")


def test_la_premiere_signature_certifie_et_ne_permet_que_le_remplissage(signe):
    with pikepdf.open(io.BytesIO(signe)) as document:
        transformation = document.Root.Perms.DocMDP.Reference[0]
        assert (transformation.TransformMethod, transformation.TransformParams.P) == ("/DocMDP", 2)
        assert document.Root.Perms.DocMDP.objgen == document.Root.AcroForm.Fields[0].V.objgen


def test_le_cartouche_se_lit_et_ses_polices_sont_incorporees(cachet, tmp_path):
    octets = preparer(pdf("Signature1", "Sceau"), [CHAMP])
    reserves = "sous réserve du vote du budget de l’année 2027"
    octets = sceller(apposer(octets, "Signature1", apposition(reserves=reserves), cachet), cachet, date=DATE)
    texte = " ".join(outil("pdftotext", octets=octets, tmp_path=tmp_path).split())
    for attendu in (
        "Élue du numérique",
        "Vice-présidente",
        "Conseil départemental « d’essai »",
        "Le 1er mars 2026 à 9 h 05",
        f"Avec réserves : {reserves}",
        "Signé par le cachet de la plateforme pour Élue du numérique.",
        "Clôt le document (1 signature).",
    ):
        assert attendu in texte
    polices = outil("pdffonts", octets=octets, tmp_path=tmp_path).splitlines()[2:]
    assert all(police.split()[-5] == "yes" for police in polices), polices


def test_des_reserves_tres_longues_tiennent_abregees_et_le_html_n_est_pas_interprete(cachet, tmp_path):
    octets = preparer(pdf("Signature1", "Sceau"), [CHAMP])
    signature = apposition("<b>Élu</b> & Cie", reserves="sous réserve de ce qui suit, " * 60)
    octets = apposer(octets, "Signature1", signature, cachet)
    texte = outil("pdftotext", octets=octets, tmp_path=tmp_path)
    assert "<b>Élu</b> & Cie" in texte
    assert "(texte entier au" in texte


def test_la_variante_reste_dite_apres_signature(signe):
    with pikepdf.open(io.BytesIO(signe)) as document:
        xmp = document.open_metadata()
        assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"], xmp["pdfuaid:part"]) == ("3", "A", "1")


def test_les_actes_impossibles_sont_refuses_en_francais(cachet, signe):
    prepare = preparer(pdf("Signature1", "Sceau"), [CHAMP])
    une = apposer(prepare, "Signature1", apposition(), cachet)
    for phrase, acte in {
        "déjà ses champs": lambda: preparer(prepare, [CHAMP]),
        "même nom": lambda: preparer(pdf("Signature1", "Sceau"), [CHAMP, CHAMP]),
        "pas de champ de signature « Signature9 »": lambda: apposer(
            prepare, "Signature9", apposition(), cachet
        ),
        "déjà signé": lambda: apposer(une, "Signature1", apposition(), cachet),
        "est scellé": lambda: apposer(signe, "Signature1", apposition(), cachet),
        "rien à sceller": lambda: sceller(prepare, cachet, date=DATE),
        "pas un PDF lisible": lambda: apposer(b"%PDF-1.7 rien", "Signature1", apposition(), cachet),
    }.items():
        with pytest.raises(SignatureImpossible, match=phrase):
            acte()


def test_un_horodatage_injoignable_refuse_la_signature(cachet):
    injoignable = cachet._replace(horodateur=HTTPTimeStamper("http://127.0.0.1:9/", timeout=1))
    octets = preparer(pdf("Signature1", "Sceau"), [CHAMP])
    with pytest.raises(SignatureImpossible, match="n’a pas pu être posée"):
        apposer(octets, "Signature1", apposition(), injoignable)


def test_un_horodateur_donne_des_signatures_horodatees_que_l_examen_accepte(cachet, racines):
    horodateur, racine = horodateur_essai()
    octets = document_signe(cachet._replace(horodateur=horodateur), 1)
    verdict = examiner(octets, [*racines, racine])
    assert verdict["motif"] == ""
    assert all(signature["horodatee"] for signature in verdict["signatures"])
    assert "horodatage" in examiner(octets, racines)["motif"]
