"""Le document relu dans son PDF : ce qui est figé s'y trouve, à la bonne page, au centime."""

import re
from decimal import Decimal

import pytest

from tests.documents.editions import d_un_trait, pages, pdf, soumis
from tests.documents.fabriques_contenu import exemple, grande, minimale

FICHES = 40
LIGNE_DU_SOMMAIRE = re.compile(r"^ ?(?!.* page \d+ / )(.+?) (\d+)$", re.M)


@pytest.fixture(scope="module")
def petit():
    return d_un_trait(pdf(soumis(exemple())))


@pytest.fixture(scope="module")
def grand():
    return pages(pdf(soumis(grande(FICHES))))


def page_du_titre(feuilles: list[str], titre: str) -> int:
    """La première page, hors sommaire, dont une ligne est ce titre."""
    for numero, page in enumerate(feuilles, start=1):
        if "Sommaire" not in page and titre in [ligne.strip() for ligne in page.splitlines()]:
            return numero
    raise AssertionError(f"« {titre} » n'est le titre d'aucune page.")


def sommaire(feuilles: list[str]) -> list[tuple[str, int]]:
    texte = "\n".join(page for page in feuilles[1:5] if "Sommaire" in page)
    return [(titre.strip(" ."), int(numero)) for titre, numero in LIGNE_DU_SOMMAIRE.findall(texte)]


@pytest.mark.lent
def test_le_sommaire_donne_la_page_ou_est_le_titre(grand):
    lignes = sommaire(grand)
    titres = [titre for titre, _ in lignes]
    assert len([t for t in titres if "jours de marché, lot" in t]) == FICHES
    sections = [(t, n) for t, n in lignes if "jours de marché" not in t]
    assert len(sections) >= 14
    for titre, numero in sections:
        assert page_du_titre(grand, titre) == numero, titre
    for titre, numero in lignes:
        if (fiche := re.match(r"(\d+)\. (Des permanences.*)", titre)) is not None:
            assert f"{fiche[1]} {fiche[2]}" in grand[numero - 1], titre


@pytest.mark.lent
def test_chaque_fiche_commence_une_page(grand):
    for numero in range(1, FICHES + 1):
        titre = re.compile(rf"^ ?{numero} Des permanences les jours de marché, lot {numero}$", re.M)
        debuts = [page for page in grand if titre.search(page)]
        assert len(debuts) == 1, numero
        avant = [li for li in debuts[0][: titre.search(debuts[0]).start()].splitlines() if li.strip()]
        assert len(avant) == 3, avant  # l'en-tête, puis l'axe et le sous-axe du bandeau
        suite = grand[grand.index(debuts[0]) + 1]
        assert "il manque 12 000 €" in debuts[0] + suite


@pytest.mark.lent
def test_les_sommes_sont_exactes_au_centime(grand):
    texte = " ".join(" ".join(grand).split())
    contenu = grande(FICHES)
    budget = sum(Decimal(li["montant"]) for f in contenu["fiches"] for li in f["budget"])
    assert budget == Decimal("4000020.00")
    assert "Coût prévu 4 000 020 €" in texte
    assert "il manque 480 000 €" in texte
    etat = sum(
        Decimal(p["demande"]) for f in contenu["fiches"] for p in f["financements"] if p["type"] == "etat"
    )
    ecrit = f"{etat:,.2f}".replace(",", " ").replace(".", ",")
    # toute la durée, total, acquis, demandé : les deux premiers sont le total, les deux autres le composent
    assert re.search(rf"État – – {re.escape(ecrit)} {re.escape(ecrit)} [\d ,]+ [\d ,]+ Région", texte)


@pytest.mark.lent
def test_chaque_page_dit_la_version_et_sa_place(grand):
    for numero, page in enumerate(grand[1:], start=2):
        assert f"page {numero} / {len(grand)}" in page
        assert "Version 1 – Soumise à la validation le 3 mars 2026" in page
    assert "page" not in grand[0].replace("entière en annexe", "")


