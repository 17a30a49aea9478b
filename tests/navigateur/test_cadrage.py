"""Le cadrage d'une démarche, dans un vrai navigateur, avec et sans JavaScript : du cahier des charges au
jalon validé en séance, puis l'ouverture du diagnostic.
"""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from gouvernance.models import CodeJalon, Decision, Demarche, Etape, Evenement, Instance, Jalon, Siege
from tests.gouvernance.fabriques import (
    CollegeFactory,
    DemarcheFactory,
    InstanceFactory,
    MandatFactory,
    MembreFactory,
    SiegeFactory,
    StructureFactory,
    UtilisateurFactory,
)

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def coordination():
    """La préfecture coordonne une démarche neuve dont le COPIL est constitué."""
    demarche = DemarcheFactory(avec_cadre=True)
    Siege.objects.filter(instance__demarche=demarche).delete()
    Jalon.objects.filter(demarche=demarche).update(instance=None, echeance=None)
    Instance.objects.filter(demarche=demarche).delete()
    prefecture = StructureFactory(nom="Préfecture", sigle="", college=CollegeFactory(code="etat"))
    MembreFactory(gouvernance=demarche.gouvernance, structure=prefecture, co_porteur=True)
    SiegeFactory(
        instance=InstanceFactory(demarche=demarche, type="copil"), structure=prefecture, personne=None
    )
    compte = UtilisateurFactory(structure=prefecture, email="coordination@exemple.fr")
    compte.set_password("une phrase de passe")
    compte.save()
    MandatFactory(utilisateur=compte, demarche=demarche, role="coordination")
    return demarche


@pytest.mark.parametrize("javascript", [True, False], ids=["avec-javascript", "sans-javascript"])
def test_du_cahier_des_charges_au_diagnostic_ouvert(coordination, ouvrir_session, javascript):
    onglet = ouvrir_session(javascript=javascript)
    onglet.on("dialog", lambda d: d.accept())
    _se_connecter(onglet)
    chemin = f"/demarches/{coordination.uuid}/"
    _ecrire_le_cahier(onglet, chemin)
    _fixer_les_jalons(onglet, chemin)
    _tenir_la_seance(onglet, chemin)

    onglet.goto(chemin)
    onglet.get_by_role("button", name="Ouvrir le diagnostic").click()
    onglet.wait_for_load_state()
    assert "étape « Diagnostic »" in onglet.inner_text("body")

    demarche = Demarche.objects.get(pk=coordination.pk)
    assert demarche.etape == Etape.DIAGNOSTIC
    jalon = demarche.jalons.get(code=CodeJalon.CADRAGE)
    assert jalon.decision == Decision.objects.get()
    actes = list(Evenement.objects.filter(demarche=demarche).order_by("pk").values_list("action", flat=True))
    assert actes[-1] == "ouvrir le diagnostic"
    assert {"décider", "ouvrir", "modifier"} <= set(actes)


def _se_connecter(onglet):
    onglet.goto("/")
    onglet.get_by_role("link", name="Se connecter").first.click()
    onglet.get_by_label("Adresse électronique").fill("coordination@exemple.fr")
    onglet.get_by_label("Mot de passe", exact=True).fill("une phrase de passe")
    onglet.get_by_role("button", name="Se connecter").click()
    onglet.wait_for_load_state()


def _ecrire_le_cahier(onglet, chemin):
    onglet.goto(chemin + "cahier/ecrire/")
    onglet.get_by_label("Objectifs").fill("Que chacun trouve de l’aide à moins de vingt minutes de chez lui.")
    onglet.get_by_role("button", name="Enregistrer").click()
    onglet.wait_for_load_state()


def _fixer_les_jalons(onglet, chemin):
    onglet.goto(chemin + "jalons/")
    for rang, libelle in enumerate(CodeJalon.labels):
        echeance = date(2027, 1, 15) + timedelta(days=30 * rang)
        onglet.get_by_label(f"Échéance de « {libelle} »").fill(echeance.isoformat())
        onglet.get_by_label(f"Qui valide « {libelle} »").select_option(index=1)
    onglet.get_by_role("button", name="Enregistrer").click()
    onglet.wait_for_load_state()


def _tenir_la_seance(onglet, chemin):
    onglet.goto(chemin + "seances/planifier/")
    onglet.get_by_label("Instance").select_option(index=1)
    onglet.get_by_label("Date et heure").fill(timezone.localtime().strftime("%Y-%m-%dT09:30"))
    onglet.get_by_role("button", name="Planifier la séance").click()
    onglet.wait_for_load_state()
    onglet.goto(chemin + "seances/")
    onglet.locator(".demarche__page").get_by_role("link", name="COPIL").first.click()
    onglet.get_by_role("button", name="Ouvrir la séance").click()
    onglet.get_by_role("group", name="Préfecture").get_by_label("Présent", exact=True).check()
    onglet.get_by_role("button", name="Noter les présences").click()
    onglet.get_by_role("link", name="Consigner une décision").click()
    onglet.get_by_label("La décision porte sur").select_option(label="Cahier des charges")
    onglet.get_by_role("button", name="Choisir cet objet").click()
    onglet.get_by_text("Cette décision validera le jalon « Cahier des charges ».").click()
    onglet.get_by_label("Objet").fill("Validation du cahier des charges")
    onglet.get_by_role("button", name="Consigner la décision").click()
    onglet.wait_for_load_state()
    assert "-COPIL-01-D1" in onglet.inner_text("main")
