"""Des textes hostiles ne cassent pas le document, n'en sortent rien et n'y font rien entrer."""

import io
import logging
from itertools import pairwise

import pikepdf
import pypdf
import pytest

from feuille_de_route.documents.contenu.comptes import compte_de, consolide, phrase
from feuille_de_route.documents.contenu.lecture import Dossier, Lu, espacer, nombre, soigner
from feuille_de_route.documents.contexte import html_du_document
from tests.documents.editions import d_un_trait, pages, pdf, soumis
from tests.documents.fabriques_contenu import exemple, grande

LONG, COURT = "W" * 3000, "W" * 200  # un mot sans fin dans un texte libre, dans un intitulé
HOSTILES = (
    "<script>alert(1)</script>",
    "<img src=file:///etc/passwd>",
    "<link rel=attachment href=file:///etc/passwd>",
    "</style><style>@import 'http://canari.invalid'",
    "url(file:///etc/passwd) {{ settings.SECRET_KEY }} {% debug %}",
    '" onload="x" href="champ:Signature1',
    "🙂👩‍👩‍👧 مرحبا \u202eenvers\u202c שלום",
    "commande\x01\x07\x1b[31m\x0b fin",
)


def empoisonner(valeur, texte: str, cle: str = ""):
    """Le même contenu, `texte` dans chaque champ libre."""
    match valeur:
        case dict():
            return {c: empoisonner(v, texte, c) for c, v in valeur.items()}
        case list():
            return [empoisonner(v, texte, cle) for v in valeur]
        case str() if cle in LIBRES:
            return texte
    return valeur


LIBRES = {"nom", "titre", "intitule", "question", "texte", "description", "contexte", "objectifs", "libelle"}
LIBRES |= {
    "engagement",
    "qualite",
    "objet",
    "lieu",
    "synthese",
    "financeur",
    "dispositif",
    "apport",
    "source",
}
LIBRES |= {
    "territoire_nom",
    "unite",
    "pilote",
    "motif",
    "fonction",
    "auteur",
    "mandat",
    "sources",
    "compte_rendu",
    "besoins",
    "premiere_annee",
}


# Ensemble dans chaque champ, et non un document par texte : la mise en page est ce qui prend le temps.
@pytest.mark.parametrize(
    "texte", [" ".join(HOSTILES[:6]), " ".join(HOSTILES[6:])], ids=["balisage", "signes"]
)
def test_un_texte_hostile_dans_tous_les_champs_s_imprime_sans_agir(texte, caplog):
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        octets = pdf(soumis(empoisonner(exemple(), texte)))
    assert not [r for r in caplog.records if "file:" in r.getMessage() or "canari" in r.getMessage()]
    lu = d_un_trait(octets)
    assert "root:" not in lu
    assert list(pypdf.PdfReader(io.BytesIO(octets)).attachments) == ["feuille-de-route.json"]
    with pikepdf.open(io.BytesIO(octets)) as document:
        adresses = [str(a.A.URI) for p in document.pages for a in p.obj.get("/Annots", []) if "/A" in a]
    assert not adresses
    assert len(pages(octets)) >= 8


def test_un_mot_sans_fin_se_coupe_et_ne_se_perd_pas():
    contenu = empoisonner(exemple(), COURT)
    contenu["fiches"][0] |= {"contexte": LONG, "description": LONG}
    contenu["signataires"][0]["engagement"] = LONG
    feuilles = pages(pdf(soumis(contenu)))
    assert "".join(feuilles).count("W") > 3 * len(LONG)
    assert max(page.count("W") for page in feuilles) < 2 * len(LONG)
    lignes = [ligne.replace(" ", "") for page in feuilles for ligne in page.splitlines()]
    assert max(map(len, lignes)) < 130  # ce qui déborderait de la page ferait une ligne sans fin


def test_le_balisage_saisi_est_du_texte():
    html = html_du_document(soumis(empoisonner(exemple(), "<b onclick=x>'gras'</b>")))
    assert "<b onclick" not in html
    assert "&lt;b onclick=x&gt;" in html


