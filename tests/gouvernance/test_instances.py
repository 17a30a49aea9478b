"""Les instances : chaque type, ce qu'il exige, sa page, ses droits, ce qui ne se modifie plus."""

import html as entites
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from gouvernance.models import CodeJalon, Evenement, Instance, TypeInstance
from gouvernance.permissions import DROITS
from tests.gouvernance.fabriques import (
    CollegeFactory,
    DecisionFactory,
    DemarcheFactory,
    EpciFactory,
    InstanceFactory,
    PersonneFactory,
    SeanceFactory,
    SiegeFactory,
    StructureFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db


def html(reponse) -> str:
    return entites.unescape(reponse.content.decode()).replace("\u00a0", " ")


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def creer(client, lieu, **donnees):
    envoi = {"jeton": uuid.uuid4(), "type": "copil", "quorum": 0, **donnees}
    return client.post(reverse("instance_ajouter", args=[lieu.uuid]), envoi)


def page(client, lieu, instance) -> str:
    reponse = client.get(reverse("instance", args=[lieu.uuid, instance.uuid]))
    assert reponse.status_code == 200
    return html(reponse)


def test_une_instance_neuve_s_ouvre_ou_l_on_ajoute_ses_sieges(client, lieu):
    """On revenait au bas de la gouvernance, sans voir ni le message ni la suite ; un double clic de même."""
    jeton = uuid.uuid4()
    reponses = [creer(client, lieu, type="cotech", nom="Le COTECH", jeton=jeton) for _ in range(2)]
    neuve = Instance.objects.get(nom="Le COTECH")
    assert [r.url for r in reponses] == [reverse("instance", args=[lieu.uuid, neuve.uuid])] * 2
    lue = page(client, lieu, neuve)
    assert "Ajoutez maintenant ses sièges" in lue
    assert reverse("sieges_ajouter", args=[lieu.uuid, neuve.uuid]) in lue


@pytest.mark.parametrize("type_", TypeInstance.values)
def test_chaque_type_se_cree_et_se_lit(client, lieu, type_):
    epci = EpciFactory(nom="CC du Périgord Nontronnais", departement=lieu.demarche.departement)
    champs = {
        "mandat": "Valider, agir, orienter.", "frequence": "semestrielle", "quorum": 3, "epci": epci.pk,
        "instance_hote": "Comité de pilotage de la CTG",
    }  # fmt: skip
    assert creer(client, lieu, type=type_, nom="La table", **champs).status_code == 302
    lue = page(client, lieu, Instance.objects.get(nom="La table"))
    for attendu in (
        TypeInstance(type_).label, "Valider, agir, orienter.", "Semestrielle", epci.nom,
        "Comité de pilotage de la CTG", "3 sièges présents ou représentés, sur 0",
    ):  # fmt: skip
        assert attendu in lue


def test_un_groupe_moteur_et_une_instance_reprise_disent_ce_qui_leur_manque_a_cote_du_champ(client, lieu):
    reponse = creer(client, lieu, type="groupe_moteur", mandat="Mobiliser les communes.")
    assert reponse.status_code == 422
    fautes = reponse.context["formulaire"].errors
    assert fautes == {"epci": ["Un groupe moteur est celui d’un EPCI : choisissez-le."]}
    assert "Mobiliser les communes." in html(reponse)
    fautes = creer(client, lieu, type="existante").context["formulaire"].errors
    assert fautes == {"instance_hote": ["Nommez l’instance existante que la démarche reprend."]}
    assert Instance.objects.count() == 1


def test_l_epci_d_un_autre_departement_n_est_pas_propose(client, lieu):
    ailleurs = EpciFactory(departement__code="40")
    assert creer(client, lieu, type="groupe_moteur", epci=ailleurs.pk).status_code == 422


def test_la_page_d_une_instance(client, lieu):
    college = CollegeFactory(code="departement", libelle="Département", ordre=2)
    departement = StructureFactory(nom="Conseil départemental", college=college)
    prefet = PersonneFactory(
        structure=lieu.prefecture, prenom="", nom="Préfète", fonction="Préfète de la Dordogne"
    )
    SiegeFactory(instance=lieu.copil, structure=departement, president=True)
    SiegeFactory(instance=lieu.copil, structure=lieu.prefecture, personne=prefet, president=True)
    SiegeFactory(instance=lieu.copil, structure=StructureFactory(nom="Agence régionale de santé"))
    passee = SeanceFactory(instance=lieu.copil, numero=1, ouverte=True)
    DecisionFactory(seance=passee)
    DecisionFactory(seance=passee)
    type(passee).objects.filter(pk=passee.pk).update(etat="close", close_le=timezone.now())
    SeanceFactory(instance=lieu.copil, numero=2, lieu="Salle des fêtes", debut=timezone.now())
    lue = page(client, lieu, lieu.copil)
    assert "Co-présidée par Conseil départemental et Préfecture (Préfète, préfète de la Dordogne)." in lue
    assert lue.index("Présidence</h3>") < lue.index("Agence régionale de santé")
    assert "2026-COPIL-01" in lue
    assert "Prochaine séance" in lue
    assert "Salle des fêtes" in lue
    assert '<td data-label="Décisions">2</td>' in lue
    assert "Cahier des charges" in lue  # le jalon qu'elle valide
    assert str(CodeJalon.VALIDATION.label) in lue


def test_une_seule_presidence(client, lieu):
    SiegeFactory(instance=lieu.copil, structure=lieu.prefecture, president=True)
    lue = page(client, lieu, lieu.copil)
    assert "Présidée par Préfecture." in lue
    assert "Co-présidée" not in lue


def test_la_gouvernance_resume_ses_instances_et_mene_a_chacune(client, lieu):
    SiegeFactory(instance=lieu.copil, structure=lieu.prefecture, president=True)
    lue = html(client.get(reverse("gouvernance", args=[lieu.uuid])))
    assert reverse("instance", args=[lieu.uuid, lieu.copil.uuid]) in lue
    assert "Présidée par Préfecture" in lue


PERMIS = DROITS["cadrer"].roles


@pytest.mark.parametrize("role", ROLES)
def test_qui_peut_creer_modifier_supprimer(client, lieu, role):
    autre = InstanceFactory(demarche=lieu.demarche, type="cotech")
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, PERMIS)
    assert creer(client, lieu, type="consortium").status_code == attendu
    modifier = reverse("instance_modifier", args=[lieu.uuid, autre.uuid])
    donnees = {"version": 1, "type": "cotech", "nom": "Technique", "quorum": 0}
    assert client.post(modifier, donnees).status_code == attendu
    assert client.post(reverse("instance_supprimer", args=[lieu.uuid, autre.uuid])).status_code == attendu
    fait = attendu == 302
    assert Instance.objects.filter(type="consortium").exists() == fait
    assert Instance.objects.filter(pk=autre.pk).exists() != fait
    assert Evenement.objects.count() == (3 if fait else 0)


