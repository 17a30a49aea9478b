"""Le lien d'une fiche, du courriel à la fiche proposée : ce qu'il ouvre, et quand il n'ouvre plus."""

from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.models import EtatFiche, FicheAction, LienDeFiche
from feuille_de_route.views import session_de_lien
from gouvernance.models import Courriel, Demarche, Etape, Evenement
from gouvernance.socle import secrets
from tests.feuille_de_route.fabriques import FicheFactory
from tests.feuille_de_route.fabriques_partenaires import (
    AUTEUR,
    CAMILLE,
    CODE,
    JETON,
    LienDeFicheFactory,
    RemarqueFactory,
    lien_recu,
)
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import MembreFactory, StructureFactory

pytestmark = pytest.mark.django_db
PAGES = ("fiche_partagee", "fiche_partagee_section")


@pytest.fixture
def lien(fiche):
    return LienDeFicheFactory(
        fiche=fiche, structure=fiche.structure_porteuse, email=CAMILLE, nom="Camille Durand", secret=JETON
    )


@pytest.fixture
def partenaire(client, lien):
    """Un navigateur sans compte, où le lien est ouvert."""
    reponse = client.post(reverse("lien_de_fiche", args=[JETON]))
    assert reponse.url == reverse("fiche_partagee", args=[lien.uuid])
    return client


def page(nom, lien, *suite):
    return reverse(nom, args=[lien.uuid, *suite])


def ecrire(client, lien, code="sens", **changements):
    formulaire = client.get(page("fiche_partagee_section", lien, code)).context["formulaire"]
    return client.post(page("fiche_partagee_section", lien, code), envoi(formulaire, **changements))


def confier(client, demarche, **champs):
    return client.post(reverse("fiches_confier", args=[demarche.uuid]), {"jeton": uuid4(), **champs})


def test_de_l_envoi_a_la_fiche_proposee(client, fiche, gens):
    """Le fil entier : confier, ouvrir, écrire, proposer ; le journal nomme qui, sans son adresse."""
    client.force_login(gens["coordination"])
    adresses = {f"adresses_{fiche.numero}": CAMILLE, f"nom_{fiche.numero}": "Camille Durand"}
    reponse = confier(client, fiche.demarche, message="Avant le COTECH, merci.", **adresses)
    assert reponse.url == reverse("fiches_suivi", args=[fiche.demarche.uuid])
    adresse, _ = lien_recu(CAMILLE)
    corps = Courriel.objects.get(destinataire=CAMILLE).corps
    for dit in ("Camille Durand", fiche.titre, "Avant le COTECH, merci.", "Aucun compte"):
        assert dit in corps
    assert "[[jeton]]" in corps  # le secret n'est pas gardé

    partenaire, lien = Client(), LienDeFiche.objects.get()
    accueil = partenaire.get(adresse)
    assert accueil.status_code == 200
    assert LienDeFiche.objects.get().ouvert_le is None  # les messageries ouvrent les liens
    assert fiche.titre in accueil.content.decode()
    assert partenaire.post(adresse).url == page("fiche_partagee", lien)
    assert ecrire(partenaire, lien, objectifs="Aider mille personnes.").status_code == 302
    fiche.refresh_from_db()
    assert fiche.objectifs == "Aider mille personnes."
    assert partenaire.post(page("fiche_partagee_proposer", lien)).status_code == 302
    fiche.refresh_from_db()
    lien.refresh_from_db()
    assert fiche.etat == EtatFiche.PROPOSEE
    assert lien.ouvert_le
    assert lien.ecrit_le
    siens = Evenement.objects.filter(auteur=AUTEUR).order_by("pk")
    assert [e.action for e in siens] == [
        "ouvrir la fiche par un lien", "modifier : Sens", "proposer",
    ]  # fmt: skip
    assert {e.par for e in siens} == {None}
    assert not Evenement.objects.filter(vers__contains=CAMILLE).exists()
    apres = partenaire.get(page("fiche_partagee", lien)).content.decode()
    assert "Le comité technique la lit" in apres


