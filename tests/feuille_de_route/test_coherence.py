"""La cohérence entre les échelles : les axes qui se répondent, les trous, et qui lit quoi."""

import pytest
from django.urls import reverse

from gouvernance.models import Etape, Role
from gouvernance.permissions import DROITS
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    EpciFactory,
    MandatFactory,
    PerimetreFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def gouvernance(demarche):
    """Trois EPCI : l'un dans une démarche locale, deux sans ; deux axes du département, l'un servi."""
    departement = demarche.departement
    a, b, c = (
        EpciFactory(departement=departement, nom=nom) for nom in ("CC Auvézère", "CC Belvès", "CC Corne")
    )
    locale = DemarcheFactory(
        groupement=True, gouvernance=demarche.gouvernance, etape=Etape.STRATEGIE, nom="Pays de l’Auvézère"
    )
    PerimetreFactory(demarche=locale, epci=a, departement=departement)
    servi, seul = AxeFactory(demarche=demarche), AxeFactory(demarche=demarche)
    AxeFactory(demarche=demarche, parent=servi)
    sert = AxeFactory(demarche=locale, axe_departemental=servi)
    isole = AxeFactory(demarche=locale)
    return {"locale": locale, "epcis": (a, b, c), "servi": servi, "seul": seul, "sert": sert, "isole": isole}


def lue(client, demarche):
    return client.get(reverse("coherence", args=[demarche.uuid])).context["lue"]


def porteur(demarche, role=Role.PORTEUR_EPCI):
    compte = UtilisateurFactory(password=None)
    MandatFactory(demarche=demarche, role=role, utilisateur=compte)
    return compte


def test_les_axes_qui_se_repondent_et_ceux_qui_restent_seuls(client, demarche, gens, gouvernance):
    client.force_login(gens["coordination"])
    vue = lue(client, demarche)
    assert [(s.numero, s.axe) for s in vue.axes] == [(1, gouvernance["servi"]), (2, gouvernance["seul"])]
    assert vue.axes[0].par == [(gouvernance["locale"], [gouvernance["sert"]])]
    assert [s.axe for s in vue.non_servis] == [gouvernance["seul"]]
    assert vue.sans_lien == [(gouvernance["locale"], gouvernance["isole"])]
    page = client.get(reverse("coherence", args=[demarche.uuid])).content.decode()
    for dit in ("Axes du département qu’aucun axe local ne sert (1)", "EPCI sans démarche locale (2)"):
        assert dit in page
    # la coordination du département n'a pas de mandat dans la locale : elle lit l'axe, sans lien mort
    assert str(gouvernance["isole"]) in page
    assert str(gouvernance["locale"].uuid) not in page


def test_un_sous_axe_suffit_a_servir(client, demarche, gens, gouvernance):
    AxeFactory(
        demarche=gouvernance["locale"], parent=gouvernance["isole"], axe_departemental=gouvernance["seul"]
    )
    client.force_login(gens["coordination"])
    vue = lue(client, demarche)
    assert (vue.non_servis, vue.sans_lien) == ([], [])


def test_les_epci_que_rien_ne_couvre(client, demarche, gens, gouvernance):
    a, b, c = gouvernance["epcis"]
    client.force_login(gens["coordination"])
    assert [e.epci for e in lue(client, demarche).sans_fiche] == [a, b, c]
    FicheFactory(demarche=gouvernance["locale"], proposee=True)  # tout le périmètre de la locale
    FicheFactory(demarche=demarche, proposee=True).territoires.add(b)
    FicheFactory(demarche=demarche).territoires.add(c)  # un brouillon ne couvre personne
    FicheFactory(demarche=demarche, ecartee=True)
    vue = lue(client, demarche)
    assert [(e.epci, e.demarche, e.nommees, e.generales) for e in vue.epcis] == [
        (a, gouvernance["locale"], 0, 1), (b, None, 1, 0), (c, None, 0, 0),
    ]  # fmt: skip
    assert [e.epci for e in vue.sans_fiche] == [c]
    assert [e.epci for e in vue.sans_demarche] == [b, c]
    FicheFactory(demarche=demarche, retenue=True)  # le département entier
    assert lue(client, demarche).sans_fiche == []


def test_le_porteur_d_un_epci_ne_lit_que_ses_demarches(client, demarche, gens, gouvernance):
    autre = DemarcheFactory(groupement=True, gouvernance=demarche.gouvernance, nom="Pays de Belvès")
    PerimetreFactory(demarche=autre, epci=gouvernance["epcis"][1], departement=demarche.departement)
    AxeFactory(demarche=autre, axe_departemental=gouvernance["seul"], intitule="Axe-secret")
    FicheFactory(demarche=autre, proposee=True)
    locale = gouvernance["locale"]
    client.force_login(porteur(locale))
    vue = lue(client, locale)
    assert vue.locales == [locale]
    assert [e.epci for e in vue.epcis] == [gouvernance["epcis"][0]]
    page = client.get(reverse("coherence", args=[locale.uuid])).content.decode()
    assert "Axe-secret" not in page
    assert "Pays de Belvès" not in page
    assert str(gouvernance["seul"]) in page  # l'intitulé des axes du département se lit
    assert "Vous lisez ici vos démarches" in page
    client.force_login(gens["coordination"])
    assert "Axe-secret" in client.get(reverse("coherence", args=[demarche.uuid])).content.decode()


@pytest.mark.parametrize("role", [*Role.values, "administration", "dehors"])
def test_qui_la_lit(client, demarche, gens, gouvernance, role):
    client.force_login(gens[role])
    permis = role in DROITS["lire_coherence"].roles
    attendu = 404 if role == "dehors" else 200 if permis else 403
    assert client.get(reverse("coherence", args=[demarche.uuid])).status_code == attendu
    if role != "dehors":
        onglet = reverse("coherence", args=[demarche.uuid])
        assert (onglet in client.get(reverse("axes", args=[demarche.uuid])).content.decode()) is permis
    if role in {"administration", "coordination", "co_porteur"}:
        assert lue(client, demarche).entiere


def test_sans_demarche_departementale(client):
    locale = DemarcheFactory(groupement=True, etape=Etape.STRATEGIE)
    AxeFactory(demarche=locale)
    client.force_login(porteur(locale))
    vue = lue(client, locale)
    assert (vue.departement, vue.axes, vue.sans_lien) == (None, [], [])
    page = client.get(reverse("coherence", args=[locale.uuid])).content.decode()
    assert "pas de démarche départementale" in page


def test_dix_requetes_quel_que_soit_le_nombre(client, demarche, gens, gouvernance, compter_requetes):
    client.force_login(gens["coordination"])
    adresse = reverse("coherence", args=[demarche.uuid])
    avant = compter_requetes(adresse)
    for _ in range(6):
        locale = DemarcheFactory(groupement=True, gouvernance=demarche.gouvernance)
        epci = EpciFactory(departement=demarche.departement)
        PerimetreFactory(demarche=locale, epci=epci, departement=demarche.departement)
        for _ in range(3):
            AxeFactory(demarche=locale, axe_departemental=gouvernance["seul"])
            FicheFactory(demarche=locale, proposee=True).territoires.add(epci)
    assert compter_requetes(adresse) == avant <= 10