def test_un_double_clic_ne_cree_qu_une_instance(client, lieu):
    jeton = uuid.uuid4()
    for _ in range(2):
        reponse = creer(client, lieu, type="cotech", jeton=jeton)
        assert reponse.status_code == 302
    assert Instance.objects.filter(type="cotech").count() == 1


def test_deux_mains_sur_la_meme_instance(client, lieu):
    adresse = reverse("instance_modifier", args=[lieu.uuid, lieu.copil.uuid])
    donnees = {"version": 1, "type": "copil", "quorum": 0}
    assert client.post(adresse, {**donnees, "mandat": "Première main"}).status_code == 302
    reponse = client.post(adresse, {**donnees, "mandat": "Seconde main"})
    assert reponse.status_code == 409
    assert "Première main" in html(reponse)
    assert "Seconde main" in html(reponse)
    lieu.copil.refresh_from_db()
    assert lieu.copil.mandat == "Première main"


def test_le_type_d_une_instance_qui_a_des_seances_ne_change_plus(client, lieu):
    adresse = reverse("instance_modifier", args=[lieu.uuid, lieu.copil.uuid])
    SeanceFactory(instance=lieu.copil)
    reponse = client.post(adresse, {"version": 1, "type": "cotech", "quorum": 0})
    assert reponse.status_code == 422
    assert "numérotées d’après son type" in html(reponse)
    assert client.post(adresse, {"version": 1, "type": "copil", "quorum": 5}).status_code == 302


