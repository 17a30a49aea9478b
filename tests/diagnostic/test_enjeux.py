"""La page « Enjeux » : formuler, relier, retenir ou écarter."""

import uuid
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from diagnostic.models import Enjeu, EtatEnjeu
from diagnostic.priorisation import TRANSITIONS, trancher
from gouvernance.models import Etape, Evenement
from gouvernance.permissions import DROITS
from tests.diagnostic.fabriques import ConstatFactory, EnjeuFactory, ThematiqueFactory
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation(etape=Etape.ENJEUX)
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def saisie(**champs):
    return {"question": "Comment garder un accès humain ?", "jeton": uuid.uuid4(), **champs}


def dans(enjeu: Enjeu, etat: EtatEnjeu) -> Enjeu:
    motif = "Hors de portée." if etat == EtatEnjeu.ECARTE else ""
    Enjeu.objects.filter(pk=enjeu.pk).update(etat=etat, motif=motif)
    enjeu.refresh_from_db()
    return enjeu


def executer(client, lieu, enjeu, action):
    if TRANSITIONS[action].motif:
        return client.post(reverse("enjeu_ecarter", args=[lieu.uuid, enjeu.uuid]), {"motif": "Trop loin"})
    return client.post(reverse("enjeu_trancher", args=[lieu.uuid, enjeu.uuid, action]))


@pytest.mark.parametrize(("action", "etat"), list(product(TRANSITIONS, EtatEnjeu)))
def test_la_table_dit_ce_qui_passe_et_ce_qui_se_montre(client, lieu, action, etat):
    enjeu = dans(EnjeuFactory(demarche=lieu.demarche), etat)
    permis = etat in TRANSITIONS[action].depuis
    page = html(client.get(reverse("enjeux", args=[lieu.uuid])))
    bouton = "/ecarter/" if TRANSITIONS[action].motif else f"/{action}/"
    assert (f"{enjeu.uuid}{bouton}" in page) == permis
    executer(client, lieu, enjeu, action)
    enjeu.refresh_from_db()
    assert enjeu.etat == (TRANSITIONS[action].vers if permis else etat)
    assert Evenement.objects.filter(action="trancher").exists() == permis


@pytest.mark.parametrize(("action", "role"), list(product(TRANSITIONS, ROLES)))
def test_qui_tranche(client, lieu, action, role):
    enjeu = dans(EnjeuFactory(demarche=lieu.demarche), TRANSITIONS[action].depuis[0])
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["formuler_enjeux"].roles)
    assert executer(client, lieu, enjeu, action).status_code == attendu
    enjeu.refresh_from_db()
    assert (enjeu.etat == TRANSITIONS[action].vers) == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
def test_qui_formule_un_enjeu(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["formuler_enjeux"].roles)
    assert client.post(reverse("enjeu_ajouter", args=[lieu.uuid]), saisie()).status_code == attendu
    assert Enjeu.objects.exists() == (attendu == 302)


def test_un_enjeu_relie_des_constats_et_croise_leurs_thematiques(client, lieu):
    constats = [
        ConstatFactory(demarche=lieu.demarche, thematique=ThematiqueFactory(code=code))
        for code in ("mediation", "emploi")
    ]
    etranger = ConstatFactory(demarche__gouvernance__departement__code="33", intitule="Constat du voisin")
    url = reverse("enjeu_ajouter", args=[lieu.uuid])
    assert "Constat du voisin" not in html(client.get(url))
    assert client.post(url, saisie(constats=[etranger.pk])).status_code == 422
    client.post(url, saisie(constats=[c.pk for c in constats]))
    assert list(Enjeu.objects.get().constats.all()) == constats
    page = html(client.get(reverse("enjeux", args=[lieu.uuid])))
    assert "Emploi" in page
    assert "Mediation" in page
    assert "il en faut au moins deux" not in page
    assert str(constats[0]) in Evenement.objects.get(action="créer").vers


