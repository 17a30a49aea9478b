"""Les décisions : bonne instance, séance ouverte, quorum atteint, ordre des jalons ; une seule fois."""

import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections
from django.urls import reverse

from feuille_de_route import parcours
from gouvernance import decisions
from gouvernance.cadre import adhesions
from gouvernance.decisions import SaisieDecision
from gouvernance.models import (
    Adhesion,
    CodeJalon,
    Decision,
    Etape,
    EtatJalon,
    EtatSeance,
    Evenement,
    Jalon,
    NatureDecision,
    PointDeBlocage,
    Role,
    Seance,
)
from gouvernance.reunions import seances
from tests.feuille_de_route.fabriques import FicheFactory
from tests.gouvernance.fabriques import (
    InstanceFactory,
    PointFactory,
    PresenceFactory,
    SeanceFactory,
    SiegeFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu


def html(reponse):
    return reponse.content.decode()


@pytest.fixture
def lieu(client, db):
    trouve = situation()
    trouve.seance = SeanceFactory(instance=trouve.copil, ouverte=True)
    client.force_login(trouve.gens["coordination"])
    return trouve


def consigner(client, lieu, seance=None, **champs):
    seance = seance or lieu.seance
    donnees = {"jeton": uuid.uuid4(), "nature": "validation", "objet": "Validation", "texte": "Adopté."}
    if vise := champs.pop("jalon", None):
        donnees["cible"] = f"jalon:{vise.uuid}"
    return client.post(reverse("decision_consigner", args=[lieu.uuid, seance.uuid]), {**donnees, **champs})


def jalon(code) -> Jalon:
    return Jalon.objects.get(code=code)


@pytest.mark.parametrize("role", ROLES)
def test_qui_consigne(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, {Role.COORDINATION, Role.CO_PORTEUR})
    assert consigner(client, lieu, jalon=jalon("cadrage")).status_code == attendu
    assert jalon("cadrage").acquis == Evenement.objects.exists() == (attendu == 302)


@pytest.mark.parametrize("role", sorted(set(Role.values) - {Role.COORDINATION, Role.CO_PORTEUR}))
def test_la_regle_refuse_aussi_sans_passer_par_l_ecran(lieu, role):
    saisie = SaisieDecision("validation", "Cadrage", jalon=jalon("cadrage"))
    with pytest.raises(PermissionDenied):
        decisions.consigner(lieu.seance.pk, saisie, par=lieu.gens[role])
    assert not Decision.objects.exists()


@pytest.mark.parametrize("nature", NatureDecision.values)
def test_chaque_nature_a_l_effet_de_la_table(client, lieu, nature):
    reserves = {"reserves": "Préciser le budget."} if nature == "validation_reserves" else {}
    assert consigner(client, lieu, nature=nature, jalon=jalon("cadrage"), **reserves).status_code == 302
    assert jalon("cadrage").etat == decisions.EFFET.get(nature, EtatJalon.EN_COURS)
    page = html(client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid])))
    assert NatureDecision(nature).label in page
    assert "Adopté." in page


@pytest.mark.parametrize("etat", [e for e in EtatSeance if e != EtatSeance.OUVERTE])
def test_hors_d_une_seance_ouverte_la_saisie_revient_avec_la_phrase(client, lieu, etat):
    seance = SeanceFactory(
        instance=lieu.copil, **({"close": True} if etat == EtatSeance.CLOSE else {"etat": etat})
    )
    reponse = consigner(client, lieu, seance, objet="Objet tapé", jalon=jalon("cadrage"))
    assert reponse.status_code == 422
    assert "une décision se prend dans une séance ouverte" in html(reponse)
    assert "Objet tapé" in html(reponse)
    assert "Voir les présences" in html(reponse), "on reste sur la page qui décide"
    assert not Decision.objects.exists()


