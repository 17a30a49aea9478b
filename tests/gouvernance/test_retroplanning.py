"""Le rétroplanning : jalons et séances dans le temps, retards dits en mots, dates nationales."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gouvernance.conduite import calendriers
from gouvernance.models import Demarche, Jalon
from gouvernance.socle.comparaison import comparer
from gouvernance.socle.durees import duree, par_rapport_a_aujourd_hui
from tests.gouvernance.fabriques import DecisionFactory, SeanceFactory
from tests.gouvernance.situations import situation

JOUR = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("jours", "dit"),
    [
        (1, "1 jour"),
        (12, "12 jours"),
        (21, "3 semaines"),
        (59, "8 semaines"),
        (122, "4 mois"),
        (800, "2 ans"),
    ],
)
def test_une_duree_se_dit_comme_on_la_dirait(jours, dit):
    assert duree(jours) == dit


def test_un_ecart_se_dit_en_retard_ou_a_venir():
    assert par_rapport_a_aujourd_hui(JOUR - timedelta(days=12), JOUR) == "en retard de 12 jours"
    assert par_rapport_a_aujourd_hui(JOUR + timedelta(days=21), JOUR) == "dans 3 semaines"
    assert par_rapport_a_aujourd_hui(JOUR, JOUR) == "aujourd’hui"


@pytest.mark.parametrize(
    ("avant", "apres"),
    [("", "Un mot."), ("Un mot.", ""), ("Deux mots ici.", "Deux\nmots là."), ("x " * 4000, "y")],
)
def test_la_comparaison_redonne_les_deux_textes(avant, apres):
    morceaux = comparer(avant, apres)
    assert "".join(m.texte for m in morceaux if m.genre != "ajout") == avant
    assert "".join(m.texte for m in morceaux if m.genre != "retrait") == apres


@pytest.fixture
def lieu(client, db):
    trouve = situation()
    calendriers.charger_defauts()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def echeance(code, jour):
    Jalon.objects.filter(code=code).update(echeance=jour)


def test_la_page_montre_retards_seances_et_aujourd_hui(client, lieu):
    aujourd_hui = timezone.localdate()
    Jalon.objects.update(echeance=None)
    echeance("cadrage", aujourd_hui - timedelta(days=12))
    echeance("diagnostic", aujourd_hui + timedelta(days=21))
    SeanceFactory(instance=lieu.copil, debut=timezone.now() + timedelta(days=30))
    SeanceFactory(instance=lieu.copil, etat="annulee", debut=timezone.now() + timedelta(days=60))
    reponse = client.get(reverse("jalons", args=[lieu.uuid]))
    page = html(reponse)
    assert "En retard de 12 jours" in page
    assert "Dans 3 semaines" in page
    assert "après la date nationale (octobre 2023)" in page
    assert "Aujourd’hui" in page
    genres = [m.genre for m in reponse.context["moments"]]
    assert genres == ["jalon", "aujourd_hui", "jalon", "seance"], "l’annulée n’y est pas"
    assert page.count("<circle") == 2


def test_une_demarche_commencee_apres_la_date_nationale_ne_s_y_compare_pas(client, lieu):
    for debut, compare in ((date(2026, 1, 5), False), (date(2023, 10, 1), True)):
        Demarche.objects.update(debut=debut)
        for nom in ("jalons", "demarche"):
            page = html(client.get(reverse(nom, args=[lieu.uuid])))
            assert ("après la date nationale (octobre 2023)" in page) == compare, (debut, nom)


def test_un_jalon_acquis_se_compare_a_sa_seance(client, lieu):
    seance = SeanceFactory(
        instance=lieu.copil, ouverte=True, debut=timezone.now().replace(year=2024, month=7, day=5)
    )
    decision = DecisionFactory(seance=seance)
    Jalon.objects.filter(code="cadrage").update(etat="valide", decision=decision, echeance=date(2024, 6, 25))
    page = html(client.get(reverse("jalons", args=[lieu.uuid])))
    assert "10 jours après l’échéance" in page
    assert "9 mois après la date nationale (octobre 2023)" in page


def test_la_carte_de_la_demarche_dit_le_retard(client, lieu):
    echeance("cadrage", timezone.localdate() - timedelta(days=3))
    for adresse in (reverse("demarche", args=[lieu.uuid]), reverse("accueil")):
        page = html(client.get(adresse))
        assert "En retard de 3 jours" in page, adresse
        assert "après la date nationale (octobre 2023)" in page, adresse
    calendriers.CalendrierType.objects.all().delete()
    echeance("cadrage", timezone.localdate() + timedelta(days=3))
    page = html(client.get(reverse("demarche", args=[lieu.uuid])))
    assert "n retard de" not in page
    assert "date nationale" not in page
