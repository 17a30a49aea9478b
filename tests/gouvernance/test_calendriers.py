"""Les calendriers types : chargés une fois, ajustés dans l'administration, jamais écrasés."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse

from gouvernance.conduite import calendriers
from gouvernance.conduite.calendriers import charger_defauts, echeances, presets
from gouvernance.models import CalendrierType, CodeJalon, EcheanceType
from tests.gouvernance.fabriques import UtilisateurFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def types():
    charger_defauts()
    return presets()


def test_les_trois_calendriers_donnent_une_echeance_a_chaque_jalon_sans_reculer(types):
    assert [preset.nom for preset in types] == ["FNE 2023-24", "6 mois", "12 mois"]
    for preset in types:
        dates = echeances(preset, date(2026, 1, 5))
        assert list(dates) == list(CodeJalon)
        assert list(dates.values()) == sorted(dates.values())
        assert preset.description


def test_le_calendrier_national_a_ses_dates_quel_que_soit_le_debut(types):
    national = types[0]
    assert national.national
    assert echeances(national, date(2023, 7, 28)) == echeances(national, date(2030, 1, 1))
    assert calendriers.dates_nationales()["cadrage"] == date(2023, 10, 15)
    assert calendriers.dates_nationales() == calendriers.dates_nationales(types)


@pytest.mark.parametrize(("code", "fin"), [("6-mois", date(2026, 7, 5)), ("12-mois", date(2027, 1, 5))])
def test_une_duree_compte_depuis_le_debut_et_tient_dans_son_nom(types, code, fin):
    preset = next(preset for preset in types if preset.code == code)
    derniere = echeances(preset, date(2026, 1, 5))["validation"]
    assert 0 <= (fin - derniere).days <= 10


def test_recharger_n_ecrase_pas_ce_que_l_administration_a_change(types):
    CalendrierType.objects.filter(code="6-mois").update(nom="Six mois, en Dordogne")
    EcheanceType.objects.filter(calendrier="6-mois", code="enjeux").update(jours=110)
    EcheanceType.objects.filter(calendrier="12-mois").delete()
    assert charger_defauts() == 0
    assert EcheanceType.objects.get(calendrier="6-mois", code="enjeux").jours == 110
    assert [p.nom for p in presets()] == ["FNE 2023-24", "Six mois, en Dordogne"], "vidé, il se retire"
    CalendrierType.objects.filter(code="12-mois").delete()
    assert charger_defauts() == 1
    assert len(presets()) == 3


def test_la_commande_des_donnees_de_reference_les_charge():
    call_command("charger_territoires", stdout=StringIO())
    assert len(presets()) == 3


BON = {code: {"code": code, "jours": 30 * rang} for rang, code in enumerate(CodeJalon.values, 1)}
FAUX = {
    "jalon oublié": ([j for j in BON.values() if j["code"] != "enjeux"], "une échéance pour chaque jalon"),
    "échéance qui recule": ([*(BON | {"enjeux": {"code": "enjeux", "jours": 10}}).values()], "reculent"),
    "date et jours mêlés": (
        [*(BON | {"validation": {"code": "validation", "date": "2026-01-01"}}).values()],
        "pas les deux",
    ),
}


@pytest.mark.parametrize(("jalons", "phrase"), FAUX.values(), ids=FAUX)
def test_un_calendrier_faux_est_refuse_en_francais(tmp_path, jalons, phrase):
    fichier = tmp_path / "calendriers.json"
    brut = [{"code": "notre", "nom": "Le nôtre", "description": "", "echeances": jalons}]
    fichier.write_text(json.dumps(brut), encoding="utf-8")
    with pytest.raises(ValidationError, match=phrase) as refus:
        charger_defauts(fichier)
    assert "Le nôtre" in str(refus.value)
    assert not CalendrierType.objects.exists()


def envoi(calendrier, **jours):
    lignes = list(EcheanceType.objects.filter(calendrier=calendrier).order_by("pk"))
    donnees = {
        "nom": calendrier.nom, "description": calendrier.description, "ordre": calendrier.ordre,
        "echeances-TOTAL_FORMS": len(lignes), "echeances-INITIAL_FORMS": len(lignes),
    }  # fmt: skip
    for rang, ligne in enumerate(lignes):
        donnees |= {
            f"echeances-{rang}-{champ}": valeur
            for champ, valeur in {
                "id": ligne.pk, "calendrier": calendrier.pk, "code": ligne.code, "libelle": ligne.libelle,
                "jours": jours.get(ligne.code, ligne.jours), "date": "",
            }.items()
        }  # fmt: skip
    return donnees


def test_l_administration_ajuste_un_calendrier_sans_pouvoir_le_fausser(client, types):
    client.force_login(UtilisateurFactory(admin=True))
    calendrier = CalendrierType.objects.get(code="6-mois")
    adresse = reverse("admin:gouvernance_calendriertype_change", args=["6-mois"])
    assert client.post(adresse, envoi(calendrier, enjeux=108)).status_code == 302
    assert EcheanceType.objects.get(calendrier="6-mois", code="enjeux").jours == 108
    reponse = client.post(adresse, envoi(calendrier, enjeux=1))
    assert "les échéances reculent" in reponse.content.decode()
    assert EcheanceType.objects.get(calendrier="6-mois", code="enjeux").jours == 108