def test_sans_quorum_on_ne_decide_pas(client, lieu):
    lieu.copil.quorum = 2
    lieu.copil.save()
    sieges = [SiegeFactory(instance=lieu.copil) for _ in range(3)]
    PresenceFactory(seance=lieu.seance, siege=sieges[0])
    PresenceFactory(seance=lieu.seance, siege=sieges[1], etat="excuse")
    assert "Le quorum n’est pas atteint : 1 siège" in html(consigner(client, lieu))
    PresenceFactory(seance=lieu.seance, siege=sieges[2], etat="represente", pouvoir_a=sieges[0])
    assert consigner(client, lieu).status_code == 302


def test_l_ordre_des_jalons_l_instance_designee_et_l_etape(client, lieu):
    assert "doit être validé avant" in html(consigner(client, lieu, jalon=jalon("diagnostic")))
    cotech = InstanceFactory(demarche=lieu.demarche, type="cotech")
    seance = SeanceFactory(instance=cotech, ouverte=True)
    assert consigner(client, lieu, seance, jalon=jalon("cadrage")).status_code == 422
    with pytest.raises(ValidationError, match=r"se décide par «\\xa0Comité de pilotage"):
        decisions.consigner(seance.pk, SaisieDecision("validation", "x", jalon=jalon("cadrage")), par=None)
    consigner(client, lieu, jalon=jalon("cadrage"))
    assert "se décide à l’étape « Diagnostic »" in html(consigner(client, lieu, jalon=jalon("diagnostic")))
    assert "est déjà validé" in html(consigner(client, lieu, jalon=jalon("cadrage")))
    assert Decision.objects.count() == 1


def test_les_reserves_deviennent_un_point_de_blocage(client, lieu):
    reponse = consigner(client, lieu, nature="validation_reserves")
    assert reponse.status_code == 422
    assert "Écrivez les réserves" in html(reponse)
    assert "Choisissez « Validation avec réserves »" in html(consigner(client, lieu, reserves="Un mot"))
    consigner(
        client, lieu, nature="validation_reserves", reserves="Chiffrer l’axe 2", echeance="2026-09-01",
        jalon=jalon("cadrage"),
    )  # fmt: skip
    point = PointDeBlocage.objects.get()
    assert (point.libelle, str(point.echeance)) == ("Chiffrer l’axe 2", "2026-09-01")
    page = html(client.get(reverse("blocages", args=[lieu.uuid])))
    assert "Réserve de la décision" in page
    assert point.decision.numero in page


def test_un_double_clic_ne_consigne_qu_une_fois(client, lieu):
    jeton = uuid.uuid4()
    for _ in range(2):
        consigner(client, lieu, nature="orientation", jeton=jeton)
    assert Decision.objects.count() == 1


def test_retenir_et_ecarter_des_fiches(client, lieu):
    type(lieu.demarche).objects.update(etape=Etape.PLAN_ACTIONS)
    bonne, mauvaise = (FicheFactory(demarche=lieu.demarche, proposee=True, complete=True) for _ in range(2))
    brouillon = FicheFactory(demarche=lieu.demarche)
    page = html(client.get(reverse("decision_consigner", args=[lieu.uuid, lieu.seance.uuid])))
    assert bonne.titre in page
    assert brouillon.titre not in page
    donnees = {"nature": "orientation", "retenir": [bonne.uuid], "ecarter": [bonne.uuid, mauvaise.uuid]}
    assert "à la fois retenir et écarter" in html(consigner(client, lieu, **donnees))
    consigner(client, lieu, **{**donnees, "ecarter": [mauvaise.uuid]}, texte="Doublon.")
    etats = {f.pk: (f.etat, f.motif) for f in lieu.demarche.fiches.all()}
    assert etats[bonne.pk] == ("retenue", "")
    assert etats[mauvaise.pk] == ("ecartee", "Doublon.")
    assert etats[brouillon.pk][0] == "brouillon"


