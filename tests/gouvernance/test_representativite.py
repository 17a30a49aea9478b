"""La représentativité : une règle pure, dite en mots, et les pages où elle se lit."""

import html as entites
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from gouvernance.acteurs import representativite
from gouvernance.acteurs.representativite import Attente, Place
from gouvernance.conduite import demarches
from gouvernance.models import College, Epci, Structure
from tests.gouvernance.fabriques import (
    CollegeFactory,
    EpciFactory,
    InstanceFactory,
    MembreFactory,
    PerimetreFactory,
    PersonneFactory,
    SiegeFactory,
    StructureFactory,
)
from tests.gouvernance.situations import situation

VAL = Epci(siren="200000001", nom="CC du Val")
MONT = Epci(siren="200000002", nom="Communauté d’agglomération du Mont")
COLLEGES = [College(code="etat", libelle="État", minimum=1), College(code="epci", libelle="EPCI", minimum=2)]
ATTENDUS = Attente(COLLEGES, [VAL, MONT])


def html(reponse) -> str:
    return entites.unescape(reponse.content.decode()).replace("\u00a0", " ")


def structure(pk, college, **champs):
    return Structure(pk=pk, college_id=college, nom=champs.pop("nom", f"Structure {pk}"), **champs)


class Rangee:
    """Un siège tel que la règle le lit."""

    def __init__(self, structure, qualite="", president=False, clos_le=None):
        self.structure, self.president, self.clos_le = structure, president, clos_le
        self.personne = type("Personne", (), {"qualite": qualite})() if qualite else None


def dits(type_, *rangees, epci=None) -> list[str]:
    instance = type("Instance", (), {"type": type_, "epci": epci})()
    return [e.phrase for e in representativite.d_une_instance(instance, rangees, ATTENDUS)]


PREFECTURE = Rangee(structure(1, "etat"), "etat", president=True)
CC = Rangee(structure(2, "epci", nom="Communauté de communes du Val"), "elu")
CA = Rangee(structure(3, "epci", nom="L’agglo", siret="20000000200015"), "technicien")
ASSOCIATION = Rangee(structure(4, "associations-ess"))


def test_un_copil_complet_n_a_rien_a_regretter():
    assert dits("copil", PREFECTURE, CC, CA, ASSOCIATION) == []


def test_un_copil_vide_dit_tout_ce_qui_manque():
    assert dits("copil") == [
        "Personne ne préside cette instance.",
        "Des collèges attendus ne sont pas assez représentés : État, EPCI (0 sur 2).",
        "Aucun membre ne représente : CC du Val, Communauté d’agglomération du Mont.",
        "Aucun acteur de terrain : ni association, ni entreprise, ni habitant, ni opérateur.",
    ]


def test_le_minimum_d_un_college_compte_des_structures_pas_des_sieges():
    seconde = Rangee(CC.structure, "technicien")
    assert dits("copil", PREFECTURE, CC, seconde, ASSOCIATION) == [
        "Un collège attendu n’est pas assez représenté : EPCI (1 sur 2).",
        "Aucun membre ne représente : Communauté d’agglomération du Mont.",
    ]


@pytest.mark.parametrize(
    ("champs", "couvert"),
    [
        ({"epci_id": VAL.pk}, True),
        ({"nom": "Communauté de communes du Val"}, True),
        ({"nom": "CC DU VAL"}, True),
        ({"siret": "20000000100012"}, True),
        ({"nom": "CC du Vallon"}, False),
    ],
)
def test_un_epci_se_reconnait_a_son_lien_a_son_siret_ou_a_son_nom(champs, couvert):
    places = [Place(structure(9, "epci", **champs))]
    ecarts = representativite._epcis(places, Attente([], [VAL]))
    assert (ecarts == []) == couvert


def test_hors_du_college_epci_le_nom_ne_suffit_pas():
    places = [Place(structure(9, "associations-ess", nom="CC du Val"))]
    assert representativite._epcis(places, Attente([], [VAL]))


@pytest.mark.parametrize(
    ("college", "qualite", "acteur"),
    [
        ("associations-ess", "", True), ("operateurs-sociaux", "technicien", True),
        ("habitants", "habitant", True), ("epci", "technicien", False), ("etat", "etat", False),
        ("associations-ess", "elu", False), ("departement", "", False), ("communes", "habitant", True),
    ],
)  # fmt: skip
def test_un_acteur_n_est_ni_elu_ni_technicien_de_collectivite(college, qualite, acteur):
    assert representativite.est_acteur(Place(structure(1, college), qualite)) == acteur


@pytest.mark.parametrize(
    ("qualites", "manque"),
    [
        (["elu", "elu", "technicien", "technicien"], None), (["elu", "technicien"], None),
        (["technicien"], "pas d’élu"), (["elu"], "pas de technicien"), ([], "ni élu ni technicien"),
    ],
)  # fmt: skip
def test_le_groupe_projet_cherche_l_equilibre(qualites, manque):
    rangees = [Rangee(structure(n, "epci"), q) for n, q in enumerate(qualites, start=10)]
    phrases = dits("groupe_projet", ASSOCIATION, *rangees)
    if manque is None:
        assert phrases == []
    else:
        assert len(phrases) == 1
        assert manque in phrases[0]
        assert "deux élus et deux techniciens" in phrases[0]


def test_un_siege_clos_ne_represente_plus_personne():
    assert dits("cotech", ASSOCIATION) == []
    assert dits("cotech", Rangee(ASSOCIATION.structure, clos_le="hier"))


