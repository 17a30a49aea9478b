"""Le suivi après la signature : qui, quand, ce que cela change, et ce que la page montre."""

import re
import threading
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import parcours
from feuille_de_route.mise_en_oeuvre import suivi
from feuille_de_route.mise_en_oeuvre.suivi import SaisieDePoint
from feuille_de_route.models import EtatFiche, FicheAction, PointDeSuivi, Releve
from gouvernance.models import Demarche, Etape, Evenement, Role
from tests.feuille_de_route import scenes
from tests.feuille_de_route.fabriques import EtapeFicheFactory, FicheFactory, IndicateurFactory
from tests.feuille_de_route.parcours_mur import mettre_a
from tests.feuille_de_route.saisies import adresse, ecrire_section, envoi, ouvrir_section

QUI = [*(role.value for role in Role), "tierce", "administration", "dehors"]
SUIVENT = {"coordination", "co_porteur", "porteur_epci", "partenaire"}
OUVERTES = {Etape.SIGNEE, Etape.TRANSMISE, Etape.MISE_EN_OEUVRE}


@pytest.fixture
def retenue(fiche):
    """La fiche portée par la partenaire, retenue ; la démarche est en œuvre."""
    FicheAction.objects.filter(pk=fiche.pk).update(etat=EtatFiche.RETENUE, retenue_le=timezone.now())
    fiche.refresh_from_db()
    mettre_a(fiche.demarche, Etape.MISE_EN_OEUVRE)
    EtapeFicheFactory(fiche=fiche, echeance=timezone.localdate() - timedelta(days=40))
    return fiche


@pytest.fixture
def partenaire(client, gens):
    client.force_login(gens["partenaire"])
    return gens["partenaire"]


def ouvrir(client, fiche):
    reponse = client.get(adresse("fiche_point", fiche))
    assert reponse.status_code == 200
    return reponse.context["formulaire"]


def faire(client, fiche, **changements):
    return client.post(adresse("fiche_point", fiche), envoi(ouvrir(client, fiche), **changements))


@pytest.mark.parametrize("qui", QUI)
def test_seuls_ceux_qui_conduisent_l_action_font_le_point(client, retenue, gens, qui):
    client.force_login(gens[qui])
    statut = client.get(adresse("fiche_point", retenue)).status_code
    assert statut == (404 if qui == "dehors" else 200 if qui in SUIVENT else 403)
    reponse = client.post(adresse("fiche_point", retenue), {"etat": "en_cours"})
    assert reponse.status_code == (404 if qui == "dehors" else 422 if qui in SUIVENT else 403)
    assert client.get(adresse("fiche_suivi", retenue)).status_code == (404 if qui == "dehors" else 200)


@pytest.mark.parametrize("etape", Etape)
def test_le_suivi_s_ouvre_a_la_signature_et_se_ferme_a_la_cloture(client, retenue, gens, etape):
    client.force_login(gens["coordination"])
    donnees = envoi(ouvrir(client, retenue), etat="en_cours")
    mettre_a(retenue.demarche, etape)
    reponse = client.post(adresse("fiche_point", retenue), donnees)
    assert reponse.status_code == (302 if etape in OUVERTES else 422)
    assert PointDeSuivi.objects.count() == (etape in OUVERTES)
    if etape not in OUVERTES:
        attendu = {Etape.CLOSE: "est close", Etape.ABANDONNEE: "est abandonnée"}.get(etape, "est signée")
        assert attendu in reponse.content.decode()
        assert reponse.context["formulaire"]["etat"].value() == "en_cours"


