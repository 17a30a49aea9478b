"""Des travailleurs tués en pleine préparation : chaque papier finit prêt, une fois."""

import time

import pytest
from django.db import connection

from feuille_de_route.lancement.redis_prive import RedisPrive
from feuille_de_route.models import Papier
from gouvernance.models import Evenement
from tests.feuille_de_route.travailleur import Travailleur, attendre
from tests.gouvernance.situations import situation
from tests.papiers.fabriques import TOUS, demander, octets, seance_ouverte

pytestmark = [pytest.mark.lent, pytest.mark.django_db(transaction=True)]

COUPS, LIMITE = 4, 180


@pytest.fixture
def travailleur(tmp_path):
    serveur = RedisPrive(tmp_path)
    un = Travailleur(serveur.demarrer(), tmp_path)
    yield un
    un.tuer()
    serveur.arreter()


def un_papier_est_tenu() -> bool:
    """Un autre que nous tient le verrou d'une ligne : la préparation est en cours."""
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a"
            " USING (pid) WHERE c.relname = 'feuille_de_route_papier' AND l.mode = 'RowShareLock'"
            " AND a.datname = current_database() AND pid <> pg_backend_pid()"
        )
        return curseur.fetchone()[0] > 0


def test_un_travailleur_tue_en_chemin_rend_le_papier(travailleur):
    lieux = [situation(gouvernance__departement__code=f"{rang:03d}") for rang in range(4)]
    for lieu in lieux:
        seance = seance_ouverte(lieu, sieges=40)
        for nature, format_ in TOUS:
            demander(lieu, seance, nature, format_)
    debut = time.monotonic()
    for _ in range(COUPS):
        travailleur.lancer()
        attendre(un_papier_est_tenu, 60, "travailleur au travail")
        travailleur.tuer()
        assert Papier.objects.filter(etat="en_file").exists()
    travailleur.lancer()
    attendre(
        lambda: not Papier.objects.exclude(etat="pret").exists(),
        LIMITE - (time.monotonic() - debut),
        "la fin",
    )
    assert Papier.objects.count() == len(lieux) * len(TOUS)
    assert Evenement.objects.filter(action="papier prêt").count() == len(lieux) * len(TOUS)
    for papier in Papier.objects.all():
        assert len(octets(papier)) == papier.taille
        assert papier.essais == 0
