"""Qui vient par un lien commente, répond et joint : ce qu'il voit ou non, qui en est prévenu."""

from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.dialogue import acces_par_lien, mentions
from feuille_de_route.models import Commentaire, EtatFiche, FicheAction, LienDeFiche, PieceDeFiche
from gouvernance.models import Courriel, Demarche, Etape, Evenement, JetonConsomme
from tests.feuille_de_route.fabriques import CommentaireFactory, PieceDeFicheFactory
from tests.feuille_de_route.fabriques_partenaires import (
    AUTEUR,
    CAMILLE,
    JETON,
    LienDeFicheFactory,
    RemarqueFactory,
    lien_recu,
)
from tests.gouvernance.fabriques import StructureFactory
from tests.gouvernance.test_pieces_de_seance import PDF, POLYGLOTTES
from tests.robustesse.scene import mettre_a

pytestmark = pytest.mark.django_db


@pytest.fixture
def lien(fiche, gens):
    return LienDeFicheFactory(
        fiche=fiche, structure=fiche.structure_porteuse, email=CAMILLE, nom="Camille Durand", secret=JETON,
        cree_par=gens["coordination"],
    )  # fmt: skip


@pytest.fixture
def partenaire(client, lien):
    assert client.post(reverse("lien_de_fiche", args=[JETON])).status_code == 302
    return client


@pytest.fixture
def chef(gens):
    client = Client()
    client.force_login(gens["coordination"])
    return client


def page(nom, lien, *suite):
    return reverse(f"fiche_partagee{nom}", args=[lien.uuid, *suite])


def lire(client, adresse):
    return unescape(client.get(adresse).content.decode())


def dire(client, adresse, texte="Combien de communes faut-il citer ?", jeton=None):
    return client.post(adresse, {"texte": texte, "jeton": jeton or uuid4()})


def joindre(client, lien, nom="Devis.pdf", octets=PDF):
    fichier = SimpleUploadedFile(nom, octets, "text/html")
    return client.post(page("_joindre", lien), {"fichier": fichier})


def de(fiche, nom, *suite):
    return reverse(nom, args=[fiche.demarche.uuid, fiche.uuid, *suite])


def test_une_question_sa_reponse_et_le_courriel_de_chacun(partenaire, chef, lien, fiche, gens):
    """Le partenaire demande ; la coordination, prévenue, répond ; un lien neuf l'y ramène, et il répond."""
    assert dire(partenaire, page("_commenter", lien)).url == page("_echanges", lien)
    question = Commentaire.objects.get()
    assert (question.cree_par, question.lien, question.auteur) == (None, lien, AUTEUR)
    assert [m.utilisateur for m in question.appels.all()] == [gens["coordination"]]
    mentions.prevenir()
    corps = Courriel.objects.get(destinataire=gens["coordination"].email).corps
    assert AUTEUR in corps
    assert "Combien de communes" in corps
    pair = Client()
    pair.force_login(gens["partenaire"])
    for nom in ("fiche", "fiche_echanges"):
        assert AUTEUR in lire(chef, de(fiche, nom))
        assert AUTEUR in lire(pair, de(fiche, nom))
        assert CAMILLE not in lire(pair, de(fiche, nom))

    LienDeFiche.objects.update(vu_le=timezone.now() - timedelta(days=1))
    reponse = chef.post(de(fiche, "fiche_repondre", question.uuid), {"texte": "Trois.", "jeton": uuid4()})
    assert reponse.status_code == 302
    courriel = Courriel.objects.get(destinataire=CAMILLE)
    assert "Trois." in courriel.corps
    assert partenaire.get(page("", lien)).status_code == 410  # un lien neuf est parti
    assert partenaire.post(lien_recu(CAMILLE)[0]).url == page("", lien)
    assert "Un échange à lire" in lire(partenaire, page("", lien))
    dernier = question.reponses.get()
    formulaire = lire(partenaire, page("_repondre", lien, dernier.uuid))
    assert "Votre réponse" in formulaire
    assert f"Répondre à {gens['coordination']}" in formulaire
    assert dire(partenaire, page("_repondre", lien, dernier.uuid), "Merci !").status_code == 302
    assert question.reponses.last().lien == lien
    assert "à lire" not in lire(partenaire, page("", lien))
    vu = lire(partenaire, page("_echanges", lien))
    assert vu.index("Combien de communes") < vu.index("Trois.") < vu.index("Merci !")
    chef.post(de(fiche, "fiche_fil_agir", question.uuid, "resoudre"))
    assert "Résolu par" in lire(partenaire, page("_echanges", lien))
    refus = dire(partenaire, page("_repondre", lien, question.uuid), "Encore un mot à garder")
    assert refus.status_code == 422
    assert "Encore un mot à garder" in unescape(refus.content.decode())
    siens = Evenement.objects.filter(auteur=AUTEUR).order_by("pk").values_list("action", flat=True)
    assert list(siens) == [
        "ouvrir la fiche par un lien", "commenter",
        "ouvrir la fiche par un lien", "répondre à un commentaire",
    ]  # fmt: skip
    assert AUTEUR in lire(chef, de(fiche, "fiche_histoire"))


