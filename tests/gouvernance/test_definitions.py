"""La définition commune : écrite, adoptée par une décision, récrite dans l’édition suivante. Le glossaire."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse

from gouvernance.cadre import definitions
from gouvernance.models import (
    Cible,
    DefinitionAdoptee,
    DefinitionCommune,
    Evenement,
    NatureDecision,
    Role,
    Terme,
)
from tests.gouvernance.fabriques import DecisionFactory, DemarcheFactory, SeanceFactory, TermeFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
PILOTES = {Role.COORDINATION, Role.CO_PORTEUR, "administration"}


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def page(client, lieu):
    return html(client.get(reverse("definition", args=[lieu.uuid])))


def decision(lieu, seance=None, **champs):
    seance = seance or SeanceFactory(instance=lieu.copil, ouverte=True)
    champs = {
        "nature": NatureDecision.VALIDATION, "cible_type": Cible.DEFINITION,
        "cible": DefinitionCommune.objects.get(demarche=lieu.demarche).uuid, **champs,
    }  # fmt: skip
    return DecisionFactory(seance=seance, **champs)


def ecrire(client, lieu, texte):
    version = DefinitionCommune.objects.get(demarche=lieu.demarche).version
    adresse = reverse("definition_modifier", args=[lieu.uuid])
    return client.post(adresse, {"version": version, "texte": texte})


@pytest.mark.parametrize("role", ROLES)
def test_qui_ecrit_la_definition(client, lieu, role):
    client.force_login(lieu.gens[role])
    assert ecrire(client, lieu, "Pas uniquement la fibre.").status_code == statut_attendu(role, PILOTES)


def test_adoptee_par_une_decision_puis_recrite_en_projet(client, lieu):
    ecrire(client, lieu, "Premier texte.")
    assert "En projet&nbsp;: édition 1" in page(client, lieu)
    prise = decision(lieu)
    definitions.adopter(prise, par=lieu.gens["coordination"])
    vue = page(client, lieu)
    assert "En vigueur&nbsp;: édition 1" in vue
    assert prise.numero in vue
    assert "En projet" not in vue
    ecrire(client, lieu, "Second texte.")
    vue = page(client, lieu)
    assert "En vigueur&nbsp;: édition 1" in vue
    assert "En projet&nbsp;: édition 2" in vue
    assert "Premier texte." in vue
    assert "Second texte." in vue
    definitions.adopter(decision(lieu, seance=prise.seance), par=None)
    assert "En vigueur&nbsp;: édition 2" in page(client, lieu)
    assert [a.texte for a in definitions.adoptees(lieu.demarche)] == ["Second texte.", "Premier texte."]
    assert Evenement.objects.filter(action="adopter la définition commune").count() == 2


def test_reenregistrer_le_meme_texte_n_ouvre_pas_d_edition(client, lieu):
    ecrire(client, lieu, "Texte.")
    definitions.adopter(decision(lieu), par=None)
    ecrire(client, lieu, "Texte.")
    assert DefinitionCommune.objects.get().edition == 1


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"nature": NatureDecision.ORIENTATION}, "ne valide pas"),
        ({"nature": NatureDecision.REJET}, "ne valide pas"),
        ({"cible_type": "", "cible": None}, "ne valide pas"),
        ({"cible": uuid.uuid4()}, "ne valide pas"),
    ],
)
def test_une_autre_decision_n_adopte_rien(lieu, champs, phrase):
    with pytest.raises(ValidationError, match=phrase):
        definitions.adopter(decision(lieu, **champs), par=None)
    assert not DefinitionAdoptee.objects.exists()


def test_ni_hors_seance_ni_vide_ni_deux_fois(client, lieu):
    prise = decision(lieu)
    prise.seance.etat = "planifiee"
    with pytest.raises(ValidationError, match="séance tenue"):
        definitions.adopter(prise, par=None)
    prise.seance.etat = "ouverte"
    DefinitionCommune.objects.update(texte="  ")
    with pytest.raises(ValidationError, match="texte vide"):
        definitions.adopter(prise, par=None)
    DefinitionCommune.objects.update(texte="Écrit.")
    definitions.adopter(prise, par=None)
    with pytest.raises(ValidationError, match="déjà adoptée"):
        definitions.adopter(prise, par=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        DefinitionAdoptee.objects.update(texte="Récrit après coup.")


def test_inscrire_l_adoption_a_l_ordre_du_jour(client, lieu):
    adresse = reverse("definition_inscrire", args=[lieu.uuid])
    assert client.get(adresse).status_code == 302, "sans séance à venir, on est mené à la planification"
    seance = SeanceFactory(instance=lieu.copil)
    client.post(adresse, {"jeton": uuid.uuid4(), "seance": seance.pk})
    point = seance.points.get()
    assert (point.cible_type, point.cible) == (Cible.DEFINITION, DefinitionCommune.objects.get().uuid)
    dite = page(client, lieu)
    assert reverse("seance", args=[lieu.uuid, seance.uuid]) in dite
    assert adresse not in dite, "inscrite une fois, on ne propose plus de l’inscrire"
    client.force_login(lieu.gens["partenaire"])
    assert client.get(adresse).status_code == 403


def poster(client, nom, *cles, **donnees):
    return client.post(reverse(nom, args=cles), {"jeton": uuid.uuid4(), **donnees})


def test_le_glossaire_se_tient_dans_l_ordre_francais(client, lieu):
    for terme in ("Fracture", "Écran", "Dématérialisation"):
        assert poster(client, "terme_ajouter", lieu.uuid, terme=terme, definition="…").status_code == 302
    vue = page(client, lieu)
    assert vue.index("<strong>Dématérialisation") < vue.index("<strong>Écran") < vue.index("<strong>Fracture")
    reponse = poster(client, "terme_ajouter", lieu.uuid, terme="écran", definition="Bis.")
    assert reponse.status_code == 422
    assert "déjà au glossaire" in html(reponse)
    terme = Terme.objects.get(terme="Écran")
    adresse = reverse("terme_modifier", args=[lieu.uuid, terme.uuid])
    client.post(adresse, {"version": 1, "terme": "Écran", "definition": "Ce que l’on regarde."})
    assert "Ce que l’on regarde." in page(client, lieu)
    assert client.post(reverse("terme_supprimer", args=[lieu.uuid, terme.uuid])).status_code == 302
    assert not Terme.objects.filter(terme="Écran").exists()
    assert Evenement.objects.filter(action="supprimer").exists()


def test_partir_de_termes_proposes_sans_doubler_ceux_qui_y_sont(client, lieu):
    TermeFactory(demarche=lieu.demarche, terme="illectronisme")
    adresse = reverse("termes_proposes", args=[lieu.uuid])
    assert "Aidants Connect" in html(client.get(adresse))
    assert 'value="Illectronisme"' not in html(client.get(adresse))
    assert "Cochez au moins un terme" in html(poster(client, "termes_proposes", lieu.uuid))
    donnees = {"jeton": uuid.uuid4(), "termes": ["Aidants Connect", "France services"]}
    for _ in range(2):
        client.post(adresse, donnees)
    assert Terme.objects.filter(demarche=lieu.demarche).count() == 3


def test_le_terme_d_une_autre_demarche_n_existe_pas(client, lieu):
    ailleurs = TermeFactory(demarche=DemarcheFactory(gouvernance__departement__code="40"))
    for nom in ("terme_modifier", "terme_supprimer"):
        assert client.post(reverse(nom, args=[lieu.uuid, ailleurs.uuid])).status_code == 404