def test_un_point_met_la_fiche_a_jour_avec_ses_etapes_ses_releves_et_son_realise(client, retenue, partenaire):
    etape, ligne = retenue.etapes.get(), retenue.lignes_budget.get()
    indicateur = retenue.indicateurs.get()
    hier = timezone.localdate() - timedelta(days=1)
    reponse = faire(
        client, retenue, le=hier.isoformat(), etat="en_cours", meteo="pluie", fait="Deux postes pourvus.",
        freins="Pas de local.", a_decider="Louer une salle ?",
        **{f"etape_{etape.pk}": hier.isoformat(), f"releve_{indicateur.pk}": "120,5",
           f"realise_{ligne.pk}": "4 000,50"},
    )  # fmt: skip
    assert reponse.status_code == 302
    retenue.refresh_from_db()
    assert (retenue.etat_realisation, retenue.meteo, retenue.freins) == ("en_cours", "pluie", "Pas de local.")
    assert timezone.localtime(retenue.suivie_le).date() == hier
    etape.refresh_from_db()
    ligne.refresh_from_db()
    assert (etape.faite_le, ligne.realise) == (hier, Decimal("4000.50"))
    assert list(indicateur.releves.values_list("le", "valeur")) == [(hier, Decimal("120.50"))]
    evenement = Evenement.objects.get(action="faire le point")
    assert (evenement.par, evenement.demarche) == (partenaire, retenue.demarche)
    for dit in ("En cours", "Pas de local.", "120,5", "4\u202f000,5", hier.strftime("%d/%m/%Y")):
        assert dit in evenement.vers


def test_la_fiche_dit_son_point_le_plus_recent_meme_si_on_en_note_un_ancien(client, retenue, partenaire):
    aujourd_hui = timezone.localdate()
    faire(client, retenue, le=aujourd_hui.isoformat(), etat="realisee", meteo="beau")
    ancien = aujourd_hui - timedelta(days=90)
    assert faire(client, retenue, le=ancien.isoformat(), etat="en_cours", meteo="").status_code == 302
    retenue.refresh_from_db()
    assert retenue.etat_realisation == "realisee"
    assert timezone.localtime(retenue.suivie_le).date() == aujourd_hui


def test_le_texte_signe_ne_bouge_pas_et_sa_version_non_plus(client, retenue, partenaire):
    avant = FicheAction.objects.values("version", "modifie_le", "titre", "etat").get(pk=retenue.pk)
    faire(client, retenue, etat="en_cours")
    assert FicheAction.objects.values(*avant).get(pk=retenue.pk) == avant
    refuse = client.get(adresse("fiche_section", retenue, "identite"))
    assert refuse.status_code == 302  # la fiche signée ne s'écrit plus


REFUS = [
    ({"etat": ""}, "etat", "obligatoire"),
    ({"meteo": "orage", "freins": ""}, "freins", "dites ce qui freine"),
    ({"le": "2099-01-01"}, "le", "à venir"),
    ({"releve": "beaucoup"}, "releve", "nombre"),
    ({"realise": "-3"}, "realise", "négatif"),
]


@pytest.mark.parametrize(("saisie", "champ", "phrase"), REFUS)
def test_un_point_impossible_se_refuse_a_son_champ_et_rien_ne_se_perd(
    client, retenue, partenaire, saisie, champ, phrase
):
    cles = {"releve": f"releve_{retenue.indicateurs.get().pk}",
            "realise": f"realise_{retenue.lignes_budget.get().pk}"}  # fmt: skip
    saisie = {"etat": "en_cours", "fait": "Un mot.", **{cles.get(nom, nom): v for nom, v in saisie.items()}}
    reponse = faire(client, retenue, **saisie)
    formulaire = reponse.context["formulaire"]
    assert reponse.status_code == 422
    assert phrase in " ".join(formulaire.errors[cles.get(champ, champ)])
    assert formulaire["fait"].value() == "Un mot."
    assert not PointDeSuivi.objects.exists()
    assert not Releve.objects.exists()