def ensemble(nombre: int, acte) -> list:
    """Lance `acte` dans autant de fils, lâchés au même instant ; rend leurs erreurs (None : réussi)."""
    barriere, resultats = threading.Barrier(nombre), []

    def courir():
        try:
            barriere.wait()
            acte()
            resultats.append(None)
        except Exception as erreur:
            resultats.append(erreur)
        finally:
            connections.close_all()

    fils = [threading.Thread(target=courir) for _ in range(nombre)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    return resultats


@pytest.fixture
def vrai_lieu(transactional_db):
    trouve = situation()
    trouve.seance = SeanceFactory(instance=trouve.copil, ouverte=True)
    yield trouve
    with connection.cursor() as curseur:  # le journal et les décisions refusent qu'on les vide ligne à ligne
        curseur.execute("TRUNCATE gouvernance_evenement CASCADE")


def un_seul_succes(resultats) -> None:
    assert resultats.count(None) == 1, resultats
    assert all(r is None or isinstance(r, ValidationError) for r in resultats), resultats


def test_huit_fils_prennent_la_meme_decision_une_seule_compte(vrai_lieu):
    saisie = SaisieDecision("validation", "Cadrage", jalon=jalon(CodeJalon.CADRAGE))
    par = vrai_lieu.gens["coordination"]
    un_seul_succes(ensemble(8, lambda: parcours.consigner_decision(vrai_lieu.seance.pk, saisie, par=par)))
    assert Decision.objects.count() == 1
    assert Evenement.objects.filter(action="décider").count() == 1


def test_huit_orientations_simultanees_ont_huit_numeros(vrai_lieu):
    saisie = SaisieDecision("orientation", "Travail")
    resultats = ensemble(8, lambda: parcours.consigner_decision(vrai_lieu.seance.pk, saisie, par=None))
    assert resultats == [None] * 8
    assert sorted(Decision.objects.values_list("ordre", flat=True)) == list(range(1, 9))


def test_deux_convocations_simultanees_une_seule_compte(vrai_lieu):
    seance = SeanceFactory(instance=vrai_lieu.copil)
    PointFactory(seance=seance)
    un_seul_succes(ensemble(2, lambda: seances.effectuer("convoquer", seance.pk, par=None)))
    assert Evenement.objects.filter(action="convoquer").count() == 1


def test_clore_pendant_que_l_on_decide_ne_laisse_pas_de_decision_hors_seance(vrai_lieu):
    PresenceFactory(seance=vrai_lieu.seance)
    seance, saisie = vrai_lieu.seance.pk, SaisieDecision("orientation", "Travail")
    actes = [
        *[lambda: parcours.consigner_decision(seance, saisie, par=None)] * 4,
        lambda: seances.effectuer("clore", seance, par=None),
    ]

    def acte():
        actes.pop()()

    resultats = ensemble(5, acte)
    vrai_lieu.seance.refresh_from_db()
    assert vrai_lieu.seance.etat == EtatSeance.CLOSE
    assert Decision.objects.count() == resultats.count(None) - 1
    assert all(r is None or isinstance(r, ValidationError) for r in resultats), resultats
    assert not Decision.objects.filter(cree_le__gt=vrai_lieu.seance.close_le).exists()


def test_adherer_huit_fois_en_meme_temps_ne_compte_qu_une(vrai_lieu):
    demarche, prefecture = vrai_lieu.demarche, vrai_lieu.prefecture
    par = vrai_lieu.gens["coordination"]
    resultats = ensemble(8, lambda: adhesions.adherer(demarche, prefecture, par=par))
    assert resultats == [None] * 8
    assert Adhesion.objects.count() == 1
    assert Evenement.objects.count() == 1


def test_huit_seances_planifiees_ensemble_ont_huit_numeros(vrai_lieu):
    autre = InstanceFactory(demarche=vrai_lieu.demarche)
    neuves = [SeanceFactory.build(instance=instance) for instance in [vrai_lieu.copil, autre] * 4]
    assert ensemble(8, lambda: seances.planifier(neuves.pop(), par=None)) == [None] * 8
    numeros = Seance.objects.exclude(pk=vrai_lieu.seance.pk).values_list("numero", flat=True)
    assert len(set(numeros)) == 8
