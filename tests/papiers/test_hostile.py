"""Le pire que l'on puisse taper : aucun papier n'en casse, n'en ment ni ne parle d'un autre département."""

import io
import zipfile

import docx
import pytest

from feuille_de_route import papiers
from feuille_de_route.models import Papier
from gouvernance.models import Terme
from tests.gouvernance.situations import situation
from tests.papiers.fabriques import (
    DE_SEANCE,
    TOUS,
    octets,
    par_libreoffice,
    preparer,
    seance_ouverte,
    texte,
    texte_pdf,
    xml_du_word,
)
from tests.robustesse.scene import CANARI

pytestmark = pytest.mark.django_db

POISONS = {
    "formule": '=cmd|"/c calc"!A1',
    "commande": "".join(map(chr, [*range(1, 9), 11, 12, *range(14, 32), 127, 133, 159])) + "fin",
    "invalide": "avant\ufffe\uffffaprès\ufeff",
    "retourne": "rapport\u202efdp.exe\u2066 normal\u2069",
    "arabe": "مرحبا بالعالم",
    "balise": "</w:t></w:r><script>alert(1)</script><w:r><w:t>{{ ecrit.titre }}{% now 'Y' %}",
    "css": '</style><style>*{display:none}</style>" style="display:none',
    "url": "<img src=file:///etc/passwd><link rel=attachment href=file:///etc/passwd>",
    "emoji": "👩🏽‍💻 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "sans espace": "x" * 240,
    "vide": "   \u00a0\u2003 ",
}


def empoisonner(lieu, seance, poison: str) -> None:
    """Le même texte partout où quelqu'un écrit."""

    def court(n):
        return poison[:n]

    structures = [siege.structure for siege in lieu.copil.sieges.all()]
    for objet in (*structures, *(s.personne for s in lieu.copil.sieges.all())):
        type(objet).objects.filter(pk=objet.pk).update(nom=court(100))
    type(lieu.demarche).objects.filter(pk=lieu.demarche.pk).update(nom=court(200))
    type(lieu.copil).objects.filter(pk=lieu.copil.pk).update(nom=court(200))
    type(seance).objects.filter(pk=seance.pk).update(lieu=court(200), compte_rendu=poison * 3)
    seance.points.update(objet=court(250), rapporteur=court(150), echanges=poison)
    seance.decisions.filter(ordre=1).update(objet=court(250), texte=poison, reserves=poison)
    seance.pieces.update(nom=court(150))
    lieu.demarche.points_de_blocage.update(libelle=poison)
    champs = ("contexte", "objectifs", "methode", "perimetre", "moyens", "vigilance")
    type(lieu.demarche.cahier).objects.filter(demarche=lieu.demarche).update(**dict.fromkeys(champs, poison))
    Terme.objects.create(demarche=lieu.demarche, terme=court(100), definition=poison)


@pytest.fixture
def lieu():
    return situation(gouvernance__departement__code="24")


@pytest.mark.parametrize("poison", POISONS)
def test_aucun_texte_ne_casse_un_papier(lieu, poison, tmp_path):
    seance = seance_ouverte(lieu)
    empoisonner(lieu, seance, POISONS[poison])
    seance.refresh_from_db()
    for nature, format_ in TOUS:
        papier = preparer(lieu, seance, nature, format_)
        if format_ == "docx":
            sain(octets(papier))
        else:
            lu = texte_pdf(octets(papier))
            assert "root:" not in lu
            assert "page 1 / " in lu, (nature, poison)  # la feuille de style tient toujours


def sain(contenu: bytes) -> None:
    """Un Word que l'on rouvre, sans champ ni lien que le texte y aurait glissé."""
    docx.Document(io.BytesIO(contenu))
    with zipfile.ZipFile(io.BytesIO(contenu)) as archive:
        assert archive.testzip() is None
        liens = archive.read("word/_rels/document.xml.rels").decode()
    assert 'TargetMode="External"' not in liens
    corps = xml_du_word(contenu)
    assert "w:instrText" not in corps
    assert "<script" not in corps


