"""La page « Diagnostic » : constats, chiffres, regards ; qui y écrit, quand, et ce qui s'en lit."""

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from diagnostic.models import Constat, Mesure, NatureConstat, Posture, Regard, SerieIndicateur
from diagnostic.references import charger
from gouvernance.models import Etape, Evenement
from gouvernance.permissions import DROITS
from tests.diagnostic.fabriques import (
    ConstatFactory,
    EnjeuFactory,
    MesureFactory,
    RegardFactory,
    SerieFactory,
    ThematiqueFactory,
)
from tests.gouvernance.fabriques import DecisionFactory, DemarcheFactory, EpciFactory, MandatFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation(etape=Etape.DIAGNOSTIC)
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def saisie(**champs):
    return {"intitule": "Les guichets ferment", "nature": "frein", "jeton": uuid.uuid4(), **champs}


def chiffre(**champs):
    return {
        "libelle": "Ménages sans connexion", "unite": "%", "source": "Insee 2021", "annee": 2021,
        "territoire": "departement:24", "valeur": "12,5", "jeton": uuid.uuid4(), **champs,
    }  # fmt: skip


def regard(**champs):
    return {
        "auteur": "Maire",
        "posture": "elu",
        "accord": "-2",
        "texte": "Non.",
        "jeton": uuid.uuid4(),
        **champs,
    }


@pytest.mark.parametrize("role", ROLES)
def test_qui_ajoute_un_constat(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["diagnostiquer"].roles)
    assert client.post(reverse("constat_ajouter", args=[lieu.uuid]), saisie()).status_code == attendu
    assert Constat.objects.exists() == Evenement.objects.filter(action="créer").exists() == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
def test_qui_donne_un_regard(client, lieu, role):
    constat = ConstatFactory(demarche=lieu.demarche)
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["regarder"].roles)
    url = reverse("regard_ajouter", args=[lieu.uuid, constat.uuid])
    assert client.post(url, regard()).status_code == attendu
    assert Regard.objects.filter(accord=-2).exists() == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
def test_qui_ajoute_un_chiffre(client, lieu, role):
    constat = ConstatFactory(demarche=lieu.demarche)
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, DROITS["diagnostiquer"].roles)
    url = reverse("mesure_ajouter", args=[lieu.uuid, constat.uuid])
    assert client.post(url, chiffre()).status_code == attendu
    assert Mesure.objects.exists() == (attendu == 302)


def test_un_constat_ajoute_mene_a_sa_page_et_se_lit_dans_sa_thematique(client, lieu):
    ThematiqueFactory(code="mediation", libelle="Lieux et médiation")
    reponse = client.post(
        reverse("constat_ajouter", args=[lieu.uuid]), saisie(thematique="mediation"), follow=True
    )
    constat = Constat.objects.get()
    assert reponse.redirect_chain[-1][0] == reverse("constat", args=[lieu.uuid, constat.uuid])
    page = html(client.get(reverse("constats", args=[lieu.uuid])))
    assert "Lieux et médiation" in page
    assert "Les guichets ferment" in page
    assert "tendance non renseignée" in page
    assert "Rattacher au moins un constat à une donnée chiffrée" in page


def test_un_double_clic_n_ajoute_qu_un_constat(client, lieu):
    envoi = saisie()
    for _ in range(2):
        assert client.post(reverse("constat_ajouter", args=[lieu.uuid]), envoi).status_code == 302
    assert Constat.objects.count() == 1


def test_un_constat_invalide_revient_avec_ce_qui_a_ete_tape(client, lieu):
    reponse = client.post(
        reverse("constat_ajouter", args=[lieu.uuid]), saisie(nature="inconnue", sources="Mes notes")
    )
    assert reponse.status_code == 422
    assert "Mes notes" in html(reponse)
    assert not Constat.objects.exists()


def test_modifier_sur_une_version_perimee_rend_409_et_garde_le_texte(client, lieu):
    constat = ConstatFactory(demarche=lieu.demarche)
    url = reverse("constat_modifier", args=[lieu.uuid, constat.uuid])
    lue = constat.version
    assert client.post(url, saisie(version=lue, intitule="Premier")).status_code == 302
    reponse = client.post(url, saisie(version=lue, intitule="Second"))
    assert reponse.status_code == 409
    assert "Second" in html(reponse)
    assert Constat.objects.get().intitule == "Premier"


@pytest.mark.parametrize("etape", [Etape.ENJEUX, Etape.STRATEGIE, Etape.PLAN_ACTIONS])
def test_le_diagnostic_est_fige_une_fois_les_enjeux_ouverts(client, lieu, etape):
    constat = ConstatFactory(demarche=lieu.demarche)
    type(lieu.demarche).objects.update(etape=etape)
    envois = {
        reverse("constat_ajouter", args=[lieu.uuid]): saisie(),
        reverse("mesure_ajouter", args=[lieu.uuid, constat.uuid]): chiffre(),
        reverse("regard_ajouter", args=[lieu.uuid, constat.uuid]): regard(),
    }
    for url, donnees in envois.items():
        reponse = client.post(url, donnees)
        assert reponse.status_code == 422, url
        assert "On ne peut plus" in html(reponse)
    client.post(reverse("constat_supprimer", args=[lieu.uuid, constat.uuid]))
    assert (Constat.objects.count(), Mesure.objects.count(), Regard.objects.count()) == (1, 0, 0)
    assert "Le diagnostic est figé" in html(client.get(reverse("constats", args=[lieu.uuid])))


