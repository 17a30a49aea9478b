"""Deux compositions publiées, entrées par les écrans puis relues sur la page : l'Isère, Dronne et Belle."""

import html as entites
import uuid

import pytest
from django.urls import reverse

from gouvernance.acteurs import colleges
from gouvernance.models import Instance, Structure
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import EpciFactory, PerimetreFactory
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db

EPCIS_ISERE = ["Grenoble-Alpes-Métropole", "CA du Pays Voironnais", "CC Le Grésivaudan", "CC Le Trièves"]
COPIL_ISERE = [
    "Association des maires de l’Isère", "Association des maires ruraux", "CAF", "CARSAT", "CPAM",
    "France Travail", "Acteurs associatifs", "France services",
]  # fmt: skip


def html(reponse) -> str:
    return entites.unescape(reponse.content.decode()).replace("\u00a0", " ")


def lire(client, lieu, instance) -> str:
    reponse = client.get(reverse("instance", args=[lieu.uuid, instance.uuid]))
    assert reponse.status_code == 200
    return html(reponse)


def poster(client, ecran, lieu, *suite, **donnees):
    reponse = client.post(reverse(ecran, args=[lieu.uuid, *suite]), {"jeton": uuid.uuid4(), **donnees})
    assert reponse.status_code == 302, html(reponse)
    return reponse


def creer(client, lieu, **donnees) -> Instance:
    poster(client, "instance_ajouter", lieu, quorum=0, **donnees)
    return Instance.objects.filter(demarche=lieu.demarche).latest("pk")


def titulaire(client, lieu, instance, structure: str, **personne) -> None:
    siege = instance.sieges.ouverts().get(structure__nom=structure, personne=None)
    poster(client, "siege_remplacer", lieu, siege.uuid, version=siege.version, **personne)


def inscrire(client, lieu, nom: str, college: str) -> None:
    """Ajoute un membre et le confirme, par les pages."""
    poster(client, "membre_ajouter", lieu, nom=nom, college=college)
    membre = lieu.demarche.gouvernance.membres.get(structure__nom=nom)
    client.post(reverse("membre_statut", args=[lieu.uuid, membre.uuid, "confirme"]))


def test_le_copil_co_preside_de_l_isere(client):
    colleges.charger_defauts()
    lieu = situation(gouvernance__departement__code="38", gouvernance__departement__nom="Isère")
    for nom in EPCIS_ISERE:
        EpciFactory(nom=nom, departement=lieu.demarche.departement)
    client.force_login(lieu.gens["coordination"])
    adresse = reverse("instance_modele", args=[lieu.uuid, lieu.copil.uuid]) + "?modele=copil-departemental"
    formulaire = client.get(adresse).context["formulaire"]
    noms = {
        "nom_departement": "Conseil départemental de l’Isère", "nom_maires": COPIL_ISERE[0],
        "nom_maires-ruraux": COPIL_ISERE[1], "nom_caf": "CAF", "nom_carsat": "CARSAT", "nom_cpam": "CPAM",
        "nom_france-travail": "France Travail", "nom_associations": "Acteurs associatifs",
        "nom_france-services": "France services",
    }  # fmt: skip
    voulues = [ligne.cle for ligne in formulaire.proposees if ligne.cle != "msa"]  # l'Isère ne la cite pas
    assert client.post(adresse, envoi(formulaire, lignes=voulues, **noms)).status_code == 302
    titulaire(client, lieu, lieu.copil, "Préfecture", nom="Préfet", qualite="etat")
    titulaire(
        client, lieu, lieu.copil, "Conseil départemental de l’Isère",
        nom="Président du conseil départemental", qualite="elu",
    )  # fmt: skip
    lue = lire(client, lieu, lieu.copil)
    assert (
        "Co-présidée par Préfecture (Préfet) et Conseil départemental de l’Isère "
        "(Président du conseil départemental)." in lue
    )
    sieges = [s.structure.nom for s in lieu.copil.sieges.ouverts().select_related("structure")]
    presidence = ["Préfecture", "Conseil départemental de l’Isère"]
    assert sieges[:2] == presidence
    assert sorted(sieges[2:]) == sorted(EPCIS_ISERE + COPIL_ISERE)
    for nom in EPCIS_ISERE + COPIL_ISERE:
        assert f'data-label="Structure">{nom}</th>' in lue
    assert "Mutualité" not in lue
    assert "Aucun membre ne représente" not in lue


