"""Les axes : infinitif, deux niveaux, enjeux, ordre, qui peut quoi et jusqu'à quand."""

import pytest
from django.db import IntegrityError, transaction

from feuille_de_route.axes import strategie
from feuille_de_route.axes.strategie import avis_sur_intitule, commence_par_infinitif, proposer_infinitif
from feuille_de_route.models import Axe
from gouvernance.models import Demarche, Etape, Evenement, Role
from gouvernance.permissions import DROITS
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.saisies import envoi, url
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory
from tests.robustesse.scene import mettre_a

pytestmark = pytest.mark.django_db
QUI = [*Role.values, "administration", "dehors"]


@pytest.fixture
def demarche(demarche):
    mettre_a(demarche, Etape.STRATEGIE)
    return demarche


def ouvrir(client, adresse):
    return client.get(adresse).context["formulaire"]


@pytest.mark.parametrize(
    "intitule",
    [
        "Renforcer les lieux",
        "S’appuyer sur les mairies",
        "s'équiper",
        "Se former ensemble",
        "Ne pas exclure",
        "Construire un réseau",
        "Offrir un accueil",
        "Pouvoir choisir",
        "Élargir l’offre",
        "METTRE en réseau",
    ],
)
def test_les_infinitifs_sont_reconnus(intitule):
    assert commence_par_infinitif(intitule)
    assert avis_sur_intitule(intitule) == ""


@pytest.mark.parametrize(
    ("intitule", "essai"),
    [
        ("Développement de la médiation", "Développer la médiation"),
        ("Mise en place d’un réseau", "Mettre en place un réseau"),
        ("Simplification des démarches", "Simplifier les démarches"),
        ("Coordination des acteurs", "Coordonner les acteurs"),
        ("Création de tiers-lieux", "Créer des tiers-lieux"),
        ("Soutien aux aidants", "Soutenir aux aidants"),
        ("Territoire connecté", ""),
        ("Numérique", ""),
        ("", ""),
    ],
)
def test_un_nom_recoit_une_reformulation(intitule, essai):
    assert not commence_par_infinitif(intitule)
    assert proposer_infinitif(intitule) == essai
    assert "verbe à l’infinitif" in avis_sur_intitule(intitule)


@pytest.mark.parametrize("role", QUI)
def test_qui_modifie_la_strategie(client, demarche, gens, role):
    axe, frere = AxeFactory(demarche=demarche), AxeFactory(demarche=demarche)
    permis = role in DROITS["structurer"].roles
    client.force_login(gens[role])
    page = client.get(url("axes", demarche))
    assert page.status_code == (404 if role == "dehors" else 200)
    if page.status_code == 200:
        assert ("Ajouter un axe" in page.content.decode()) is permis
    statut = 404 if role == "dehors" else 302 if permis else 403
    assert client.post(url("axe_deplacer", demarche, axe.uuid, "descendre")).status_code == statut
    assert client.post(url("axe_supprimer", demarche, axe.uuid)).status_code == statut
    assert client.post(url("axe_modifier", demarche, frere.uuid), _saisie(frere)).status_code == statut
    assert (
        client.post(url("axe_ajouter", demarche), {"intitule": "Aider", "jeton": JETON}).status_code == statut
    )
    assert Evenement.objects.count() == (4 if permis else 0)
    assert Axe.objects.filter(intitule="Aider").exists() is permis


JETON = "00000000-0000-4000-8000-000000000001"


def _saisie(axe, **champs):
    return {"intitule": "Former les aidants", "version": axe.version, **champs}


def test_la_strategie_close_ne_se_modifie_plus(client, demarche, coordination):
    axe = AxeFactory(demarche=demarche)
    Demarche.objects.update(etape=Etape.PLAN_ACTIONS)
    reponse = client.post(url("axe_modifier", demarche, axe.uuid), _saisie(axe))
    assert reponse.status_code == 422
    assert "On ne peut plus modifier les axes" in reponse.content.decode()
    assert "Former les aidants" in reponse.content.decode()
    assert "Rouvrez le jalon" in client.get(url("axes", demarche)).content.decode()
    client.post(url("axe_supprimer", demarche, axe.uuid))
    client.post(url("axe_deplacer", demarche, axe.uuid, "descendre"))
    assert Axe.objects.get() == axe
    assert not Evenement.objects.exists()