def test_ouvrir_change_la_cle_de_session_et_le_meme_lien_ressert(client, lien):
    client.get(reverse("connexion"))
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    avant = session.session_key
    client.post(reverse("lien_de_fiche", args=[JETON]))
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != avant
    assert not Session.objects.filter(session_key=avant).exists()
    for _ in range(2):  # double clic, ou un autre appareil
        autre = Client()
        assert autre.post(reverse("lien_de_fiche", args=[JETON])).status_code == 302
        assert autre.get(page("fiche_partagee", lien)).status_code == 200


def test_le_code_du_courriel_ouvre_aussi(client, fiche, gens):
    client.force_login(gens["coordination"])
    confier(client, fiche.demarche, **{f"adresses_{fiche.numero}": CAMILLE})
    _, code = lien_recu(CAMILLE)
    partenaire, lien = Client(), LienDeFiche.objects.get()
    faux = partenaire.post(reverse("lien_code"), {"email": CAMILLE, "code": "000000"})
    assert faux.status_code == 422
    assert "Ce code ne correspond pas" in faux.content.decode()
    juste = partenaire.post(
        reverse("lien_code"), {"email": CAMILLE.upper(), "code": f"{code[:3]} {code[3:]}"}
    )
    assert juste.url == page("fiche_partagee", lien)
    assert partenaire.get(juste.url).status_code == 200


def test_le_code_d_une_fiche_n_use_pas_celui_de_l_autre(client, lien):
    """Deux fiches confiées à la même adresse : y revenir cinq fois par l'une laisse l'autre s'ouvrir."""
    autre = "654321"
    recent = LienDeFicheFactory(
        fiche=FicheFactory(demarche=lien.fiche.demarche, structure_porteuse=lien.structure),
        email=lien.email, empreinte_code=secrets.empreinte_code(autre, lien.email),
    )  # fmt: skip
    for code, ouvert in [(autre, recent)] * 5 + [(CODE, lien)]:
        reponse = client.post(reverse("lien_code"), {"email": lien.email, "code": code})
        assert reponse.headers.get("Location") == reverse("fiche_partagee", args=[ouvert.uuid])


def test_le_code_ne_se_devine_pas(client, lien):
    statuts = [
        client.post(reverse("lien_code"), {"email": CAMILLE, "code": f"{n:06}"}).status_code
        for n in range(12)
    ]
    assert statuts.count(429) == 2
    lien.refresh_from_db()
    assert lien.essais == 5  # le sixième n'est plus évalué
    assert client.post(reverse("lien_code"), {"email": CAMILLE, "code": "123456"}).status_code == 429


@pytest.mark.parametrize(("etat", "phrase"), [
    (EtatFiche.PROPOSEE, "Le comité technique la lit"), (EtatFiche.RETENUE, "est retenue"),
    (EtatFiche.ECARTEE, "n’a pas retenu"),
])  # fmt: skip
def test_hors_du_brouillon_la_fiche_se_lit_et_ne_s_ecrit_plus(partenaire, lien, fiche, etat, phrase):
    donnees = envoi(partenaire.get(page("fiche_partagee_section", lien, "sens")).context["formulaire"])
    dates = {"proposee": {"proposee_le": timezone.now()}, "retenue": {"retenue_le": timezone.now()}}
    FicheAction.objects.filter(pk=fiche.pk).update(etat=etat, motif="Trop chère.", **dates.get(etat, {}))
    lue = partenaire.get(page("fiche_partagee", lien))
    assert phrase in lue.content.decode()
    assert "Proposer la fiche" not in lue.content.decode()
    refus = partenaire.post(
        page("fiche_partagee_section", lien, "sens"), {**donnees, "objectifs": "Mots à garder"}
    )
    assert refus.status_code == 422
    assert "Mots à garder" in refus.content.decode()
    partenaire.post(page("fiche_partagee_proposer", lien))
    fiche.refresh_from_db()
    assert (fiche.etat, fiche.objectifs) == (etat, "Aider 400 personnes par an.")


def test_une_etape_passee_ferme_l_ecriture_pas_la_lecture(partenaire, lien, fiche):
    Demarche.objects.filter(pk=fiche.demarche_id).update(etape=Etape.SOUMISE, soumise_le=timezone.now())
    assert partenaire.get(page("fiche_partagee", lien)).status_code == 200
    assert partenaire.get(page("fiche_partagee_section", lien, "temps")).status_code == 302
    assert partenaire.post(page("fiche_partagee_proposer", lien)).status_code == 302
    fiche.refresh_from_db()
    assert fiche.etat == EtatFiche.BROUILLON