def test_un_chiffre_a_la_virgule_se_lit_avec_son_unite_et_sa_source(client, lieu):
    constat = ConstatFactory(demarche=lieu.demarche)
    client.post(reverse("mesure_ajouter", args=[lieu.uuid, constat.uuid]), chiffre())
    assert Mesure.objects.get().valeur == Decimal("12.5")
    page = html(client.get(reverse("constat", args=[lieu.uuid, constat.uuid])))
    assert "12,5\N{NO-BREAK SPACE}%" in page or "12,5&nbsp;%" in page
    assert "Insee 2021" in page
    assert "Dordogne, 2021" in page


def test_un_chiffre_vide_se_lit_non_disponible_et_jamais_zero(client, lieu):
    constat = ConstatFactory(demarche=lieu.demarche)
    client.post(reverse("mesure_ajouter", args=[lieu.uuid, constat.uuid]), chiffre(valeur=""))
    assert Mesure.objects.get().valeur is None
    for nom, reste in (("constats", []), ("constat", [constat.uuid])):
        page = html(client.get(reverse(nom, args=[lieu.uuid, *reste])))
        assert "non disponible" in page
        assert "<strong>0" not in page
    assert "donnée chiffrée et sourcée" in html(client.get(reverse("constats", args=[lieu.uuid])))


def test_une_donnee_de_demonstration_est_marquee(client, lieu):
    constat = ConstatFactory(demarche=lieu.demarche)
    client.post(reverse("mesure_ajouter", args=[lieu.uuid, constat.uuid]), chiffre(demonstration="on"))
    assert "donnée de démonstration" in html(client.get(reverse("constats", args=[lieu.uuid])))


@pytest.mark.parametrize(
    ("faute", "phrase"),
    [
        ({"source": ""}, "Citez la source"),
        ({"libelle": ""}, "nommez-en un nouveau"),
        ({"annee": "1812"}, "1990"),
        ({"territoire": "departement:75"}, "Sélectionnez un choix valide"),
        ({"valeur": "beaucoup"}, "nombre"),
    ],
)
def test_un_chiffre_mal_saisi_est_refuse_en_francais(client, lieu, faute, phrase):
    constat = ConstatFactory(demarche=lieu.demarche)
    reponse = client.post(reverse("mesure_ajouter", args=[lieu.uuid, constat.uuid]), chiffre(**faute))
    assert reponse.status_code == 422
    assert phrase in html(reponse)
    assert not Mesure.objects.exists()
    assert not SerieIndicateur.objects.exists()


def test_deux_mesures_d_une_serie_font_un_graphique(client, lieu):
    epci = EpciFactory(nom="Grand Périgueux")
    constat = ConstatFactory(demarche=lieu.demarche)
    url = reverse("mesure_ajouter", args=[lieu.uuid, constat.uuid])
    client.post(url, chiffre())
    page = reverse("constat", args=[lieu.uuid, constat.uuid])
    assert "graphique__dessin" not in html(client.get(page))
    client.post(url, chiffre(territoire=f"epci:{epci.siren}", valeur=""))
    assert SerieIndicateur.objects.count() == 1
    assert "graphique__dessin" in html(client.get(page))


def test_une_valeur_publiee_ne_se_remplace_pas_une_valeur_a_soi_se_corrige(client, lieu):
    charger()
    constat = ConstatFactory(demarche=lieu.demarche)
    url = reverse("mesure_ajouter", args=[lieu.uuid, constat.uuid])
    publiee = SerieIndicateur.objects.get(code="illectronisme-ensemble")
    reponse = client.post(url, chiffre(libelle="", serie=publiee.pk, territoire="france:FR", valeur="99"))
    assert reponse.status_code == 422
    assert "15,4" in html(reponse)
    client.post(url, chiffre())
    client.post(url, chiffre(valeur="13"))
    assert Mesure.objects.get(territoire="24").valeur == 13


