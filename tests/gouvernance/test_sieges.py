"""Les sièges : plusieurs d'un coup, l'ordre, remplacer un titulaire, clore plutôt que supprimer."""

import html as entites
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from gouvernance.comites import instances
from gouvernance.comites.instances import Place
from gouvernance.models import Evenement, Personne, Siege
from gouvernance.permissions import DROITS
from tests.gouvernance.fabriques import (
    CollegeFactory,
    InstanceFactory,
    MembreFactory,
    PersonneFactory,
    PresenceFactory,
    SeanceFactory,
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
    trouve = situation()
    trouve.gouvernance = trouve.demarche.gouvernance
    trouve.cc = StructureFactory(nom="CC Dronne et Belle", college=CollegeFactory(code="epci", ordre=3))
    trouve.caf = StructureFactory(nom="CAF", college=CollegeFactory(code="operateurs-sociaux", ordre=5))
    for structure in (trouve.cc, trouve.caf):
        MembreFactory(gouvernance=trouve.gouvernance, structure=structure)
    trouve.elue = PersonneFactory(
        structure=trouve.cc, gouvernance=trouve.gouvernance, nom="Élue au numérique", elu=True
    )
    client.force_login(trouve.gens["coordination"])
    return trouve


def composer(client, lieu, **donnees):
    adresse = reverse("sieges_ajouter", args=[lieu.uuid, lieu.copil.uuid])
    return client.post(adresse, {"jeton": uuid.uuid4(), **donnees})


def page(client, lieu) -> str:
    return html(client.get(reverse("instance", args=[lieu.uuid, lieu.copil.uuid])))


def acte(client, nom, lieu, siege):
    return html(client.post(reverse(nom, args=[lieu.uuid, siege.uuid]), follow=True))


def test_plusieurs_sieges_d_un_coup_et_une_co_presidence(client, lieu):
    choix = [f"{lieu.cc.uuid}.{lieu.elue.uuid}", str(lieu.caf.uuid)]
    reponse = composer(
        client, lieu, sieges=choix, presidents=[f"{lieu.cc.uuid}.{lieu.elue.uuid}", str(lieu.prefecture.uuid)]
    )
    assert reponse.status_code == 302
    assert Siege.objects.filter(instance=lieu.copil).count() == 3  # « préside » vaut siège
    lue = page(client, lieu)
    assert "Co-présidée par Préfecture et CC Dronne et Belle (" in lue
    assert "vice-présidente chargée du numérique)" in lue
    evenement = Evenement.objects.get()
    assert evenement.action == "ajouter des sièges"
    assert "CAF" in evenement.vers


def test_la_liste_ne_propose_que_qui_n_y_est_pas_deja(client, lieu):
    SiegeFactory(instance=lieu.copil, structure=lieu.caf)
    adresse = reverse("sieges_ajouter", args=[lieu.uuid, lieu.copil.uuid])
    cles = set(client.get(adresse).context["formulaire"].places)
    assert str(lieu.caf.uuid) not in cles
    assert {f"{lieu.cc.uuid}.{lieu.elue.uuid}", str(lieu.cc.uuid), str(lieu.prefecture.uuid)} == cles


def test_rien_de_coche_et_une_case_perimee(client, lieu):
    reponse = composer(client, lieu)
    assert reponse.status_code == 422
    assert "Cochez au moins un siège" in html(reponse)
    reponse = composer(client, lieu, sieges=[str(uuid.uuid4())], presidents=[str(lieu.caf.uuid)])
    assert reponse.status_code == 422
    assert "Cette liste vient de changer" in html(reponse)
    assert f'value="{lieu.caf.uuid}" checked' in html(reponse)  # ce qui était coché l'est encore
    assert not Siege.objects.exists()


def test_un_college_replie_dit_combien_de_places_et_ce_qui_y_est_coche(client, lieu):
    """Replié sur un téléphone : ce qu'une saisie refusée avait coché est ouvert."""
    adresse = reverse("sieges_ajouter", args=[lieu.uuid, lieu.copil.uuid])
    vue = html(client.get(adresse))
    assert vue.count('<details class="pli"><summary><h2') == 3
    assert (vue.count("(1 place)"), vue.count("(2 places)")) == (2, 1)
    refus = html(composer(client, lieu, sieges=[str(uuid.uuid4())], presidents=[str(lieu.caf.uuid)]))
    assert refus.count('<details class="pli" open><summary><h2') == refus.count("(1 place, 1 cochée)") == 1


def test_un_double_clic_n_ajoute_les_sieges_qu_une_fois(client, lieu):
    jeton = uuid.uuid4()
    composer(client, lieu, jeton=jeton, sieges=[str(lieu.caf.uuid)])
    composer(client, lieu, jeton=jeton, sieges=[str(lieu.cc.uuid)])
    assert [s.structure for s in Siege.objects.all()] == [lieu.caf]


def test_asseoir_deux_fois_la_meme_place_n_ajoute_rien(lieu):
    for _ in range(2):
        instances.ajouter_sieges(lieu.copil.pk, [Place(lieu.caf)], par=lieu.gens["coordination"])
    assert Siege.objects.count() == 1
    assert Evenement.objects.count() == 1


@pytest.mark.parametrize("role", ROLES)
def test_qui_peut_composer(client, lieu, role):
    siege = SiegeFactory(instance=lieu.copil, structure=lieu.prefecture)
    second = SiegeFactory(instance=lieu.copil, structure=lieu.prefecture, personne=lieu.elue, ordre=1)
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, PERMIS)
    assert composer(client, lieu, sieges=[str(lieu.caf.uuid)]).status_code == attendu
    assert client.post(reverse("siege_monter", args=[lieu.uuid, second.uuid])).status_code == attendu
    remplacer = reverse("siege_remplacer", args=[lieu.uuid, siege.uuid])
    donnees = {"jeton": uuid.uuid4(), "version": 1, "nom": "Référente", "qualite": "etat"}
    assert client.post(remplacer, donnees).status_code == attendu
    assert client.post(reverse("siege_clore", args=[lieu.uuid, siege.uuid])).status_code == attendu
    assert client.post(reverse("siege_supprimer", args=[lieu.uuid, second.uuid])).status_code == attendu
    actions = set(Evenement.objects.values_list("action", flat=True))
    voulues = {
        "ajouter des sièges", "avancer le siège", "remplacer le titulaire", "créer", "clore le siège",
        "supprimer",
    }  # fmt: skip
    assert actions == (voulues if attendu == 302 else set())


