"""Les références du diagnostic : chargées une fois, sans écraser ce qu'on a renommé."""

from io import StringIO

import pytest
from django.core.management import call_command

from diagnostic.models import Mesure, SerieIndicateur, Thematique

pytestmark = pytest.mark.django_db


def charger() -> str:
    sortie = StringIO()
    call_command("charger_references", stdout=sortie)
    return sortie.getvalue()


def test_un_second_passage_ne_change_rien():
    premier = charger()
    assert "9 ajoutées" in premier
    assert "Rien n’a changé" not in premier
    etat = list(SerieIndicateur.objects.values_list("pk", "version", "modifie_le"))
    assert "Rien n’a changé" in charger()
    assert list(SerieIndicateur.objects.values_list("pk", "version", "modifie_le")) == etat


def test_une_thematique_renommee_le_reste_une_valeur_publiee_faussee_est_corrigee():
    charger()
    Thematique.objects.filter(code="mediation").update(libelle="Nos lieux")
    Mesure.objects.filter(serie__code="illectronisme-retraites").update(valeur=0)
    assert "Mesures : 1 écrites" in charger()
    assert Thematique.objects.get(code="mediation").libelle == "Nos lieux"
    assert Mesure.objects.get(serie__code="illectronisme-retraites").valeur == 36


def test_chaque_chiffre_publie_cite_sa_source_et_vaut_pour_la_france():
    charger()
    assert set(Mesure.objects.values_list("echelle", "annee", "territoire")) == {("france", 2021, "FR")}
    assert set(SerieIndicateur.objects.values_list("source", flat=True)) == {
        "Insee Première n° 1953 (données 2021)"
    }