def test_deux_releves_du_meme_jour_se_refusent(client, retenue, partenaire):
    indicateur = retenue.indicateurs.get()
    faire(client, retenue, etat="en_cours", **{f"releve_{indicateur.pk}": "10"})
    reponse = faire(client, retenue, etat="en_cours", **{f"releve_{indicateur.pk}": "12"})
    assert reponse.status_code == 422
    assert "corrigez-le" in " ".join(reponse.context["formulaire"].errors[f"releve_{indicateur.pk}"])
    assert PointDeSuivi.objects.count() == 1


def test_un_point_note_entre_temps_fait_un_conflit_avec_les_deux_textes(client, retenue, gens, partenaire):
    donnees = envoi(ouvrir(client, retenue), etat="en_cours", fait="Mon texte à moi.")
    point = PointDeSuivi(le=timezone.localdate(), etat="reportee", fait="Le texte de l’autre.")
    suivi.faire_le_point(retenue.pk, SaisieDePoint(point), par=gens["coordination"])
    reponse = client.post(adresse("fiche_point", retenue), donnees)
    assert reponse.status_code == 409
    for texte in ("Mon texte à moi.", "Le texte de l’autre.", "Reportée"):
        assert texte in reponse.content.decode()
    assert PointDeSuivi.objects.count() == 1


def test_un_double_clic_ne_note_qu_un_point(client, retenue, partenaire):
    donnees = envoi(ouvrir(client, retenue), etat="en_cours")
    assert [client.post(adresse("fiche_point", retenue), donnees).status_code for _ in range(2)] == [302, 302]
    assert PointDeSuivi.objects.count() == 1


def test_un_releve_en_retard_se_note_se_corrige_et_se_retire(client, retenue, partenaire):
    indicateur = retenue.indicateurs.get()
    chemin = adresse("fiche_releve", retenue)
    formulaire = client.get(chemin + "?indicateur=1").context["formulaire"]
    donnees = envoi(formulaire, le="2026-01-15", valeur="42", commentaire="Chiffres de la CAF")
    assert client.post(chemin, donnees).status_code == 302
    releve = indicateur.releves.get()
    chemin = adresse("fiche_releve_modifier", retenue, releve.uuid)
    perime = envoi(client.get(chemin).context["formulaire"], valeur="43")
    assert client.post(chemin, perime).status_code == 302
    assert client.post(chemin, perime).status_code == 409  # la version lue n'est plus la bonne
    releve.refresh_from_db()
    assert (releve.valeur, releve.le.isoformat()) == (Decimal("43.00"), "2026-01-15")
    page = client.get(adresse("fiche_suivi", retenue)).content.decode()
    assert "cible 400" in page
    assert "43" in page
    assert client.post(adresse("fiche_releve_retirer", retenue, releve.uuid)).status_code == 302
    assert not indicateur.releves.exists()
    actions = list(Evenement.objects.filter(action__contains="relevé").values_list("action", flat=True))
    assert actions == ["retirer un relevé", "noter un relevé", "noter un relevé"]


def test_un_indicateur_d_une_autre_fiche_ne_se_releve_pas_d_ici(client, retenue, partenaire, demarche):
    autre = IndicateurFactory(fiche=FicheFactory(demarche=demarche, retenue=True))
    donnees = envoi(client.get(adresse("fiche_releve", retenue)).context["formulaire"], valeur="1")
    reponse = client.post(adresse("fiche_releve", retenue), {**donnees, "indicateur": autre.pk})
    assert reponse.status_code == 422
    reponse = faire(client, retenue, etat="en_cours", **{f"releve_{autre.pk}": "9"})
    assert reponse.status_code == 302
    assert not autre.releves.exists()


def test_une_fiche_ecartee_ne_se_suit_pas(client, retenue, gens):
    ecartee = FicheFactory(demarche=retenue.demarche, ecartee=True)
    client.force_login(gens["coordination"])
    reponse = faire(client, ecartee, etat="en_cours")
    assert reponse.status_code == 422
    assert "pas dans la version en vigueur" in reponse.content.decode()


# La page et la mise à jour groupée -----------------------------------------------------------------