def test_l_ordre_se_change_dans_le_college(client, lieu):
    social = lieu.caf.college
    noms = ["CPAM", "MSA", "CARSAT"]
    for rang, nom in enumerate(noms, start=1):
        SiegeFactory(instance=lieu.copil, structure=StructureFactory(nom=nom, college=social), ordre=rang)
    SiegeFactory(instance=lieu.copil, structure=lieu.cc, ordre=9)
    carsat = Siege.objects.get(structure__nom="CARSAT")
    acte(client, "siege_monter", lieu, carsat)
    lue = page(client, lieu)
    assert lue.index("CC Dronne") < lue.index("CPAM") < lue.index("CARSAT") < lue.index(">MSA<")
    premier = Siege.objects.get(structure__nom="CPAM")
    assert "est déjà en tête" in acte(client, "siege_monter", lieu, premier)


def test_remplacer_un_titulaire_sans_histoire_garde_le_siege(client, lieu):
    siege = SiegeFactory(instance=lieu.copil, structure=lieu.cc, personne=lieu.elue, president=True)
    suivante = PersonneFactory(structure=lieu.cc, gouvernance=lieu.gouvernance)
    adresse = reverse("siege_remplacer", args=[lieu.uuid, siege.uuid])
    donnees = {"jeton": uuid.uuid4(), "version": siege.version, "personne": suivante.pk}
    assert client.post(adresse, donnees).status_code == 302
    siege.refresh_from_db()
    assert (siege.personne, siege.president, siege.clos_le) == (suivante, True, None)
    evenement = Evenement.objects.get(action="remplacer le titulaire")
    assert (evenement.de, evenement.vers) == (str(lieu.elue), str(suivante))
    assert client.post(adresse, donnees).status_code == 422  # double clic : ce n'est plus un choix possible
    perime = {**donnees, "jeton": uuid.uuid4(), "personne": lieu.elue.pk}
    assert client.post(adresse, perime).status_code == 409


def test_remplacer_un_titulaire_deja_compte_en_seance_laisse_les_presences(client, lieu):
    siege = SiegeFactory(instance=lieu.copil, structure=lieu.cc, personne=lieu.elue, president=True, ordre=4)
    presence = PresenceFactory(seance=SeanceFactory(instance=lieu.copil, close=True), siege=siege)
    adresse = reverse("siege_remplacer", args=[lieu.uuid, siege.uuid])
    donnees = {"jeton": uuid.uuid4(), "version": 1, "prenom": "Nouvel", "nom": "Élu", "qualite": "elu"}
    assert client.post(adresse, donnees).status_code == 302
    presence.refresh_from_db()
    assert presence.siege.personne == lieu.elue
    assert presence.siege.clos_le
    ouvert = lieu.copil.sieges.ouverts().get()
    assert (ouvert.personne.nom, ouvert.president, ouvert.ordre) == ("Élu", True, 4)
    assert Personne.objects.get(nom="Élu").structure == lieu.cc
    lue = page(client, lieu)
    assert "Sièges clos (1)" in lue
    seance = presence.seance
    assert set(lieu.copil.sieges.de_la_seance(seance)) == {siege, ouvert}
    assert set(lieu.copil.sieges.de_la_seance(SeanceFactory(instance=lieu.copil))) == {ouvert}