def test_une_reponse_ne_referme_pas_la_page_de_qui_est_la(partenaire, chef, lien, fiche):
    dire(partenaire, page("_commenter", lien))
    question = Commentaire.objects.get()
    for mot in ("Trois.", "Ou quatre."):
        chef.post(de(fiche, "fiche_repondre", question.uuid), {"texte": mot, "jeton": uuid4()})
    corps = Courriel.objects.get(destinataire=CAMILLE).corps  # un seul jusqu'à la prochaine visite
    assert "Trois." in corps
    assert "[[jeton]]" not in corps
    assert reverse("lien_renouveler") in corps
    assert "Ou quatre." in lire(partenaire, page("_echanges", lien))


@pytest.mark.parametrize("etat", [EtatFiche.PROPOSEE, EtatFiche.RETENUE, EtatFiche.ECARTEE])
def test_on_commente_une_fiche_qui_ne_s_ecrit_plus_mais_on_n_y_joint_rien(partenaire, lien, fiche, etat):
    PieceDeFicheFactory(fiche=fiche, lien=lien)
    dates = {"proposee": {"proposee_le": timezone.now()}, "retenue": {"retenue_le": timezone.now()}}
    FicheAction.objects.filter(pk=fiche.pk).update(etat=etat, motif="Trop.", **dates.get(etat, {}))
    assert dire(partenaire, page("_commenter", lien)).status_code == 302
    assert joindre(partenaire, lien).status_code == 422
    partenaire.post(page("_piece_retirer", lien, PieceDeFiche.objects.get().uuid))
    assert PieceDeFiche.objects.count() == 1
    assert "Joindre un document" not in lire(partenaire, page("", lien))


def test_une_demarche_abandonnee_ne_se_commente_plus(partenaire, lien, fiche):
    mettre_a(fiche.demarche, Etape.ABANDONNEE)
    assert "abandonnée" in lire(partenaire, page("_echanges", lien))
    refus = dire(partenaire, page("_commenter", lien), "Mots à garder")
    assert refus.status_code == 422
    assert "Mots à garder" in unescape(refus.content.decode())
    assert not Commentaire.objects.exists()


@pytest.mark.parametrize("cas", ["révoqué", "expiré", "remplacé", "autre structure"])
def test_un_lien_mort_ne_dit_et_ne_joint_rien(partenaire, lien, fiche, cas):
    question, piece = CommentaireFactory(fiche=fiche), PieceDeFicheFactory(fiche=fiche, lien=lien)
    if cas == "autre structure":
        FicheAction.objects.filter(pk=fiche.pk).update(structure_porteuse=StructureFactory())
    LienDeFiche.objects.filter(pk=lien.pk).update(**{
        "révoqué": {"revoque_le": timezone.now()}, "expiré": {"expire_le": timezone.now()},
        "remplacé": {"empreinte": "0" * 64}, "autre structure": {},
    }[cas])  # fmt: skip
    for reponse in (
        partenaire.get(page("_echanges", lien)),
        partenaire.get(page("_piece", lien, piece.uuid)),
        dire(partenaire, page("_repondre", lien, question.uuid)),
        joindre(partenaire, lien),
        partenaire.post(page("_piece_retirer", lien, piece.uuid)),
    ):
        assert reponse.status_code == 410
        assert question.texte not in unescape(reponse.content.decode())
    perdu = dire(partenaire, page("_commenter", lien), "Mots à recopier")
    assert "Mots à recopier" in unescape(perdu.content.decode())
    assert (Commentaire.objects.count(), PieceDeFiche.objects.count()) == (1, 1)