def test_la_page_dit_huit_fiches_quatre_realisees_et_ce_qui_est_en_retard(client, retenue, gens):
    for rang in range(7):
        autre = FicheFactory(demarche=retenue.demarche, retenue=True)
        etat = "realisee" if rang < 4 else "en_cours"
        point = PointDeSuivi(le=timezone.localdate(), etat=etat, meteo="beau")
        suivi.faire_le_point(autre.pk, SaisieDePoint(point), par=None)
    FicheFactory(demarche=retenue.demarche, ecartee=True)
    client.force_login(gens["lecture"])
    FicheAction.objects.filter(pk=retenue.pk).update(debut=timezone.localdate())
    assert "jamais relevé" not in client.get(reverse("suivi", args=[retenue.demarche.uuid])).content.decode()
    FicheAction.objects.filter(pk=retenue.pk).update(debut=timezone.localdate() - timedelta(days=200))
    page = client.get(reverse("suivi", args=[retenue.demarche.uuid]))
    contenu = page.content.decode()
    assert "8 fiches, 4 réalisées" in contenu
    assert "Étapes en retard (1)" in contenu
    assert "jamais relevé" in contenu
    assert len(page.context["lignes"]) == 8
    filtre = client.get(reverse("suivi", args=[retenue.demarche.uuid]) + "?etat=realisee&meteo=beau")
    assert len(filtre.context["lignes"]) == 4
    sans = client.get(reverse("suivi", args=[retenue.demarche.uuid]) + "?etat=sans")
    assert [ligne["fiche"].pk for ligne in sans.context["lignes"]] == [retenue.pk]


def test_une_action_qui_n_a_pas_commence_ne_demande_pas_l_attention(client, retenue, gens):
    client.force_login(gens["coordination"])
    for jours, attendu in ((30, False), (-30, True)):
        debut = timezone.localdate() + timedelta(days=jours)
        FicheAction.objects.filter(pk=retenue.pk).update(debut=debut, fin=None)
        page = client.get(reverse("suivi", args=[retenue.demarche.uuid])).content.decode()
        assert ("aucun point n’a été fait" in page) is attendu


def test_plusieurs_fiches_en_une_page_les_fautes_a_leur_ligne(client, retenue, gens):
    client.force_login(gens["coordination"])
    autres = [FicheFactory(demarche=retenue.demarche, retenue=True) for _ in range(2)]
    chemin = reverse("suivi_rapide", args=[retenue.demarche.uuid])
    formulaire = client.get(chemin).context["formulaire"]
    saisie = {
        f"etat_{retenue.pk}": "en_cours", f"mot_{retenue.pk}": "Les permanences ouvrent.",
        f"etat_{autres[0].pk}": "en_cours", f"meteo_{autres[0].pk}": "orage",
    }  # fmt: skip
    reponse = client.post(chemin, envoi(formulaire, **saisie))
    assert reponse.status_code == 422
    assert list(reponse.context["formulaire"].errors) == [f"mot_{autres[0].pk}"]
    assert reponse.context["formulaire"][f"mot_{retenue.pk}"].value() == "Les permanences ouvrent."
    assert not PointDeSuivi.objects.exists()
    saisie[f"mot_{autres[0].pk}"] = "Le local a brûlé."
    assert client.post(chemin, envoi(formulaire, **saisie)).status_code == 302
    points = {p.fiche_id: (p.etat, p.meteo, p.fait, p.freins) for p in PointDeSuivi.objects.all()}
    assert points == {
        retenue.pk: ("en_cours", "", "Les permanences ouvrent.", ""),
        autres[0].pk: ("en_cours", "orage", "", "Le local a brûlé."),
    }
    assert Evenement.objects.filter(action="faire le point").count() == 2