def test_on_choisit_des_chiffres_enregistres_et_jamais_ceux_d_une_autre_demarche(client, lieu):
    charger()
    constat = ConstatFactory(demarche=lieu.demarche)
    publiee = Mesure.objects.get(serie__code="illectronisme-ensemble")
    ailleurs = DemarcheFactory(gouvernance__departement__code="33")
    secrete = MesureFactory(serie__libelle="Série du voisin", territoire="FR", echelle="france")
    ConstatFactory(demarche=ailleurs, mesures=[secrete])
    url = reverse("mesures_choisir", args=[lieu.uuid, constat.uuid])
    page = html(client.get(url))
    assert "Illectronisme – ensemble" in page
    assert "Série du voisin" not in page
    assert client.post(url, {"mesures": [secrete.pk]}).status_code == 422
    assert client.post(url, {"mesures": [publiee.pk]}).status_code == 302
    assert list(constat.mesures.all()) == [publiee]
    assert Evenement.objects.get(action="choisir les chiffres").vers.endswith("15,4 %")
    client.post(url, {"mesures": [], "enregistrer": "oui"})
    assert not constat.mesures.exists()
    assert Mesure.objects.filter(pk=publiee.pk).exists()


def test_les_regards_se_comptent_par_posture(client, lieu):
    constat = ConstatFactory(demarche=lieu.demarche)
    RegardFactory.create_batch(2, constat=constat, posture=Posture.ELU)
    RegardFactory(constat=constat, posture=Posture.HABITANT)
    page = html(client.get(reverse("constats", args=[lieu.uuid])))
    assert "Élu&nbsp;: 2" in page
    assert "Habitant&nbsp;: 1" in page
    assert "au moins deux regards" not in page


def test_on_retire_son_regard_mais_pas_celui_d_un_autre(client, lieu):
    constat = ConstatFactory(demarche=lieu.demarche)
    sien = RegardFactory(constat=constat, cree_par=lieu.gens["partenaire"])
    autre = RegardFactory(constat=constat, cree_par=lieu.gens["elu"])
    client.force_login(lieu.gens["partenaire"])
    page = html(client.get(reverse("constat", args=[lieu.uuid, constat.uuid])))
    assert page.count("/retirer/") == 1
    for objet, attendu in ((sien, 302), (autre, 403)):
        url = reverse("regard_retirer", args=[lieu.uuid, constat.uuid, objet.uuid])
        assert client.post(url).status_code == attendu
    assert list(Regard.objects.all()) == [autre]


@pytest.mark.parametrize("attache", ["regard", "enjeu"])
def test_un_constat_qui_sert_ne_se_supprime_pas(client, lieu, attache):
    constat = ConstatFactory(demarche=lieu.demarche)
    if attache == "regard":
        RegardFactory(constat=constat)
    else:
        EnjeuFactory(demarche=lieu.demarche, constats=[constat])
    reponse = client.post(reverse("constat_supprimer", args=[lieu.uuid, constat.uuid]), follow=True)
    assert "d’abord" in html(reponse)
    assert Constat.objects.exists()


def test_supprimer_un_constat_ramene_au_diagnostic_et_se_lit_au_journal(client, lieu):
    constat = ConstatFactory(demarche=lieu.demarche, mesures=[MesureFactory()])
    reponse = client.post(reverse("constat_supprimer", args=[lieu.uuid, constat.uuid]), follow=True)
    assert reponse.redirect_chain[-1][0] == reverse("constats", args=[lieu.uuid])
    assert not Constat.objects.exists()
    assert Evenement.objects.get(action="supprimer").de == constat.intitule


def test_les_adresses_d_une_autre_demarche_n_existent_pas(client, lieu):
    ailleurs = DemarcheFactory(gouvernance__departement__code="33", etape=Etape.DIAGNOSTIC)
    MandatFactory(utilisateur=lieu.gens["coordination"], demarche=ailleurs)
    constat = ConstatFactory(demarche=ailleurs)
    observe = RegardFactory(constat=constat)
    ici = ConstatFactory(demarche=lieu.demarche)
    for nom in ("constat", "constat_modifier", "mesures_choisir", "mesure_ajouter", "regard_ajouter"):
        assert client.get(reverse(nom, args=[ailleurs.uuid, constat.uuid])).status_code == 200
        assert client.get(reverse(nom, args=[lieu.uuid, constat.uuid])).status_code == 404
    assert client.post(reverse("constat_supprimer", args=[lieu.uuid, constat.uuid])).status_code == 404
    for parent in (constat, ici):
        url = reverse("regard_retirer", args=[lieu.uuid, parent.uuid, observe.uuid])
        assert client.post(url).status_code == 404
    assert Regard.objects.exists()


def test_les_manques_disparaissent_quand_le_diagnostic_est_complet(client, lieu):
    mesure = MesureFactory(serie=SerieFactory())
    atout = ConstatFactory(
        demarche=lieu.demarche, nature=NatureConstat.ATOUT, mesures=[mesure], tendance="hausse"
    )
    ConstatFactory(demarche=lieu.demarche, nature=NatureConstat.FREIN)
    RegardFactory(constat=atout, posture=Posture.ELU)
    page = reverse("constats", args=[lieu.uuid])
    assert "au moins deux regards" in html(client.get(page))
    RegardFactory(constat=atout, posture=Posture.HABITANT)
    decision = DecisionFactory(seance__instance=lieu.copil)
    jalon = lieu.demarche.jalons.filter(code="diagnostic")
    jalon.update(etat="valide", decision=decision)
    assert "Rien ne manque" in html(client.get(page))