def test_le_groupe_projet_de_dronne_et_belle_devient_le_copil(client):
    colleges.charger_defauts()
    lieu = situation(groupement=True)
    PerimetreFactory(demarche=lieu.demarche, epci__nom="CC Dronne et Belle")
    Instance.objects.filter(demarche=lieu.demarche).update(dissoute_le=None)
    lieu.demarche.jalons.update(instance=None)
    Instance.objects.filter(demarche=lieu.demarche).delete()
    client.force_login(lieu.gens["coordination"])
    inscrire(client, lieu, "CC Dronne et Belle", "epci")
    inscrire(client, lieu, "Centre socio-culturel le Ruban Vert", "associations-ess")
    cc = Structure.objects.get(nom="CC Dronne et Belle")
    centre = Structure.objects.get(nom="Centre socio-culturel le Ruban Vert")
    for nom in ("Élus au numérique", "Élus à l’action sociale"):
        poster(client, "personne_ajouter", lieu, structure=cc.pk, nom=nom, qualite="elu")
    groupe = creer(client, lieu, type="groupe_projet", mandat="Réfléchir avec la CTG.")
    elus = {p.nom: f"{cc.uuid}.{p.uuid}" for p in cc.personnes.all()}
    poster(client, "sieges_ajouter", lieu, groupe.uuid, sieges=[*elus.values(), str(centre.uuid)])
    lue = lire(client, lieu, groupe)
    for nom in ("Élus au numérique", "Élus à l’action sociale", "Centre socio-culturel le Ruban Vert"):
        assert nom in lue
    assert "pas de technicien" in lue  # la règle le dit, sans bloquer
    # … puis il devient le comité de pilotage, plusieurs réunions par an.
    for nom in ("VP économie et communication", "VP action sociale"):
        poster(client, "personne_ajouter", lieu, structure=cc.pk, nom=nom, qualite="elu")
    vp = {p.nom: str(p.uuid) for p in cc.personnes.filter(nom__startswith="VP")}
    anciens = {s.personne.nom: s for s in groupe.sieges.exclude(personne=None).select_related("personne")}
    adresse = reverse("instance_succeder", args=[lieu.uuid, groupe.uuid])
    formulaire = client.get(adresse).context["formulaire"]
    un, deux = anciens["Élus au numérique"], anciens["Élus à l’action sociale"]
    donnees = envoi(formulaire, **{
        "nom": "Comité de pilotage de l’inclusion numérique", "frequence": "trimestrielle",
        "sieges": [str(un.uuid), str(deux.uuid)],  # le centre n'est pas cité parmi les membres du COPIL
        f"titulaire_{un.uuid}": vp["VP économie et communication"],
        f"titulaire_{deux.uuid}": vp["VP action sociale"],
    })  # fmt: skip
    assert client.post(adresse, donnees).status_code == 302
    copil = Instance.objects.get(type="copil")
    for nom, college in [
        ("Conseil départemental (action sociale)", "departement"), ("CAF", "operateurs-sociaux"),
        ("Autres partenaires", "associations-ess"),
    ]:  # fmt: skip
        inscrire(client, lieu, nom, college)
    nouveaux = Structure.objects.filter(
        nom__in=["Conseil départemental (action sociale)", "CAF", "Autres partenaires"]
    )
    poster(client, "sieges_ajouter", lieu, copil.uuid, sieges=[str(s.uuid) for s in nouveaux])
    lue = lire(client, lieu, copil)
    assert "Comité de pilotage de l’inclusion numérique" in lue
    assert "A succédé à" in lue
    for attendu in (
        "VP économie et communication", "VP action sociale", "Conseil départemental (action sociale)", "CAF",
        "Autres partenaires", "Trimestrielle",
    ):  # fmt: skip
        assert attendu in lue
    assert "Ruban Vert" not in lue
    assert "lui a succédé" in lire(client, lieu, groupe)