def test_une_ligne_depassee_se_dit_a_sa_ligne_et_se_renvoie_en_connaissance(client, retenue, gens):
    client.force_login(gens["coordination"])
    chemin = reverse("suivi_rapide", args=[retenue.demarche.uuid])
    donnees = envoi(client.get(chemin).context["formulaire"], **{f"etat_{retenue.pk}": "realisee"})
    point = PointDeSuivi(le=timezone.localdate(), etat="reportee")
    suivi.faire_le_point(retenue.pk, SaisieDePoint(point), par=gens["partenaire"])
    reponse = client.post(chemin, donnees)
    assert reponse.status_code == 422
    assert "vient de noter « Reportée »" in reponse.content.decode()
    assert PointDeSuivi.objects.count() == 1
    renvoi = envoi(reponse.context["formulaire"])
    assert client.post(chemin, renvoi).status_code == 302
    retenue.refresh_from_db()
    assert retenue.etat_realisation == "realisee"


def test_un_partenaire_ne_voit_dans_la_page_que_ses_fiches(client, retenue, partenaire):
    FicheFactory(demarche=retenue.demarche, retenue=True)
    chemin = reverse("suivi_rapide", args=[retenue.demarche.uuid])
    assert [f.pk for f in client.get(chemin).context["formulaire"].fiches] == [retenue.pk]


@pytest.mark.django_db(transaction=True)
def test_dix_points_au_meme_instant_n_en_font_qu_un(retenue, gens):
    """Tous partent du même dernier point lu : un seul passe, les autres ont un conflit."""
    barriere, issues = threading.Barrier(10), []

    def noter():
        try:
            barriere.wait(10)
            point = PointDeSuivi(le=timezone.localdate(), etat="en_cours")
            suivi.faire_le_point(retenue.pk, SaisieDePoint(point), par=gens["coordination"])
            issues.append("noté")
        except Exception as erreur:
            issues.append(type(erreur).__name__)
        finally:
            connection.close()

    fils = [threading.Thread(target=noter) for _ in range(10)]
    [fil.start() for fil in fils]
    [fil.join(30) for fil in fils]
    assert sorted(issues) == ["Conflit"] * 9 + ["noté"]
    assert PointDeSuivi.objects.count() == 1


def test_une_action_sans_nouvelles_depuis_six_mois_se_rappelle_a_qui_la_porte(client, retenue, partenaire):
    rappel = "Faire le point sur"

    def accueil():
        return client.get(reverse("accueil")).content.decode()

    assert rappel not in accueil()  # elle vient d'être retenue
    FicheAction.objects.update(retenue_le=timezone.now() - timedelta(days=200))
    assert rappel in accueil()
    faire(client, retenue, etat="en_cours")
    assert rappel not in accueil()


# Pendant un avenant --------------------------------------------------------------------------------


def test_pendant_un_avenant_on_suit_la_version_en_vigueur_et_elle_seule(client, db, monkeypatch):
    scenes.petit_document(monkeypatch)
    demarche = scenes.demarche_signee(
        avec_cadre=True, avant_de_figer=lambda d: FicheFactory(demarche=d, complete=True, retenue=True)
    )
    signee, coordination = demarche.fiches.get(), scenes.coordination_de(demarche)
    parcours.reviser(demarche.pk, par=None, motif="Étendre aux communes voisines.")
    demarche = Demarche.objects.get(pk=demarche.pk)
    neuve = FicheFactory(demarche=demarche, complete=True, retenue=True)
    assert demarche.etape == Etape.PLAN_ACTIONS
    assert list(suivi.suivies(demarche)) == [signee]
    client.force_login(coordination)
    assert faire(client, signee, etat="en_cours").status_code == 302
    assert faire(client, neuve, etat="en_cours").status_code == 422
    page = client.get(reverse("suivi", args=[demarche.uuid])).content.decode()
    assert "Un avenant est en préparation" in page
    assert "1 fiche, aucune réalisée" in page
    page = client.get(reverse("demarche", args=[demarche.uuid])).content.decode()
    assert "Un avenant est en préparation" in page
    assert "Motif du dernier retour" not in page
    assert reverse("avenant_comparer", args=[demarche.uuid]) in page
    page = client.get(reverse("demarche_acte", args=[demarche.uuid, "abandonner"])).content.decode()
    assert "une version signée est en vigueur" in page


