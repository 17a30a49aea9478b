"""Les tables du paquet transmis : les codes de l'ANCT, et rien qu'un tableur exécuterait."""

import csv
import io

import pytest

from tests.feuille_de_route.envois import lire_csv, paquet_de, transmettre
from tests.feuille_de_route.fabriques import BesoinFactory, FicheFactory, FinancementFactory
from tests.feuille_de_route.scenes import demarche_signee, travailler
from tests.gouvernance.fabriques import InstanceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("petit_document")]


def demarche_formule():
    """Signée, et dont chaque texte saisi commence comme une formule de tableur."""

    def remplir(demarche):
        InstanceFactory(demarche=demarche, type="copil", nom="@SUM(A1)")
        BesoinFactory(demarche=demarche, precision="+33 rien")
        fiche = FicheFactory(demarche=demarche, retenue=True, complete=True, titre="-2+3")
        FinancementFactory(fiche=fiche, financeur="\t=cmd|' /C calc'!A0", etat="sollicite")

    return demarche_signee(1, nom="=1+2", avant_de_figer=remplir)


def test_les_tables_portent_les_codes_de_l_anct_et_aucune_formule(client):
    demarche = demarche_formule()
    transmettre(client, demarche)
    travailler()
    archive = paquet_de(demarche)
    feuille = dict(zip(*lire_csv(archive, "feuille_de_route"), strict=True))
    assert feuille["perimetre"] == "departemental"
    assert feuille["departement"] == "24"
    assert feuille["nom"] == "'=1+2"
    assert lire_csv(archive, "comites")[1:] == [["'@SUM(A1)", "strategique", ""]]
    assert lire_csv(archive, "besoins")[1:] == [["1", "animer_la_gouvernance", "'+33 rien"]]
    action = dict(zip(*lire_csv(archive, "actions"), strict=True))
    assert (action["titre"], action["budget_eur"]) == ("'-2+3", "10000,00")
    financement = dict(zip(*lire_csv(archive, "financements"), strict=True))
    assert (financement["statut"], financement["demande_eur"]) == ("deposee", "5000,00")
    for nom in (n for n in archive.namelist() if n.endswith(".csv")):
        for ligne in csv.reader(io.StringIO(archive.read(nom).decode("utf-8-sig")), delimiter=";"):
            assert not [c for c in ligne if c.lstrip().startswith(("=", "+", "-", "@"))], (nom, ligne)
