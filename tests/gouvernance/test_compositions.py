"""Composer à partir d'un modèle : ce qu'il ajouterait, à cocher, en un acte que l'on peut refaire."""

import html as entites
import uuid

import pytest
from django.urls import reverse

from gouvernance.acteurs import colleges
from gouvernance.comites import compositions
from gouvernance.models import (
    College,
    Evenement,
    Instance,
    Membre,
    Siege,
    StatutMembre,
    Structure,
    TypeInstance,
)
from gouvernance.permissions import DROITS
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import (
    EpciFactory,
    InstanceFactory,
    MembreFactory,
    PerimetreFactory,
    SiegeFactory,
    StructureFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
PERMIS = DROITS["cadrer"].roles


def html(reponse) -> str:
    return entites.unescape(reponse.content.decode()).replace("\u00a0", " ")


@pytest.fixture
def lieu(client):
    colleges.charger_defauts()
    trouve = situation()
    trouve.gouvernance = trouve.demarche.gouvernance
    trouve.epcis = [EpciFactory(nom=f"CC {nom}") for nom in ("Dronne et Belle", "du Périgord Nontronnais")]
    EpciFactory(nom="CC d’ailleurs", departement__code="40")
    client.force_login(trouve.gens["coordination"])
    return trouve


def adresse(lieu, modele="copil-departemental", instance=None) -> str:
    cle = (instance or lieu.copil).uuid
    return reverse("instance_modele", args=[lieu.uuid, cle]) + f"?modele={modele}"


def formulaire(client, lieu, **options):
    reponse = client.get(adresse(lieu, **options))
    assert reponse.status_code == 200
    return reponse.context["formulaire"]


def appliquer(client, lieu, modele="copil-departemental", **changements):
    donnees = envoi(formulaire(client, lieu, modele=modele), **changements)
    return client.post(adresse(lieu, modele), donnees)


def effets(client, lieu, **options) -> dict[str, str]:
    lignes = formulaire(client, lieu, **options).proposees
    return {ligne.nom or ligne.cle: ligne.effet for ligne in lignes}


def test_les_donnees_se_lisent_et_chaque_modele_se_propose(client, lieu):
    regles = compositions._regles()
    connus = set(College.objects.values_list("code", flat=True))
    for modele in compositions.modeles():
        assert modele.type in TypeInstance.values
        assert {mot.rstrip("*") for mot in modele.lignes} <= set(regles)
        assert modele.nom in html(client.get(adresse(lieu, modele.code)))
    assert {regle["college"] for regle in regles.values()} <= connus
    assert {mot.rstrip("*") for m in compositions.modeles() for mot in m.lignes} == set(regles)


def test_le_modele_montre_ce_qui_serait_ajoute(client, lieu):
    caf = StructureFactory(nom="Allocations familiales", sigle="CAF", college_id="operateurs-sociaux")
    MembreFactory(gouvernance=lieu.gouvernance, structure=caf)
    StructureFactory(nom="Mutualité sociale agricole de Dordogne", college_id="operateurs-sociaux")
    SiegeFactory(instance=lieu.copil, structure=lieu.prefecture)
    vus = effets(client, lieu)
    assert vus["Préfecture"] == "siège déjà"
    assert vus["Allocations familiales"] == "membre"
    assert vus["Mutualité sociale agricole de Dordogne"] == "structure connue, devient candidate"
    assert vus["Conseil départemental (Dordogne)"] == "nouvelle structure, membre candidat"
    assert {"CC Dronne et Belle", "CC du Périgord Nontronnais"} <= set(vus)
    assert "CC d’ailleurs" not in vus
    assert len(vus) == 13  # onze organismes ou familles, dont deux EPCI


def test_appliquer_cree_les_membres_candidats_et_les_sieges(client, lieu):
    assert appliquer(client, lieu).status_code == 302
    presidents = {s.structure.nom for s in Siege.objects.filter(president=True)}
    assert presidents == {"Préfecture", "Conseil départemental (Dordogne)"}
    caf = Structure.objects.get(sigle="CAF")
    assert (caf.college_id, caf.departement) == ("operateurs-sociaux", lieu.demarche.departement)
    assert Membre.objects.get(structure=caf).statut == StatutMembre.CANDIDAT
    for epci in lieu.epcis:
        assert Siege.objects.filter(instance=lieu.copil, structure__epci=epci).count() == 1
    lue = html(client.get(reverse("instance", args=[lieu.uuid, lieu.copil.uuid])))
    assert "Co-présidée par Préfecture et Conseil départemental (Dordogne)." in lue
    assert "Aucun membre ne représente" not in lue
    assert Evenement.objects.filter(action="composer : Comité de pilotage départemental").count() == 1


def test_refaire_n_ajoute_rien(client, lieu):
    donnees = envoi(formulaire(client, lieu))
    client.post(adresse(lieu), donnees)
    avant = (
        Structure.objects.count(),
        Membre.objects.count(),
        Siege.objects.count(),
        Evenement.objects.count(),
    )
    assert client.post(adresse(lieu), donnees).status_code == 302  # double clic
    assert client.post(adresse(lieu), {**donnees, "jeton": uuid.uuid4()}).status_code == 302  # page rouverte
    apres = (
        Structure.objects.count(),
        Membre.objects.count(),
        Siege.objects.count(),
        Evenement.objects.count(),
    )
    assert apres == avant
    assert "–" in html(client.get(adresse(lieu)))
    assert set(effets(client, lieu).values()) >= {"siège déjà"}


def test_on_decoche_on_renomme(client, lieu):
    reponse = appliquer(client, lieu, lignes=["maires"], presidents=[], **{
        "nom_maires": "Association des maires de l’Isère"
    })  # fmt: skip
    assert reponse.status_code == 302
    siege = Siege.objects.get()
    assert (siege.structure.nom, siege.president) == ("Association des maires de l’Isère", False)
    appliquer(client, lieu, lignes=["maires-ruraux"], presidents=[])
    noms = set(lieu.copil.sieges.values_list("structure__nom", flat=True))
    assert noms == {"Association des maires de l’Isère", "Association des maires ruraux (Dordogne)"}


def test_un_nom_deja_connu_reprend_la_structure(client, lieu):
    connue = StructureFactory(
        nom="Le Ruban Vert", college_id="associations-ess", departement=lieu.demarche.departement
    )
    donnees = {"lignes": ["centre-social"], "presidents": [], "nom_centre-social": "LE RUBAN VERT"}
    assert appliquer(client, lieu, "copil-epci", **donnees).status_code == 302
    assert Siege.objects.get().structure == connue
    assert Structure.objects.filter(nom__iexact="le ruban vert").count() == 1


def test_une_ligne_sans_nom_est_dite_et_rien_n_est_fait(client, lieu):
    reponse = appliquer(client, lieu, lignes=["associations", "caf"], presidents=[])
    assert reponse.status_code == 422
    assert "Nommez cette structure, ou décochez la ligne." in html(reponse)
    assert 'value="caf" checked' in html(reponse)
    assert "Cochez au moins une ligne" in html(appliquer(client, lieu, lignes=[], presidents=[]))
    reponse = appliquer(client, lieu, lignes=["inconnue"], presidents=[])
    assert "Cette liste vient de changer" in html(reponse)
    assert not Siege.objects.exists()


def test_les_associations_membres_siegent_chacune(client, lieu):
    for nom in ("La Mêlée", "Secours populaire"):
        structure = StructureFactory(nom=nom, college_id="associations-ess")
        MembreFactory(gouvernance=lieu.gouvernance, structure=structure)
    vus = effets(client, lieu)
    assert vus["La Mêlée"] == vus["Secours populaire"] == "membre"
    assert vus["associations"] == "une autre, à nommer, membre candidat"
    assert "associations" not in formulaire(client, lieu).initial["lignes"]


def test_une_structure_refusee_n_est_pas_cochee_d_office(client, lieu):
    caf = StructureFactory(nom="CAF de la Dordogne", college_id="operateurs-sociaux")
    MembreFactory(
        gouvernance=lieu.gouvernance, structure=caf, statut="refuse", confirme_le=None, motif_refus="Doublon."
    )
    assert "caf" not in formulaire(client, lieu).initial["lignes"]


def test_un_groupe_d_epci_ne_propose_que_les_siens(client):
    colleges.charger_defauts()
    lieu = situation(groupement=True)
    sien = PerimetreFactory(demarche=lieu.demarche, epci__nom="CC Dronne et Belle").epci
    EpciFactory(nom="CC du Périgord Nontronnais")
    client.force_login(lieu.gens["coordination"])
    assert appliquer(client, lieu, "copil-epci").status_code == 302
    assert [s.structure.epci for s in Siege.objects.filter(structure__college="epci")] == [sien]
    assert Siege.objects.get(structure__epci=sien).president


def test_sans_choix_le_modele_est_celui_du_type(client, lieu):
    cotech = InstanceFactory(demarche=lieu.demarche, type="cotech")
    reponse = client.get(reverse("instance_modele", args=[lieu.uuid, cotech.uuid]))
    assert reponse.context["modele"].code == "cotech"
    inconnu = client.get(adresse(lieu, "nexistepas"))
    assert inconnu.context["modele"].type == "copil"


@pytest.mark.parametrize("role", ROLES)
def test_qui_peut_appliquer_un_modele(client, lieu, role):
    donnees = envoi(formulaire(client, lieu))
    client.force_login(lieu.gens[role])
    assert client.post(adresse(lieu), donnees).status_code == statut_attendu(role, PERMIS)
    assert Siege.objects.exists() == (role in PERMIS)
    assert Evenement.objects.exists() == (role in PERMIS)


def test_la_structure_d_un_autre_departement_n_est_ni_lue_ni_reprise(client, lieu):
    StructureFactory(nom="CAF des Landes", college_id="operateurs-sociaux", departement__code="40")
    assert "CAF des Landes" not in html(client.get(adresse(lieu)))
    assert Instance.objects.count() == 1