def test_les_sections_suivent_la_methode(petit):
    titres = (
        "élaborée",
        "Gouvernance",
        "Diagnostic",
        "Enjeux",
        "Stratégie",
        "Chantiers clés",
        "Fiches actions",
    )
    titres += (
        "Plan de financement",
        "Calendrier",
        "Besoins en ingénierie",
        "Engagements",
        "Signatures",
        "Annexe",
    )
    places = [petit.index(titre) for titre in titres]  # dans le sommaire
    assert places == sorted(places)


@pytest.mark.parametrize(
    "attendu",
    [
        "Dordogne (24)", "sept. 2025 – déc. 2027", "Conseil départemental de la Dordogne", "SDAASaP",
        "2025-COPIL-01-D1", "le 20 octobre 2025", "Compléter les données sur l’équipement des foyers.",
        "Opérateurs sociaux", "Atelier du 12 février", "Vingt communes prêtent une salle.",
        "« On le voit chaque semaine en mairie. »", "tout à fait d’accord", "donnée de démonstration",
        "17,9 %", "Relève d’un autre schéma.", "Repérage des allocataires", "400 personnes",
        "68 500,50", "92 500,50 €", "il manque au plus 37 500,50 €", "Garantir la gouvernance et les moyens.",
        "Personne à plus de vingt minutes d’une aide.", "Animer la gouvernance et la feuille de route",
        "/verifier", "On ne peut pas faire", "Équiper chaque foyer", "Le budget n’y suffit pas.",
        "Être aidé sans rendez-vous", "Deux marchés ouverts, un médiateur recruté.", "moins de six mois",
        "gérer ses démarches administratives", "Avec : Conseil départemental de la Dordogne",
        "suivi : Comité de pilotage (COPIL)", "Issue du chantier clé « Peut-on mutualiser",
        "avis favorable avec réserves – Dire où l’on s’abrite l’hiver.",
        "Fondation Fonds privés, montant inconnu",
        "Dernier relevé : 180,5 personnes au 30 juin 2027", "(faite le 28 septembre 2026)",
        "réalisé : 23 950 €", "Public visé : seniors", "Le fil d’or",
        "1 action sur 2 va au-delà de ce qui existe déjà", "un financement n’étant pas chiffré",
        "Ingénierie 2026 (exemple) : 40 000 € pour le département", "24 000 € demandés, 22 000 € accordés",
        "pour le 31 décembre 2026", "Trois communes volontaires.", "Faire avec, pour que la personne",
    ],
)  # fmt: skip
def test_le_contenu_fige_est_imprime(petit, attendu):
    assert attendu in petit


def test_une_valeur_absente_n_est_pas_un_zero(petit):
    assert re.search(r"France[^%]{0,40}non disponible", petit)
    assert "None" not in petit
    assert "France 0" not in petit


def test_un_document_soumis_n_est_pas_a_signer():
    octets = pdf(soumis(exemple()))
    assert b"champ:" not in octets
    assert "elle n’est pas à signer" in d_un_trait(octets)


def test_l_empreinte_de_la_version_est_imprimee_en_entier(petit):
    empreinte = soumis(exemple()).version_figee.empreinte
    assert empreinte in petit.replace(" ", "")


def test_un_brouillon_d_un_nom_et_d_un_departement_reste_lisible():
    texte = d_un_trait(pdf(soumis(minimale())))
    assert "Feuille de route de la Dordogne" in texte
    assert "None" not in texte
    for absente in ("Diagnostic", "Fiches actions", "Plan de financement", "Signatures", "L’essentiel"):
        assert absente not in texte


def test_des_cles_nulles_valent_des_cles_absentes():
    nulles = dict.fromkeys(set(exemple()) - set(minimale()))
    assert d_un_trait(pdf(soumis(minimale() | nulles))).count("Annexe") == d_un_trait(
        pdf(soumis(minimale()))
    ).count("Annexe")
    vides = dict.fromkeys(("region", "epcis", "porteur", "debut", "contrat"))
    demarche = exemple()["demarche"] | vides
    assert "None" not in d_un_trait(pdf(soumis(minimale() | {"demarche": demarche})))
