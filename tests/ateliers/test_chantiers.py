"""Les chantiers clés : la table de leur investigation, par qui, et ce qui s'en lit."""

import uuid
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone

from ateliers.animation import TRANSITIONS
from ateliers.models import ChantierCle, EtatChantier
from gouvernance.models import Etape, Evenement
from gouvernance.permissions import DROITS
from tests.ateliers.fabriques import ChantierFactory
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, StructureFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
TERMINES = {EtatChantier.CONCLUANT, EtatChantier.ABANDONNE}


@pytest.fixture
def lieu(client):
    trouve = situation(etape=Etape.PLAN_ACTIONS)
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def dans(lieu, etat: EtatChantier) -> ChantierCle:
    fin = {"conclusion": "On sait.", "conclu_le": timezone.now()} if etat in TERMINES else {}
    return ChantierFactory(demarche=lieu.demarche, etat=etat, **fin)


def executer(client, lieu, chantier, action):
    nom = "chantier_terminer" if TRANSITIONS[action].conclusion else "chantier_avancer"
    url = reverse(nom, args=[lieu.uuid, chantier.uuid, action])
    return client.post(url, {"conclusion": "Deux partenaires suffisent."})


@pytest.mark.parametrize(("action", "etat"), list(product(TRANSITIONS, EtatChantier)))
def test_la_table_dit_ce_qui_passe_et_ce_qui_se_montre(client, lieu, action, etat):
    chantier = dans(lieu, etat)
    permis = etat in TRANSITIONS[action].depuis
    page = html(client.get(reverse("chantier", args=[lieu.uuid, chantier.uuid])))
    assert (f"/{action}/" in page) == permis
    statut = executer(client, lieu, chantier, action).status_code
    assert statut == (422 if not permis and TRANSITIONS[action].conclusion else 302)
    chantier.refresh_from_db()
    assert chantier.etat == (TRANSITIONS[action].vers if permis else etat)
    assert Evenement.objects.filter(action=action).exists() == permis


@pytest.mark.parametrize(("action", "role"), list(product(TRANSITIONS, ROLES)))
def test_qui_fait_avancer_un_chantier(client, lieu, action, role):
    chantier = dans(lieu, TRANSITIONS[action].depuis[0])
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["animer"].roles)
    assert executer(client, lieu, chantier, action).status_code == attendu
    chantier.refresh_from_db()
    assert (chantier.etat == TRANSITIONS[action].vers) == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
def test_qui_signale_un_chantier(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["animer"].roles)
    url = reverse("chantier_ajouter", args=[lieu.uuid])
    assert client.post(url, {"question": "Peut-on ?", "jeton": uuid.uuid4()}).status_code == attendu
    assert ChantierCle.objects.exists() == (attendu == 302)


def test_conclure_sans_rien_ecrire_est_refuse(client, lieu):
    chantier = dans(lieu, EtatChantier.EN_INVESTIGATION)
    url = reverse("chantier_terminer", args=[lieu.uuid, chantier.uuid, "conclure"])
    assert client.post(url, {"conclusion": " "}).status_code == 422
    chantier.refresh_from_db()
    assert chantier.etat == EtatChantier.EN_INVESTIGATION


def test_un_chantier_conclu_montre_sa_conclusion_et_ne_se_modifie_plus(client, lieu):
    chantier = dans(lieu, EtatChantier.CONCLUANT)
    page = html(client.get(reverse("chantier", args=[lieu.uuid, chantier.uuid])))
    assert "On sait." in page
    assert reverse("plan", args=[lieu.uuid]) in page
    url = reverse("chantier_modifier", args=[lieu.uuid, chantier.uuid])
    reponse = client.post(url, {"question": "Autre ?", "version": chantier.version})
    assert reponse.status_code == 422
    assert "terminé" in html(reponse)


def test_le_pilote_est_un_membre_et_la_modification_n_ecrase_pas_l_etat(client, lieu):
    chantier, tiers = dans(lieu, EtatChantier.SIGNALE), StructureFactory(nom="Structure tierce")
    url = reverse("chantier_modifier", args=[lieu.uuid, chantier.uuid])
    assert "Structure tierce" not in html(client.get(url))
    donnees = {"question": "Peut-on ?", "version": chantier.version}
    assert client.post(url, donnees | {"pilote": tiers.pk}).status_code == 422
    executer(client, lieu, chantier, "investiguer")
    assert client.post(url, donnees | {"pilote": lieu.prefecture.pk}).status_code == 302
    chantier.refresh_from_db()
    assert (chantier.etat, chantier.pilote) == (EtatChantier.EN_INVESTIGATION, lieu.prefecture)
    assert client.post(url, donnees).status_code == 409


def test_les_adresses_d_une_autre_demarche_n_existent_pas(client, lieu):
    ailleurs = DemarcheFactory(gouvernance__departement__code="33", etape=Etape.PLAN_ACTIONS)
    MandatFactory(utilisateur=lieu.gens["coordination"], demarche=ailleurs)
    chantier = ChantierFactory(demarche=ailleurs)
    for nom in ("chantier", "chantier_modifier"):
        assert client.get(reverse(nom, args=[ailleurs.uuid, chantier.uuid])).status_code == 200
        assert client.get(reverse(nom, args=[lieu.uuid, chantier.uuid])).status_code == 404
    for action in TRANSITIONS:
        assert executer(client, lieu, chantier, action).status_code == 404
    for nom, action in (("chantier_avancer", "conclure"), ("chantier_terminer", "investiguer")):
        assert client.post(reverse(nom, args=[ailleurs.uuid, chantier.uuid, action])).status_code == 404
    chantier.refresh_from_db()
    assert chantier.etat == EtatChantier.SIGNALE
