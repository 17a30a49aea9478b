"""Un grand document se met en page en deux parties : le lecteur ne doit pas pouvoir le deviner."""

import io
import re
import subprocess
from collections import Counter

import pikepdf
import pytest
from django.conf import settings

from feuille_de_route.documents import decoupe
from feuille_de_route.documents.contexte import html_du_document, pieces_jointes
from feuille_de_route.documents.rendu import Edition, html_vers_pdf
from feuille_de_route.documents.signature import Champ, preparer
from tests.documents.editions import FIGEE_LE, pages, soumis
from tests.documents.fabriques import page as une_page
from tests.documents.fabriques_contenu import grande

FICHES = 9
EDITION = Edition(titre="Feuille de route", identifiant=b"essai", date=FIGEE_LE)


@pytest.fixture(scope="module")
def document():
    return soumis(grande(FICHES))


@pytest.fixture(scope="module")
def produire(document):
    html, statiques = html_du_document(document), settings.BASE_DIR / "static"

    def _produire(seuil: int, processus: int) -> bytes:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(decoupe, "SEUIL", seuil)
            assert len(decoupe.decouper(html)) == (1 if seuil else 2)
            joints = pieces_jointes(document)
            return html_vers_pdf(html, EDITION, joints, statiques=statiques, processus=processus)

    return _produire


@pytest.fixture(scope="module")
def coupe(produire):
    return produire(0, 2)


@pytest.fixture(scope="module")
def entier(produire):
    return produire(10**9, 1)


@pytest.fixture
def lu(coupe):
    with pikepdf.open(io.BytesIO(coupe)) as pdf:
        yield pdf


def destinations(pdf) -> dict[str, int]:
    """Nom → rang de la page où il mène."""
    rangs = {page.objgen: rang for rang, page in enumerate(pdf.pages)}
    noms = list(pdf.Root.Names.Dests.Names)
    return {str(n): rangs[lieu[0].objgen] for n, lieu in zip(noms[::2], noms[1::2], strict=True)}


def plan(pdf) -> list[tuple[int, str, int]]:
    rangs = {page.objgen: rang for rang, page in enumerate(pdf.pages)}

    def suivre(entrees, niveau):
        for entree in entrees:
            yield niveau, entree.title, rangs[entree.destination[0].objgen]
            yield from suivre(entree.children, niveau + 1)

    with pdf.open_outline() as ouvert:
        return list(suivre(ouvert.root, 1))


def elements(pdf):
    """Chaque élément de structure, avec son parent."""
    pile = [(pdf.Root.StructTreeRoot, enfant) for enfant in pdf.Root.StructTreeRoot.K]
    while pile:
        parent, element = pile.pop()
        if isinstance(element, pikepdf.Dictionary) and "/S" in element:
            yield parent, element
            pile += [(element, enfant) for enfant in element.get("/K", ())]


def balises(pdf) -> Counter:
    """Combien de chaque balise ; « NonStruct » ne dit rien (le repère de coupe en est un)."""
    return Counter(str(element.S) for _, element in elements(pdf) if element.S != "/NonStruct")


def test_les_octets_ne_dependent_pas_du_nombre_de_processus(produire, coupe):
    assert produire(0, 1) == coupe


def test_le_texte_est_celui_d_une_mise_en_page_d_un_seul_tenant(coupe, entier):
    assert pages(coupe) == pages(entier)


def test_le_plan_et_les_destinations_aussi(lu, entier):
    with pikepdf.open(io.BytesIO(entier)) as tenant:
        assert plan(lu) == plan(tenant)
        assert destinations(lu) == destinations(tenant)
        assert balises(lu) == balises(tenant)


def test_les_pages_passent_d_une_partie_a_l_autre(coupe):
    """La coupe tombe dans les fiches : leurs pages gardent la section en tête et suivent la numérotation."""
    feuilles = pages(coupe)
    titre = re.compile(r"^ ?\d+ Des permanences.*lot \d+$", re.M)
    fiches = [f for f in feuilles if titre.search(f) and "Portage" in f]
    assert len(fiches) == FICHES
    assert all("Fiches actions" in fiche.splitlines()[0] for fiche in fiches)
    for numero, feuille in enumerate(feuilles[1:], start=2):
        assert f"page {numero} / {len(feuilles)}" in feuille


def test_chaque_lien_mene_a_la_page_ou_est_son_titre(lu, coupe):
    feuilles, lieux, suivis = pages(coupe), destinations(lu), 0
    for page in lu.pages:
        for annotation in page.obj.get("/Annots", ()):
            if "/Dest" in annotation and (fiche := re.fullmatch(r"fiche-(\d+)", str(annotation.Dest))):
                titre = f"{fiche[1]} Des permanences les jours de marché, lot {fiche[1]}"
                assert titre in feuilles[lieux[str(annotation.Dest)]]
                suivis += 1
            elif "/Dest" in annotation:
                assert str(annotation.Dest) in lieux
    assert suivis >= 3 * FICHES  # au sommaire, dans la liste, dans la stratégie