def test_aucun_nom_n_est_propose(partenaire, lien, fiche, gens):
    """Ni liste, ni « @ » : une élue qui n'a rien dit ne se devine pas."""
    CommentaireFactory(fiche=fiche, cree_par=gens["coordination"])
    for adresse in (page("_echanges", lien), page("_commenter", lien)):
        vu = lire(partenaire, adresse)
        assert str(gens["elu"]) not in vu
        assert gens["elu"].email not in vu
        assert gens["coordination"].email not in vu
    partenaire.post(
        page("_commenter", lien),
        {"texte": f"@{gens['elu'].nom} ?", "mentions": [gens["elu"].pk], "jeton": uuid4()},
    )
    cites = Commentaire.objects.last().appels.values_list("utilisateur", flat=True)
    assert list(cites) == [gens["coordination"].pk]


def test_qui_a_confie_la_fiche_parti_la_coordination_est_prevenue(partenaire, lien, gens):
    LienDeFiche.objects.update(cree_par=gens["dehors"])
    dire(partenaire, page("_commenter", lien))
    assert [m.utilisateur for m in Commentaire.objects.get().appels.all()] == [gens["coordination"]]


def test_repondre_a_une_remarque_la_cite(partenaire, lien, fiche):
    remarque = RemarqueFactory(fiche=fiche)
    adresse = page("_commenter", lien) + f"?remarque={remarque.uuid}"
    assert adresse in lire(partenaire, page("", lien))
    vue = lire(partenaire, adresse)
    assert remarque.texte in vue
    assert "À propos de « Objectifs » :" in vue
    assert partenaire.get(page("_commenter", lien) + "?remarque=<inconnue>").status_code == 200


def test_un_double_clic_ne_dit_qu_une_fois(partenaire, lien):
    jeton = uuid4()
    for _ in range(2):
        assert dire(partenaire, page("_commenter", lien), jeton=jeton).status_code == 302
    assert Commentaire.objects.count() == 1
    assert JetonConsomme.objects.filter(jeton=jeton).count() == 1


def corriger(client, lien, mot, texte, version=None):
    """Ouvre la page et l'envoie ; sa réponse si elle ne s'ouvre pas."""
    adresse = page("_corriger", lien, mot.uuid)
    ouverte = client.get(adresse)
    if ouverte.status_code != 200:
        return ouverte
    version = version or ouverte.context["formulaire"]["version"].value()
    return client.post(adresse, {"texte": texte, "version": version})


def test_on_corrige_son_mot_tant_que_personne_n_a_repondu(partenaire, chef, lien, fiche):
    dire(partenaire, page("_commenter", lien), "Combien de comunes ?")
    mot = Commentaire.objects.get()
    assert page("_corriger", lien, mot.uuid) in lire(partenaire, page("_echanges", lien))
    ouverte = lire(partenaire, page("_corriger", lien, mot.uuid))
    assert "Combien de comunes ?" in ouverte
    assert "Un courriel en prévient" not in ouverte, "une correction n’en écrit pas"
    assert corriger(partenaire, lien, mot, "Combien de communes ?").url == page("_echanges", lien)
    assert "(corrigé)" in lire(chef, de(fiche, "fiche_echanges"))
    mot.refresh_from_db()
    assert (mot.texte, mot.lien, mot.cree_par, mot.appels.count()) == ("Combien de communes ?", lien, None, 1)
    ligne = Evenement.objects.get(action="corriger un commentaire")
    assert (ligne.auteur, ligne.par) == (AUTEUR, None)
    assert ligne.details == [["Commentaire", "Combien de comunes ?", "Combien de communes ?"]]
    assert corriger(partenaire, lien, mot, mot.texte).status_code == 302
    assert Evenement.objects.filter(action="corriger un commentaire").count() == 1, "rien n’a changé"
    assert "Combien de communes ?" in unescape(
        corriger(partenaire, lien, mot, "Combien ?", version=1).content.decode()
    ), "récrit entre-temps : les deux textes se lisent"
    chef.post(de(fiche, "fiche_repondre", mot.uuid), {"texte": "Trois.", "jeton": uuid4()})
    assert page("_corriger", lien, mot.uuid) not in lire(partenaire, page("_echanges", lien))
    refus = corriger(partenaire, lien, mot, "Mots à garder")
    assert refus.status_code == 422
    assert "Quelqu’un a répondu depuis" in unescape(refus.content.decode())
    assert "Mots à garder" in unescape(refus.content.decode())


