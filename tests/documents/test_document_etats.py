"""Le projet, la version à signer : ce qui vient de la base en plus du contenu, et rien d'autre."""

import io
import json
from itertools import pairwise

import pikepdf
import pypdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feuille_de_route.documents.contexte import html_du_document, pieces_jointes
from feuille_de_route.documents.production import champs
from feuille_de_route.documents.signature import champs_de, preparer
from feuille_de_route.echange.canonique import canonique
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.models import Document, NatureDocument, Signature
from gouvernance.models import CodeJalon, EtatJalon, NatureDecision
from tests.documents.editions import d_un_trait, pages, pdf, version
from tests.documents.fabriques_contenu import exemple
from tests.feuille_de_route.fabriques import FicheFactory, SignataireFactory
from tests.gouvernance.fabriques import DecisionFactory, DemarcheFactory, SeanceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def demarche():
    return DemarcheFactory(nom="Feuille de route vivante", avec_cadre=True)


@pytest.fixture
def a_signer(demarche):
    """Validée par le COPIL, trois signataires."""
    jalon = demarche.jalons.get(code=CodeJalon.VALIDATION)
    seance = SeanceFactory(instance=jalon.instance, numero=2, ouverte=True)
    jalon.decision = DecisionFactory(seance=seance, jalon=jalon, nature=NatureDecision.VALIDATION, ordre=1)
    jalon.etat = EtatJalon.VALIDE
    jalon.save()
    figee = version(exemple(), demarche=demarche, scelle="0" * 64)
    figee.save()
    document = Document.objects.create(demarche=demarche, version_figee=figee, nature=NatureDocument.A_SIGNER)
    for ordre in (1, 2, 3):
        signataire = SignataireFactory(demarche=demarche, nom=f"Signataire d’essai n° {ordre}")
        Signature.objects.create(document=document, signataire=signataire, ordre=ordre)
    return document


@pytest.fixture
def projet(demarche):
    return Document.objects.create(demarche=demarche, nature=NatureDocument.PROJET)


def test_chaque_signataire_et_le_sceau_ont_leur_champ(a_signer):
    pret = preparer(pdf(a_signer), champs(a_signer))
    assert champs_de(pret) == {"Signature1": False, "Signature2": False, "Signature3": False, "Sceau": False}
    with pikepdf.open(io.BytesIO(pret)) as document:
        cadres = [champ.Rect for champ in document.Root.AcroForm.Fields]
        lieux = [
            page
            for page in document.pages
            if "/Annots" in page.obj and any("/FT" in annotation for annotation in page.obj.Annots)
        ]
    assert len(lieux) == 1
    hauteurs = [(float(c[1]), float(c[3])) for c in cadres]
    assert all(haut - bas >= 34 / 25.4 * 72 for bas, haut in hauteurs)
    assert all(suivant[1] < bas for (bas, _), suivant in pairwise(hauteurs))


def test_beaucoup_de_signataires_passent_a_la_page_suivante(a_signer):
    for ordre in range(4, 13):
        signataire = SignataireFactory(demarche=a_signer.demarche)
        Signature.objects.create(document=a_signer, signataire=signataire, ordre=ordre)
    assert len(champs_de(preparer(pdf(a_signer), champs(a_signer)))) == 13


def test_la_version_a_signer_dit_sa_validation_et_ses_signataires(a_signer):
    texte = d_un_trait(pdf(a_signer))
    assert "Validée par : Comité de pilotage (COPIL), le 10 février 2026" in texte
    assert "décision 2026-COPIL-02-D1" in texte
    assert texte.count("Signataire d’essai n°") == 3
    ligne = texte[texte.index("Validation de la feuille de route 30 juin 2026") :][:150]
    assert "Validé 2026-COPIL-02-D1, le 10 février 2026" in ligne  # décidé depuis que la version est figée


def test_la_version_a_signer_n_imprime_que_le_contenu_fige(a_signer):
    a_signer.demarche.nom = "Nom changé depuis"
    a_signer.demarche.save()
    FicheFactory(demarche=a_signer.demarche, titre="Fiche ajoutée depuis", retenue=True)
    texte = d_un_trait(pdf(Document.objects.get(pk=a_signer.pk)))
    assert "(exemple)" in texte
    assert "depuis" not in texte.replace("depuis 2019", "")


def test_un_projet_le_dit_a_chaque_page_et_liste_ce_qui_manque(projet):
    octets = pdf(projet)
    feuilles = pages(octets)
    assert all("rojet" in page or "PROJET" in page for page in feuilles)
    texte = d_un_trait(octets)
    assert "Feuille de route vivante" in texte
    assert "Ce qui manque encore" in texte
    assert "Document de travail" in texte
    assert b"champ:" not in octets


def test_le_json_d_un_projet_est_l_export_du_moment(projet):
    (piece,) = pieces_jointes(projet)
    assert piece.nom == "feuille-de-route.json"
    assert piece.octets.decode() == canonique(exporter(projet.demarche))
    assert json.loads(piece.octets)["demarche"]["nom"] == "Feuille de route vivante"


def test_le_json_d_une_version_a_sa_date_et_ses_octets(a_signer):
    (piece,) = pieces_jointes(a_signer)
    assert piece.octets == a_signer.version_figee.canonique.encode()
    assert piece.date == a_signer.version_figee.figee_le
    assert list(pypdf.PdfReader(io.BytesIO(pdf(a_signer))).attachments) == [piece.nom]


def requetes(document) -> int:
    frais = Document.objects.get(pk=document.pk)
    with CaptureQueriesContext(
        connection,
    ) as capture:
        html_du_document(frais)
    return len(capture)


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_fiches(projet, a_signer):
    FicheFactory.create_batch(3, demarche=projet.demarche, complete=True)
    avant = requetes(projet), requetes(a_signer)
    FicheFactory.create_batch(12, demarche=projet.demarche, complete=True)
    assert (requetes(projet), requetes(a_signer)) == avant
    assert avant[1] <= 5