@pytest.fixture
def avenant(client, gens, retenue, monkeypatch):
    """Une fiche de la version en vigueur, rouverte au plan d'actions ; la coordination écrit."""
    mettre_a(retenue.demarche, Etape.PLAN_ACTIONS)
    version = SimpleNamespace(numeros=[retenue.numero])
    monkeypatch.setattr(suivi, "version_en_vigueur", lambda demarche: version)
    client.force_login(gens["coordination"])
    return FicheAction.objects.get(pk=retenue.pk)


def test_ecrire_l_avenant_n_efface_ni_l_etape_faite_ni_le_realise_notes_entre_temps(client, avenant):
    temps, moyens = (envoi(ouvrir_section(client, avenant, code)) for code in ("temps", "moyens"))
    etape, ligne = avenant.etapes.get(), avenant.lignes_budget.get()
    hier = (timezone.localdate() - timedelta(days=1)).isoformat()
    point = {f"etape_{etape.pk}": hier, f"realise_{ligne.pk}": "700"}
    assert faire(client, avenant, etat="en_cours", **point).status_code == 302
    suites = {"premiere_annee": "Ouvrir un lieu."}, {"moyens_humains": "Un poste de plus."}
    for code, lues, suite in zip(("temps", "moyens"), (temps, moyens), suites, strict=True):
        assert client.post(adresse("fiche_section", avenant, code), lues | suite).status_code == 302
    etape.refresh_from_db()
    ligne.refresh_from_db()
    assert (etape.faite_le.isoformat(), ligne.realise) == (hier, Decimal("700.00"))
    avenant.refresh_from_db()
    assert avenant.moyens_humains == "Un poste de plus."


def test_un_point_ouvert_avant_ne_remet_pas_l_etape_ni_le_realise_corriges_entre_temps(client, avenant):
    """La page ne renvoie que ce que l'on y a changé : une valeur seulement montrée ne s'enregistre pas."""
    etape, ligne = avenant.etapes.get(), avenant.lignes_budget.get()
    hier = timezone.localdate() - timedelta(days=1)
    type(etape).objects.filter(pk=etape.pk).update(faite_le=hier)
    type(ligne).objects.filter(pk=ligne.pk).update(realise=700)
    page = client.get(adresse("fiche_point", avenant))
    montrees = dict(re.findall(r'name="(initial-[^"]+)" value="([^"]*)"', page.content.decode()))
    assert len(montrees) == 2
    ouverte = envoi(page.context["formulaire"], etat="en_cours") | montrees
    type(etape).objects.filter(pk=etape.pk).update(faite_le=None)
    type(ligne).objects.filter(pk=ligne.pk).update(realise=900)
    assert client.post(adresse("fiche_point", avenant), ouverte).status_code == 302
    etape.refresh_from_db()
    ligne.refresh_from_db()
    assert (etape.faite_le, ligne.realise) == (None, Decimal("900.00"))


def test_un_indicateur_qui_a_des_releves_ne_s_efface_pas_avec_eux(client, avenant):
    indicateur = avenant.indicateurs.get()
    assert faire(client, avenant, etat="en_cours", **{f"releve_{indicateur.pk}": "12"}).status_code == 302
    reponse = ecrire_section(client, avenant, "mesure", **{"indicateurs-0-DELETE": "on"})
    assert reponse.status_code == 422
    assert "a des relevés" in reponse.content.decode()
    assert Releve.objects.get().indicateur == indicateur
    client.post(adresse("fiche_releve_retirer", avenant, Releve.objects.get().uuid))
    assert ecrire_section(client, avenant, "mesure", **{"indicateurs-0-DELETE": "on"}).status_code == 302
    assert not avenant.indicateurs.exists()