@pytest.mark.parametrize("de_qui", ["la coordination", "un autre lien", "l’ancien lien de la même adresse"])
def test_on_ne_corrige_que_le_sien(partenaire, lien, fiche, gens, de_qui):
    """L'adresse d'avant, ou la même par un lien révoqué : c'était peut-être quelqu'un d'autre."""
    auteur = {"cree_par": gens["coordination"]}
    if de_qui != "la coordination":
        email = CAMILLE if "ancien" in de_qui else "avant@asso.example"
        auteur = {
            "cree_par": None,
            "lien": LienDeFicheFactory(fiche=fiche, email=email, revoque_le=timezone.now()),
        }
    mot = CommentaireFactory(fiche=fiche, texte="Pas le sien", **auteur)
    assert page("_corriger", lien, mot.uuid) not in lire(partenaire, page("_echanges", lien))
    assert partenaire.get(page("_corriger", lien, mot.uuid)).status_code == 403
    forcee = partenaire.post(page("_corriger", lien, mot.uuid), {"texte": "Pirate", "version": 1})
    assert forcee.status_code == 403
    with pytest.raises(PermissionDenied):
        acces_par_lien.corriger(mot, "Pirate", lien=lien, version=mot.version)
    mot.refresh_from_db()
    assert mot.texte == "Pas le sien"


def test_un_compte_ne_corrige_pas_le_mot_d_un_lien(partenaire, chef, lien, fiche):
    dire(partenaire, page("_commenter", lien))
    mot = Commentaire.objects.get()
    assert "Corriger" not in lire(chef, de(fiche, "fiche_echanges"))
    adresse = de(fiche, "fiche_commentaire_corriger", mot.uuid)
    assert chef.post(adresse, {"texte": "Pirate", "version": mot.version}).status_code == 403


def test_un_lien_remplace_ne_corrige_plus(partenaire, lien, fiche):
    mot = CommentaireFactory(fiche=fiche, cree_par=None, lien=lien)
    LienDeFiche.objects.update(empreinte="0" * 64)
    assert corriger(partenaire, lien, mot, "Trop tard").status_code == 410
    with pytest.raises(acces_par_lien.LienFerme):
        acces_par_lien.corriger(mot, "Trop tard", lien=lien, version=mot.version)


def test_un_fil_resolu_ou_une_demarche_abandonnee_ne_se_corrige_plus(partenaire, chef, lien, fiche):
    mot = CommentaireFactory(fiche=fiche, cree_par=None, lien=lien)
    chef.post(de(fiche, "fiche_fil_agir", mot.uuid, "resoudre"))
    reponse = dire(partenaire, page("_repondre", lien, mot.uuid), "Encore")
    for refus in (corriger(partenaire, lien, mot, "Encore"), reponse):  # sans compte, on ne rouvre pas
        assert "écrivez un nouveau commentaire" in unescape(refus.content.decode())
    chef.post(de(fiche, "fiche_fil_agir", mot.uuid, "rouvrir"))
    mettre_a(fiche.demarche, Etape.ABANDONNEE)
    assert page("_corriger", lien, mot.uuid) not in lire(partenaire, page("_echanges", lien))
    refus = corriger(partenaire, lien, mot, "Encore")
    assert refus.status_code == 422
    assert "abandonnée" in unescape(refus.content.decode())


