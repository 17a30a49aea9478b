"""Suivre les partenaires, les relancer, renvoyer avec des remarques, rendre un avis : par les écrans."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.models import Avis, EtatFiche, LienDeFiche, Remarque
from gouvernance.models import Courriel, Demarche, Etape, Evenement
from tests.feuille_de_route.fabriques import FicheFactory
from tests.feuille_de_route.fabriques_partenaires import (
    CAMILLE,
    JETON,
    AvisFactory,
    LienDeFicheFactory,
    RemarqueFactory,
    lien_recu,
)
from tests.feuille_de_route.saisies import envoi, proposer
from tests.gouvernance.fabriques import InstanceFactory, SeanceFactory

pytestmark = pytest.mark.django_db
PILOTES = {"coordination", "co_porteur"}


@pytest.fixture
def lien(fiche):
    """Envoyé il y a huit jours, jamais ouvert : à relancer."""
    jadis = timezone.now() - timedelta(days=8)
    return LienDeFicheFactory(fiche=fiche, email=CAMILLE, nom="Camille Durand", secret=JETON, envoye_le=jadis)


@pytest.fixture
def chef(client, gens):
    client.force_login(gens["coordination"])
    return client


def tableau(client, demarche, filtre=""):
    return client.get(reverse("fiches_suivi", args=[demarche.uuid]), {"filtre": filtre}).content.decode()


def acte(client, lien, nom, jeton=None):
    args = [lien.fiche.demarche.uuid, lien.uuid, nom]
    return client.post(reverse("lien_agir", args=args), {"jeton": jeton or uuid4()})


def de(fiche, nom, *suite):
    return reverse(nom, args=[fiche.demarche.uuid, fiche.uuid, *suite])


def test_le_tableau_dit_qui_a_ouvert_et_ce_qui_manque(chef, demarche, fiche, lien):
    vide = FicheFactory(demarche=demarche, titre="Sans personne")
    RemarqueFactory(fiche=fiche)
    page = tableau(chef, demarche)
    for dit in (fiche.titre, CAMILLE, "Camille Durand", "pas encore ouvert", "Sans personne", "aucun lien",
                "1 remarque à revoir", "Relancer"):  # fmt: skip
        assert dit in page, dit
    chef.post(reverse("lien_de_fiche", args=[JETON]))
    assert "rien d’écrit" in tableau(chef, demarche)
    LienDeFiche.objects.update(ecrit_le=timezone.now())
    assert "a écrit le" in tableau(chef, demarche)
    filtres = {"sans-lien": vide, "pas-ouvert": None, "incomplet": vide, "remarques": fiche, "propose": None}
    for filtre, attendue in filtres.items():
        contenu = tableau(chef, demarche, filtre)
        for chacune in (fiche, vide):
            assert (de(chacune, "fiche") in contenu) == (chacune == attendue), (filtre, chacune)


@pytest.mark.parametrize("role", ["cotech", "elu", "partenaire", "lecture"])
def test_les_adresses_ne_se_montrent_qu_a_qui_confie(client, gens, demarche, fiche, lien, role):
    proposer(fiche)
    client.force_login(gens[role])
    page = tableau(client, demarche)
    assert fiche.titre in page
    assert CAMILLE not in page
    assert "Camille" not in page
    assert "Relancer" not in page
    for nom in ("fiches_confier", "fiches_relancer"):
        assert client.get(reverse(nom, args=[demarche.uuid])).status_code == 403
    for nom in ("relancer", "renvoyer", "revoquer"):
        assert acte(client, lien, nom).status_code == 403
    assert not Courriel.objects.exists()


def test_une_relance_par_semaine_et_l_on_dit_quand(chef, demarche, fiche, lien):
    assert acte(chef, lien, "relancer").status_code == 302
    assert Courriel.objects.get().genre == "relance-fiche"
    adresse, _ = lien_recu(CAMILLE)
    assert chef.get(reverse("lien_de_fiche", args=[JETON])).status_code == 410  # un plus récent l'a remplacé
    assert chef.get(adresse).status_code == 200
    suivante = timezone.localtime(timezone.now() + timedelta(days=7)).strftime("%d/%m/%Y")
    assert f"relance possible le {suivante}" in tableau(chef, demarche)
    refus = chef.get(acte(chef, lien, "relancer").url).content.decode()
    assert "relance possible le" in refus
    assert Courriel.objects.count() == 1
    assert Evenement.objects.filter(action="relancer le partenaire").count() == 1


def test_un_double_clic_ne_relance_qu_une_fois(chef, lien):
    jeton = uuid4()
    for _ in range(2):
        assert acte(chef, lien, "renvoyer", jeton).status_code == 302
    assert Courriel.objects.count() == 1


def test_on_ne_relance_pas_qui_a_propose_ni_qui_est_revoque(chef, fiche, lien):
    proposer(fiche)
    assert "il n’y a plus rien à demander" in chef.get(acte(chef, lien, "relancer").url).content.decode()
    acte(chef, lien, "revoquer")
    assert "déjà révoqué" in chef.get(acte(chef, lien, "renvoyer").url).content.decode()
    assert not Courriel.objects.exists()
    assert chef.get(reverse("lien_de_fiche", args=[JETON])).status_code == 410


def test_relancer_tous_les_retardataires_apres_les_avoir_lus(chef, demarche, fiche, lien):
    recent = LienDeFicheFactory(
        fiche=FicheFactory(demarche=demarche, structure_porteuse=fiche.structure_porteuse)
    )
    ailleurs = LienDeFicheFactory(
        fiche__demarche__gouvernance__departement__code="33", envoye_le=lien.envoye_le
    )
    url = reverse("fiches_relancer", args=[demarche.uuid])
    page = chef.get(url).content.decode()
    assert CAMILLE in page
    assert recent.email not in page
    assert ailleurs.email not in page
    assert "Relancer 1 partenaire" in page
    assert not Courriel.objects.exists()
    jeton = uuid4()
    for _ in range(2):
        chef.post(url, {"jeton": jeton})
    corps = Courriel.objects.get().corps
    assert "est remplie : il reste à la proposer" in corps
    assert "Personne n’est à relancer aujourd’hui" in chef.get(url).content.decode()
    assert chef.post(url, {"jeton": uuid4()}).status_code == 422


def test_une_etape_passee_ferme_les_envois(chef, demarche, fiche, lien):
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.SOUMISE, soumise_le=timezone.now())
    acte(chef, lien, "relancer")
    donnees = {"jeton": uuid4(), f"adresses_{fiche.numero}": "x@y.example"}
    assert (
        chef.post(
            f"{reverse('fiches_confier', args=[demarche.uuid])}?fiche={fiche.uuid}", donnees
        ).status_code
        == 422
    )
    assert not Courriel.objects.exists()


def test_renvoyer_champ_par_champ_jusqu_a_la_fiche_reproposee(client, gens, fiche, lien):
    """Le COTECH commente deux champs ; le partenaire les voit à leur place, corrige, repropose."""
    proposer(fiche)
    client.force_login(gens["cotech"])
    page = client.get(de(fiche, "fiche_renvoyer"))
    assert (
        "Aider 400 personnes par an." in page.content.decode()
    )  # ce que la fiche dit, à côté de la remarque
    incomplet = client.post(de(fiche, "fiche_renvoyer"), {
        "jeton": uuid4(), "motif": "", "remarque_objectifs": "Pour qui ?",
    })  # fmt: skip
    assert incomplet.status_code == 422
    assert "Pour qui ?" in incomplet.content.decode()
    jeton = uuid4()
    donnees = {
        "jeton": jeton, "motif": "Encore un effort.", "remarque_objectifs": "Pour qui ?",
        "remarque_lignes_budget": "Et 2027 ?",
    }  # fmt: skip
    for _ in range(2):  # double clic
        assert client.post(de(fiche, "fiche_renvoyer"), donnees).status_code == 302
    assert set(Remarque.objects.values_list("champ", "texte")) == {
        ("objectifs", "Pour qui ?"), ("lignes_budget", "Et 2027 ?"),
    }  # fmt: skip
    recus = Courriel.objects.all()
    assert sorted(c.destinataire for c in recus) == sorted([CAMILLE, gens["partenaire"].email])
    for courriel in recus:
        assert "Objectifs : Pour qui ?" in courriel.corps
        assert "Encore un effort." in courriel.corps
    adresse, _ = lien_recu(CAMILLE)
    partenaire = type(client)()
    accueil = partenaire.post(adresse, follow=True).content.decode()
    assert "À revoir (2)" in accueil
    moyens = partenaire.get(reverse("fiche_partagee_section", args=[lien.uuid, "moyens"])).content.decode()
    assert moyens.count("Et 2027 ?") == 2
    assert "Pour qui ?" not in moyens
    for remarque in Remarque.objects.all():
        partenaire.post(reverse("fiche_partagee_remarque", args=[lien.uuid, remarque.uuid, "corrigee"]))
    partenaire.post(reverse("fiche_partagee_proposer", args=[lien.uuid]))
    fiche.refresh_from_db()
    assert fiche.etat == EtatFiche.PROPOSEE


def test_un_compte_leve_et_rouvre_une_remarque(client, gens, fiche):
    remarque = RemarqueFactory(fiche=fiche)
    for qui, statut in (("partenaire", 302), ("tierce", 404), ("elu", 404), ("cotech", 404)):
        client.force_login(gens[qui])
        assert client.post(de(fiche, "fiche_remarque", remarque.uuid, "corrigee")).status_code == statut, qui
    client.force_login(gens["partenaire"])
    remarque.refresh_from_db()
    assert remarque.levee_le
    assert remarque.modifie_par == gens["partenaire"]
    faits = Evenement.objects.count()
    assert "proposer la fiche quand même" not in client.get(de(fiche, "fiche")).content.decode()
    client.post(de(fiche, "fiche_remarque", remarque.uuid, "corrigee"))  # déjà dit : rien de plus
    assert Evenement.objects.count() == faits
    client.post(de(fiche, "fiche_remarque", remarque.uuid, "a-revoir"))
    remarque.refresh_from_db()
    assert remarque.levee_le is None
    assert client.post(de(fiche, "fiche_remarque", remarque.uuid, "n-importe")).status_code == 404
    assert "proposer la fiche quand même ?" in client.get(de(fiche, "fiche")).content.decode()


@pytest.mark.parametrize("role", ["elu", "cotech", "lecture"])
def test_qui_lit_la_fiche_sans_l_ecrire_ne_leve_aucune_remarque(client, gens, fiche, role):
    remarque = RemarqueFactory(fiche=fiche)
    proposer(fiche)
    client.force_login(gens[role])
    assert client.get(de(fiche, "fiche")).status_code == 200
    assert client.post(de(fiche, "fiche_remarque", remarque.uuid, "corrigee")).status_code == 403
    remarque.refresh_from_db()
    assert remarque.levee_le is None


def test_une_remarque_ne_se_leve_plus_une_fois_la_fiche_proposee(client, gens, fiche):
    remarque = RemarqueFactory(fiche=fiche)
    proposer(fiche)
    client.force_login(gens["partenaire"])
    reponse = client.post(de(fiche, "fiche_remarque", remarque.uuid, "corrigee"), follow=True)
    assert "La fiche est « Proposée »" in " ".join(reponse.content.decode().replace("\xa0", " ").split())
    remarque.refresh_from_db()
    assert remarque.levee_le is None


@pytest.fixture
def cotech(demarche):
    return InstanceFactory(demarche=demarche, type="cotech")


def rendre(client, fiche, cotech, **champs):
    donnees = {"jeton": uuid4(), "version": 1, "instance": cotech.pk, "sens": "reserves", "texte": "Budget ?"}
    return client.post(de(fiche, "fiche_avis"), donnees | champs)


@pytest.mark.parametrize("qui", ["coordination", "co_porteur", "cotech", "elu", "partenaire", "lecture"])
def test_l_avis_se_rend_par_le_cotech_et_se_lit_avant_de_decider(client, gens, fiche, cotech, qui):
    proposer(fiche)
    client.force_login(gens[qui])
    permis = qui in PILOTES | {"cotech"}
    assert rendre(client, fiche, cotech).status_code == (302 if permis else 403)
    assert Avis.objects.count() == permis
    if not permis:
        return
    assert Evenement.objects.filter(action="créer", objet_type="avis", par=gens[qui]).exists()
    assert "Budget ?" in client.get(de(fiche, "fiche")).content.decode()
    copil = fiche.demarche.instances.get(type="copil")
    seance = SeanceFactory(instance=copil, ouverte=True)
    client.force_login(gens["coordination"])
    decider = reverse("decision_consigner", args=[fiche.demarche.uuid, seance.uuid])
    for choix in ({}, {"cible": f"fiche:{fiche.uuid}"}):
        assert "Budget ?" in client.get(decider, choix).content.decode()


def test_un_avis_hors_de_propos_se_refuse_et_rend_les_mots(client, gens, fiche, cotech):
    client.force_login(gens["coordination"])
    brouillon = rendre(client, fiche, cotech)
    assert brouillon.status_code == 422
    assert "un avis se rend entre proposition et décision" in brouillon.content.decode()
    proposer(fiche)
    copil = fiche.demarche.instances.get(type="copil")
    ailleurs = InstanceFactory(type="cotech", demarche__gouvernance__departement__code="33")
    for champs in (
        {"instance": copil.pk}, {"instance": ailleurs.pk}, {"texte": " "}, {"sens": "bof"},
        {"seance": SeanceFactory(instance=copil).pk},
    ):  # fmt: skip
        assert rendre(client, fiche, cotech, **champs).status_code == 422, champs
    assert not Avis.objects.exists()
    assert rendre(client, fiche, cotech, sens="favorable", texte="").status_code == 302


def test_un_avis_se_corrige_avec_le_verrou_optimiste(client, gens, fiche, cotech):
    proposer(fiche)
    avis = AvisFactory(fiche=fiche, instance=cotech)
    client.force_login(gens["cotech"])
    url = de(fiche, "fiche_avis_modifier", avis.uuid)
    donnees = {"jeton": uuid4(), "version": 1, "instance": cotech.pk, "sens": "defavorable", "texte": "Non."}
    assert client.post(url, donnees).status_code == 302
    assert client.post(url, donnees | {"texte": "Mots du second"}).status_code == 409
    avis.refresh_from_db()
    assert (avis.sens, avis.texte) == ("defavorable", "Non.")
    autre = AvisFactory(fiche=FicheFactory(demarche=fiche.demarche), instance=cotech)
    assert client.get(de(fiche, "fiche_avis_modifier", autre.uuid)).status_code == 404


def test_une_fiche_ajournee_par_le_copil_previent_qui_l_ecrit(client, gens, fiche, lien):
    proposer(fiche)
    seance = SeanceFactory(instance=fiche.demarche.instances.get(type="copil"), ouverte=True)
    client.force_login(gens["coordination"])
    url = reverse("decision_consigner", args=[fiche.demarche.uuid, seance.uuid])
    formulaire = client.get(url, {"cible": f"fiche:{fiche.uuid}"}).context["formulaire"]
    donnees = envoi(formulaire, nature="ajournement", texte="Chiffrer 2027.")
    assert client.post(url, donnees).status_code == 302
    fiche.refresh_from_db()
    assert fiche.etat == EtatFiche.A_COMPLETER
    recu = Courriel.objects.get(destinataire=CAMILLE)
    assert "Chiffrer 2027." in recu.corps
    assert client.get(lien_recu(CAMILLE)[0]).status_code == 200
