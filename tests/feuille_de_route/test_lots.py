"""Agir sur plusieurs fiches : ce que la page annonce est ce qui se fait, tout ou rien, une seule fois."""

import pytest
from django.urls import reverse

from feuille_de_route.models import FicheAction
from feuille_de_route.plan_d_actions.lots import ACTES
from gouvernance.models import Demarche, Etape, Evenement, Role
from gouvernance.permissions import DROITS
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.saisies import envoi
from tests.feuille_de_route.simultane import poster_ensemble
from tests.gouvernance.fabriques import DemarcheFactory, InstanceFactory, MandatFactory, MembreFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def trois(demarche):
    """Un brouillon complet, un brouillon vide, une fiche écartée."""
    return [
        FicheFactory(demarche=demarche, complete=True),
        FicheFactory(demarche=demarche),
        FicheFactory(demarche=demarche, ecartee=True),
    ]


def adresse(demarche):
    return reverse("plan_lot", args=[demarche.uuid])


def ouvrir(client, demarche, acte, valeur="", fiches=(1, 2, 3), **plus):
    reponse = client.get(adresse(demarche), {"acte": acte, "valeur": valeur, "f": fiches, **plus})
    assert reponse.status_code == 200
    return reponse


def confirmer(client, demarche, page, **changements):
    return client.post(adresse(demarche), envoi(page.context["formulaire"], **changements))


def annonces(page):
    contexte = page.context
    return (
        [(e.fiche.numero, e.avant, e.apres) for e in contexte["changent"]],
        [(e.fiche.numero, e.motif) for e in contexte["restent"]],
    )


def test_du_plan_a_la_confirmation(client, demarche, coordination, trois):
    axe = AxeFactory(demarche=demarche, intitule="Outiller")
    plan = client.get(reverse("plan", args=[demarche.uuid]), {"vue": "liste"})
    assert plan.content.decode().count('name="f"') == 2
    question = ouvrir(client, demarche, "axe", retour="vue=liste&nature=")
    assert "Quel axe ?" in question.content.decode()
    page = ouvrir(client, demarche, "axe", str(axe.uuid), retour="vue=liste")
    assert annonces(page) == (
        [(1, str(trois[0].axe), "Outiller"), (2, "–", "Outiller")],
        [(3, "elle est écartée : reprenez-la d’abord")],
    )
    assert "Confirmer pour 2 fiches" in page.content.decode()
    suite = confirmer(client, demarche, page)
    assert suite.url == reverse("plan", args=[demarche.uuid]) + "?vue=liste"
    assert list(demarche.fiches.values_list("axe__intitule", "version")) == [
        ("Outiller", 2), ("Outiller", 2), (None, 1),
    ]  # fmt: skip
    lignes = Evenement.objects.filter(objet_type="ficheaction").order_by("pk")
    assert [(e.objet_id, e.details) for e in lignes] == [
        (str(trois[0].pk), [["Axe", str(trois[0].axe), "Outiller"]]),
        (str(trois[1].pk), [["Axe", "–", "Outiller"]]),
    ]
    assert {e.par for e in lignes} == {coordination}
    assert "C’est fait : 2 fiches ont changé." in client.get(suite.url).content.decode()


def _valeur(acte, demarche, gens):
    instance = InstanceFactory(demarche=demarche)
    structure = MembreFactory(gouvernance=demarche.gouvernance).structure
    return {
        "axe": (AxeFactory(demarche=demarche), "axe"), "priorite": (2, "priorite"),
        "porteur": (structure, "structure_porteuse"), "instance": (instance, "instance_suivi"),
        "rapide": (True, "gain_rapide"),
    }[acte]  # fmt: skip