def test_joindre_relire_retirer_le_sien(partenaire, chef, lien, fiche):
    assert joindre(partenaire, lien).url == page("", lien) + "#pieces"
    piece = PieceDeFiche.objects.get()
    assert (piece.lien, piece.cree_par, piece.type_mime) == (lien, None, "application/pdf")
    lue = partenaire.get(page("_piece", lien, piece.uuid))
    assert (lue.content, lue["X-Content-Type-Options"]) == (PDF, "nosniff")
    assert lue["Content-Disposition"].startswith("attachment;")
    assert "Devis.pdf" in lire(chef, de(fiche, "fiche"))
    deja = joindre(partenaire, lien, "Le même.pdf")
    assert "déjà joint" in unescape(deja.content.decode())
    assert partenaire.post(page("_piece_retirer", lien, piece.uuid)).status_code == 302
    assert not PieceDeFiche.objects.exists()
    lien.refresh_from_db()
    assert lien.ecrit_le
    actions = Evenement.objects.filter(auteur=AUTEUR).values_list("action", flat=True)
    assert {"joindre un document", "retirer un document"} <= set(actions)


def test_le_document_d_un_autre_se_lit_et_ne_se_retire_pas(partenaire, lien, fiche, gens):
    sienne = PieceDeFicheFactory(fiche=fiche, cree_par=gens["coordination"])
    vu = lire(partenaire, page("", lien))
    assert sienne.nom in vu
    assert page("_piece_retirer", lien, sienne.uuid) not in vu
    assert partenaire.post(page("_piece_retirer", lien, sienne.uuid)).status_code == 403
    absente = partenaire.get(page("_piece", lien, sienne.uuid))  # elle n'est pas au coffre
    assert absente.status_code == 404
    assert "Parties de la démarche" not in absente.content.decode()
    assert PieceDeFiche.objects.exists()


@pytest.mark.parametrize("quoi", ["page nommée pdf", "pdf puis archive", "docx à macros", "image et pdf"])
def test_un_polyglotte_est_refuse_avec_une_phrase(partenaire, lien, quoi):
    reponse = joindre(partenaire, lien, *POLYGLOTTES[quoi])
    assert reponse.status_code == 422
    assert "son contenu ne correspond pas à son nom" in unescape(reponse.content.decode())
    assert not PieceDeFiche.objects.exists()


def test_vingt_documents_au_plus(partenaire, lien, fiche):
    PieceDeFicheFactory.create_batch(20, fiche=fiche)
    assert joindre(partenaire, lien).status_code == 422
    assert "le maximum" in lire(partenaire, page("", lien))
    Demarche.objects.filter(pk=fiche.demarche_id).update(etape=Etape.SOUMISE, soumise_le=timezone.now())
    assert joindre(partenaire, lien).status_code == 422


def test_la_coordination_s_adresse_a_qui_vient_par_un_lien(partenaire, chef, lien, fiche, gens):
    """Une case à son nom ; ceux qui ne confient pas les fiches ne la voient pas, ni son adresse."""
    autre = LienDeFicheFactory(fiche=fiche, email="ancienne@asso.example", revoque_le=timezone.now())
    vu = lire(chef, de(fiche, "fiche_echanges"))
    assert f"Camille Durand ({CAMILLE})" in vu
    assert autre.email not in vu
    donnees = {"texte": "Où en êtes-vous ?", "liens": [lien.uuid], "jeton": uuid4()}
    assert chef.post(de(fiche, "fiche_commenter"), donnees).status_code == 302
    assert "Où en êtes-vous ?" in Courriel.objects.get(destinataire=CAMILLE).corps
    pair = Client()
    pair.force_login(gens["partenaire"])
    assert CAMILLE not in lire(pair, de(fiche, "fiche_echanges"))
    forcee = {"texte": "Et moi ?", "liens": [lien.uuid], "jeton": uuid4()}
    assert pair.post(de(fiche, "fiche_commenter"), forcee).status_code == 422
    assert Courriel.objects.filter(destinataire=CAMILLE).count() == 1
