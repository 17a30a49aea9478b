"""Ranger les axes d'un geste ; par thème ou par public ; l'axe départemental que sert une démarche locale."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from feuille_de_route.axes import strategie
from feuille_de_route.models import Axe
from gouvernance.models import Demarche, Etape, Evenement, Role
from gouvernance.socle.modeles import Conflit
from tests.feuille_de_route.fabriques import AxeFactory
from tests.feuille_de_route.saisies import envoi, url
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory
from tests.robustesse.scene import mettre_a

pytestmark = pytest.mark.django_db


@pytest.fixture
def demarche(demarche):
    mettre_a(demarche, Etape.STRATEGIE)
    return demarche


def ranger(client, demarche, axes, *, vu=None, parent="", script=True):
    vu = strategie.empreinte_de_l_ordre(demarche.axes.all()) if vu is None else vu
    donnees = {"axes": [str(a.uuid) for a in axes], "vu": vu, "parent": str(parent and parent.uuid)}
    entetes = {"HX-Request": "true"} if script else {}
    return client.post(url("axes_ordonner", demarche), donnees, headers=entetes)


def test_ranger_les_axes_puis_les_sous_axes(client, demarche, coordination):
    a, b, c = (AxeFactory(demarche=demarche) for _ in range(3))
    un, deux = (AxeFactory(demarche=demarche, parent=b, ordre=n) for n in (1, 2))
    reponse = ranger(client, demarche, [c, a, b])
    assert reponse.status_code == 200
    assert list(Axe.objects.filter(parent=None)) == [c, a, b]
    texte = reponse.content.decode()
    assert texte.index(f"1. {c}") < texte.index(f"2. {a}") < texte.index(f"3.1. {un}")
    assert "L’ordre est enregistré." in texte
    assert 'data-vu="' + strategie.empreinte_de_l_ordre(demarche.axes.all()) in texte
    ranger(client, demarche, [deux, un], parent=b)
    assert list(b.sous_axes.all()) == [deux, un]
    evenement = Evenement.objects.filter(action="ranger les axes").last()
    assert evenement.vers == f"{c} ; {a} ; {b}"
    assert Evenement.objects.filter(action="ranger les axes").count() == 2
    ranger(client, demarche, [c, a, b])  # le même ordre : rien
    assert Evenement.objects.filter(action="ranger les axes").count() == 2


def test_une_liste_depassee_est_refusee_et_l_ordre_actuel_revient(client, demarche, coordination):
    a, b = (AxeFactory(demarche=demarche) for _ in range(2))
    vu = strategie.empreinte_de_l_ordre(demarche.axes.all())
    c = AxeFactory(demarche=demarche)
    for axes in ([b, a], [b, a, c], [b, b, a], [b]):
        reponse = ranger(client, demarche, axes, vu=vu)
        assert reponse.status_code == 409
        assert "rien n’est déplacé" in reponse.content.decode()
        assert f"3. {c}" in reponse.content.decode()
    assert ranger(client, demarche, [b, a]).status_code == 409  # il en manque un, même à jour
    assert list(Axe.objects.filter(parent=None)) == [a, b, c]
    assert not Evenement.objects.exists()
    page = client.post(url("axes_ordonner", demarche), {"axes": [str(b.uuid)], "vu": vu}, follow=True)
    assert "rien n’est déplacé" in page.content.decode()


def test_sans_script_on_revient_a_la_page(client, demarche, coordination):
    a, b = (AxeFactory(demarche=demarche) for _ in range(2))
    reponse = ranger(client, demarche, [b, a], script=False)
    assert reponse.status_code == 302
    assert reponse.url == url("axes", demarche)
    assert list(Axe.objects.filter(parent=None)) == [b, a]


def test_on_ne_range_ni_les_axes_d_une_autre_ni_une_strategie_close(client, demarche, coordination):
    ailleurs = DemarcheFactory(groupement=True, etape=Etape.STRATEGIE)
    MandatFactory(utilisateur=coordination, demarche=ailleurs)
    etranger, axe = AxeFactory(demarche=ailleurs), AxeFactory(demarche=demarche)
    assert ranger(client, demarche, [axe, etranger]).status_code == 409
    assert ranger(client, demarche, [etranger], parent=etranger).status_code == 404
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.PLAN_ACTIONS)
    reponse = ranger(client, demarche, [axe])
    assert reponse.status_code == 422
    assert "Rouvrez le jalon" in reponse.content.decode()
    assert client.get(url("axes_ordonner", demarche)).status_code == 405


@pytest.mark.parametrize("role", [*Role.values, "administration", "dehors"])
def test_qui_range(client, demarche, gens, role):
    a, b = (AxeFactory(demarche=demarche) for _ in range(2))
    client.force_login(gens[role])
    permis = role in {"coordination", "co_porteur", "porteur_epci"}
    attendu = 404 if role == "dehors" else 200 if permis else 403
    assert ranger(client, demarche, [b, a]).status_code == attendu
    assert Evenement.objects.exists() is permis
    if role != "dehors":
        assert ("axe__poignee" in client.get(url("axes", demarche)).content.decode()) is permis


@pytest.mark.django_db(transaction=True)
def test_deux_gestes_en_meme_temps_un_seul_passe(demarche, gens):
    axes = [AxeFactory(demarche=demarche) for _ in range(4)]
    vu = strategie.empreinte_de_l_ordre(demarche.axes.all())
    depart, par = threading.Barrier(4), gens["coordination"]

    def geste(decalage):
        ordre = [str(a.uuid) for a in axes[decalage:] + axes[:decalage]]
        try:
            depart.wait()
            strategie.ordonner_axes(demarche, ordre, parent=None, vu=vu, par=par)
        except Conflit:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(4) as fils:
        assert sum(fils.map(geste, [1, 2, 3, 1])) == 1
    assert sorted(Axe.objects.values_list("ordre", flat=True)) == [1, 2, 3, 4]


def test_un_axe_rassemble_un_theme_ou_un_public(client, demarche, coordination):
    page = url("axe_ajouter", demarche)
    formulaire = client.get(page).context["formulaire"]
    client.post(page, envoi(formulaire, intitule="Accompagner les seniors", public="seniors"))
    axe = Axe.objects.get()
    assert (axe.genre, axe.public) == ("public", "seniors")
    assert "Public&nbsp;: Seniors" in client.get(url("axes", demarche)).content.decode()
    modifier = url("axe_modifier", demarche, axe.uuid)
    client.post(modifier, envoi(client.get(modifier).context["formulaire"], public=""))
    axe.refresh_from_db()
    assert (axe.genre, axe.public) == ("theme", "")
    refus = client.post(modifier, envoi(client.get(modifier).context["formulaire"], public="rois"))
    assert refus.status_code == 422


@pytest.fixture
def locale(demarche, coordination):
    """Une démarche d'EPCI de la même gouvernance ; la coordination de la départementale n'en sait rien."""
    locale = DemarcheFactory(groupement=True, etape=Etape.STRATEGIE, gouvernance=demarche.gouvernance)
    MandatFactory(utilisateur=coordination, demarche=locale)
    return locale


def test_l_axe_departemental_se_choisit_sans_mandat_et_rien_d_autre_ne_se_lit(client, demarche, locale, gens):
    departemental = AxeFactory(demarche=demarche, objectif="Objectif-Discret")
    AxeFactory(demarche=demarche, parent=departemental, intitule="Sous-axe-discret")
    MandatFactory(utilisateur=gens["dehors"], demarche=locale, role=Role.PORTEUR_EPCI)
    client.force_login(gens["dehors"])
    assert client.get(url("axes", demarche)).status_code == 404
    page = url("axe_ajouter", locale)
    reponse = client.get(page)
    assert str(departemental) in reponse.content.decode()
    assert "discret" not in reponse.content.decode().lower()
    formulaire = reponse.context["formulaire"]
    donnees = envoi(formulaire, intitule="Aider", axe_departemental=str(departemental.pk))
    assert client.post(page, donnees).status_code == 302
    locale.refresh_from_db()
    assert locale.axes.get().axe_departemental == departemental
    assert locale.parente == demarche  # servir son axe, c'est dépendre d'elle
    assert Evenement.objects.filter(demarche=locale, action="rattacher").count() == 1


def test_l_axe_d_un_autre_departement_ne_se_choisit_pas(client, locale, demarche):
    AxeFactory(demarche=demarche)
    ailleurs = AxeFactory(demarche=DemarcheFactory(gouvernance__departement__code="33"))
    page = url("axe_ajouter", locale)
    formulaire = client.get(page).context["formulaire"]
    donnees = envoi(formulaire, intitule="Aider", axe_departemental=str(ailleurs.pk))
    assert client.post(page, donnees).status_code == 422
    assert str(ailleurs) not in client.get(page).content.decode()
    assert not locale.axes.exists()


def test_l_axe_qui_ne_sert_aucun_axe_departemental_se_voit(client, demarche, locale):
    AxeFactory(demarche=demarche)
    axe = AxeFactory(demarche=locale)
    reponse = client.get(url("axes", locale))
    assert reponse.context["axes_sans_departement"] == [axe]
    assert "encore en discussion" in reponse.content.decode()
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.PLAN_ACTIONS)
    assert "encore en discussion" not in client.get(url("axes", locale)).content.decode()
    assert client.get(url("axes", demarche)).context["axes_sans_departement"] == []