def test_une_instance_qui_sert_ne_se_supprime_pas(client, lieu):
    SiegeFactory(instance=lieu.copil)
    reponse = client.post(reverse("instance_supprimer", args=[lieu.uuid, lieu.copil.uuid]), follow=True)
    assert "ne peut être supprimé" in html(reponse)
    assert Instance.objects.filter(pk=lieu.copil.pk).exists()


def test_les_instances_d_une_autre_demarche_sont_introuvables(client, lieu):
    autre = DemarcheFactory(gouvernance__departement__code="40")
    etrangere = InstanceFactory(demarche=autre)
    siege = SiegeFactory(instance=etrangere)
    for nom in (
        "instance", "instance_modifier", "instance_supprimer", "instance_succeder", "instance_modele",
        "sieges_ajouter", "siege_ajouter",
    ):  # fmt: skip
        adresse = reverse(nom, args=[lieu.uuid, etrangere.uuid])
        assert client.post(adresse).status_code == (405 if nom == "instance" else 404), nom
    assert client.get(reverse("instance", args=[lieu.uuid, etrangere.uuid])).status_code == 404
    for nom in ("siege_modifier", "siege_remplacer", "siege_supprimer", "siege_clore", "siege_monter"):
        assert client.post(reverse(nom, args=[lieu.uuid, siege.uuid])).status_code == 404, nom
    assert not Evenement.objects.exists()


def test_une_instance_arretee_ne_se_modifie_plus_mais_se_lit(client, lieu):
    siege = SiegeFactory(instance=lieu.copil, structure=lieu.prefecture)
    Instance.objects.filter(pk=lieu.copil.pk).update(dissoute_le=timezone.now())
    avant = Evenement.objects.count()
    for nom, cle in [
        ("instance_modifier", lieu.copil), ("instance_supprimer", lieu.copil), ("sieges_ajouter", lieu.copil),
        ("siege_ajouter", lieu.copil), ("instance_modele", lieu.copil), ("instance_succeder", lieu.copil),
        ("siege_modifier", siege), ("siege_remplacer", siege), ("siege_clore", siege),
        ("siege_supprimer", siege), ("siege_monter", siege),
    ]:  # fmt: skip
        adresse = reverse(nom, args=[lieu.uuid, cle.uuid])
        reponse = client.post(adresse, {"version": 1, "type": "copil", "quorum": 9}, follow=True)
        assert "ne se modifie plus" in html(reponse), nom
    assert Evenement.objects.count() == avant
    lue = page(client, lieu, lieu.copil)
    assert "elle ne se réunit plus" in lue
    assert "Préfecture" in lue
    assert reverse("sieges_ajouter", args=[lieu.uuid, lieu.copil.uuid]) not in lue


def test_une_instance_arretee_n_est_plus_proposee(client, lieu):
    autre = InstanceFactory(demarche=lieu.demarche, type="cotech", nom="Celle qui reste")
    Instance.objects.filter(pk=lieu.copil.pk).update(dissoute_le=timezone.now(), nom="Celle qui s’arrête")
    planifier = client.get(reverse("seance_planifier", args=[lieu.uuid]))
    proposees = planifier.context["formulaire"].fields["instance"].queryset
    assert list(proposees) == [autre]


def test_qui_ne_peut_pas_cadrer_lit_la_page_sans_les_actes(client, lieu):
    SiegeFactory(instance=lieu.copil, structure=lieu.prefecture)
    client.force_login(lieu.gens["partenaire"])
    lue = page(client, lieu, lieu.copil)
    assert "Votre rôle ne permet pas de modifier la gouvernance" in lue
    assert reverse("sieges_ajouter", args=[lieu.uuid, lieu.copil.uuid]) not in lue