@pytest.mark.parametrize("poison", ["formule", "balise", "arabe", "retourne"])
def test_ce_qui_est_ecrit_se_lit_tel_quel(lieu, poison, tmp_path):
    seance = seance_ouverte(lieu)
    empoisonner(lieu, seance, POISONS[poison])
    attendu = {
        "formule": '=cmd|"/c calc"!A1', "balise": "<script>alert(1)</script>", "arabe": None,
        "retourne": "rapportfdp.exe normal",
    }[poison]  # fmt: skip
    for format_ in ("pdf", "docx"):
        papier = preparer(lieu, seance, "proces_verbal", format_)
        lu = texte(papier, tmp_path)
        assert (attendu or "Procès-verbal") in lu.replace(" !", "!")
    if poison == "arabe":
        assert POISONS["arabe"] in xml_du_word(octets(papier))


def test_vingt_mille_signes_tiennent(lieu, tmp_path):
    seance = seance_ouverte(lieu, sieges=60)
    seance.compte_rendu = "Un long débat sur les permanences. " * 571 + "Fin du débat."
    seance.save()
    seance.points.filter(ordre=2).update(echanges="y" * 20_000)
    seance.decisions.filter(ordre=1).update(texte="Décider longuement. " * 1000)
    pdf = preparer(lieu, seance, "proces_verbal")
    assert "Fin du débat." in texte_pdf(octets(pdf))
    assert texte_pdf(octets(pdf)).replace(" ", "").count("y") >= 20_000
    word = par_libreoffice(octets(preparer(lieu, seance, "proces_verbal", "docx")), tmp_path)
    assert "Fin du débat." in texte_pdf(word)
    assert texte_pdf(word).count("longuement.") == 1000  # une fin de page peut couper la phrase


def test_aucun_papier_ne_dit_un_mot_d_un_autre_departement(lieu, tmp_path):
    ailleurs = situation(gouvernance__departement__code="33")
    autre = seance_ouverte(ailleurs)
    empoisonner(ailleurs, autre, CANARI)
    seance = seance_ouverte(lieu)
    for nature, format_ in TOUS:
        contenu = preparer(lieu, seance, nature, format_)
        assert CANARI not in texte_pdf(octets(contenu)) if format_ == "pdf" else True
        assert format_ == "pdf" or CANARI not in xml_du_word(octets(contenu))
        chante = preparer(ailleurs, autre, nature, format_)  # et il s'entend chez lui
        dit = texte_pdf(octets(chante)) if format_ == "pdf" else xml_du_word(octets(chante))
        assert CANARI in dit, (nature, format_)


def test_ni_la_note_privee_ni_les_courriels_ne_s_impriment(lieu, tmp_path):
    gouvernance = lieu.demarche.gouvernance
    gouvernance.note_privee, gouvernance.note_contexte = "Confidentiel-A", "Confidentiel-B"
    gouvernance.save()
    seance = seance_ouverte(lieu)
    for siege in lieu.copil.sieges.select_related("personne"):
        type(siege.personne).objects.filter(pk=siege.personne_id).update(email="perso@secret.example")
    for nature, format_ in TOUS:
        contenu = octets(preparer(lieu, seance, nature, format_))
        dit = texte_pdf(contenu) if format_ == "pdf" else xml_du_word(contenu)
        assert "Confidentiel" not in dit
        assert "secret.example" not in dit


def test_un_papier_d_une_autre_demarche_ne_se_demande_ni_ne_se_lit_d_ici(client, lieu):
    ailleurs = situation(gouvernance__departement__code="33")
    autre = seance_ouverte(ailleurs)
    papier = preparer(ailleurs, autre, "releve")
    client.force_login(lieu.gens["coordination"])
    for nature, format_ in DE_SEANCE:
        assert (
            client.post(
                f"/demarches/{lieu.uuid}/seances/{autre.uuid}/papiers/{nature}/{format_}/"
            ).status_code
            == 404
        )
    for chemin in (
        f"/demarches/{lieu.uuid}/papiers/{papier.uuid}/",
        f"/demarches/{lieu.uuid}/papiers/{papier.uuid}/fichier",
    ):
        assert client.get(chemin).status_code == 404
    assert Papier.objects.count() == 1


def test_la_lecture_du_contenu_tient_en_une_requete(lieu, django_assert_num_queries):
    seance = seance_ouverte(lieu, sieges=20)
    acces = papiers.Acces(lieu.gens["coordination"], lieu.demarche)
    for quoi in (seance, None):
        with django_assert_num_queries(2):
            papiers.lignes(lieu.demarche, acces, quoi)
