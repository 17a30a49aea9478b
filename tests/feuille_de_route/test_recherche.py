"""Chercher des fiches : radicaux, accents, début de mot, phrases, numéro, structure ; et rien d'autre."""

import pytest
from django.db import connection

from feuille_de_route.models import RECHERCHE, FicheAction
from feuille_de_route.plan_d_actions import recherche
from tests.feuille_de_route.fabriques import FicheFactory
from tests.gouvernance.fabriques import DemarcheFactory, StructureFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(demarche):
    porteuse = StructureFactory(nom="Caisse d’allocations familiales de la Dordogne", sigle="CAF 24")
    FicheFactory(demarche=demarche, titre="Former les médiateurs numériques")
    FicheFactory(demarche=demarche, titre="Un bus", description="La médiation numérique dans les villages")
    FicheFactory(demarche=demarche, titre="Prêter des ordinateurs", structure_porteuse=porteuse)
    FicheFactory(demarche=demarche, titre="Aller vers", objectifs="Toucher les habitants éloignés")
    FicheFactory(demarche=demarche, titre="Éloigner les habitants des écrans")
    return FicheAction.objects.filter(demarche=demarche)


def numeros(plan, texte):
    trouvees = recherche.trouver(plan, texte)
    par_cle = dict(plan.values_list("pk", "numero"))
    return [par_cle[pk] for pk in sorted(trouvees, key=lambda pk: (-trouvees[pk], pk))]


@pytest.mark.parametrize(
    ("texte", "attendus"),
    [
        ("média", [1, 2]),  # le titre compte plus que la description
        ("MEDIATION", [1, 2]),
        ("numérique village", [2]),
        ("ordinateur", [3]),
        ("habitants éloignés", [5, 4]),
        ('"habitants éloignés"', [4]),
        ("« habitants éloignés »", [4]),
        ('"médiation numérique"', [2]),
        ("caf", [3]),
        ("allocations dordogne", [3]),
        ("3", [3]),
        ("n° 3", [3]),
        ("fiche 2", [2]),
        ("zèbre", []),
        ("médiation zèbre", []),
        ("de la", []),
        ("", []),
        ("!!! ???", []),
    ],
)
def test_ce_que_trouve_une_recherche(plan, texte, attendus):
    assert numeros(plan, texte) == attendus
    porteuses = [
        f.structure_porteuse for f in plan.select_related("structure_porteuse") if f.structure_porteuse
    ]
    assert recherche.trouver(plan, texte, porteuses) == recherche.trouver(plan, texte)


HOSTILES = [
    "a & b | !c", "'; DROP TABLE x --", "a:*:*", "<-> <->", "((((", "\\", "'", "''", "%_%", '"', '""', "«",
    "«»", "a" * 5000, " ".join(["mot"] * 500), "\u202e\ud7ff\uffff", "²³ ½ Ⅷ", "___",
    "é" * 300, "e\u0301e\u0301",
    '"a" "b" "c', "-mot", "9" * 400, "n° 99999999999", "l’aide d’ici", "porte-à-porte", "🙂 🙂", "À:B*",
]  # fmt: skip


@pytest.mark.parametrize("texte", HOSTILES, ids=range(len(HOSTILES)))
def test_une_saisie_hostile_ne_casse_rien(plan, texte):
    assert isinstance(recherche.trouver(plan, texte), dict)
    assert isinstance(recherche.trouver(plan, texte, [StructureFactory()]), dict)


def test_on_ne_cherche_que_parmi_les_fiches_donnees(plan):
    ailleurs = FicheFactory(demarche=DemarcheFactory(groupement=True), titre="Des médiateurs ailleurs")
    assert ailleurs.pk not in recherche.trouver(plan, "médiateurs")
    assert ailleurs.pk in recherche.trouver(FicheAction.objects.all(), "médiateurs")


def test_le_texte_cherche_suit_la_fiche(plan):
    plan.filter(numero=3).update(besoins="Aucun zèbre sans ordinateur")
    assert numeros(plan, "zèbres") == [3]


def test_la_recherche_se_sert_de_l_index(plan):
    """Le plan de PostgreSQL, quand lire toute la table lui est déconseillé : l'index GIN répond."""
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL enable_seqscan = off")
    requete = recherche.requete_de("médiation")
    explication = FicheAction.objects.alias(r=RECHERCHE).filter(r=requete).order_by().explain()
    assert "Bitmap Index Scan on fiche_recherche" in explication
    assert "to_tsvector" not in explication  # rien n'est analysé à la lecture
