"""Les calendriers types : des données lisibles, dont les échéances ne reculent jamais."""

import json
from datetime import date

import pytest

from gouvernance.calendriers import echeances, presets
from gouvernance.models import CodeJalon


def test_les_trois_calendriers_donnent_une_echeance_a_chaque_jalon_sans_reculer():
    assert [preset.nom for preset in presets()] == ["FNE 2023-24", "6 mois", "12 mois"]
    for preset in presets():
        dates = echeances(preset, date(2026, 1, 5))
        assert list(dates) == list(CodeJalon)
        assert list(dates.values()) == sorted(dates.values())
        assert preset.description


def test_le_calendrier_national_a_ses_dates_quel_que_soit_le_debut():
    national = presets()[0]
    assert echeances(national, date(2023, 7, 28)) == echeances(national, date(2030, 1, 1))
    assert echeances(national, date(2030, 1, 1))["cadrage"] == date(2023, 10, 15)


@pytest.mark.parametrize(("nom", "fin"), [("6 mois", date(2026, 7, 5)), ("12 mois", date(2027, 1, 5))])
def test_une_duree_compte_depuis_le_debut_et_tient_dans_son_nom(nom, fin):
    preset = next(preset for preset in presets() if preset.nom == nom)
    derniere = echeances(preset, date(2026, 1, 5))["validation"]
    assert 0 <= (fin - derniere).days <= 10


BON = {code: {"code": code, "jours": 30 * rang} for rang, code in enumerate(CodeJalon.values, 1)}
FAUX = {
    "jalon oublié": ([j for j in BON.values() if j["code"] != "enjeux"], "une fois chaque jalon"),
    "jalon en double": ([*BON.values(), BON["enjeux"]], "une fois chaque jalon"),
    "échéance qui recule": ([*(BON | {"enjeux": {"code": "enjeux", "jours": 10}}).values()], "reculent"),
    "date et jours mêlés": (
        [*(BON | {"validation": {"code": "validation", "date": "2026-01-01"}}).values()],
        "mêlent",
    ),
    "ni date ni jours": (
        [*(BON | {"enjeux": {"code": "enjeux"}}).values()],
        "jalon enjeux : une date ou un nombre",
    ),
}


@pytest.mark.parametrize(("jalons", "phrase"), FAUX.values(), ids=FAUX)
def test_un_calendrier_faux_est_refuse_en_francais(tmp_path, jalons, phrase):
    fichier = tmp_path / "calendriers.json"
    fichier.write_text(
        json.dumps([{"nom": "Le nôtre", "description": "", "jalons": jalons}]), encoding="utf-8"
    )
    with pytest.raises(ValueError, match=phrase) as refus:
        presets(fichier)
    assert "Le nôtre" in str(refus.value)
