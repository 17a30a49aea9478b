"""Les ateliers : sous-groupes, contributions, et leur conversion en enjeu ou en chantier clé."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections
from django.urls import reverse

from ateliers.animation import convertir_en_chantier, convertir_en_enjeu
from ateliers.models import Atelier, ChantierCle, Contribution, SousGroupe
from diagnostic.models import Enjeu
from gouvernance.models import Etape, Evenement
from gouvernance.permissions import DROITS
from tests.ateliers.fabriques import AtelierFactory, ContributionFactory, SousGroupeFactory
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation(etape=Etape.ENJEUX)
    trouve.atelier = AtelierFactory(demarche=trouve.demarche)
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def adresse(lieu, nom, *reste):
    return reverse(nom, args=[lieu.uuid, lieu.atelier.uuid, *reste])


def avec_jeton(**champs):
    return {"jeton": uuid.uuid4(), **champs}


@pytest.mark.parametrize("role", ROLES)
def test_qui_prepare_un_atelier_et_ses_sous_groupes(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["animer"].roles)
    ajout = reverse("atelier_ajouter", args=[lieu.uuid])
    donnees = avec_jeton(titre="Atelier 2", type="chantiers")
    assert client.post(ajout, donnees).status_code == attendu
    assert client.post(adresse(lieu, "sous_groupe_ajouter"), avec_jeton(nom="Table 1")).status_code == attendu
    assert Atelier.objects.filter(titre="Atelier 2").exists() == (attendu == 302)
    assert SousGroupe.objects.exists() == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
def test_qui_contribue(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["contribuer"].roles)
    url = adresse(lieu, "contribution_ajouter")
    assert client.post(url, avec_jeton(texte="Ouvrir le samedi")).status_code == attendu
    assert Contribution.objects.exists() == (attendu == 302)


@pytest.mark.parametrize(("vers", "droit"), [("enjeu", "formuler_enjeux"), ("chantier", "animer")])
@pytest.mark.parametrize("role", ROLES)
def test_qui_convertit(client, lieu, role, vers, droit):
    contribution = ContributionFactory(atelier=lieu.atelier)
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS[droit].roles)
    url = adresse(lieu, "contribution_convertir", contribution.uuid, vers)
    assert client.post(url, avec_jeton(question="Peut-on ouvrir le samedi ?")).status_code == attendu
    modele = Enjeu if vers == "enjeu" else ChantierCle
    assert modele.objects.exists() == (attendu == 302)


def test_la_conversion_part_du_texte_et_mene_a_ce_qui_en_est_ne(client, lieu):
    contribution = ContributionFactory(atelier=lieu.atelier, texte="Ouvrir le samedi")
    url = adresse(lieu, "contribution_convertir", contribution.uuid, "chantier")
    assert ">\nOuvrir le samedi</textarea>" in html(client.get(url))
    client.post(url, avec_jeton(question="Peut-on ouvrir le samedi ?"))
    chantier = ChantierCle.objects.get()
    assert "Ouvrir le samedi" in chantier.origine
    page = html(client.get(adresse(lieu, "atelier")))
    assert reverse("chantier", args=[lieu.uuid, chantier.uuid]) in page
    assert "En faire un enjeu" not in page
    reponse = client.post(
        adresse(lieu, "contribution_convertir", contribution.uuid, "enjeu"), avec_jeton(question="Comment ?")
    )
    assert reponse.status_code == 422
    assert "déjà convertie" in html(reponse)
    assert not Enjeu.objects.exists()


def test_un_double_clic_ne_convertit_qu_une_fois(client, lieu):
    contribution = ContributionFactory(atelier=lieu.atelier)
    envoi = avec_jeton(question="Comment faire ?")
    for _ in range(2):
        url = adresse(lieu, "contribution_convertir", contribution.uuid, "enjeu")
        assert client.post(url, envoi).status_code == 302
    assert Enjeu.objects.count() == 1
    assert Evenement.objects.filter(action="convertir une contribution").count() == 1


def test_une_question_trop_longue_est_refusee_par_la_regle_aussi(lieu):
    contribution = ContributionFactory(atelier=lieu.atelier)
    with pytest.raises(ValidationError):
        convertir_en_chantier(contribution.pk, "?" * 301, par=lieu.gens["coordination"])
    with pytest.raises(PermissionDenied):
        convertir_en_enjeu(contribution.pk, "Comment ?", par=lieu.gens["partenaire"])
    assert not ChantierCle.objects.exists()


def test_les_contributions_se_rangent_par_sous_groupe(client, lieu):
    table = SousGroupeFactory(atelier=lieu.atelier, nom="Table jeunesse")
    SousGroupeFactory(atelier=lieu.atelier, nom="Table vide")
    etranger = SousGroupeFactory(
        nom="Table du voisin", atelier__demarche__gouvernance__departement__code="33"
    )
    url = adresse(lieu, "contribution_ajouter")
    formulaire = html(client.get(f"{url}?sous_groupe={table.uuid}"))
    assert f'value="{table.pk}" selected' in formulaire
    assert "Table du voisin" not in formulaire
    assert client.post(url, avec_jeton(texte="Non", sous_groupe=etranger.pk)).status_code == 422
    client.post(url, avec_jeton(texte="Un bus", sous_groupe=table.pk))
    client.post(url, avec_jeton(texte="Pour tous"))
    page = html(client.get(adresse(lieu, "atelier")))
    assert page.index("Table jeunesse") < page.index("Un bus") < page.index("Table vide")
    assert page.index("Tout l’atelier") < page.index("Pour tous")


def test_deux_sous_groupes_de_meme_nom_sont_refuses(client, lieu):
    SousGroupeFactory(atelier=lieu.atelier, nom="Table 1")
    reponse = client.post(adresse(lieu, "sous_groupe_ajouter"), avec_jeton(nom="Table 1"))
    assert reponse.status_code == 422
    assert "existe déjà" in html(reponse)


def test_on_retire_sa_contribution_ni_celle_d_un_autre_ni_une_convertie(client, lieu):
    partenaire = lieu.gens["partenaire"]
    sienne = ContributionFactory(atelier=lieu.atelier, cree_par=partenaire)
    autre = ContributionFactory(atelier=lieu.atelier)
    convertie = ContributionFactory(atelier=lieu.atelier, cree_par=partenaire)
    convertir_en_enjeu(convertie.pk, "Comment ?", par=lieu.gens["coordination"])
    client.force_login(partenaire)
    assert html(client.get(adresse(lieu, "atelier"))).count("/retirer/") == 1
    for objet, attendu in ((sienne, 302), (autre, 403), (convertie, 302)):
        url = adresse(lieu, "contribution_retirer", objet.uuid)
        assert client.post(url).status_code == attendu
    assert set(Contribution.objects.all()) == {autre, convertie}


def test_modifier_un_atelier_sur_une_version_perimee_rend_409(client, lieu):
    donnees = {"titre": "Nouveau", "type": "enjeux", "version": lieu.atelier.version}
    assert client.post(adresse(lieu, "atelier_modifier"), donnees).status_code == 302
    assert client.post(adresse(lieu, "atelier_modifier"), donnees | {"titre": "Autre"}).status_code == 409
    assert Atelier.objects.get().titre == "Nouveau"


def test_on_ne_contribue_plus_une_fois_le_plan_soumis(client, lieu):
    demarche = lieu.demarche
    demarche.etape, demarche.soumise_le = Etape.SOUMISE, demarche.cree_le
    demarche.save()
    reponse = client.post(adresse(lieu, "contribution_ajouter"), avec_jeton(texte="Trop tard"))
    assert reponse.status_code == 422
    assert "On ne peut plus" in html(reponse)
    assert not Contribution.objects.exists()


def test_les_adresses_d_une_autre_demarche_n_existent_pas(client, lieu):
    ailleurs = DemarcheFactory(gouvernance__departement__code="33", etape=Etape.ENJEUX)
    MandatFactory(utilisateur=lieu.gens["coordination"], demarche=ailleurs)
    atelier = AtelierFactory(demarche=ailleurs)
    contribution = ContributionFactory(atelier=atelier)
    for nom in ("atelier", "atelier_modifier", "sous_groupe_ajouter", "contribution_ajouter"):
        assert client.get(reverse(nom, args=[ailleurs.uuid, atelier.uuid])).status_code == 200
        assert client.get(reverse(nom, args=[lieu.uuid, atelier.uuid])).status_code == 404
    for parent in (atelier, lieu.atelier):
        retirer = reverse("contribution_retirer", args=[lieu.uuid, parent.uuid, contribution.uuid])
        convertir = reverse(
            "contribution_convertir", args=[lieu.uuid, parent.uuid, contribution.uuid, "enjeu"]
        )
        assert client.post(retirer).status_code == 404
        assert client.post(convertir, avec_jeton(question="Comment ?")).status_code == 404
    assert client.get(adresse(lieu, "contribution_convertir", contribution.uuid, "rien")).status_code == 404
    assert (Contribution.objects.count(), Enjeu.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_huit_conversions_simultanees_n_en_font_qu_une(lieu):
    contribution, barriere = ContributionFactory(atelier=lieu.atelier), Barrier(8)

    def envoyer(rang):
        convertir = convertir_en_enjeu if rang % 2 else convertir_en_chantier
        try:
            barriere.wait(timeout=20)
            convertir(contribution.pk, f"Comment faire ({rang}) ?", par=lieu.gens["coordination"])
        except ValidationError:
            return 0
        else:
            return 1
        finally:
            connections.close_all()

    connection.close()
    with ThreadPoolExecutor(8) as equipe:
        reussites = sum(equipe.map(envoyer, range(8)))
    assert reussites == 1
    assert Enjeu.objects.count() + ChantierCle.objects.count() == 1