@pytest.mark.parametrize(
    ("donnees", "phrase"),
    [
        ({"nom": "Nouvelle"}, "à quel titre"),
        ({"prenom": "Sans nom"}, "au moins le nom"),
        ({}, "C’est déjà le titulaire"),
    ],
)
def test_un_remplacement_incomplet_dit_ce_qui_manque(client, lieu, donnees, phrase):
    siege = SiegeFactory(instance=lieu.copil, structure=lieu.cc)
    adresse = reverse("siege_remplacer", args=[lieu.uuid, siege.uuid])
    reponse = client.post(adresse, {"jeton": uuid.uuid4(), "version": 1, **donnees})
    assert reponse.status_code == 422
    assert phrase in html(reponse)
    assert not Evenement.objects.exists()


def test_la_personne_d_une_autre_structure_ou_d_une_autre_gouvernance_ne_siege_pas(client, lieu):
    siege = SiegeFactory(instance=lieu.copil, structure=lieu.cc)
    adresse = reverse("siege_remplacer", args=[lieu.uuid, siege.uuid])
    ailleurs = PersonneFactory(structure=lieu.cc, gouvernance__departement__code="40")
    voisine = PersonneFactory(structure=lieu.caf, gouvernance=lieu.gouvernance)
    for personne in (ailleurs, voisine):
        reponse = client.post(adresse, {"jeton": uuid.uuid4(), "version": 1, "personne": personne.pk})
        assert reponse.status_code == 422
        with pytest.raises(ValidationError, match="n’appartient pas"):
            instances.ajouter_sieges(lieu.copil.pk, [Place(lieu.cc, personne)], par=None)
    with pytest.raises(ValidationError, match="n’est pas membre"):
        instances.ajouter_sieges(lieu.copil.pk, [Place(StructureFactory())], par=None)


@pytest.mark.parametrize("comme", ["présent", "porteur d’un pouvoir"])
def test_un_siege_compte_en_seance_se_clot_et_ne_se_supprime_pas(client, lieu, comme):
    siege = SiegeFactory(instance=lieu.copil, structure=lieu.caf)
    seance = SeanceFactory(instance=lieu.copil, close=True)
    if comme == "présent":
        PresenceFactory(seance=seance, siege=siege)
    else:
        PresenceFactory(seance=seance, etat="represente", pouvoir_a=siege)
    lue = acte(client, "siege_supprimer", lieu, siege)
    assert "figure aux présences d’une séance" in lue
    assert reverse("siege_supprimer", args=[lieu.uuid, siege.uuid]) not in lue
    modifier = reverse("siege_modifier", args=[lieu.uuid, siege.uuid])
    change = {"version": 1, "structure": lieu.cc.pk, "personne": ""}
    reponse = client.post(modifier, change)
    assert reponse.status_code == 422
    assert "remplacez son titulaire" in html(reponse)
    assert client.post(modifier, {**change, "structure": lieu.caf.pk, "president": "on"}).status_code == 302
    assert "est clos" in acte(client, "siege_clore", lieu, siege)
    for nom in ("siege_clore", "siege_supprimer", "siege_monter"):
        assert "ne se modifie plus" in acte(client, nom, lieu, siege)
    assert Siege.objects.get(pk=siege.pk).clos_le


def test_un_siege_clos_peut_se_rouvrir_par_un_siege_neuf(client, lieu):
    siege = SiegeFactory(instance=lieu.copil, structure=lieu.caf)
    acte(client, "siege_clore", lieu, siege)
    assert composer(client, lieu, sieges=[str(lieu.caf.uuid)]).status_code == 302
    assert lieu.copil.sieges.ouverts().count() == 1
    ajouter = reverse("siege_ajouter", args=[lieu.uuid, lieu.copil.uuid])
    reponse = client.post(ajouter, {"jeton": uuid.uuid4(), "structure": lieu.caf.pk})
    assert reponse.status_code == 422
    assert "Ce siège existe déjà" in html(reponse)


def test_un_siege_d_une_autre_instance_garde_le_sien(client, lieu):
    ailleurs = SiegeFactory(
        instance=InstanceFactory(demarche=lieu.demarche, type="cotech"), structure=lieu.caf
    )
    assert composer(client, lieu, sieges=[str(lieu.caf.uuid)]).status_code == 302
    ailleurs.refresh_from_db()
    assert ailleurs.clos_le is None