def test_ni_signe_de_commande_ni_sens_de_lecture_renverse():
    assert espacer("a\x00b\x1b[31m\u202ec\u2066d\n e") == "ab[31mcd\n e"


def test_weasyprint_n_a_rien_a_redire(caplog):
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        pdf(soumis(grande(2)))
    assert [r.getMessage() for r in caplog.records] == []


def test_titres_sans_saut_tables_et_figures_balisees():
    with pikepdf.open(io.BytesIO(pdf(soumis(grande(2))))) as document:
        elements = list(_elements(document.Root.StructTreeRoot.K))
    niveaux = [int(nom[1]) for nom, _ in elements if nom in {"H1", "H2", "H3", "H4", "H5"}]
    assert niveaux[0] == 1
    assert niveaux.count(1) == 1
    assert all(suivant - niveau <= 1 for niveau, suivant in pairwise(niveaux))
    figures = [element for nom, element in elements if nom == "Figure"]
    assert figures
    assert all(str(f.get("/Alt", "")) for f in figures)
    assert {"Table", "TH", "TD", "Link", "L"} <= {nom for nom, _ in elements}


def _elements(noeud):
    """Les éléments de structure, dans l'ordre du document."""
    if isinstance(noeud, pikepdf.Array):
        for enfant in noeud:
            yield from _elements(enfant)
    elif isinstance(noeud, pikepdf.Dictionary) and "/S" in noeud:
        yield str(noeud.S)[1:], noeud
        yield from _elements(noeud.get("/K", pikepdf.Array()))


def test_la_piece_jointe_est_la_version_octet_pour_octet():
    document = soumis(exemple())
    jointes = pypdf.PdfReader(io.BytesIO(pdf(document))).attachments
    assert jointes == {"feuille-de-route.json": [document.version_figee.canonique.encode()]}


def test_les_memes_donnees_donnent_les_memes_octets():
    assert pdf(soumis(exemple())) == pdf(soumis(exemple()))


@pytest.mark.parametrize(
    ("saisi", "espace"),
    [
        ("Comment faire ?", "Comment faire\u00a0?"),
        ("« Oui »", "«\u00a0Oui\u00a0»"),
        ("12 000 € : fait", "12\u00a0000\u00a0€\u00a0: fait"),
        ("le 12 octobre 2026", "le 12 octobre 2026"),
    ],
)
def test_les_espaces_sont_francaises(saisi, espace):
    assert espacer(saisi) == espace


@pytest.mark.parametrize(
    ("ecrit", "lu"), [("1234.50", "1\u00a0234,5"), ("-0.4", "−0,4"), ("0", "0"), (None, "")]
)
def test_les_nombres_s_ecrivent_en_francais(ecrit, lu):
    assert nombre(ecrit) == lu


def fiche(*financements: dict) -> Lu:
    return soigner(
        {"numero": 1, "titre": "F", "budget": [{"montant": "1000.10"}], "financements": list(financements)}
    )


def test_un_financement_refuse_ne_compte_pas_et_un_acquis_compte_ce_qu_il_donne():
    seule = fiche(
        {"type": "etat", "demande": "900.00", "obtenu": "600.05", "etat": "acquis"},
        {"type": "caf", "demande": "300.00", "etat": "refuse"},
        {"type": "epci", "demande": "400.05", "etat": None},
    )
    assert phrase(compte_de(seule)) == "le plan est équilibré"
    assert consolide([seule])["totaux"] == ["600,05", "400,05", "–"]  # État, EPCI, CAF


def test_des_financements_en_trop_se_disent():
    seule = fiche({"type": "etat", "demande": "1500.10", "etat": "envisage"})
    assert phrase(compte_de(seule)) == "les financements dépassent le budget de 500\u00a0€"
    assert consolide([seule])["total"]["solde"] == "+\u00a0500"


def test_un_renvoi_vers_rien_se_tait():
    contenu = exemple()
    contenu["fiches"][0] |= {"structure_porteuse": "S99", "axe": "A99", "decision": "D99"}
    assert Dossier("{}").structure("S1") == ""
    assert "Structure porteuse non renseignée" in d_un_trait(pdf(soumis(contenu)))