def test_un_intitule_sans_verbe_s_enregistre_et_s_explique(client, demarche, coordination):
    page = url("axe_ajouter", demarche)
    donnees = envoi(ouvrir(client, page), intitule="Développement de la médiation")
    suite = client.post(page, donnees, follow=True).content.decode()
    assert Axe.objects.get().intitule == "Développement de la médiation"
    assert suite.count("« Développer la médiation »") == 2  # le message, et l'avis qui reste sur l'axe
    bloquants = [m.texte for m in strategie.manques(demarche) if m.bloquant]
    assert "Commencer par un verbe à l’infinitif l’axe « Développement de la médiation »." in bloquants


def test_les_liens_manquants_sont_montres(client, demarche, coordination):
    relie, orphelin = (
        EnjeuFactory(demarche=demarche, retenu=True),
        EnjeuFactory(demarche=demarche, retenu=True),
    )
    AxeFactory(demarche=demarche, enjeux=[relie])
    nu = AxeFactory(demarche=demarche)
    par_ses_sous_axes = AxeFactory(demarche=demarche)
    AxeFactory(demarche=demarche, parent=par_ses_sous_axes, enjeux=[relie])
    contexte = client.get(url("axes", demarche)).context
    assert list(contexte["enjeux_sans_axe"]) == [orphelin]
    assert contexte["axes_sans_enjeu"] == [nu]
    phrases = {m.texte: m.bloquant for m in strategie.manques(demarche)}
    assert phrases[f"Relier l’axe « {nu} » à un enjeu."] is True
    assert phrases[f"Aucun axe ne répond à l’enjeu « {orphelin} »."] is False
    assert f"Relier l’axe « {par_ses_sous_axes} » à un enjeu." not in phrases


def test_deux_niveaux_au_plus(client, demarche, coordination):
    racine = AxeFactory(demarche=demarche)
    sous = AxeFactory(demarche=demarche, parent=racine)
    reponse = client.post(url("axe_modifier", demarche, racine.uuid), _saisie(racine, parent=str(racine.pk)))
    assert reponse.status_code == 422
    autre = AxeFactory(demarche=demarche)
    reponse = client.post(url("axe_modifier", demarche, racine.uuid), _saisie(racine, parent=str(autre.pk)))
    assert "deux niveaux au plus" in reponse.content.decode()
    reponse = client.post(url("axe_modifier", demarche, autre.uuid), _saisie(autre, parent=str(sous.pk)))
    assert reponse.status_code == 422
    ailleurs = AxeFactory(demarche=DemarcheFactory(groupement=True))
    reponse = client.post(url("axe_modifier", demarche, autre.uuid), _saisie(autre, parent=str(ailleurs.pk)))
    assert reponse.status_code == 422
    assert Axe.objects.filter(parent=None, demarche=demarche).count() == 2
    with pytest.raises(IntegrityError, match="axe_parent_autre"), transaction.atomic():
        Axe.objects.filter(pk=autre.pk).update(parent=autre.pk)
    with pytest.raises(IntegrityError, match="axe_fne_connu"), transaction.atomic():
        Axe.objects.filter(pk=autre.pk).update(axe_fne=7)


def test_monter_et_descendre_parmi_les_siens(client, demarche, coordination):
    a, b, c = (AxeFactory(demarche=demarche) for _ in range(3))
    sous = AxeFactory(demarche=demarche, parent=b)
    client.post(url("axe_deplacer", demarche, c.uuid, "monter"))
    assert list(Axe.objects.filter(parent=None)) == [a, c, b]
    client.post(url("axe_deplacer", demarche, a.uuid, "descendre"))
    assert list(Axe.objects.filter(parent=None)) == [c, a, b]
    client.post(url("axe_deplacer", demarche, c.uuid, "monter"))  # déjà en tête : rien
    client.post(url("axe_deplacer", demarche, sous.uuid, "descendre"))
    assert list(Axe.objects.filter(parent=None)) == [c, a, b]
    assert Evenement.objects.filter(action="déplacer").count() == 2
    assert client.post(url("axe_deplacer", demarche, a.uuid, "effacer")).status_code == 404
    assert client.get(url("axe_deplacer", demarche, a.uuid, "monter")).status_code == 405