FERMETURES = {
    "révoqué": (lambda lien: {"revoque_le": timezone.now()}, "a révoqué ce lien"),
    "expiré": (lambda lien: {"expire_le": timezone.now() - timedelta(seconds=1)}, "Ce lien a expiré"),
}


@pytest.mark.parametrize("cas", FERMETURES)
def test_un_lien_mort_ne_lit_ni_n_ecrit_et_rend_les_mots(partenaire, lien, fiche, cas):
    donnees = envoi(partenaire.get(page("fiche_partagee_section", lien, "sens")).context["formulaire"])
    champs, phrase = FERMETURES[cas]
    LienDeFiche.objects.filter(pk=lien.pk).update(**champs(lien))
    for reponse in (
        partenaire.get(page("fiche_partagee", lien)),
        partenaire.get(reverse("lien_de_fiche", args=[JETON])),
        partenaire.post(reverse("lien_de_fiche", args=[JETON])),
        partenaire.post(page("fiche_partagee_proposer", lien)),
    ):
        assert reponse.status_code == 410
        assert phrase in reponse.content.decode()
    refus = partenaire.post(
        page("fiche_partagee_section", lien, "sens"), {**donnees, "objectifs": "Mots à ne pas perdre"}
    )
    assert refus.status_code == 410
    assert "Mots à ne pas perdre" in refus.content.decode()
    assert donnees["lu"][:20] not in unescape(refus.content.decode())  # rien que ce qui a été tapé
    fiche.refresh_from_db()
    assert fiche.objectifs == "Aider 400 personnes par an."
    assert "Recevoir un nouveau lien" in refus.content.decode()


@pytest.mark.parametrize("acte", ["renvoyer", "relancer", "redemander"])
def test_un_lien_remplace_ferme_aussitot_la_session_qu_il_avait_ouverte(partenaire, lien, fiche, gens, acte):
    """Sans attendre les douze heures ; les mots tapés reviennent, et le courriel suivant rouvre."""
    depuis_huit_jours = timezone.now() - timedelta(days=8)
    LienDeFiche.objects.filter(pk=lien.pk).update(envoye_le=depuis_huit_jours)
    donnees = envoi(partenaire.get(page("fiche_partagee_section", lien, "sens")).context["formulaire"])
    if acte == "redemander":
        Client().post(reverse("lien_renouveler"), {"email": CAMILLE})
    else:
        chef = Client()
        chef.force_login(gens["coordination"])
        chef.post(reverse("lien_agir", args=[fiche.demarche.uuid, lien.uuid, acte]), {"jeton": uuid4()})
    for methode, nom, suite in (
        ("get", "fiche_partagee", ()), ("get", "fiche_partagee_section", ("sens",)),
        ("post", "fiche_partagee_proposer", ()),
    ):  # fmt: skip
        reponse = getattr(partenaire, methode)(page(nom, lien, *suite))
        assert reponse.status_code == 410, (methode, nom)
        assert "Un lien plus récent a remplacé" in reponse.content.decode()
        assert fiche.titre not in reponse.content.decode()
    refus = partenaire.post(page("fiche_partagee_section", lien, "sens"), {**donnees, "objectifs": "Mots"})
    assert (refus.status_code, "Mots" in refus.content.decode()) == (410, True)
    fiche.refresh_from_db()
    assert (fiche.etat, fiche.objectifs) == (EtatFiche.BROUILLON, "Aider 400 personnes par an.")
    adresse, _ = lien_recu(CAMILLE)
    assert partenaire.post(adresse).status_code == 302
    assert partenaire.get(page("fiche_partagee", lien)).status_code == 200


def test_une_session_d_avant_la_marque_se_rouvre_par_le_courriel(partenaire, lien):
    session = partenaire.session
    session[session_de_lien.CLE] = {str(lien.uuid): session[session_de_lien.CLE][str(lien.uuid)][:2]}
    session.save()
    assert partenaire.get(page("fiche_partagee", lien)).status_code == 403


