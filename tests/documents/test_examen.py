"""Ce que l'examen accepte et refuse : la table des pièges de la fiabilité."""

import io
import random
import time
from datetime import UTC, datetime

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from feuille_de_route.documents import cachet, certificat_essai, examen
from feuille_de_route.documents.signature import SCEAU, sceller
from gouvernance.socle import bac_a_sable
from tests.documents.fabriques import document_signe, pdf


@pytest.fixture(scope="module")
def petit(cachet):
    """Une signature et le sceau : assez court pour être examiné des centaines de fois."""
    return document_signe(cachet, 1)


def refuse(octets, racines) -> bool:
    verdict = examen.examiner(octets, racines)
    bon = verdict["signature_valide"] and verdict["couverture"]
    assert bon == (verdict["motif"] == "")
    return not bon


def trou_de_la_derniere(octets) -> range:
    """Les positions de /Contents de la dernière signature, la seule région non signée."""
    debut = octets.rindex(b"/Contents <") + len(b"/Contents <")
    return range(debut, octets.index(b">", debut))


def basculer(octets, position, bit) -> bytes:
    return octets[:position] + bytes([octets[position] ^ (1 << bit)]) + octets[position + 1 :]


def test_trois_signatures_et_le_sceau_sont_acceptes_et_racontes(signe, racines):
    verdict = examen.examiner(signe, racines)
    assert verdict["motif"] == ""
    assert (verdict["signature_valide"], verdict["couverture"], verdict["scelle"]) == (True, True, True)
    assert [s["champ"] for s in verdict["signatures"]] == [
        "Signature1",
        "Signature2",
        "Signature3",
        SCEAU.nom,
    ]
    assert [s["couvre_tout"] for s in verdict["signatures"]] == [False, False, False, True]
    premiere = verdict["signatures"][0]
    assert premiere["signataire"].startswith("Signataire n° 1, Vice-présidente, Conseil départemental")
    assert "ESSAI" in premiere["cachet"]


def test_un_document_en_cours_est_accepte_mais_pas_scelle(cachet, racines):
    verdict = examen.examiner(document_signe(cachet, 1, scelle=False), racines)
    assert verdict["motif"] == ""
    assert (verdict["scelle"], verdict["champs_vides"]) == (False, ["Sceau"])


def test_chaque_octet_signe_qui_change_est_vu(petit, racines):
    hasard, trou = random.Random(2), trou_de_la_derniere(petit)  # noqa: S311
    signees = [position for position in range(len(petit)) if position not in trou]
    acceptes = [
        position
        for position in hasard.sample(signees, 200)
        if not refuse(basculer(petit, position, hasard.randrange(8)), racines)
    ]
    assert acceptes == []


def test_le_remplissage_de_la_signature_est_vu_aussi(petit, racines):
    hasard, trou = random.Random(3), trou_de_la_derniere(petit)  # noqa: S311
    remplissage = [position for position in trou if set(petit[position : trou.stop]) == {ord("0")}]
    assert len(remplissage) > 500
    positions = hasard.sample(remplissage, 40)
    assert [p for p in positions if not refuse(basculer(petit, p, hasard.randrange(8)), racines)] == []


@pytest.mark.parametrize(
    "ajout", [b"\n", b" ", b"%%EOF\n", b"\0" * 40, b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF"]
)
def test_des_octets_ajoutes_apres_la_fin_sont_refuses(petit, racines, ajout):
    assert refuse(petit + ajout, racines)


def test_des_octets_ajoutes_devant_sont_refuses(petit, racines):
    assert refuse(b"\n" + petit, racines)


def test_un_fichier_tronque_est_refuse(petit, racines):
    for part in (0, 1, 9, len(petit) // 3, len(petit) // 2, len(petit) - 200, len(petit) - 6, len(petit) - 1):
        assert refuse(petit[:part], racines), part


def test_un_fichier_coupe_apres_une_signature_n_est_plus_scelle(signe, racines):
    coupe = signe[: signe.index(b"%%EOF\n", signe.index(b"ETSI.CAdES")) + 6]
    assert not examen.examiner(coupe, racines)["scelle"]


@pytest.mark.parametrize("cible", ["annotation", "contenu", "cartouche"])
def test_une_mise_a_jour_ajoutee_apres_le_sceau_est_refusee(petit, racines, cible):
    flux = IncrementalPdfFileWriter(io.BytesIO(petit))
    page = flux.root["/Pages"]["/Kids"][0]
    if cible == "annotation":
        page["/Annots"].append(
            generic.DictionaryObject({generic.NameObject("/Subtype"): generic.NameObject("/Text")})
        )
        flux.update_container(page["/Annots"])
    else:
        champ = flux.root["/AcroForm"]["/Fields"][0]
        objet, cle = (page, "/Contents") if cible == "contenu" else (champ["/AP"], "/N")
        objet[generic.NameObject(cle)] = flux.add_object(generic.StreamObject(stream_data=b"0 0 m"))
        flux.update_container(objet)
    sortie = io.BytesIO()
    flux.write(sortie)
    verdict = examen.examiner(sortie.getvalue(), racines)
    assert not verdict["signature_valide"]
    assert not verdict["couverture"]
    assert "modifié après cette signature" in verdict["motif"]


def test_une_mise_a_jour_glissee_entre_deux_signatures_est_refusee(cachet, racines):
    """Même si une vraie signature la recouvre ensuite : la révision qui la porte n'est close par aucune."""
    flux = IncrementalPdfFileWriter(io.BytesIO(document_signe(cachet, 1, scelle=False)))
    flux.root["/Glisse"] = generic.TextStringObject("une révision que personne n'a signée")
    flux.update_root()
    sortie = io.BytesIO()
    flux.write(sortie)
    scelle = sceller(sortie.getvalue(), cachet, date=datetime(2026, 5, 12, tzinfo=UTC))
    verdict = examen.examiner(scelle, racines)
    assert (verdict["signature_valide"], verdict["couverture"]) == (False, True)
    assert verdict["motif"] == examen.AJOUT_INTERDIT


def test_une_autorite_inconnue_est_refusee(petit, tmp_path):
    autre = certificat_essai.creer_cachet_essai(tmp_path / "autre.p12", "autre")
    verdict = examen.examiner(petit, examen.charger_racines(cachet.racines_de(autre)))
    assert "autorité reconnue" in verdict["motif"]
    assert not verdict["signature_valide"]


@pytest.mark.parametrize(
    "octets", [b"", b"PK\x03\x04", b"%PDF-1.7\n%%EOF", b"%PDF-" + bytes(range(256)) * 40]
)
def test_ce_qui_n_est_pas_un_pdf_est_refuse_en_francais(octets, racines):
    assert examen.examiner(octets, racines)["motif"] == examen.ILLISIBLE


def test_un_pdf_sans_signature_le_dit(racines):
    verdict = examen.examiner(pdf("Sceau"), racines)
    assert (verdict["lisible"], verdict["motif"]) == (True, examen.SANS_SIGNATURE)


def test_l_examen_dans_le_bac_a_sable_donne_le_meme_verdict_et_demarre_vite(signe, racines, chemin_cachet):
    arguments = ["-", "--racines", cachet.racines_de(chemin_cachet)]
    module = "feuille_de_route.documents.examen"
    assert bac_a_sable.executer(module, arguments, entree=signe) == examen.examiner(signe, racines)
    debut = time.monotonic()
    assert bac_a_sable.executer(module, arguments, entree=b"rien")["motif"] == examen.ILLISIBLE
    assert time.monotonic() - debut < 6  # 1 s sur une machine libre