@pytest.mark.parametrize("acte", [code for code, acte in ACTES.items() if acte.champ])
def test_chaque_acte_ecrit_sa_valeur_et_une_ligne_au_journal(client, demarche, coordination, gens, acte):
    fiche, (objet, champ) = FicheFactory(demarche=demarche), _valeur(acte, demarche, gens)
    code = "oui" if objet is True else str(getattr(objet, "uuid", objet))
    page = ouvrir(client, demarche, acte, code, [1])
    assert confirmer(client, demarche, page).status_code == 302
    fiche.refresh_from_db()
    assert getattr(fiche, champ) == objet
    assert (fiche.modifie_par, fiche.version) == (coordination, 2)
    assert Evenement.objects.get(objet_type="ficheaction").details[0][2] not in {"", "–"}
    encore = ouvrir(client, demarche, acte, code, [1])
    assert annonces(encore) == ([], [(1, "c’est déjà le cas")])
    assert "Confirmer pour" not in encore.content.decode()


def test_proposer_dit_ce_qui_manque_et_ne_propose_que_les_completes(client, demarche, coordination, trois):
    page = ouvrir(client, demarche, "proposer")
    changent, restent = annonces(page)
    assert changent == [(1, "Brouillon", "Proposée")]
    assert restent[0][0] == 2
    assert "Écrire les objectifs." in restent[0][1]
    assert restent[1] == (3, "elle est déjà « Écartée »")
    assert confirmer(client, demarche, page).status_code == 302
    assert list(demarche.fiches.values_list("etat", flat=True)) == ["proposee", "brouillon", "ecartee"]
    assert [e.action for e in Evenement.objects.filter(objet_type="ficheaction")] == ["proposer"]


def test_une_fiche_modifiee_entre_temps_est_nommee_et_rien_ne_change(client, demarche, coordination, trois):
    page = ouvrir(client, demarche, "priorite", "1", [1, 2])
    FicheAction.objects.filter(numero=2).update(version=5, titre="Changée par une autre")
    reponse = confirmer(client, demarche, page)
    assert reponse.status_code == 409
    texte = reponse.content.decode()
    assert "Rien n’a été changé" in texte
    assert "« 2. Changée par une autre » a été modifiée depuis" in texte
    assert "« 1." not in texte.split("Ce qui changera")[0]
    assert set(demarche.fiches.values_list("priorite", flat=True)) == {None}
    assert not Evenement.objects.exists()
    assert confirmer(client, demarche, reponse).status_code == 302  # relue, elle se confirme
    assert list(demarche.fiches.values_list("priorite", flat=True)) == [1, 1, None]


def test_une_fiche_forcee_dans_l_envoi_est_refusee_avec_les_autres(client, demarche, coordination, trois):
    page = ouvrir(client, demarche, "priorite", "1", [1])
    for forcees in (["1.1", "3.1"], ["1.1", "99.1"]):
        reponse = confirmer(client, demarche, page, v=forcees)
        assert reponse.status_code in {409, 422}
        assert not demarche.fiches.filter(priorite=1).exists()


def test_ni_la_valeur_ni_la_fiche_d_une_autre_demarche(client, demarche, coordination, trois):
    ailleurs = AxeFactory(demarche__groupement=True)
    page = ouvrir(client, demarche, "axe", str(ailleurs.uuid))
    assert page.context["pret"] is False
    propre = ouvrir(client, demarche, "axe", str(AxeFactory(demarche=demarche).uuid), [1])
    reponse = confirmer(client, demarche, propre, valeur=str(ailleurs.uuid))
    assert reponse.status_code == 422
    assert "Cette valeur n’est plus proposée" in reponse.content.decode()


def test_un_numero_ne_designe_que_la_fiche_de_la_demarche(client, demarche, coordination, trois):
    """La fiche n° 1 d'une autre démarche, que la même personne coordonne aussi, ne bouge pas."""
    autre = FicheFactory(demarche=DemarcheFactory(groupement=True, etape=Etape.PLAN_ACTIONS), numero=1)
    MandatFactory(utilisateur=coordination, demarche=autre.demarche)
    page = ouvrir(client, demarche, "rapide", "oui", [1])
    assert [f.pk for f in page.context["fiches"]] == [trois[0].pk]
    assert confirmer(client, demarche, page).status_code == 302
    autre.refresh_from_db()
    assert (autre.gain_rapide, autre.version) == (False, 1)


