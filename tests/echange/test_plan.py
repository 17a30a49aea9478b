"""Ce que l'import du plan d'actions relie à ce que la plateforme sait déjà."""

from decimal import Decimal

import pytest

from feuille_de_route.echange.exporter import exporter
from feuille_de_route.echange.importer import ErreurImport, importer
from feuille_de_route.models import Enveloppe, FicheAction, PartageDeFiche, Plafond
from tests.feuille_de_route.fabriques import FicheFactory
from tests.gouvernance.fabriques import DepartementFactory

ENVELOPPE = "Ingénierie 2026 (exemple)"


def reprise(fiche: FicheAction | None) -> dict:
    uuid = str(fiche.uuid) if fiche else "00000000-0000-4000-8000-000000000000"
    return {"ref": None, "uuid": uuid, "libelle": "Une fiche d’ailleurs"}


def test_une_fiche_reprise_d_ailleurs_garde_son_lien(referentiels, exemple):
    source = FicheFactory(titre="La source", retenue=True, demarche__gouvernance__departement__code="38")
    exemple["fiches"][0]["reprise_de"] = reprise(source)
    exemple["fiches_partagees"] = [{"uuid": str(source.uuid), "mot": "La même action"}]
    demarche = importer(exemple)
    assert demarche.fiches.get(numero=1).reprise_de == source
    assert PartageDeFiche.objects.get(demarche=demarche).fiche == source
    relu = exporter(demarche)
    assert relu["fiches"][0]["reprise_de"] == reprise(source) | {"libelle": "La source"}
    assert [p["mot"] for p in relu["fiches_partagees"]] == ["La même action"]


def test_une_source_inconnue_est_citee_et_dite(referentiels, exemple):
    exemple["fiches"][0]["reprise_de"] = reprise(None)
    exemple["fiches_partagees"] = [{"uuid": reprise(None)["uuid"], "titre": "Le bus"}]
    demarche = importer(exemple)
    fiche = demarche.fiches.get(numero=1)
    assert (fiche.reprise_de, fiche.source) == (None, "Une fiche d’ailleurs")
    dits = " ".join(demarche.avertissements)
    assert "« Une fiche d’ailleurs »" in dits
    assert "« Le bus »" in dits


def test_une_fiche_importee_en_est_a_son_dernier_point_de_suivi(referentiels, exemple):
    exemple["fiches"][0]["suivi"].reverse()
    fiche = importer(exemple).fiches.get(numero=1)
    assert (fiche.etat_realisation, fiche.meteo) == ("en_cours", "pluie")
    assert fiche.freins == "Le second médiateur est parti."
    assert fiche.suivie_le.date().isoformat() == "2027-02-10"


def test_une_enveloppe_connue_garde_son_plafond_et_l_ecart_est_dit(referentiels, exemple):
    enveloppe = Enveloppe.objects.create(nom=ENVELOPPE, annee=2025)
    Plafond.objects.create(enveloppe=enveloppe, departement_id="24", montant="30000.00")
    demarche = importer(exemple)
    assert (Enveloppe.objects.get().annee, Plafond.objects.get().montant) == (2025, Decimal("30000.00"))
    assert "30000.00 €" in " ".join(demarche.avertissements)


def test_un_import_ne_depasse_pas_ce_qui_reste_de_l_enveloppe(referentiels, exemple):
    """Une démarche locale du même département a déjà pris sa part."""
    importer(exemple)
    exemple["demarche"] |= {"identifiant": "24-autre", "perimetre": "groupement"}
    exemple["demarche"]["epcis"] = [{"siren": "200041572"}]
    with pytest.raises(ErreurImport) as refus:
        importer(exemple)
    assert [e.chemin for e in refus.value.erreurs] == ["$.enveloppes[0].plafond"]
    Plafond.objects.update(montant="44000.00")
    assert importer(exemple).demandes_subvention.count() == 2


def test_le_plafond_d_un_autre_departement_ne_sort_pas(referentiels, exemple):
    demarche = importer(exemple)
    corse = DepartementFactory(code="2A", nom="Corse-du-Sud", region__code="94", region__nom="Corse")
    Plafond.objects.filter(departement="24").delete()
    Plafond.objects.create(enveloppe=Enveloppe.objects.get(), departement=corse, montant="41000.00")
    assert exporter(demarche)["enveloppes"][0]["plafond"] is None