def test_la_fiche_confiee_a_une_autre_structure_ferme_le_lien(partenaire, lien, fiche):
    FicheAction.objects.filter(pk=fiche.pk).update(structure_porteuse=StructureFactory())
    reponse = partenaire.get(page("fiche_partagee", lien))
    assert reponse.status_code == 410
    assert "autre structure" in reponse.content.decode()
    assert partenaire.post(page("fiche_partagee_proposer", lien)).status_code == 410


def test_un_lien_expire_se_redemande_et_ne_part_qu_a_son_adresse(client, lien):
    LienDeFiche.objects.filter(pk=lien.pk).update(expire_le=timezone.now() - timedelta(days=1))
    ferme = client.get(reverse("lien_de_fiche", args=[JETON])).content.decode()
    assert "Recevoir un nouveau lien" in ferme
    assert CAMILLE not in ferme
    reponse = client.post(reverse("lien_renouveler"), {"perime": JETON, "email": "voleur@ailleurs.example"})
    assert reponse.status_code == 302
    assert [c.destinataire for c in Courriel.objects.all()] == [CAMILLE]
    adresse, _ = lien_recu(CAMILLE)
    assert client.post(adresse).status_code == 302
    assert client.get(reverse("lien_de_fiche", args=[JETON])).status_code == 410


def test_redemander_repond_pareil_que_l_adresse_soit_connue_ou_non(client, lien):
    reponses = [
        client.post(reverse("lien_renouveler"), {"email": adresse}, follow=True).content.decode()
        for adresse in (CAMILLE, "inconnue@ailleurs.example")
    ]
    assert (
        len({r.replace(CAMILLE, "X").replace("inconnue@ailleurs.example", "X")[:200] for r in reponses}) == 1
    )
    assert all("Si une fiche est confiée à cette adresse" in r for r in reponses)
    assert Courriel.objects.count() == 1
    statuts = [client.post(reverse("lien_renouveler"), {"email": CAMILLE}).status_code for _ in range(6)]
    assert 429 in statuts
    assert Courriel.objects.count() == 5


def test_un_lien_revoque_ou_caduc_ne_se_redemande_pas(client, lien):
    LienDeFiche.objects.filter(pk=lien.pk).update(revoque_le=timezone.now())
    client.post(reverse("lien_renouveler"), {"perime": JETON})
    client.post(reverse("lien_renouveler"), {"email": CAMILLE})
    assert not Courriel.objects.exists()


def test_un_identifiant_devine_ou_celui_d_une_autre_fiche_ne_donne_rien(partenaire, lien, demarche):
    autre = LienDeFicheFactory(fiche=FicheFactory(demarche=demarche, structure_porteuse=lien.structure))
    remarque = RemarqueFactory(fiche=autre.fiche)
    inconnu = uuid4()
    for uuid in (autre.uuid, inconnu):
        for nom, suite in (("fiche_partagee", ()), ("fiche_partagee_section", ("sens",))):
            reponse = partenaire.get(reverse(nom, args=[uuid, *suite]))
            assert reponse.status_code == 403
            assert autre.fiche.titre not in reponse.content.decode()
        assert partenaire.post(reverse("fiche_partagee_proposer", args=[uuid])).status_code == 403
    detournee = page("fiche_partagee_remarque", lien, remarque.uuid, "corrigee")
    assert partenaire.post(detournee).status_code == 404
    remarque.refresh_from_db()
    assert remarque.levee_le is None


def test_deux_heures_sans_rien_faire_referment(partenaire, lien, monkeypatch):
    depart = session_de_lien.time.time()
    monkeypatch.setattr(session_de_lien.time, "time", lambda: depart + 7000)
    assert partenaire.get(page("fiche_partagee", lien)).status_code == 200
    monkeypatch.setattr(session_de_lien.time, "time", lambda: depart + 14_000)
    assert partenaire.get(page("fiche_partagee", lien)).status_code == 200
    monkeypatch.setattr(session_de_lien.time, "time", lambda: depart + 21_500)
    reponse = partenaire.post(page("fiche_partagee_section", lien, "sens"), {"objectifs": "Mots tapés tard"})
    assert reponse.status_code == 403
    assert "Mots tapés tard" in reponse.content.decode()
    assert partenaire.post(reverse("lien_de_fiche", args=[JETON])).status_code == 302
    assert partenaire.get(page("fiche_partagee", lien)).status_code == 200


