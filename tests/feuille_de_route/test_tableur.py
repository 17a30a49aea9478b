"""Les classeurs : typés, sans formule d'autrui, aux totaux justes chez n'importe quel lecteur."""

import io
import re
import shutil
import subprocess
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from feuille_de_route.models import EtatFinancement
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    FicheFactory,
    FinancementFactory,
    IndicateurFactory,
    LigneBudgetFactory,
    PartenariatFactory,
)
from tests.feuille_de_route.releves import classeur
from tests.gouvernance.fabriques import StructureFactory

SOFFICE = shutil.which("soffice")
PREFIXES = ["=", "==", "+", "-", "@", "\t=", "\r=", "\n=", " =", "|", "%", "=cmd|", "'=", '"=', "＝"]
CHARGES = [f"{prefixe}1+1" for prefixe in PREFIXES]
FEUILLES = ["Plan de financement", "Par axe", "Par financeur", "Lignes"]


@pytest.fixture
def telecharger(client, demarche, gens):
    client.force_login(gens["coordination"])

    def obtenir(nom: str, suite: str = "") -> bytes:
        reponse = client.get(reverse(nom, args=[demarche.uuid]) + suite)
        assert reponse.status_code == 200
        assert reponse["Content-Disposition"].startswith("attachment; filename=")
        assert reponse["X-Content-Type-Options"] == "nosniff"
        return reponse.content

    return obtenir


def peupler(demarche) -> None:
    """Deux axes, trois fiches, quatre financeurs, un montant inconnu, un refus, une valorisation."""
    axes = [AxeFactory(demarche=demarche, intitule=titre) for titre in ("Aller vers", "=Former")]
    for rang in range(3):
        fiche = FicheFactory(demarche=demarche, axe=axes[rang % 2], titre=f"Action {rang}")
        LigneBudgetFactory(fiche=fiche, annee=2026, montant="1000.10", realise="999.99")
        LigneBudgetFactory(fiche=fiche, annee=2027, montant="2000.20", nature="rh", etp="0.25")
        FinancementFactory(fiche=fiche, financeur="Région", type="region", annee=2026, demande="300.33")
        FinancementFactory(
            fiche=fiche, financeur="État", obtenu="400.44", etat=EtatFinancement.ACQUIS, annee=2027
        )
        FinancementFactory(fiche=fiche, financeur="Mairie", type="valorisation", demande="50.55")
    FinancementFactory(fiche=fiche, financeur="CAF", type="caf", demande="70.07", etat=EtatFinancement.REFUSE)
    FinancementFactory(fiche=fiche, financeur="Fondation", type="prive", demande=None)


def test_les_totaux_sont_des_formules_et_portent_leur_valeur(telecharger, demarche):
    peupler(demarche)
    lus = telecharger("plan_financement_xlsx")
    feuilles = classeur(lus)
    assert list(feuilles) == FEUILLES
    plan = {ligne[1] or ligne[2]: ligne for ligne in feuilles["Plan de financement"][4:]}
    assert plan["Total – budget prévu"][6:10] == [3000.3, 6000.6, 0.0, 9000.9]
    assert plan["Total – financement"][6:12] == [900.99, 1201.32, 151.65, 2253.96, 1201.32, 1052.64]
    assert plan["Total – reste à trouver"][9] == 6746.94
    assert feuilles["Par axe"][-1][1:] == ["Total", 3.0, 9000.9, 2999.97, 1201.32, 1052.64, 151.65, 6746.94]
    assert feuilles["Par financeur"][-2][4:] == [1201.32, 1052.64, 2253.96, 70.07]
    with zipfile.ZipFile(io.BytesIO(lus)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    formules = re.findall(r"<f>(.*?)</f><v>(.*?)</v>", xml)
    assert len(formules) > 60
    assert all(re.match(r"[-+()A-Z0-9$:,&;a-zé !\"ûà]+$", f.replace("&quot;", '"')) for f, _ in formules), (
        formules
    )
    assert {f.split("(")[0] for f, _ in formules} >= {"SUMIFS", "SUM", "SUMIF"}


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice n’est pas sur cette machine")
@pytest.mark.lent
def test_libreoffice_recalcule_les_memes_totaux(telecharger, demarche, tmp_path):
    """Valeurs calculées ôtées du fichier, un autre tableur les retrouve toutes."""
    peupler(demarche)
    lus = telecharger("plan_financement_xlsx")
    nu = tmp_path / "nu.xlsx"
    with zipfile.ZipFile(io.BytesIO(lus)) as source, zipfile.ZipFile(nu, "w") as cible:
        for nom in source.namelist():
            octets_ = source.read(nom)
            if nom.startswith("xl/worksheets/sheet"):
                octets_ = re.sub(rb"(<f>.*?</f>)<v>.*?</v>", rb"\1", octets_)
            cible.writestr(nom, octets_)
    assert classeur(nu.read_bytes())["Par axe"][-1][3] == ""
    profil = f"-env:UserInstallation=file://{tmp_path}/profil"
    commande = [SOFFICE, profil, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*commande, "--outdir", str(tmp_path / "sortie"), str(nu)], check=True, timeout=170,
                   capture_output=True)  # fmt: skip
    if not (tmp_path / "sortie").exists():
        pytest.skip("LibreOffice est là sans son tableur")
    refait, notre = classeur((tmp_path / "sortie" / "nu.xlsx").read_bytes()), classeur(lus)
    for feuille in FEUILLES:
        for ligne_a, ligne_b in zip(notre[feuille], refait[feuille], strict=False):
            assert [_rond(v) for v in ligne_a] == [_rond(v) for v in ligne_b][: len(ligne_a)], feuille