def test_les_numeros_de_la_liste_des_fiches_sont_les_bons(lu, coupe):
    lieux = destinations(lu)
    liste = next(f for f in pages(coupe) if "Structure porteuse" in f and "Page" in f)
    lignes = re.findall(r"^ ?(\d+) Des permanences .* (\d+)$", liste, re.M)
    assert len(lignes) == FICHES
    assert all(lieux[f"fiche-{fiche}"] + 1 == int(page) for fiche, page in lignes)


def test_la_structure_balisee_est_entiere(lu):
    table = pikepdf.NumberTree(lu.Root.StructTreeRoot.ParentTree)
    connues = {page.objgen for page in lu.pages}
    numeros = [int(page.obj.StructParents) for page in lu.pages]
    for page in lu.pages:
        for rang, element in enumerate(table[int(page.obj.StructParents)]):
            assert element.Pg.objgen == page.objgen, rang
        for annotation in page.obj.get("/Annots", ()):
            assert "/S" in table[int(annotation.StructParent)]
            numeros.append(int(annotation.StructParent))
    assert sorted(numeros) == sorted(table.keys())
    for parent, element in elements(lu):
        assert element.P.objgen == parent.objgen
        assert element.S == "/Document" or element.Pg.objgen in connues


def test_les_polices_et_les_couleurs_restent_permises(lu, coupe):
    sortie = subprocess.run(["pdffonts", "-"], input=coupe, capture_output=True, check=True).stdout.decode()
    lignes = [ligne.split() for ligne in sortie.splitlines()[2:]]
    assert all(ligne[-5] == "yes" for ligne in lignes)
    assert len({ligne[0] for ligne in lignes}) == len(lignes)  # deux extraits, deux noms
    assert len({p.Resources.ColorSpace.srgb[1].objgen for p in lu.pages}) == 1
    assert len(lu.Root.OutputIntents) == 1
    assert list(lu.attachments) == ["feuille-de-route.json"]


def test_un_petit_document_ne_se_coupe_pas():
    assert decoupe.decouper('<body>a<hr class="coupe" data-x="1">b</body>') == ["<body>ab</body>"]


def test_une_coupe_ouvre_la_seconde_partie_avec_ses_rappels(monkeypatch):
    monkeypatch.setattr(decoupe, "SEUIL", 0)
    repere = '<hr class="coupe" data-titre="« T » &quot;&gt;">'
    html = f"<html><body>{'a' * 80}{repere}{'b' * 90}{repere}c</body></html>"
    assert decoupe.decouper(html) == [
        f"<html><body>{'a' * 80}</body></html>",
        f"<html><body>{repere}{'b' * 90}c</body></html>",
    ]


def test_les_numeros_finissent_tous_a_la_meme_marge(coupe):
    """Posés après coup, ils restent alignés à droite, quel que soit leur nombre de chiffres."""
    commande = ["pdftotext", "-bbox", "-f", "2", "-l", "2", "-", "-"]
    mots = subprocess.run(commande, input=coupe, capture_output=True, check=True).stdout.decode()
    sommaire = re.findall(r'xMax="(5[\d.]+)" yMax="([\d.]+)">(\d{1,2})</word>', mots)
    numeros = [(float(bord), texte) for bord, bas, texte in sommaire if float(bas) < 780]
    bords = [bord for bord, _ in numeros]
    assert {len(texte) for _, texte in numeros} == {1, 2}
    assert len(bords) > FICHES
    assert max(bords) - min(bords) < 0.1


def test_les_liens_et_les_champs_de_la_seconde_partie_sont_a_leur_place(monkeypatch):
    """Un lien de chaque partie vers l'autre, et un champ de signature dans la seconde."""
    monkeypatch.setattr(decoupe, "SEUIL", 0)
    corps = '<h2 id="debut">Début</h2><p><a href="#fin">vers la fin</a></p><hr class="coupe">'
    corps += '<h2 id="fin">Fin</h2><p><a href="#debut">vers le début</a></p>'
    octets = html_vers_pdf(une_page("Signature1", "Sceau", corps=corps), EDITION, processus=2)
    with pikepdf.open(io.BytesIO(preparer(octets, [Champ("Signature1", "Signature de X")]))) as pdf:
        assert destinations(pdf) == {"debut": 0, "fin": 1}
        assert [len(feuille.obj.Annots) for feuille in pdf.pages] == [1, 3]
        assert [champ.P.objgen for champ in pdf.Root.AcroForm.Fields] == [pdf.pages[1].objgen] * 2
        table = pikepdf.NumberTree(pdf.Root.StructTreeRoot.ParentTree)
        for annotation in (a for feuille in pdf.pages for a in feuille.obj.Annots):
            contenu = table[int(annotation.StructParent)].K
            objets = [contenu] if isinstance(contenu, pikepdf.Dictionary) else contenu
            assert annotation.objgen in [
                o.Obj.objgen for o in objets if isinstance(o, pikepdf.Dictionary) and "/Obj" in o
            ]