def test_refermer_sur_un_ordinateur_partage(partenaire, lien):
    assert partenaire.post(page("fiche_partagee_fermer", lien)).status_code == 302
    assert partenaire.get(page("fiche_partagee", lien)).status_code == 403


def test_un_compte_connecte_reste_en_dehors(client, lien, gens, fiche):
    """La coordination ouvre par curiosité : la page ignore son compte, et le journal ne la nomme pas."""
    client.force_login(gens["coordination"])
    client.post(reverse("lien_de_fiche", args=[JETON]))
    contenu = client.get(page("fiche_partagee", lien)).content.decode()
    assert str(gens["coordination"]) not in contenu
    assert client.get(page("fiche_partagee", lien)).wsgi_request.user.is_anonymous
    formulaire = client.get(page("fiche_partagee_section", lien, "acteurs")).context["formulaire"]
    assert "structure_porteuse" not in formulaire.fields
    autre = StructureFactory()
    ecrire(client, lien, "acteurs", pilote="Camille", structure_porteuse=autre.pk)
    fiche.refresh_from_db()
    assert (fiche.pilote, fiche.structure_porteuse) == ("Camille", lien.structure)
    dernier = Evenement.objects.first()
    assert (dernier.par, dernier.auteur) == (None, AUTEUR)
    assert fiche.modifie_par is None
    assert client.get(reverse("demarche", args=[fiche.demarche.uuid])).status_code == 200


def test_proposer_demande_si_des_remarques_restent(partenaire, lien, fiche):
    remarque = RemarqueFactory(fiche=fiche)
    assert "Dire combien de personnes." in partenaire.get(page("fiche_partagee", lien)).content.decode()
    section = partenaire.get(page("fiche_partagee_section", lien, "sens")).content.decode()
    assert section.count("Dire combien de personnes.") == 2  # en tête, et près du champ
    demande = partenaire.post(page("fiche_partagee_proposer", lien))
    assert demande.status_code == 422
    assert "Proposer la fiche ainsi" in demande.content.decode()
    fiche.refresh_from_db()
    assert fiche.etat == EtatFiche.BROUILLON
    partenaire.post(page("fiche_partagee_remarque", lien, remarque.uuid, "corrigee"))
    remarque.refresh_from_db()
    assert remarque.levee_le
    assert Evenement.objects.first().auteur == AUTEUR
    partenaire.post(page("fiche_partagee_proposer", lien))
    fiche.refresh_from_db()
    assert fiche.etat == EtatFiche.PROPOSEE


def test_une_fiche_incomplete_ne_se_propose_pas_et_dit_quoi(client, demarche):
    lien = LienDeFicheFactory(fiche__demarche=demarche, secret=JETON)
    client.post(reverse("lien_de_fiche", args=[JETON]))
    reponse = client.post(page("fiche_partagee_proposer", lien), follow=True)
    assert "Écrire les objectifs." in reponse.content.decode()
    assert FicheAction.objects.get(pk=lien.fiche_id).etat == EtatFiche.BROUILLON


