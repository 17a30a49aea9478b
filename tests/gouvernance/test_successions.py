"""« Succède à » : le groupe projet devient le comité de pilotage, en un seul acte."""

import html as entites
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from gouvernance.cadre import cadrage
from gouvernance.models import Courriel, EtatJalon, EtatSeance, Evenement, Instance, Jalon, Personne, Seance
from gouvernance.permissions import DROITS
from gouvernance.reunions import convocations, seances
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import (
    CollegeFactory,
    DecisionFactory,
    InstanceFactory,
    MembreFactory,
    PersonneFactory,
    PointFactory,
    SeanceFactory,
    SiegeFactory,
    StructureFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
PERMIS = DROITS["tenir_seance"].roles


def html(reponse) -> str:
    return entites.unescape(reponse.content.decode()).replace("\u00a0", " ")


@pytest.fixture
def lieu(client):
    """Un groupe projet de deux sièges, chargé des jalons, une séance tenue et deux à venir."""
    trouve = situation()
    trouve.gouvernance = trouve.demarche.gouvernance
    groupe = trouve.groupe = InstanceFactory(demarche=trouve.demarche, type="groupe_projet")
    trouve.demarche.jalons.update(instance=groupe)
    Instance.objects.filter(pk=trouve.copil.pk).delete()
    trouve.cc = StructureFactory(nom="CC Dronne et Belle", college=CollegeFactory(code="epci", ordre=3))
    trouve.centre = StructureFactory(nom="Centre socio-culturel", college__code="associations-ess")
    for structure in (trouve.cc, trouve.centre):
        MembreFactory(gouvernance=trouve.gouvernance, structure=structure)
    trouve.elue = PersonneFactory(structure=trouve.cc, gouvernance=trouve.gouvernance, elu=True)
    trouve.siege = SiegeFactory(instance=groupe, structure=trouve.cc, personne=trouve.elue)
    trouve.second = SiegeFactory(instance=groupe, structure=trouve.centre)
    tenue = SeanceFactory(instance=groupe, ouverte=True, numero=1)
    trouve.decision = DecisionFactory(seance=tenue)
    Jalon.objects.filter(demarche=trouve.demarche, ordre=1).update(
        etat=EtatJalon.VALIDE, decision=trouve.decision
    )
    Seance.objects.filter(pk=tenue.pk).update(etat=EtatSeance.CLOSE, close_le=tenue.debut)
    trouve.a_venir = SeanceFactory(instance=groupe, numero=2)
    PointFactory(seance=trouve.a_venir, jalon=trouve.demarche.jalons.get(ordre=2))
    trouve.convoquee = SeanceFactory(instance=groupe, numero=3, etat=EtatSeance.CONVOQUEE)
    client.force_login(trouve.gens["coordination"])
    return trouve


def adresse(lieu) -> str:
    return reverse("instance_succeder", args=[lieu.uuid, lieu.groupe.uuid])


def succeder(client, lieu, **changements):
    """Ouvre le formulaire comme un navigateur, et l'envoie avec ce que l'on y change."""
    ouvert = client.get(adresse(lieu))
    if ouvert.status_code != 200:
        return client.post(adresse(lieu))
    return client.post(adresse(lieu), envoi(ouvert.context["formulaire"], **changements))


def test_la_page_propose_les_sieges_coches_les_jalons_et_les_seances(client, lieu):
    lue = html(client.get(adresse(lieu)))
    for siege in (lieu.siege, lieu.second):
        assert f'name="sieges" value="{siege.uuid}" checked' in lue
    assert "« Diagnostic »" in lue
    assert "« Cahier des charges »" not in lue  # déjà validé
    assert lieu.a_venir.reference in lue
    assert lieu.convoquee.reference in lue
    assert "2026-GROUPE-PROJET-01" not in lue


def test_le_groupe_projet_devient_le_copil_en_un_acte(client, lieu):
    autre = PersonneFactory(structure=lieu.cc, gouvernance=lieu.gouvernance, nom="Vice-présidente")
    reponse = succeder(client, lieu, **{
        "presidents": [str(lieu.siege.uuid)], f"titulaire_{lieu.siege.uuid}": str(autre.uuid),
        f"seance_{lieu.convoquee.uuid}": "annuler", "quorum": 2,
    })  # fmt: skip
    assert reponse.status_code == 302
    copil = Instance.objects.get(type="copil")
    lieu.groupe.refresh_from_db()
    assert copil.succede_a == lieu.groupe
    assert lieu.groupe.dissoute_le
    assert [(s.structure, s.personne, s.president) for s in copil.sieges.all()] == [
        (lieu.cc, autre, True), (lieu.centre, None, False)
    ]  # fmt: skip
    par_instance = {j.code: j.instance for j in lieu.demarche.jalons.select_related("instance")}
    assert par_instance.pop("cadrage") == lieu.groupe  # un jalon acquis garde qui l'a validé
    assert set(par_instance.values()) == {copil}
    lieu.a_venir.refresh_from_db()
    lieu.convoquee.refresh_from_db()
    assert (lieu.a_venir.instance, lieu.a_venir.etat, lieu.a_venir.reference) == (
        copil, EtatSeance.PLANIFIEE, "2026-COPIL-01"
    )  # fmt: skip
    assert lieu.convoquee.etat == EtatSeance.ANNULEE
    lue = html(client.get(reverse("instance", args=[lieu.uuid, copil.uuid])))
    assert "A succédé à" in lue
    ancienne = html(client.get(reverse("instance", args=[lieu.uuid, lieu.groupe.uuid])))
    assert "lui a succédé" in ancienne
    assert "2026-GROUPE-PROJET-01" in ancienne  # son histoire reste


def test_tout_est_au_journal(client, lieu):
    succeder(client, lieu, **{f"seance_{lieu.convoquee.uuid}": "annuler"})
    actions = list(Evenement.objects.values_list("action", flat=True))
    assert {a: actions.count(a) for a in set(actions)} == {
        "créer": 1, "succéder": 1, "dissoudre": 1, "redésigner l’instance": 4,
        "confier à l’instance qui succède": 1, "annuler": 1,
    }  # fmt: skip
    assert not Evenement.objects.exclude(par=lieu.gens["coordination"]).exists()


def test_les_seances_gardees_prennent_le_numero_de_la_nouvelle(client, lieu):
    succeder(client, lieu)
    lieu.convoquee.refresh_from_db()
    assert (lieu.convoquee.etat, lieu.convoquee.instance.type) == (EtatSeance.CONVOQUEE, "copil")
    numeros = {s.reference for s in Seance.objects.filter(instance__type="copil")}
    assert numeros == {"2026-COPIL-01", "2026-COPIL-02"}


@pytest.mark.parametrize(("sort", "genre"), [("annuler", "annulation-seance"), ("deplacer", None)])
def test_qui_etait_convoque_apprend_l_annulation_ou_le_changement(client, lieu, sort, genre):
    Personne.objects.filter(pk=lieu.elue.pk).update(email="elue@cc.example")
    demain = timezone.now() + timedelta(days=20)
    seance = SeanceFactory(instance=lieu.groupe, numero=9, debut=demain)
    PointFactory(seance=seance)
    convocations.convoquer(seance.pk, par=lieu.gens["coordination"])
    succeder(client, lieu, **{f"seance_{seance.uuid}": sort})
    ecrits = Courriel.objects.exclude(genre="convocation")
    if genre:
        assert [(c.genre, c.destinataire) for c in ecrits] == [(genre, "elue@cc.example")]
        return
    assert not ecrits.exists()  # rien ne part sans que la coordination le demande
    nouvelle = Instance.objects.get(type="copil")
    venue = PersonneFactory(structure=lieu.centre, gouvernance=lieu.gouvernance, email="centre@x.example")
    nouvelle.sieges.filter(structure=lieu.centre).update(personne=venue)
    convocations.prevenir(seance.pk, par=lieu.gens["coordination"])
    assert set(Courriel.objects.values_list("destinataire", flat=True)) >= {"centre@x.example"}


def test_on_peut_ecarter_un_siege(client, lieu):
    succeder(client, lieu, sieges=[str(lieu.second.uuid)])
    assert [s.structure for s in Instance.objects.get(type="copil").sieges.all()] == [lieu.centre]
    assert lieu.groupe.sieges.ouverts().count() == 2  # l'ancienne garde la mémoire des siens


@pytest.mark.parametrize("role", ROLES)
def test_qui_peut_faire_succeder(client, lieu, role):
    client.force_login(lieu.gens[role])
    assert succeder(client, lieu).status_code == statut_attendu(role, PERMIS)
    assert Instance.objects.filter(type="copil").exists() == (role in PERMIS)


def test_un_double_clic_ne_fait_qu_une_succession(client, lieu):
    donnees = envoi(client.get(adresse(lieu)).context["formulaire"])
    assert client.post(adresse(lieu), donnees).status_code == 302
    assert "ne se modifie plus" in html(client.post(adresse(lieu), donnees, follow=True))
    autre_jeton = {**donnees, "jeton": uuid.uuid4()}
    assert "ne se modifie plus" in html(client.post(adresse(lieu), autre_jeton, follow=True))
    assert Instance.objects.filter(type="copil").count() == 1
    assert Evenement.objects.filter(action="dissoudre").count() == 1


def test_une_seance_ouverte_retient_la_succession(client, lieu):
    SeanceFactory(instance=lieu.groupe, ouverte=True, numero=4)
    reponse = succeder(client, lieu, mandat="Décider et légitimer.")
    assert reponse.status_code == 422
    assert "closez d’abord la séance ouverte" in html(reponse)
    assert "Décider et légitimer." in html(reponse)
    assert not Instance.objects.filter(type="copil").exists()


def test_un_siege_arrive_entre_temps_ou_d_ailleurs_est_refuse(client, lieu):
    ailleurs = SiegeFactory(instance=InstanceFactory(demarche=lieu.demarche, type="cotech"))
    reponse = succeder(client, lieu, sieges=[str(ailleurs.uuid)])
    assert reponse.status_code == 422
    assert "Cette liste vient de changer" in html(reponse)
    etrangere = PersonneFactory(structure=lieu.centre, gouvernance=lieu.gouvernance)
    reponse = succeder(client, lieu, **{f"titulaire_{lieu.siege.uuid}": str(etrangere.uuid)})
    assert reponse.status_code == 422
    assert Instance.objects.count() == 2


def test_un_titulaire_n_occupe_pas_deux_sieges(client, lieu):
    double = SiegeFactory(instance=lieu.groupe, structure=lieu.cc)
    reponse = succeder(client, lieu, **{f"titulaire_{double.uuid}": str(lieu.elue.uuid)})
    assert reponse.status_code == 422
    assert "occuperait deux sièges" in html(reponse)


def test_un_membre_retire_ne_passe_pas_a_la_nouvelle_instance(client, lieu):
    lieu.gouvernance.membres.filter(structure=lieu.centre).update(statut="retire", confirme_le=None)
    reponse = succeder(client, lieu)
    assert reponse.status_code == 422
    assert "n’est pas membre de la gouvernance" in html(reponse)
    assert succeder(client, lieu, sieges=[str(lieu.siege.uuid)]).status_code == 302


def test_une_faute_en_cours_d_acte_ne_laisse_rien(client, lieu, monkeypatch):
    def echouer(*_, **__):
        raise RuntimeError("panne")

    monkeypatch.setattr("gouvernance.comites.successions._dissoudre", echouer)
    client.raise_request_exception = False
    assert succeder(client, lieu).status_code == 500
    assert not Instance.objects.filter(type="copil").exists()
    assert set(lieu.demarche.jalons.values_list("instance", flat=True)) == {lieu.groupe.pk}
    assert not Evenement.objects.exists()


def test_apres_la_succession_l_ancienne_n_est_plus_proposee_et_son_jalon_reste_lisible(client, lieu):
    succeder(client, lieu)
    copil = Instance.objects.get(type="copil")
    planifier = client.get(reverse("seance_planifier", args=[lieu.uuid]) + f"?instance={copil.uuid}")
    formulaire = planifier.context["formulaire"]
    assert list(formulaire.fields["instance"].queryset) == [copil]
    assert formulaire.initial["instance"] == copil
    jalons = client.get(reverse("jalons", args=[lieu.uuid]))
    donnees = envoi(jalons.context["formulaire"])
    assert client.post(reverse("jalons", args=[lieu.uuid]), donnees).status_code == 302
    assert lieu.demarche.jalons.get(code="cadrage").instance == lieu.groupe
    ruse = {**donnees, "diagnostic_instance": str(lieu.groupe.uuid)}
    assert client.post(reverse("jalons", args=[lieu.uuid]), ruse).status_code == 422
    with pytest.raises(ValidationError, match="ne se réunit plus"):
        seances.planifier(SeanceFactory.build(instance=lieu.groupe), par=None)
    lieu.groupe.refresh_from_db()
    jalons = lieu.demarche.jalons.all()
    voulues = {j.code: (j.echeance, lieu.groupe) for j in jalons}
    with pytest.raises(ValidationError, match="ne se réunit plus"):
        cadrage.cadrer_jalons(lieu.demarche, voulues, version=sum(j.version for j in jalons), par=None)
