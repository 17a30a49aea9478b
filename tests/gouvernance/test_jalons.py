"""Le calendrier : échéances et instances des cinq jalons."""

from datetime import date

import pytest
from django.urls import reverse

from gouvernance import decisions
from gouvernance.conduite import calendriers
from gouvernance.decisions import SaisieDecision
from gouvernance.models import CodeJalon, Evenement, Jalon, NatureDecision, Role
from tests.gouvernance.fabriques import DemarcheFactory, InstanceFactory, SeanceFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def saisie(lieu, **champs):
    donnees = {"version": sum(Jalon.objects.values_list("version", flat=True))}
    for jalon in Jalon.objects.all():
        donnees[jalon.code] = jalon.echeance or ""
        donnees[f"{jalon.code}_instance"] = jalon.instance.uuid if jalon.instance else ""
    return {**donnees, **champs}


def poster(client, lieu, **champs):
    return client.post(reverse("jalons", args=[lieu.uuid]), saisie(lieu, **champs))


@pytest.mark.parametrize("role", ROLES)
def test_qui_fixe_le_calendrier(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, {Role.COORDINATION, Role.CO_PORTEUR, "administration"})
    assert poster(client, lieu, validation="2027-01-01").status_code == attendu
    fixee = Jalon.objects.get(code="validation").echeance == date(2027, 1, 1)
    assert fixee == Evenement.objects.filter(action="planifier le jalon").exists() == (attendu == 302)


def test_chacun_lit_le_calendrier_et_la_frise(client, lieu):
    client.force_login(lieu.gens["lecture"])
    page = html(client.get(reverse("jalons", args=[lieu.uuid])))
    assert "<svg" in page
    assert "1er février 2026" in page
    assert "Enregistrer le calendrier" not in page
    assert "Votre rôle ne permet pas" in page


def test_une_echeance_qui_recule_est_refusee_pres_de_sa_ligne_et_rien_n_est_ecrit(client, lieu):
    reponse = poster(client, lieu, cadrage="2026-03-01", enjeux="2026-01-15")
    assert reponse.status_code == 422
    page = html(reponse)
    assert 'id="id_enjeux-desc-error">L’échéance de « Enjeux » (15/01/2026) précède' in page
    assert 'value="2026-01-15"' in page
    assert Jalon.objects.get(code="cadrage").echeance == date(2026, 2, 1)


def test_une_date_illisible_revient_telle_quelle(client, lieu):
    reponse = poster(client, lieu, enjeux="bientôt")
    assert reponse.status_code == 422
    assert "bientôt" in html(reponse)


def test_l_instance_d_une_autre_demarche_est_refusee(client, lieu):
    autre = InstanceFactory(demarche=DemarcheFactory(gouvernance__departement__code="40"))
    assert poster(client, lieu, enjeux_instance=autre.uuid).status_code == 422
    assert Jalon.objects.get(code="enjeux").instance == lieu.copil


def test_deux_saisies_en_meme_temps_la_seconde_garde_son_texte(client, lieu):
    perimee = saisie(lieu, validation="2027-02-02")
    poster(client, lieu, validation="2027-01-01")
    reponse = client.post(reverse("jalons", args=[lieu.uuid]), perimee)
    assert reponse.status_code == 409
    assert "02/02/2027" in html(reponse)
    assert "01/01/2027" in html(reponse)
    assert Jalon.objects.get(code="validation").echeance == date(2027, 1, 1)


def test_un_calendrier_type_remplit_les_cinq_echeances(client, lieu):
    calendriers.charger_defauts()
    lieu.demarche.debut = date(2026, 1, 1)
    lieu.demarche.save()
    adresse = reverse("calendrier_appliquer", args=[lieu.uuid])
    assert client.post(adresse, {"calendrier": "6-mois"}).status_code == 302
    echeances = list(Jalon.objects.order_by("ordre").values_list("echeance", flat=True))
    assert echeances == [
        date(2026, 1, 31),
        date(2026, 3, 17),
        date(2026, 4, 16),
        date(2026, 5, 31),
        date(2026, 6, 30),
    ]
    assert client.post(adresse, {"calendrier": "inventé"}).status_code == 404
    client.force_login(lieu.gens["elu"])
    assert client.post(adresse, {"calendrier": "12-mois"}).status_code == 403


def test_un_jalon_acquis_ne_change_plus(client, lieu):
    seance = SeanceFactory(instance=lieu.copil, ouverte=True)
    jalon = Jalon.objects.get(code=CodeJalon.CADRAGE)
    decisions.consigner(
        seance.pk, SaisieDecision(NatureDecision.VALIDATION, "Cadrage", jalon=jalon), par=None
    )
    assert poster(client, lieu, cadrage="2025-01-01", cadrage_instance="").status_code == 302
    jalon.refresh_from_db()
    assert (jalon.echeance, jalon.instance) == (date(2026, 2, 1), lieu.copil)
    assert jalon.decision.numero in html(client.get(reverse("jalons", args=[lieu.uuid])))


def test_un_calendrier_type_ne_demande_confirmation_que_s_il_remplace_des_dates(client, lieu):
    calendriers.charger_defauts()
    adresse = reverse("jalons", args=[lieu.uuid])
    assert "Remplacer les échéances" in html(client.get(adresse))
    Jalon.objects.update(echeance=None)
    page = html(client.get(adresse))
    assert "6 mois" in page
    assert "Remplacer les échéances" not in page