def test_confier_dit_la_faute_sur_sa_ligne_et_n_envoie_rien(client, demarche, gens):
    porteuse = MembreFactory(gouvernance=demarche.gouvernance).structure
    un, deux, trois = (
        FicheFactory(demarche=demarche, structure_porteuse=s) for s in (porteuse, porteuse, None)
    )
    LienDeFicheFactory(fiche=un, email=CAMILLE)
    client.force_login(gens["coordination"])
    nommees = "&".join(f"fiche={f.uuid}" for f in (un, deux, trois))
    url = f"{reverse('fiches_confier', args=[demarche.uuid])}?{nommees}"
    donnees = {
        "jeton": uuid4(), f"adresses_{un.numero}": CAMILLE, f"adresses_{deux.numero}": "a@b.example; c@d",
        f"adresses_{trois.numero}": "e@f.example", "message": "Un mot gardé",
    }  # fmt: skip
    reponse = client.post(url, donnees)
    formulaire = reponse.context["formulaire"]
    assert reponse.status_code == 422
    assert set(formulaire.errors) == {f"adresses_{deux.numero}", f"structure_{trois.numero}"}
    for tape in ("a@b.example; c@d", "e@f.example", "Un mot gardé"):
        assert tape in reponse.content.decode()
    donnees |= {
        f"adresses_{deux.numero}": "a@b.example, a@b.example g@h.example",
        f"structure_{trois.numero}": porteuse.pk,
    }
    reponse = client.post(url, donnees)
    assert set(reponse.context["formulaire"].errors) == {f"adresses_{un.numero}"}  # déjà un lien
    assert not Courriel.objects.exists()
    donnees[f"adresses_{un.numero}"] = ""
    assert client.post(url, donnees).status_code == 302
    assert sorted(Courriel.objects.values_list("destinataire", flat=True)) == [
        "a@b.example", "e@f.example", "g@h.example",
    ]  # fmt: skip
    trois.refresh_from_db()
    assert trois.structure_porteuse == porteuse
    assert client.post(url, donnees).status_code == 302  # double clic
    assert Courriel.objects.count() == 3


def test_confier_a_une_autre_structure_revoque_les_liens_de_la_premiere(client, demarche, gens, lien, fiche):
    FicheAction.objects.filter(pk=fiche.pk).update(structure_porteuse=None)
    autre = MembreFactory(gouvernance=demarche.gouvernance).structure
    client.force_login(gens["coordination"])
    url = f"{reverse('fiches_confier', args=[demarche.uuid])}?fiche={fiche.uuid}"
    donnees = {"jeton": uuid4(), f"structure_{fiche.numero}": autre.pk, f"adresses_{fiche.numero}": CAMILLE}
    assert client.post(url, donnees).status_code == 302
    lien.refresh_from_db()
    assert lien.revoque_le
    assert LienDeFiche.objects.get(revoque_le=None).structure == autre


def test_une_adresse_qui_tenait_un_lien_d_une_autre_structure_en_recoit_un_neuf(
    client, demarche, gens, lien, fiche
):
    """La porteuse a changé ailleurs (section, geste groupé) : le vieux lien n'ouvre rien, et ne gêne pas."""
    autre = MembreFactory(gouvernance=demarche.gouvernance).structure
    FicheAction.objects.filter(pk=fiche.pk).update(structure_porteuse=autre)
    client.force_login(gens["coordination"])
    client.post(reverse("lien_agir", args=[demarche.uuid, lien.uuid, "renvoyer"]), {"jeton": uuid4()})
    assert not Courriel.objects.exists()  # il n'ouvrirait rien
    url = f"{reverse('fiches_confier', args=[demarche.uuid])}?fiche={fiche.uuid}"
    envoi_neuf = {"jeton": uuid4(), f"adresses_{fiche.numero}": CAMILLE}
    assert client.post(url, envoi_neuf).status_code == 302
    neuf = LienDeFiche.objects.get(revoque_le=None)
    assert (neuf.structure, neuf.email) == (autre, CAMILLE)
    assert client.post(url, {**envoi_neuf, "jeton": uuid4()}).status_code == 422  # la même structure


def test_l_enregistrement_automatique_dit_pourquoi_il_ne_peut_plus(partenaire, lien):
    """La saisie est encore dans la page : il ne faut que la phrase."""
    url = page("fiche_partagee_section", lien, "sens")
    donnees = envoi(partenaire.get(url).context["formulaire"], objectifs="Au long cours", auto="oui")
    assert partenaire.post(url, donnees, headers={"Accept": "application/json"}).status_code == 200
    LienDeFiche.objects.filter(pk=lien.pk).update(revoque_le=timezone.now())
    refus = partenaire.post(url, donnees, headers={"Accept": "application/json"})
    assert refus.status_code == 422
    assert "a révoqué ce lien" in refus.json()["phrases"][0]
    inconnu = Client().post(url, donnees, headers={"Accept": "application/json"})
    assert "lien reçu par courriel" in inconnu.json()["phrases"][0]
