"""Le rappel J-7 : une fois par personne, un seul courriel par personne et par jour, même rejoué."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from gouvernance import tasks
from gouvernance.models import Courriel, Seance
from gouvernance.reunions import convocations, rappels
from tests.gouvernance.fabriques import (
    InstanceFactory,
    PersonneFactory,
    PointFactory,
    SeanceFactory,
    SiegeFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
ADRESSE = "elue@mairie.example"


def convoquee(lieu, dans: int, instance=None, heure=14) -> Seance:
    """Une séance dans tant de jours, convoquée il y a un mois."""
    jour = timezone.localdate() + timedelta(days=dans)
    debut = datetime(jour.year, jour.month, jour.day, heure, tzinfo=PARIS)
    seance = SeanceFactory(instance=instance or lieu.copil, debut=debut)
    PointFactory(seance=seance)
    convocations.convoquer(seance.pk, par=None)
    Courriel.objects.filter(objet_lie=seance.uuid).update(cree_le=timezone.now() - timedelta(days=30))
    return seance


@pytest.fixture
def lieu():
    trouve = situation()
    trouve.personne = PersonneFactory(gouvernance=trouve.demarche.gouvernance, email=ADRESSE)
    SiegeFactory(instance=trouve.copil, structure=trouve.personne.structure, personne=trouve.personne)
    return trouve


def partis():
    return list(Courriel.objects.filter(genre=rappels.RAPPEL))


@pytest.mark.parametrize(("dans", "attendus"), [(0, 0), (1, 1), (6, 1), (7, 1), (8, 0)])
def test_du_lendemain_a_sept_jours(lieu, dans, attendus):
    convoquee(lieu, dans)
    assert rappels.rappeler() == attendus


def test_rejoue_le_jour_meme_ou_les_suivants_rien_ne_se_double(lieu):
    convoquee(lieu, 7)
    assert rappels.rappeler() == 1
    assert rappels.rappeler() == 0
    for jours in range(1, 8):
        assert rappels.rappeler(timezone.localdate() + timedelta(days=jours)) == 0
    assert len(partis()) == 1


def test_deux_seances_le_meme_jour_font_un_seul_courriel(lieu):
    autre = InstanceFactory(demarche=lieu.demarche, type="cotech", nom="Comité d’experts")
    SiegeFactory(instance=autre, structure=lieu.personne.structure, personne=lieu.personne)
    convoquee(lieu, 7, heure=16)
    convoquee(lieu, 7, autre, heure=9)
    assert rappels.rappeler() == 1
    (courriel,) = partis()
    assert "2 séances" in courriel.sujet
    assert courriel.corps.index("Comité d’experts") < courriel.corps.index("Comité de pilotage")


def test_deux_jours_rattrapes_ensemble_partent_en_deux_matins(lieu):
    autre = InstanceFactory(demarche=lieu.demarche, type="cotech")
    SiegeFactory(instance=autre, structure=lieu.personne.structure, personne=lieu.personne)
    convoquee(lieu, 5)
    convoquee(lieu, 6, autre)
    assert rappels.rappeler() == 1
    assert rappels.rappeler() == 0
    Courriel.objects.filter(genre=rappels.RAPPEL).update(cree_le=timezone.now() - timedelta(days=1))
    assert rappels.rappeler() == 1


def test_ni_a_qui_vient_d_etre_convoque_ni_pour_une_seance_annulee(lieu):
    seance = convoquee(lieu, 7)
    Courriel.objects.update(cree_le=timezone.now() - timedelta(days=0))
    assert rappels.rappeler() == 0
    Courriel.objects.update(cree_le=timezone.now() - timedelta(days=30))
    convocations.annuler(seance.pk, par=None)
    assert rappels.rappeler() == 0


@pytest.mark.parametrize(("heure", "attendus"), [(3, 0), (7, 1), (19, 1), (20, 0)])
def test_la_tache_n_ecrit_pas_la_nuit(lieu, monkeypatch, heure, attendus):
    convoquee(lieu, 7)
    vraie = timezone.localtime
    monkeypatch.setattr(timezone, "localtime", lambda *a, **k: vraie(*a, **k).replace(hour=heure))
    tasks.rappeler()
    monkeypatch.undo()
    assert len(partis()) == attendus


@pytest.mark.parametrize("jour", [date(2026, 3, 29), date(2026, 10, 25)])
def test_sept_jours_se_comptent_en_jours_de_paris(lieu, jour):
    """La veille d'un changement d'heure, sept jours ne font pas 168 heures ; minuit est celui de Paris."""
    for heure, minute in ((0, 30), (23, 30)):
        debut = datetime(jour.year, jour.month, jour.day, heure, minute, tzinfo=PARIS)
        Courriel.objects.all().delete()
        seance = SeanceFactory(instance=lieu.copil, debut=debut, etat="convoquee")
        Courriel.objects.create(
            cle=str(seance.uuid), genre=convocations.CONVOCATION, objet_lie=seance.uuid, destinataire=ADRESSE
        )
        Courriel.objects.update(cree_le=seance.debut - timedelta(days=30))
        assert rappels.rappeler(jour - timedelta(days=8)) == 0
        assert rappels.rappeler(jour - timedelta(days=7)) == 1
        seance.delete()
