"""De « faire valider le jalon » à la décision : chaque écran mène au suivant, sans rien ressaisir."""

import re
import uuid

import pytest
from django.urls import reverse

from gouvernance.conduite import demarches
from gouvernance.models import Demarche, Instance, Jalon, Perimetre, Seance
from tests.gouvernance.fabriques import (
    EpciFactory,
    InstanceFactory,
    PerimetreFactory,
    SeanceFactory,
    SiegeFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation()
    Jalon.objects.update(instance=trouve.copil)
    client.force_login(trouve.gens["coordination"])
    return trouve


def adresse(nom, lieu, *suite):
    return reverse(nom, args=[lieu.uuid, *suite])


def html(reponse):
    return reponse.content.decode()


def planifier(client, lieu, **champs):
    donnees = {
        "jeton": uuid.uuid4(),
        "jalon": lieu.demarche.jalons.get(code="cadrage").pk,
        "instance": lieu.copil.pk,
        "debut": "2026-07-01T10:00",
        "duree": 120,
    }
    return client.post(adresse("seance_planifier", lieu), {**donnees, **champs})


def test_faire_valider_mene_a_une_seance_deja_remplie_puis_a_cette_seance(client, lieu):
    reponse = client.get(adresse("faire_valider", lieu))
    assert reponse.url == adresse("seance_planifier", lieu) + "?jalon=cadrage"
    page = html(client.get(reponse.url))
    assert re.search(rf'<option value="{lieu.copil.pk}"\s+selected', page)
    assert re.search(r"selected\s*>Cahier des charges", page)

    jeton = uuid.uuid4()
    for _ in range(2):  # le second clic ramène à la même séance
        reponse = planifier(client, lieu, jeton=jeton)
        seance = Seance.objects.get()
        assert reponse.url == adresse("seance", lieu, seance.uuid)
    point = seance.points.get()
    assert (point.objet, point.jalon.code) == ("Validation du jalon « Cahier des charges »", "cadrage")
    assert client.get(adresse("faire_valider", lieu)).url == adresse("seance", lieu, seance.uuid)


def test_un_jalon_se_planifie_chez_l_instance_qui_le_decide(client, lieu):
    cotech = InstanceFactory(demarche=lieu.demarche, type="cotech")
    reponse = planifier(client, lieu, instance=cotech.pk)
    assert reponse.status_code == 422
    assert "Ce jalon se décide par « Comité de pilotage (COPIL) »" in html(reponse)
    assert not Seance.objects.exists()


def test_sans_instance_on_va_la_designer_et_sans_role_on_voit_les_seances(client, lieu):
    Jalon.objects.update(instance=None)
    assert client.get(adresse("faire_valider", lieu)).url == adresse("jalons", lieu)
    client.force_login(lieu.gens["elu"])
    assert client.get(adresse("faire_valider", lieu)).url == adresse("seances", lieu)
    client.force_login(lieu.gens["etranger"])
    assert client.get(adresse("faire_valider", lieu)).status_code == 404


def test_la_decision_s_ouvre_sur_le_jalon_attendu(client, lieu):
    SiegeFactory(instance=lieu.copil)
    seance = SeanceFactory(instance=lieu.copil, ouverte=True)
    page = html(client.get(adresse("decision_consigner", lieu, seance.uuid)))
    assert re.search(r"selected\s*>Cahier des charges", page)
    assert "Validation du jalon « Cahier des charges »" in page
    assert "Notez d’abord qui est présent" in page
    Demarche.objects.update(etape="plan_actions")  # aucun jalon ne se décide à cette étape
    page = html(client.get(adresse("decision_consigner", lieu, seance.uuid)))
    assert "Validation du jalon" not in page


def test_ouvrir_une_demarche_mene_a_sa_page(client, lieu):
    epci, jeton = EpciFactory(), uuid.uuid4()
    saisie = {
        "jeton": jeton, "nom": "Feuille neuve", "perimetre": Perimetre.GROUPEMENT, "contrat": "aucun",
        "epcis": [epci.pk],
    }  # fmt: skip
    for _ in range(2):
        reponse = client.post(reverse("demarche_ouvrir"), saisie)
        neuve = Demarche.objects.get(nom="Feuille neuve")
        assert reponse.url == reverse("demarche", args=[neuve.uuid])


def test_ce_que_un_seul_geste_remplit_tient_en_une_phrase(lieu):
    Jalon.objects.update(instance=None, echeance=None)
    Instance.objects.all().delete()
    phrases = [m.texte for m in demarches.manques_cadrage(lieu.demarche) if m.bloquant]
    assert sum("l’échéance" in p for p in phrases) == 1
    assert any("Fixer l’échéance de 5 jalons" in p for p in phrases)
    assert any("Créer l’instance" in p for p in phrases)
    assert any("Désigner l’instance qui valide 5 jalons" in p for p in phrases)


def test_ajouter_et_continuer_rouvre_le_formulaire_et_revenir_n_enregistre_rien(client, lieu):
    siege = reverse("siege_ajouter", args=[lieu.uuid, lieu.copil.uuid])
    page = html(client.get(siege))
    assert "Ajouter et continuer" in page
    retour = reverse("instance", args=[lieu.uuid, lieu.copil.uuid])
    assert re.search(rf'href="{retour}[^"]*">Revenir sans enregistrer', page)
    saisie = {"structure": lieu.prefecture.pk, "jeton": uuid.uuid4()}
    assert client.post(siege, {**saisie, "encore": "Ajouter et continuer"}).url == siege
    assert lieu.copil.sieges.filter(structure=lieu.prefecture).count() == 1


def test_un_epci_deja_couvert_le_dit_avant_que_l_on_coche(client, lieu):
    pris, libre = PerimetreFactory(demarche__nom="Vallée de la Dronne").epci, EpciFactory()
    page = html(client.get(reverse("demarche_ouvrir")))
    assert f"{pris} (déjà couvert par « Vallée de la Dronne »)" in page
    assert f"{libre} (déjà" not in page


def test_sans_instance_le_calendrier_dit_ou_la_creer(client, lieu):
    lien = adresse("instance_ajouter", lieu)
    assert lien not in html(client.get(adresse("jalons", lieu)))
    Jalon.objects.update(instance=None)
    Instance.objects.all().delete()
    assert lien in html(client.get(adresse("jalons", lieu)))