def _rond(valeur):
    return round(valeur, 2) if isinstance(valeur, float) else valeur


@pytest.mark.parametrize("charge", CHARGES, ids=range(len(CHARGES)))
def test_aucun_texte_saisi_ne_devient_une_formule(telecharger, demarche, charge):
    axe = AxeFactory(demarche=demarche, intitule=charge)
    porteuse = StructureFactory(nom=charge)
    fiche = FicheFactory(
        demarche=demarche, axe=axe, titre=charge, objectifs=charge, description=charge, contexte=charge,
        pilote=charge, moyens_humains=charge, premiere_annee=charge, structure_porteuse=porteuse,
    )  # fmt: skip
    LigneBudgetFactory(fiche=fiche, libelle=charge)
    FinancementFactory(fiche=fiche, financeur=charge, dispositif=charge)
    IndicateurFactory(fiche=fiche, libelle=charge)
    PartenariatFactory(fiche=fiche, structure=StructureFactory(nom=f"{charge} bis"), apport=charge)
    for nom, lieux in (("plan_financement_xlsx", 6), ("plan_fiches_xlsx", 8)):
        lus = telecharger(nom)
        with zipfile.ZipFile(io.BytesIO(lus)) as archive:
            xml = "".join(archive.read(n).decode() for n in archive.namelist() if "worksheets/" in n)
        formules = re.findall(r"<f>(.*?)</f>", xml)
        assert all(re.match(r"(SUM|IF|-?[A-Z]+\d|0$)", f) for f in formules)
        assert not any("1+1" in f for f in formules)
        cellules = [v for feuille in classeur(lus).values() for ligne in feuille for v in ligne]
        textes = [v for v in cellules if isinstance(v, str) and charge.strip() in v]
        assert len(textes) >= lieux, (nom, len(textes))


def test_la_liste_des_fiches_est_typee(telecharger, demarche):
    fiche = FicheFactory(
        demarche=demarche, complete=True, retenue=True, fin=date(2027, 12, 31), services=["acces"]
    )
    FinancementFactory(fiche=fiche, demande="4000.25")
    vide = FicheFactory(demarche=demarche, titre="À chiffrer", description="x" * 40_000)
    lignes = classeur(telecharger("plan_fiches_xlsx"))["Fiches actions"]
    titres = lignes[0]
    lue, autre = (dict(zip(titres, ligne, strict=True)) for ligne in lignes[1:])
    assert lue["N°"] == float(fiche.numero)
    assert (lue["Début"], lue["Fin"]) == (date(2026, 9, 1), date(2027, 12, 31))
    assert (lue["Budget prévu"], lue["Espéré"], lue["Reste à trouver"]) == (10_000.0, 4_000.25, 5_999.75)
    assert lue["Services"] == "Accès internet et matériel informatique"
    assert lue["Indicateurs"].startswith("Personnes accompagnées : 400")
    assert lue["Territoires"] == "Tout le périmètre"
    assert autre["Titre"] == vide.titre
    assert autre["Budget prévu"] == ""  # non chiffrée n'est pas zéro
    assert autre["Description"].endswith("(texte coupé : il dépasse ce qu’une cellule peut contenir)")
    assert Decimal(lue["Acquis"]) == 0


def test_un_plan_vide_s_exporte_aussi(telecharger):
    assert list(classeur(telecharger("plan_financement_xlsx"))) == FEUILLES
    assert len(classeur(telecharger("plan_fiches_xlsx"))["Fiches actions"]) == 1


def test_la_liste_suit_les_filtres_du_plan(telecharger, demarche):
    axe = AxeFactory(demarche=demarche)
    FicheFactory(demarche=demarche, titre="Un bus", axe=axe, retenue=True)
    FicheFactory(demarche=demarche, titre="Un atelier", proposee=True)
    FicheFactory(demarche=demarche, titre="Écartée", ecartee=True)

    def titres(suite=""):
        return {ligne[1] for ligne in classeur(telecharger("plan_fiches_xlsx", suite))["Fiches actions"][1:]}

    assert titres() == {"Un bus", "Un atelier", "Écartée"}
    assert titres("?etat=retenue") == {"Un bus"}
    assert titres(f"?axe={axe.uuid}") == {"Un bus"}
    assert titres("?q=ateliers") == {"Un atelier"}


def test_un_classeur_s_imprime_lisible(telecharger, demarche):
    """Ni réduit à l'illisible, ni écrit l'un sur l'autre : assez de pages de front, les premières colonnes et
    les titres sur chacune, une hauteur pour les textes longs (LibreOffice ne la devine pas).
    """
    fiche = FicheFactory(demarche=demarche, titre="Le bus", contexte="Un mot. " * 60)
    IndicateurFactory(fiche=fiche, libelle="Satisfaits", cible="85.50", unite="%")
    peupler(demarche)
    with zipfile.ZipFile(io.BytesIO(telecharger("plan_fiches_xlsx"))) as archive:
        feuille = archive.read("xl/worksheets/sheet1.xml").decode()
        titres = archive.read("xl/workbook.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
    assert int(re.search(r'fitToWidth="(\d+)"', feuille).group(1)) >= 4
    assert "'Fiches actions'!$A:$B,'Fiches actions'!$1:$1" in titres
    assert re.search(r'<pane xSplit="2" ySplit="1"', feuille)
    assert float(re.search(r'<row r="2"[^>]* ht="([\d.]+)"', feuille).group(1)) >= 8 * 15
    assert not re.search(r'<row r="3"[^>]* ht=', feuille)
    assert "Satisfaits : 85,5 %" in feuille
    assert "0.##" not in styles  # Excel écrirait « 1, »