def test_un_groupe_moteur_est_celui_de_son_epci():
    autre = Rangee(structure(5, "epci", epci_id=MONT.pk), "elu")
    technique = Rangee(structure(6, "epci"), "technicien")
    assert dits("groupe_moteur", autre, technique, epci=MONT) == []
    assert dits("groupe_moteur", autre, technique, epci=VAL) == ["Aucun membre ne représente : CC du Val."]


@pytest.mark.parametrize("type_", representativite.REGLES)
def test_chaque_type_a_sa_regle(type_):
    assert dits(type_) != []


# Ce que les pages en montrent.


@pytest.fixture
def lieu(client):
    trouve = situation()
    trouve.epci = EpciFactory(nom="CC du Périgord Nontronnais")
    CollegeFactory(code="epci", libelle="EPCI", ordre=3)
    client.force_login(trouve.gens["coordination"])
    return trouve


@pytest.mark.django_db
@pytest.mark.parametrize("ou", ["gouvernance", "instance"])
def test_la_page_nomme_les_absents_et_mene_a_leur_inscription_preremplie(client, lieu, ou):
    cles = [lieu.uuid, lieu.copil.uuid] if ou == "instance" else [lieu.uuid]
    lue = html(client.get(reverse(ou, args=cles)))
    assert "Aucun membre ne représente" in lue
    assert "CC du Périgord Nontronnais" in lue
    liens = [
        u for _, premiers, suite in client.get(reverse(ou, args=cles)).context["ecarts"]
        for nom, u in [*premiers, *suite] if nom == lieu.epci.nom
    ]  # fmt: skip
    assert urlsplit(liens[0]).path == reverse("membre_ajouter", args=[lieu.uuid])
    assert parse_qs(urlsplit(liens[0]).query) == {
        "college": ["epci"], "nom": [lieu.epci.nom], "epci": [lieu.epci.pk]
    }  # fmt: skip
    client.force_login(lieu.gens["partenaire"])
    lue = html(client.get(reverse(ou, args=cles)))
    assert "CC du Périgord Nontronnais" in lue
    assert "membres/ajouter" not in lue


@pytest.mark.django_db
def test_le_membre_confirme_efface_l_ecart_pas_le_candidat(client, lieu):
    adresse = reverse("gouvernance", args=[lieu.uuid])
    cc = StructureFactory(nom="Communauté de communes du Périgord Nontronnais", college_id="epci")
    membre = MembreFactory(gouvernance=lieu.demarche.gouvernance, structure=cc, candidat=True)
    assert "Aucun membre ne représente" in html(client.get(adresse))
    type(membre).objects.filter(pk=membre.pk).update(statut="confirme", confirme_le=membre.cree_le)
    assert "Aucun membre ne représente" not in html(client.get(adresse))


@pytest.mark.django_db
def test_au_dela_de_huit_la_suite_se_deplie(client, lieu):
    for n in range(10):
        EpciFactory(nom=f"CC numéro {n}")
    ecarts = client.get(reverse("gouvernance", args=[lieu.uuid])).context["ecarts"]
    ecart = next(e for e in ecarts if e[0] == "Aucun membre ne représente")
    assert (len(ecart[1]), len(ecart[2])) == (8, 3)
    assert "et 3 autres" in html(client.get(reverse("gouvernance", args=[lieu.uuid])))


@pytest.mark.django_db
def test_le_perimetre_d_un_groupe_d_epci_est_le_sien():
    lieu = situation(groupement=True)
    EpciFactory(nom="CC hors du groupe")
    sien = PerimetreFactory(demarche=lieu.demarche).epci
    assert list(representativite.epcis_du_perimetre(lieu.demarche)) == [sien]


@pytest.mark.django_db
def test_l_ouverture_du_diagnostic_avertit_sans_bloquer(lieu):
    groupe = InstanceFactory(demarche=lieu.demarche, type="groupe_projet")
    manques = {m.texte: m for m in demarches.manques_cadrage(lieu.demarche)}
    voulus = {
        "Aucun membre ne représente : CC du Périgord Nontronnais.",
        "Aucun acteur de terrain : ni association, ni entreprise, ni habitant, ni opérateur.",
        "Un collège attendu n’est pas assez représenté : EPCI.",
        "Le groupe projet doit réunir au moins un élu et un technicien.",
    }
    assert voulus <= set(manques)
    assert not any(manques[texte].bloquant for texte in voulus)
    for qualite in ("elu", "technicien"):
        SiegeFactory(instance=groupe, personne=PersonneFactory(qualite=qualite))
    assert "Le groupe projet doit réunir" not in " ".join(
        m.texte for m in demarches.manques_cadrage(lieu.demarche)
    )


@pytest.mark.django_db
def test_le_lien_ouvre_le_formulaire_deja_rempli(client, lieu):
    ecarts = client.get(reverse("gouvernance", args=[lieu.uuid])).context["ecarts"]
    url = next(u for _, premiers, _ in ecarts for nom, u in premiers if nom == lieu.epci.nom)
    formulaire = client.get(url).context["formulaire"]
    assert formulaire["nom"].value() == lieu.epci.nom
    assert formulaire["college"].value() == "epci"


@pytest.mark.django_db
def test_qui_est_deja_membre_n_a_besoin_que_d_un_siege(client, lieu):
    cc = StructureFactory(nom="CC du Périgord Nontronnais", college_id="epci")
    MembreFactory(gouvernance=lieu.demarche.gouvernance, structure=cc, candidat=True)
    ecarts = client.get(reverse("instance", args=[lieu.uuid, lieu.copil.uuid])).context["ecarts"]
    liens = {nom: url for _, premiers, _ in ecarts for nom, url in premiers}
    voulu = reverse("sieges_ajouter", args=[lieu.uuid, lieu.copil.uuid])
    assert liens["CC du Périgord Nontronnais"] == liens["EPCI"] == voulu