@pytest.mark.parametrize("role", [*Role.values, "administration", "dehors"])
def test_qui_agit_sur_plusieurs_fiches(client, demarche, gens, role):
    FicheFactory(demarche=demarche, proposee=True)
    client.force_login(gens[role])
    permis = role in DROITS["editer_fiches"].roles
    statut = 404 if role == "dehors" else 200 if permis else 403
    assert client.get(adresse(demarche), {"acte": "rapide", "f": 1}).status_code == statut
    jeton = "00000000-0000-4000-8000-000000000001"
    donnees = {"acte": "rapide", "valeur": "oui", "v": "1.1", "jeton": jeton}
    assert client.post(adresse(demarche), donnees).status_code == (302 if permis else statut)
    assert demarche.fiches.get().gain_rapide is permis
    if role != "dehors":
        page = client.get(reverse("plan", args=[demarche.uuid])).content.decode()
        assert ('name="f"' in page) is permis


def test_apres_la_soumission_on_ne_coche_plus_et_l_on_sait_pourquoi(client, demarche, coordination, trois):
    page = ouvrir(client, demarche, "rapide", "oui", [1])
    Demarche.objects.update(
        etape=Etape.ABANDONNEE, abandonnee_le="2026-01-01T00:00Z", motif="Faute de moyens."
    )
    assert confirmer(client, demarche, page).status_code == 422
    assert not demarche.fiches.filter(gain_rapide=True).exists()
    plan = client.get(reverse("plan", args=[demarche.uuid])).content.decode()
    assert 'name="f"' not in plan
    assert "La démarche est abandonnée : elle ne se modifie plus." in plan


def test_rien_de_coche_dit_quoi_faire(client, demarche, coordination):
    for fiches in ([], ["99"], ["abc"], ["9" * 400]):
        page = ouvrir(client, demarche, "axe", "", fiches)
        assert "Aucune fiche n’est cochée" in page.content.decode()
    assert "Que faire de ces fiches" not in client.get(adresse(demarche)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_un_double_clic_simultane_n_a_qu_un_effet(client, demarche, coordination):
    for _ in range(3):
        FicheFactory(demarche=demarche)
    for tour, valeur in enumerate(("oui", "non") * 5):
        page = ouvrir(client, demarche, "rapide", valeur)
        donnees = envoi(page.context["formulaire"])
        assert poster_ensemble(client, adresse(demarche), [donnees] * 2) == [302, 302]
        assert Evenement.objects.filter(objet_type="ficheaction").count() == 3 * (tour + 1)


@pytest.mark.django_db(transaction=True)
def test_deux_lots_croises_ne_s_attendent_pas(client, demarche, coordination):
    """Les mêmes fiches dans deux ordres : l'un passe, l'autre apprend lesquelles ont changé."""
    for _ in range(4):
        FicheFactory(demarche=demarche)
    for _ in range(6):
        pages = [
            ouvrir(client, demarche, "rapide", v, f) for v, f in (("oui", (1, 2, 3, 4)), ("oui", (4, 3)))
        ]
        envois = [envoi(page.context["formulaire"]) for page in pages]
        envois[1]["v"] = envois[1]["v"][::-1]
        assert sorted(poster_ensemble(client, adresse(demarche), envois)) == [302, 409]
        FicheAction.objects.update(gain_rapide=False)


def test_rien_n_est_choisi_d_avance_et_ne_rien_choisir_se_dit(client, demarche, coordination, trois):
    plan = client.get(reverse("plan", args=[demarche.uuid])).content.decode()
    assert '<select class="fr-select lot__acte" id="lot-acte" name="acte" required><option value="">' in plan
    oubli = client.get(adresse(demarche), {"acte": "", "f": [1, 2]}).content.decode()
    assert "Choisissez ce qu’il faut faire de ces fiches." in oubli
    question = client.get(adresse(demarche), {"acte": "axe", "f": [1, 2]}).content.decode()
    assert 'name="valeur" required><option value="">Choisir…' in question
    assert "Choisissez une réponse" not in question
    assert "Choisissez une réponse dans la liste." in ouvrir(client, demarche, "axe").content.decode()