def test_un_axe_qui_porte_des_fiches_ne_se_supprime_pas(client, demarche, coordination):
    axe, vide = AxeFactory(demarche=demarche), AxeFactory(demarche=demarche)
    fiche = FicheFactory(demarche=demarche, axe=axe)
    page = client.post(url("axe_supprimer", demarche, axe.uuid), follow=True).content.decode()
    assert f"« {fiche} » en dépend" in page
    client.post(url("axe_supprimer", demarche, vide.uuid))
    assert list(Axe.objects.all()) == [axe]
    assert [e.action for e in Evenement.objects.all()] == ["supprimer"]


def test_un_axe_d_une_autre_demarche_est_introuvable(client, demarche, coordination):
    ailleurs = AxeFactory(demarche=DemarcheFactory(groupement=True, etape=Etape.STRATEGIE))
    MandatFactory(utilisateur=coordination, demarche=ailleurs.demarche)
    assert client.get(url("axe_modifier", demarche, ailleurs.uuid)).status_code == 404
    assert client.post(url("axe_supprimer", demarche, ailleurs.uuid)).status_code == 404
    assert client.post(url("axe_deplacer", demarche, ailleurs.uuid, "monter")).status_code == 404
    enjeu = EnjeuFactory(demarche=ailleurs.demarche)
    donnees = {"intitule": "Aider", "jeton": JETON, "enjeux": [enjeu.pk]}
    assert client.post(url("axe_ajouter", demarche), donnees).status_code == 422


def test_conflit_et_double_clic_sur_un_axe(client, demarche, coordination):
    axe = AxeFactory(demarche=demarche)
    client.post(url("axe_modifier", demarche, axe.uuid), _saisie(axe))
    conflit = client.post(
        url("axe_modifier", demarche, axe.uuid), _saisie(axe, intitule="Équiper les mairies")
    )
    assert conflit.status_code == 409
    assert "Équiper les mairies" in conflit.content.decode()
    for _ in range(2):
        client.post(url("axe_ajouter", demarche), {"intitule": "Aider", "jeton": JETON})
    assert Axe.objects.filter(intitule="Aider").count() == 1


def test_un_sous_axe_se_place_apres_les_siens(client, demarche, coordination):
    racine, autre = AxeFactory(demarche=demarche), AxeFactory(demarche=demarche)
    page = f"{url('axe_ajouter', demarche)}?parent={racine.uuid}"
    for rang in (1, 2):
        client.post(page, envoi(ouvrir(client, page), intitule=f"Former {rang}"))
    assert [(a.intitule, a.ordre) for a in racine.sous_axes.all()] == [("Former 1", 1), ("Former 2", 2)]
    dernier = racine.sous_axes.last()
    client.post(url("axe_modifier", demarche, dernier.uuid), _saisie(dernier, parent=str(autre.pk)))
    assert autre.sous_axes.get().ordre == 1


def test_une_demarche_locale_dit_quel_axe_departemental_elle_sert(client, demarche, coordination):
    departemental = AxeFactory(demarche=demarche)
    locale = DemarcheFactory(groupement=True, etape=Etape.STRATEGIE, parente=demarche)
    MandatFactory(utilisateur=coordination, demarche=locale)
    page = url("axe_ajouter", locale)
    donnees = envoi(ouvrir(client, page), intitule="Aider", axe_departemental=str(departemental.pk))
    client.post(page, donnees)
    assert locale.axes.get().axe_departemental == departemental
    assert f"Sert l’axe départemental «\u00a0{departemental}" in client.get(
        url("axes", locale)
    ).content.decode().replace("&nbsp;", "\u00a0")
    assert "axe_departemental" not in ouvrir(client, url("axe_ajouter", demarche)).fields
