"""Les rencontres : prévues, tenues ou annulées ; les communes visitées, EPCI par EPCI."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gouvernance.models import EtatRencontre, Evenement, Rencontre, Role
from tests.gouvernance.fabriques import (
    CommuneFactory,
    DemarcheFactory,
    EluFactory,
    EpciFactory,
    PerimetreFactory,
    PersonneFactory,
    RencontreFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
REDACTEURS = {Role.COORDINATION, Role.CO_PORTEUR, Role.PORTEUR_EPCI}
HIER = timezone.localdate() - timedelta(days=1)
BIENTOT = timezone.localdate() + timedelta(days=20)


@pytest.fixture
def lieu(client):
    trouve = situation()
    trouve.val = EpciFactory(nom="CC du Val", siren="290000001")
    trouve.autre = EpciFactory(nom="CC d’Écully", siren="290000002")
    trouve.communes = [
        CommuneFactory(code=f"2400{n}", nom=nom, epci=trouve.val)
        for n, nom in enumerate(["Nontron", "Évaux", "Ébreuil"])
    ]
    CommuneFactory(code="24009", nom="Seule", epci=trouve.autre)
    gens = {"gouvernance": trouve.demarche.gouvernance, "structure": trouve.prefecture, "prenom": ""}
    trouve.referents = [PersonneFactory(nom=nom, **gens) for nom in ("Premier", "Second", "Tiers")]
    trouve.elu = EluFactory(personne=PersonneFactory(nom="Mairesse", elu=True, **gens), epci=trouve.val)
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def page(client, lieu, **filtres):
    return html(client.get(reverse("rencontres", args=[lieu.uuid]), filtres))


def prevoir(client, lieu, genre="visite", epci=None, **donnees):
    adresse = reverse("rencontre_prevoir", args=[lieu.uuid]) + f"?type={genre}&epci={epci or lieu.val.pk}"
    return client.post(adresse, {"jeton": uuid.uuid4(), "date": BIENTOT.isoformat()} | donnees)


def visite(lieu, **champs):
    return RencontreFactory(**{
        "demarche": lieu.demarche, "epci": lieu.val, "communes": lieu.communes[:1],
        "referents": lieu.referents[:1], "date": HIER, **champs,
    })  # fmt: skip


def noter(client, lieu, rencontre, **donnees):
    saisie = {
        "version": rencontre.version, "date": HIER.isoformat(), "suites": "Un accueil franc.",
        "communes": [lieu.communes[0].pk],
    }  # fmt: skip
    return client.post(reverse("rencontre_tenir", args=[lieu.uuid, rencontre.uuid]), saisie | donnees)


def test_prevoir_une_visite_en_deux_temps(client, lieu):
    premier = html(client.get(reverse("rencontre_prevoir", args=[lieu.uuid])))
    assert "Visite de commune" in premier
    choix = {"type": "visite", "epci": lieu.val.pk, "commune": lieu.communes[1].pk}
    second = html(client.get(reverse("rencontre_prevoir", args=[lieu.uuid]), choix))
    assert second.index("Ébreuil") < second.index("Évaux") < second.index("Nontron")
    assert "Seule" not in second
    assert second.count("checked") == 1
    donnees = {"communes": [c.pk for c in lieu.communes[:2]], "referent": lieu.referents[0].pk}
    assert prevoir(client, lieu, **donnees, elus=[lieu.elu.pk]).status_code == 302
    rencontre = Rencontre.objects.get()
    assert (rencontre.etat, rencontre.epci, rencontre.demarche) == ("prevue", lieu.val, lieu.demarche)
    assert set(rencontre.communes.all()) == set(lieu.communes[:2])
    assert list(rencontre.referents.all()) == lieu.referents[:1]
    assert list(rencontre.elus.all()) == [lieu.elu]
    assert "Mairesse" in page(client, lieu)


@pytest.mark.parametrize(
    ("genre", "donnees", "phrase"),
    [
        ("visite", {}, "Choisissez au moins une commune."),
        ("visite", {}, "un ou deux référents"),
        ("entretien", {}, "Dites quel élu"),
        ("visite", {"communes": ["24009"]}, "24009"),
    ],
)
def test_ce_que_demande_chaque_type(client, lieu, genre, donnees, phrase):
    reponse = prevoir(client, lieu, genre, **donnees)
    assert reponse.status_code == 422
    assert phrase in html(reponse)
    assert not Rencontre.objects.exists()


@pytest.mark.parametrize("choix", [
    {"type": "conference"}, {"type": "visite"}, {"type": "inconnu", "epci": "tous"}, {},
    {"type": "conference", "epci": "hors"}, {"type": "visite", "epci": "tous"},
])  # fmt: skip
def test_un_type_sans_territoire_se_redemande(client, lieu, choix):
    adresse = reverse("rencontre_prevoir", args=[lieu.uuid])
    assert client.get(adresse, choix).status_code == (422 if choix else 200)
    assert client.post(adresse, {"date": BIENTOT.isoformat()}).status_code == 422
    assert not Rencontre.objects.exists()


def test_une_conference_et_un_entretien(client, lieu):
    assert prevoir(client, lieu, "conference").status_code == 302
    assert prevoir(client, lieu, "entretien", epci="tous", elus=[lieu.elu.pk]).status_code == 302
    assert sorted(Rencontre.objects.values_list("type", flat=True)) == ["conference", "entretien"]


def test_deux_fois_le_meme_referent(client, lieu):
    meme = lieu.referents[0].pk
    reponse = prevoir(client, lieu, communes=[lieu.communes[0].pk], referent=meme, second_referent=meme)
    assert reponse.status_code == 422
    assert "déjà le premier référent" in html(reponse)


def test_rien_d_ailleurs_ne_s_y_glisse(client, lieu):
    autre = DemarcheFactory(gouvernance__departement__code="33")
    etranger = PersonneFactory(gouvernance=autre.gouvernance)
    elu = EluFactory(personne=PersonneFactory(gouvernance=autre.gouvernance, elu=True), epci=lieu.val)
    juste = {"communes": [lieu.communes[0].pk], "referent": lieu.referents[0].pk}
    for faux in ({"referent": etranger.pk}, {"elus": [elu.pk]}):
        assert prevoir(client, lieu, **juste | faux).status_code == 422
    ailleurs = RencontreFactory(demarche=autre)
    for nom in ("rencontre", "rencontre_modifier", "rencontre_tenir"):
        assert client.get(reverse(nom, args=[lieu.uuid, ailleurs.uuid])).status_code == 404
    assert client.post(reverse("rencontre_annuler", args=[lieu.uuid, ailleurs.uuid])).status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_qui_organise_les_rencontres(client, lieu, role):
    rencontre, autre = visite(lieu), visite(lieu)
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, REDACTEURS)
    juste = {"communes": [lieu.communes[0].pk], "referent": lieu.referents[0].pk}
    assert prevoir(client, lieu, **juste).status_code == attendu
    assert Rencontre.objects.count() == 2 + (attendu == 302)
    assert noter(client, lieu, rencontre).status_code == attendu
    adresse = reverse("rencontre_modifier", args=[lieu.uuid, autre.uuid])
    envoi = {"version": autre.version, "date": BIENTOT.isoformat()} | juste
    assert client.post(adresse, envoi).status_code == attendu
    assert client.post(reverse("rencontre_annuler", args=[lieu.uuid, autre.uuid])).status_code == attendu
    etats = {Rencontre.objects.get(pk=r.pk).etat for r in (rencontre, autre)}
    assert etats == ({"tenue", "annulee"} if attendu == 302 else {"prevue"})


def test_noter_une_visite_met_a_jour_les_elus_et_la_couverture(client, lieu):
    rencontre = visite(lieu)
    assert "0 sur 4 communes" in page(client, lieu)
    assert "est passée" in page(client, lieu)
    assert noter(client, lieu, rencontre, elus=[lieu.elu.pk]).status_code == 302
    lieu.elu.refresh_from_db()
    assert lieu.elu.dernier_contact == HIER
    contenu = page(client, lieu)
    assert "1 sur 4 communes" in contenu
    assert "1 sur 3 communes" in contenu
    assert "Un accueil franc." in contenu
    assert Evenement.objects.filter(action="noter la rencontre", vers__contains="accueil").count() == 1
    detail = page(client, lieu, epci=lieu.val.pk)
    a_voir = detail.partition("À voir (2)")[2].partition("Vues (1)")
    assert "Évaux" in a_voir[0]
    assert "Ébreuil" in a_voir[0]
    assert "Nontron" not in a_voir[0]
    assert "Nontron" in a_voir[2]
    assert "Seule" not in detail


def test_le_dernier_contact_ne_recule_pas(client, lieu):
    lieu.elu.dernier_contact = timezone.localdate()
    lieu.elu.save()
    noter(client, lieu, visite(lieu), elus=[lieu.elu.pk])
    lieu.elu.refresh_from_db()
    assert lieu.elu.dernier_contact == timezone.localdate()


@pytest.mark.parametrize(
    ("faux", "phrase"),
    [
        ({"date": BIENTOT.isoformat()}, "pas encore eu lieu"),
        ({"suites": "  "}, "obligatoire"),
        ({"communes": []}, "Choisissez au moins une commune."),
    ],
)
def test_ce_qu_il_faut_pour_noter(client, lieu, faux, phrase):
    rencontre = visite(lieu)
    reponse = noter(client, lieu, rencontre, **faux)
    assert reponse.status_code == 422
    assert phrase in html(reponse)
    rencontre.refresh_from_db()
    assert rencontre.etat == EtatRencontre.PREVUE


def test_corriger_un_recit_et_deux_mains_sur_le_meme(client, lieu):
    rencontre = visite(lieu, tenue=True)
    assert noter(client, lieu, rencontre, suites="Première main").status_code == 302
    reponse = noter(client, lieu, rencontre, suites="Seconde main")
    assert reponse.status_code == 409
    assert "Première main" in html(reponse)
    assert "Seconde main" in html(reponse)
    rencontre.refresh_from_db()
    assert rencontre.suites == "Première main"


def test_une_rencontre_annulee_ne_compte_pas_et_ne_bouge_plus(client, lieu):
    rencontre = visite(lieu)
    annuler = reverse("rencontre_annuler", args=[lieu.uuid, rencontre.uuid])
    assert client.post(annuler).status_code == 302
    assert "déjà annulée" in html(client.post(annuler, follow=True))
    rencontre.refresh_from_db()
    assert noter(client, lieu, rencontre).status_code == 422
    adresse = reverse("rencontre_modifier", args=[lieu.uuid, rencontre.uuid])
    envoi = {
        "version": rencontre.version, "date": BIENTOT.isoformat(), "communes": [lieu.communes[0].pk],
        "referent": lieu.referents[0].pk,
    }  # fmt: skip
    reponse = client.post(adresse, envoi)
    assert reponse.status_code == 422
    assert "on ne change plus" in html(reponse)
    rencontre.refresh_from_db()
    assert (rencontre.etat, rencontre.date) == ("annulee", HIER)
    assert "0 sur 4 communes" in page(client, lieu)


def test_une_conference_ne_visite_aucune_commune(client, lieu):
    visite(lieu, type="conference", tenue=True)
    visite(lieu, date=BIENTOT)
    contenu = page(client, lieu, epci=lieu.val.pk)
    assert "0 sur 3 communes" in contenu
    assert "prévue" in contenu


def test_un_groupe_d_epci_ne_compte_que_ses_communes(client, lieu):
    demarche = PerimetreFactory(epci=lieu.autre, demarche__gouvernance=lieu.demarche.gouvernance).demarche
    visite(lieu, tenue=True)
    client.force_login(lieu.gens["administration"])
    contenu = html(client.get(reverse("rencontres", args=[demarche.uuid])))
    assert "0 sur 1 commune" in contenu
    assert "CC du Val" not in contenu


def test_les_communes_sans_intercommunalite_se_comptent_a_part(client, lieu):
    CommuneFactory(code="24010", nom="Île", epci=None)
    assert "Communes sans intercommunalité" in page(client, lieu)
    donnees = {"communes": ["24010"], "referent": lieu.referents[0].pk}
    assert prevoir(client, lieu, epci="hors", **donnees).status_code == 302
    assert "Île" in page(client, lieu, epci="hors")


def test_un_filtre_inconnu_ne_filtre_rien(client, lieu):
    assert "CC d’Écully" in page(client, lieu, epci="999999999")