def test_un_brouillon_sans_point_d_interrogation_est_accepte_et_signale(client, lieu):
    reponse = client.post(
        reverse("enjeu_ajouter", args=[lieu.uuid]), saisie(question="Les guichets"), follow=True
    )
    assert "reformulez-le en question" in html(reponse)
    assert "à reformuler en question" in html(reponse)
    assert "Aucun constat relié" in html(reponse)
    enjeu = Enjeu.objects.get()
    client.post(reverse("enjeu_trancher", args=[lieu.uuid, enjeu.uuid, "retenir"]))
    assert "Formuler en question" in html(client.get(reverse("enjeux", args=[lieu.uuid])))


def test_ecarter_demande_un_motif_qui_se_lit(client, lieu):
    enjeu = EnjeuFactory(demarche=lieu.demarche)
    url = reverse("enjeu_ecarter", args=[lieu.uuid, enjeu.uuid])
    assert client.post(url, {"motif": "  "}).status_code == 422
    assert "Trop loin" in html(client.post(url, {"motif": "Trop loin"}, follow=True))
    with pytest.raises(ValidationError, match="pourquoi"):
        trancher(EnjeuFactory(demarche=lieu.demarche).pk, EtatEnjeu.ECARTE, par=lieu.gens["coordination"])


def test_modifier_un_enjeu_n_ecrase_pas_ce_qui_a_ete_tranche_entre_temps(client, lieu):
    enjeu = EnjeuFactory(demarche=lieu.demarche)
    url = reverse("enjeu_modifier", args=[lieu.uuid, enjeu.uuid])
    version = enjeu.version
    trancher(enjeu.pk, EtatEnjeu.RETENU, par=lieu.gens["coordination"])
    assert client.post(url, saisie(version=version, question="Autre ?")).status_code == 302
    enjeu.refresh_from_db()
    assert (enjeu.etat, enjeu.question) == (EtatEnjeu.RETENU, "Autre ?")
    assert client.post(url, saisie(version=version, question="Trop tard ?")).status_code == 409


@pytest.mark.parametrize("etape", [Etape.STRATEGIE, Etape.PLAN_ACTIONS])
def test_les_enjeux_sont_figes_une_fois_la_strategie_ouverte(client, lieu, etape):
    enjeu = EnjeuFactory(demarche=lieu.demarche)
    type(lieu.demarche).objects.update(etape=etape)
    assert client.post(reverse("enjeu_ajouter", args=[lieu.uuid]), saisie()).status_code == 422
    for action in ("retenir", "ecarter"):
        executer(client, lieu, enjeu, action)
    enjeu.refresh_from_db()
    assert (Enjeu.objects.count(), enjeu.etat) == (1, EtatEnjeu.PROPOSE)
    assert "sont figés" in html(client.get(reverse("enjeux", args=[lieu.uuid])))


def test_les_adresses_d_une_autre_demarche_n_existent_pas(client, lieu):
    ailleurs = DemarcheFactory(gouvernance__departement__code="33", etape=Etape.ENJEUX)
    MandatFactory(utilisateur=lieu.gens["coordination"], demarche=ailleurs)
    enjeu = EnjeuFactory(demarche=ailleurs)
    for nom in ("enjeu_modifier", "enjeu_ecarter"):
        assert client.get(reverse(nom, args=[ailleurs.uuid, enjeu.uuid])).status_code == 200
        assert client.get(reverse(nom, args=[lieu.uuid, enjeu.uuid])).status_code == 404
    for action in ("retenir", "remettre", "ecarter", "inventer"):
        url = reverse("enjeu_trancher", args=[lieu.uuid, enjeu.uuid, action])
        assert client.post(url).status_code == 404
    enjeu.refresh_from_db()
    assert enjeu.etat == EtatEnjeu.PROPOSE


def test_la_regle_refuse_un_tiers_meme_sans_passer_par_l_ecran(lieu):
    enjeu = EnjeuFactory(demarche=lieu.demarche)
    with pytest.raises(PermissionDenied):
        trancher(enjeu.pk, EtatEnjeu.RETENU, par=lieu.gens["etranger"])
